import AdjointArray
import AdjointIR

/// Why a graph could not be run on the values given: what, where, and what would be right, on one line.
public enum InterpreterError: DocumentedError, Hashable {
  case missingArgument(name: String, type: TensorType)
  case unknownArgument(name: String, known: [String])
  /// A positional call with the wrong number of arguments.
  case argumentCount(expected: Int, found: Int)
  /// An argument of the wrong type or shape.
  case argumentMismatch(name: String, expected: TensorType, found: TensorType)
  /// An index outside a table; the first one met.
  case indexOutOfRange(
    index: Int, rows: Int, operation: String, label: String?, location: SourceLocation?)
  /// An operation that is not defined on its operands. Not thrown by an ``Interpreter``, whose graph is
  /// checked when it is made.
  case invalidOperation(GraphError)

  public enum Kind: String, CaseIterable, Sendable {
    case missingArgument, unknownArgument, argumentCount, argumentMismatch, indexOutOfRange, invalidOperation
  }

  public var kind: Kind {
    switch self {
    case .missingArgument: .missingArgument
    case .unknownArgument: .unknownArgument
    case .argumentCount: .argumentCount
    case .argumentMismatch: .argumentMismatch
    case .indexOutOfRange: .indexOutOfRange
    case .invalidOperation: .invalidOperation
    }
  }

  public var message: String {
    switch self {
    case .missingArgument(let name, let type):
      return "argument '\(name)' is missing; give an array of \(type)"
    case .unknownArgument(let name, let known):
      let names = known.map { "'\($0)'" }.joined(separator: ", ")
      return "there is no argument '\(name)'; "
        + (known.isEmpty ? "the graph takes none" : "the graph takes \(names)")
    case .argumentCount(let expected, let found):
      return "\(found) arguments were given; the graph takes \(expected)"
    case .argumentMismatch(let name, let expected, let found):
      return "argument '\(name)' is \(found); give \(expected)"
    case .indexOutOfRange(let index, let rows, let operation, let label, let location):
      let place = location.map { "\($0): " } ?? ""
      let node = label.map { " '\($0)'" } ?? ""
      return "\(place)\(operation)\(node): index \(index) is out of range; "
        + (rows > 0 ? "indices run from 0 to \(rows - 1)" : "the table has no rows")
    case .invalidOperation(let error):
      return error.message
    }
  }

  /// The same error, said of the node in which it happened.
  func located(at node: Node) -> InterpreterError {
    guard case .indexOutOfRange(let index, let rows, let operation, nil, nil) = self else { return self }
    return .indexOutOfRange(
      index: index, rows: rows, operation: operation, label: node.provenance.label,
      location: node.provenance.locations.first)
  }

  static func undefined(_ operation: Operation, on type: ScalarType) -> InterpreterError {
    .invalidOperation(
      GraphError(
        .typeMismatch, operation: operation.name, problem: "it is not defined on \(type)",
        remedy: "cast the operands"))
  }
}
