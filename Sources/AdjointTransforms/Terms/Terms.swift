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

  /// `value` as an array of this type.
  final func number(_ value: Double, _ type: TensorType) throws(GraphError) -> Term {
    try self[builder.constant(Literal(value, as: type.scalarType))].broadcast(to: type.shape)
  }
}

extension Builder {
  /// The one number that every element of `id` is, where that is plain to see: a constant, or one broadcast.
  func literal(_ id: NodeID) -> Literal? {
    if case .constant(let literal) = nodes[id].operation { return literal }
    guard case .broadcast = nodes[id].operation,
      case .constant(let literal) = nodes[nodes[id].operands[0]].operation
    else { return nil }
    return literal
  }
}
