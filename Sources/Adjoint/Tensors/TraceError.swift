import AdjointArray
import AdjointIR

/// Everything that was wrong with a recorded closure: at least one error.
public struct TraceError: DocumentedError, Hashable {
  /// In the order in which they were met.
  public let errors: [GraphError]

  package init?(_ errors: [GraphError]) {
    if errors.isEmpty { return nil }
    self.errors = errors
  }

  package init(_ error: GraphError) { errors = [error] }

  /// That of the first error.
  public var kind: GraphError.Kind { errors[0].kind }

  /// One line: the first error, and what the others are.
  public var message: String {
    if errors.count == 1 { return errors[0].message }
    return "\(errors[0].message) (and \(errors.count - 1) more: "
      + errors.dropFirst().map(\.message).joined(separator: " | ") + ")"
  }
}
