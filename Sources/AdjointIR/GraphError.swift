import AdjointArray

/// What is wrong with an operation that a user wrote: what, where, and what would be right, on one line.
public struct GraphError: DocumentedError, Hashable {
  public enum Kind: String, CaseIterable, Sendable {
    case shapeMismatch, typeMismatch, axisOutOfRange, invalidAttribute
    /// A tensor of one trace used in another, or after its own.
    case foreignTensor
    /// A derivative that does not exist.
    case notDifferentiable
    /// A graph that breaks a rule of the verifier: a defect of a pass or of a file, not of a model.
    case malformedGraph
  }

  /// One operand as the message shows it.
  public struct Operand: Hashable, Sendable {
    public let type: TensorType
    public let provenance: Provenance

    public init(_ type: TensorType, _ provenance: Provenance) {
      self.type = type
      self.provenance = provenance
    }

    var description: String {
      let name = provenance.label.map { "\($0): " } ?? ""
      let place = provenance.locations.first.map { " (from \($0))" } ?? ""
      return "\(name)\(type)\(place)"
    }
  }

  public let kind: Kind
  /// The operation's name.
  public let operation: String
  /// What is wrong with it.
  public let problem: String
  /// What would be right.
  public let remedy: String
  public var operands: [Operand]
  public var location: SourceLocation?

  public init(
    _ kind: Kind, operation: String, problem: String, remedy: String, operands: [Operand] = [],
    location: SourceLocation? = nil
  ) {
    self.kind = kind
    self.operation = operation
    self.problem = problem
    self.remedy = remedy
    self.operands = operands
    self.location = location
  }

  public var message: String {
    let place = location.map { "\($0): " } ?? ""
    let shown = operands.map(\.description).joined(separator: " and ")
    let with = shown.isEmpty ? "" : " [\(shown)]"
    return "\(place)\(operation): \(problem)\(with); \(remedy)"
  }
}
