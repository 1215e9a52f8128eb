import Adjoint
import Foundation
import Testing

/// One line of a table that Reference/edges.py made.
struct ReferenceRow {
  let name: String
  let point: Double
  /// The value and the first two derivatives; `nil` at a kink.
  let values: [Double?]

  /// - Parameter table: a file's name.
  static func rows(of table: String) throws -> [ReferenceRow] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Reference")
    let text = try String(contentsOf: folder.appending(path: table + ".txt"), encoding: .utf8)
    return try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      let fields = line.split(separator: " ").map(String.init)
      try #require(fields.count == 5)
      var values: [Double?] = []
      for field in fields.dropFirst(2) {
        let value = Double(field)
        try #require(value != nil || field == "kink")
        values.append(value)
      }
      return ReferenceRow(name: fields[0], point: try #require(Double(fields[1])), values: values)
    }
  }
}

/// The lines of a file of `Reference`, `name number number …`, by their names.
func referenceNumbers(_ file: String) throws -> [String: [Double]] {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Reference")
  let lines = try String(contentsOf: folder.appending(path: file + ".txt"), encoding: .utf8).split(
    separator: "\n")
  var result: [String: [Double]] = [:]
  for line in lines {
    let words = line.split(separator: " ")
    result[String(words[0])] = try words.dropFirst().map { try #require(Double($0)) }
  }
  return result
}

/// How far `found` is from `expected`, in roundings of `type`: of the expected number, or of `scale` where that is
/// greater. Numbers below the least normal one may be 0.
func roundings(_ found: Double, _ expected: Double, _ type: ScalarType, scale: Double = 0) -> Double {
  let (epsilon, least, greatest) =
    type == .float32
    ? (0x1p-23, Double(Float.leastNormalMagnitude), Double(Float.greatestFiniteMagnitude))
    : (0x1p-52, Double.leastNormalMagnitude, Double.greatestFiniteMagnitude)
  let expected = abs(expected) > greatest ? Double.infinity * expected : expected
  if found == expected || (found.isNaN && expected.isNaN) { return 0 }
  // Through the subnormal numbers, where digits are lost.
  let tolerated = max(abs(expected), scale) * epsilon + 16 * least
  let error = abs(found - expected) / tolerated
  return error.isNaN ? .infinity : error
}

/// A function's value and its first two derivatives at `points`, by the interpreter and by TinyCC.
func valueAndDerivatives(
  at points: [Double], _ type: ScalarType, order: Int = 2, _ body: @escaping (Tensor) -> Tensor
) throws -> [(backend: String, orders: [[Double]])] {
  let x = NDArray(points).converted(to: type)
  var functions = [try Function([("x", TensorType(type, x.shape))]) { [body($0[0])] }]
  for _ in 0..<order { functions.append(try functions[functions.count - 1].derivative()) }
  return [
    ("interpreter", try functions.map { try $0(x)[0].doubles }),
    ("TinyCC", try functions.map { try $0.compiled()(x)[0].doubles }),
  ]
}
