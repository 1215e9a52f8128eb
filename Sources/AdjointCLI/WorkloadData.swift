import Adjoint
import AdjointData
import Foundation

/// The arrays of a workload: `NAME.bin` holds them one after the other, `NAME.txt` says of each its name, its type as NumPy
/// writes it (`<f4`, `<f8`), where it begins in bytes, and its extents. Of what is trained `NAME.losses.txt` holds the costs
/// of the first steps, one a line; of what is evaluated `NAME.ref.bin` and `NAME.ref.txt` hold the results.
struct WorkloadData {
  private let name: String
  private let arrays: [String: NDArray]
  let losses: [Double]
  /// The results that are right, in their order.
  let reference: [NDArray]

  /// - Throws: ``DataError`` where a file cannot be read, ``UsageError`` where it does not hold that.
  init(_ name: String, in folder: String) throws {
    self.name = name
    arrays = Dictionary(try Self.read("\(folder)/\(name)")) { first, _ in first }
    let (losses, reference) = ("\(folder)/\(name).losses.txt", "\(folder)/\(name).ref")
    let isThere = { (path: String) -> Bool in FileManager.default.fileExists(atPath: path) }
    self.losses = isThere(losses) ? try Self.lines(losses).compactMap { Double($0) } : []
    self.reference = isThere(reference + ".txt") ? try Self.read(reference).map(\.1) : []
  }

  private static func read(_ path: String) throws -> [(String, NDArray)] {
    let bytes = try File.read(path + ".bin")
    var arrays: [(String, NDArray)] = []
    for line in try lines(path + ".txt") {
      let words = line.split(separator: " ").map(String.init)
      let numbers = words.dropFirst(2).map { Int($0) ?? -1 }
      let types: [String: ScalarType] = ["<f4": .float32, "<f8": .float64]
      guard words.count >= 3, let type = types[words[1]], numbers[0] >= 0,
        case let shape = Shape(Array(numbers.dropFirst())), shape.isAddressable
      else {
        throw UsageError("\(path).txt: '\(line)' is not name, type, offset and extents")
      }
      let size = shape.count * type.byteSize
      guard size <= bytes.count, numbers[0] <= bytes.count - size else {
        throw UsageError("\(path).bin has \(bytes.count) bytes; \(words[0]) ends beyond them")
      }
      let end = numbers[0] + size
      var array = try NDArray(zeros: shape, type, for: "the array \(words[0]) of \(path)")
      array.withUnsafeMutableBytes { $0.copyBytes(from: bytes[numbers[0]..<end]) }
      arrays.append((words[0], array))
    }
    return arrays
  }

  private static func lines(_ path: String) throws -> [String] {
    String(decoding: try File.read(path), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// - Throws: ``UsageError`` where there is none of this name.
  func array(_ array: String) throws -> NDArray {
    guard let found = arrays[array] else { throw UsageError("the data of \(name) lack '\(array)'") }
    return found
  }

  /// - Throws: ``UsageError`` where there is none.
  var firstBatch: [NDArray] {
    get throws {
      guard let first = batches.first else { throw UsageError("the data of \(name) lack b0_x and b0_y") }
      return first
    }
  }

  /// `p0`, `p1`, …: what the parameters are at the start.
  var parameters: [NDArray] { numbered { arrays["p\($0)"] } }

  /// `b0_x` and `b0_y`, …: the batches, each features and targets.
  var batches: [[NDArray]] {
    numbered { index in
      guard let x = arrays["b\(index)_x"], let y = arrays["b\(index)_y"] else { return nil }
      return [x, y]
    }
  }

  private func numbered<Value>(_ value: (Int) -> Value?) -> [Value] {
    var result: [Value] = []
    while let next = value(result.count) { result.append(next) }
    return result
  }
}
