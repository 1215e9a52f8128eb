import AdjointIR

/// Everything that was wrong with a recorded closure: at least one error.
public struct TraceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// In the order in which they were met.
  public let errors: [GraphError]

  package init?(_ errors: [GraphError]) {
    if errors.isEmpty { return nil }
    self.errors = errors
  }

  package init(_ error: GraphError) { errors = [error] }

  /// One line: the first error, and what the others are.
  public var description: String {
    let first = errors.first.map(\.description) ?? ""
    if errors.count < 2 { return first }
    return "\(first) (and \(errors.count - 1) more: "
      + errors.dropFirst().map(\.description).joined(separator: " | ") + ")"
  }
}
