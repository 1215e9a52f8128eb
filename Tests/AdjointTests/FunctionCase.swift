import Adjoint
import AdjointArray
import AdjointIR
import AdjointInterpreter
import Foundation
import Testing

/// A line of one of the files in Reference: inputs of a function, and what NumPy, SciPy, mpmath or PyTorch
/// give.
struct FunctionCase: Decodable, Sendable, CustomStringConvertible {
  struct Values: Decodable, Sendable {
    let type: String
    let shape: [Int]
    let values: [String]

    func array(as other: ScalarType? = nil) throws -> NDArray {
      let own: ScalarType = try #require(ScalarType(rawValue: type))
      let numbers = try values.map { try #require(Double($0)) }
      return try NDArray(numbers, shape: Shape(shape)).converted(to: own.isFloatingPoint ? other ?? own : own)
    }
  }

  let name: String
  let inputs: [Values]
  let outputs: [Values]
  /// Whether derivatives exist at the inputs.
  let smooth: Bool
  /// The error allowed, relative to the value, and below which size it is relative to that.
  let tolerance: Double
  let floor: Double
  /// The derivative of the sum of the outputs by the first input.
  let slope: Values?
  let slopeFloor: Double?
  /// The derivatives by each floating-point input of the weighted sum of the outputs.
  let gradients: [Values]?

  var description: String { "\(name)\(inputs.map { Shape($0.shape) })" }

  static let all: [FunctionCase] = ["functions", "convolutions", "networks", "linear-algebra", "sorting"]
    .flatMap { name in
      let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "Reference/\(name).json")
      let data = (try? Data(contentsOf: file)) ?? Data()
      return (try? JSONDecoder().decode([FunctionCase].self, from: data)) ?? []
    }

  func arrays(as type: ScalarType? = nil) throws -> [NDArray] { try inputs.map { try $0.array(as: type) } }

  /// Where the table's function is.
  var entry: TableEntry {
    get throws {
      let found = TableEntry.table.filter { $0.name == name }
      return try #require(found.last, "\(name) is not in the table")
    }
  }
}

/// What `body` gives for `inputs`: interpreted, and as machine code.
func bothWays(_ inputs: [NDArray], _ body: ([Tensor]) throws -> [Tensor]) throws -> [(
  name: String, values: [NDArray]
)] {
  let types = inputs.enumerated().map { ("x\($0)", TensorType($1.scalarType, $1.shape)) }
  let graph = try Function(types, body).graph
  return [
    ("interpreted", try Interpreter(graph).run(values: inputs)), ("compiled", try Executable(graph)(inputs)),
  ]
}

/// The places where `found` differs from `expected` by more than `tolerance` times its size, or that of `floor`.
func differences(_ found: NDArray, _ expected: NDArray, _ tolerance: Double, floor: Double) -> [String] {
  if found.shape != expected.shape { return ["the shape \(found.shape) is not \(expected.shape)"] }
  return zip(found.doubles, expected.doubles).enumerated().compactMap { index, pair in
    let (a, b) = pair
    if a == b || (a.isNaN && b.isNaN) { return nil }
    return abs(a - b) <= tolerance * max(abs(b), floor) ? nil : "\(a) is not \(b) at \(index)"
  }
}
