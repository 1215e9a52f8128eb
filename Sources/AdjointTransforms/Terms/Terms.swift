import AdjointArray
import AdjointIR

/// Where the operations that formulas ask for are made: appended to a builder, as they stand.
///
/// It holds the builder while formulas are written, so that a ``Term`` is an index and a reference, and nothing is copied.
class Terms {
  /// Its accesses do not overlap: formulas make one node after the other.
  @exclusivity(unchecked) final var builder: Builder

  init(_ builder: Builder = Builder()) { self.builder = builder }

  /// Takes over `builder` until ``give(back:)``.
  convenience init(taking builder: inout Builder) {
    self.init()
    swap(&self.builder, &builder)
  }

  final func give(back builder: inout Builder) { swap(&self.builder, &builder) }

  /// The node for `operation` on `operands`, whose types allow it.
  func make(_ operation: Operation, _ operands: [NodeID]) throws(GraphError) -> NodeID {
    try builder.append(operation, operands)
  }

  final subscript(id: NodeID) -> Term { Term(id: id, terms: self) }

  final func callAsFunction(_ operation: Operation, _ operands: Term...) throws(GraphError) -> Term {
    try self(operation, operands)
  }

  final func callAsFunction(_ operation: Operation, _ operands: [Term]) throws(GraphError) -> Term {
    self[try make(operation, operands.map(\.id))]
  }

  /// One exact number, repeated over `shape`.
  final func constant(_ literal: Literal, _ shape: Shape = .scalar) throws(GraphError) -> Term {
    try self[builder.constant(literal)].broadcast(to: shape)
  }

  /// `value` as an array of this type.
  final func number(_ value: Double, _ type: TensorType) throws(GraphError) -> Term {
    try constant(Literal(value, as: type.scalarType), type.shape)
  }

  // MARK: What is there
  //
  // Read from the nodes: a method of the builder would be given a copy of it.

  final func type(_ id: NodeID) -> TensorType { builder.nodes[id].type }
  final func shape(_ id: NodeID) -> Shape { builder.nodes[id].type.shape }
  final func scalarType(_ id: NodeID) -> ScalarType { builder.nodes[id].type.scalarType }

  /// The one number that every element is, where that is plain to see: a constant, or one broadcast.
  final func literal(_ id: NodeID) -> Literal? {
    if case .constant(let literal) = builder.nodes[id].operation { return literal }
    guard case .broadcast = builder.nodes[id].operation,
      case .constant(let literal) = builder.nodes[builder.nodes[id].operands[0]].operation
    else { return nil }
    return literal
  }
}
