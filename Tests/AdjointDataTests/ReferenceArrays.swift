import AdjointArray
import Foundation
import Testing

@testable import AdjointData

/// An array as Reference/arrays.py describes it: what NumPy says that it holds.
struct ReferenceArray: Sendable, CustomTestStringConvertible {
  let name: String
  let type: String
  let shape: Shape
  private let values: [Substring]

  /// - Parameter fields: name, type, shape and values.
  init(_ fields: [Substring]) throws {
    try #require(fields.count == 4)
    name = String(fields[0]).replacing("␤", with: "\n")
    type = String(fields[1])
    shape = Shape(fields[2].split(separator: ",").compactMap { Int($0) })
    values = fields[3].split(separator: ",")
  }

  var testDescription: String { name }

  /// Whether `array` has this shape and type and, bit for bit but for the bits of NaN, these values.
  func matches(_ array: NDArray) throws -> Bool {
    guard array.shape == shape, array.scalarType.rawValue == type, array.count == values.count else {
      return false
    }
    if array.scalarType == .int64 { return try array.elements(as: Int64.self) == values.map { Int64($0) } }
    return zip(array.doubles, values).allSatisfy { element, value in
      let expected = Double(value)
      return element.isNaN ? value == "nan" : element.bitPattern == expected?.bitPattern
    }
  }

  /// A file in Reference.
  static func path(_ file: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Reference/\(file)").path
  }

  /// The arrays in `file`.
  static func contents(of file: String) throws -> [ReferenceArray] {
    try lines("contents.txt").filter { $0[0] == file }.map { try ReferenceArray(Array($0.dropFirst())) }
  }

  /// Files of one array, with their bytes.
  static func npyFiles() throws -> [(array: ReferenceArray, bytes: [UInt8])] {
    try lines("npy.txt").map { fields in
      let bytes = try #require(fields.last.flatMap { Data(base64Encoded: String($0)) })
      return (try ReferenceArray(fields.dropLast()), Array(bytes))
    }
  }

  private static func lines(_ file: String) throws -> [[Substring]] {
    try String(contentsOfFile: path(file), encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
  }
}

/// The elements' bytes, lowest first.
func littleEndian(_ value: Int, _ byteCount: Int) -> [UInt8] {
  (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
