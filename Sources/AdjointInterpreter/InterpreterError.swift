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
  /// A Cholesky decomposition met a pivot that is not greater than 0.
  case notPositiveDefinite(operation: String, label: String?, location: SourceLocation?)
  /// A triangular matrix that is solved with has a zero on its diagonal.
  case singularMatrix(operation: String, label: String?, location: SourceLocation?)
  /// An operation that is not defined on its operands. Not thrown by an ``Interpreter``, whose graph is
  /// checked when it is made.
  case invalidOperation(GraphError)
  /// There is too little memory for the values of a run.
  case insufficientMemory(MemoryError)

  public enum Kind: String, CaseIterable, Sendable {
    case missingArgument, unknownArgument, argumentCount, argumentMismatch, indexOutOfRange
    case notPositiveDefinite, singularMatrix, invalidOperation, insufficientMemory
  }

  public var kind: Kind {
    switch self {
    case .missingArgument: .missingArgument
    case .unknownArgument: .unknownArgument
    case .argumentCount: .argumentCount
    case .argumentMismatch: .argumentMismatch
    case .indexOutOfRange: .indexOutOfRange
    case .notPositiveDefinite: .notPositiveDefinite
    case .singularMatrix: .singularMatrix
    case .invalidOperation: .invalidOperation
    case .insufficientMemory: .insufficientMemory
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
    case .notPositiveDefinite(let operation, let label, let location):
      let place = location.map { "\($0): " } ?? ""
      let node = label.map { " '\($0)'" } ?? ""
      return "\(place)\(operation)\(node): a matrix is not positive definite; "
        + "add a multiple of the identity to it, or correct what it is made of"
    case .singularMatrix(let operation, let label, let location):
      let place = location.map { "\($0): " } ?? ""
      let node = label.map { " '\($0)'" } ?? ""
      return "\(place)\(operation)\(node): the diagonal of a triangular matrix has a zero; "
        + "give a matrix whose diagonal has none"
    case .invalidOperation(let error):
      return error.message
    case .insufficientMemory(let error):
      return error.message
    }
  }

  /// The same error, said of the node in which it happened.
  func located(at node: Node) -> InterpreterError {
    let (label, location) = (node.provenance.label, node.provenance.locations.first)
    switch self {
    case .indexOutOfRange(let index, let rows, let operation, nil, nil):
      return .indexOutOfRange(
        index: index, rows: rows, operation: operation, label: label, location: location)
    case .notPositiveDefinite(let operation, nil, nil):
      return .notPositiveDefinite(operation: operation, label: label, location: location)
    case .singularMatrix(let operation, nil, nil):
      return .singularMatrix(operation: operation, label: label, location: location)
    case .missingArgument, .unknownArgument, .argumentCount, .argumentMismatch, .indexOutOfRange,
      .notPositiveDefinite, .singularMatrix, .invalidOperation, .insufficientMemory:
      return self
    }
  }

  static func undefined(_ operation: Operation, on type: ScalarType) -> InterpreterError {
    .invalidOperation(
      GraphError(
        .typeMismatch, operation: operation.name, problem: "it is not defined on \(type)",
        remedy: "cast the operands"))
  }
}
