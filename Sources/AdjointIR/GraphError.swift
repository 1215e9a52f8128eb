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
    /// So many nodes that memory has no place for them.
    case insufficientMemory
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
      let name = provenance.label.map { "\(shortened($0)): " } ?? ""
      let place = provenance.place.map { " (from \(shortened($0.description, to: 200)))" } ?? ""
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
  /// The user's line; of an operator, which knows none, that of the named call around it. The message has the
  /// operator's own where it can be found.
  public var location: SourceLocation?
  /// Where the operator was called.
  package var callSite = CallSite.none

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

  /// There is no memory for the node that was to come.
  init(_ error: MemoryError, _ operation: Operation, at provenance: Provenance) {
    self.init(
      .insufficientMemory, operation: operation.name, problem: error.problem, remedy: error.remedies)
    locate(at: provenance)
  }

  /// Says that it happened in a node of this provenance.
  package mutating func locate(at provenance: Provenance) {
    location = provenance.locations.first
    callSite = provenance.callSite
  }

  public var message: String {
    LineTable.load(callSite.addresses + operands.flatMap(\.provenance.callSite.addresses))
    let place: String =
      switch callSite.place(within: location) {
      case .exact(let line): "\(shortened("\(line)", to: 200)): "
      case .within(let call): "in the call at \(shortened("\(call)", to: 200)): "
      case nil: ""
      }
    let shown = operands.map(\.description).joined(separator: " and ")
    let with = shown.isEmpty ? "" : " [\(shown)]"
    return "\(place)\(operation): \(problem)\(with); \(remedy)"
  }
}
