import AdjointArray

/// The one mutable object of the compiler: tracing appends nodes to it, and so do derivatives.
///
/// It shares: the same operation on the same operands is the same node, so that common subexpressions are
/// never built twice. Arguments are told apart by their names, which it makes unique; constants by their bits.
public struct Builder: Sendable {
  public private(set) var nodes: [Node] = []
  /// What nodes appended now are given as provenance.
  public var provenance: Provenance = .none

  private var known = NodeTable()
  /// The loop of which a result was appended last: the operands of its other results are of the right types.
  private var lastLoop: ScanCall?
  private var argumentNames = NumberedNames()
  private var memory = GraphMemory()

  public init() {}

  /// A builder of a graph of about `count` nodes.
  package init(expecting count: Int) { nodes.reserveCapacity(count) }

  /// A builder that goes on from `graph`'s nodes, which keep their indices.
  public init(_ graph: Graph) {
    nodes = graph.nodes
    memory = GraphMemory(expecting: nodes.count)
    for id in nodes.indices {
      known.insert(id, in: nodes)
      if case .argument(let argument) = nodes[id].operation { argumentNames.take(argument.name) }
    }
  }

  public func type(_ id: NodeID) -> TensorType { nodes[id].type }
  public func shape(_ id: NodeID) -> Shape { nodes[id].type.shape }
  public func scalarType(_ id: NodeID) -> ScalarType { nodes[id].type.scalarType }

  /// The node that applies `operation` to `operands`: an old one where there is one.
  ///
  /// - Throws: ``GraphError`` with the operands' types and locations where the operation is not defined on
  ///   them, or of the kind `insufficientMemory` where there is none for so many nodes.
  public mutating func append(_ operation: Operation, _ operands: [NodeID]) throws(GraphError) -> NodeID {
    if case .scan(let scan, let result) = operation {
      let call = ScanCall(scan, operands)
      if call == lastLoop, scan.body.outputs.indices.contains(result) {
        return append(operation, operands, of: scan.type(ofResult: result))
      }
      lastLoop = nil
      let id = try appendChecked(operation, operands)
      lastLoop = call
      return id
    }
    return try appendChecked(operation, operands)
  }

  private mutating func appendChecked(_ operation: Operation, _ operands: [NodeID]) throws(GraphError)
    -> NodeID
  {
    if memory.isDue(nodes.count) {
      do { try memory.ask(nodes.count) } catch { throw GraphError(error, operation, at: provenance) }
    }
    let type: TensorType
    do {
      type = try operation.resultType(operands.map { nodes[$0].type })
    } catch {
      var located = error
      located.operands = operands.map { GraphError.Operand(nodes[$0].type, nodes[$0].provenance) }
      located.locate(at: provenance)
      throw located
    }
    return append(operation, operands, of: type)
  }

  /// The same for an operation whose type on these operands is known to be `type`.
  package mutating func append(_ operation: Operation, _ operands: [NodeID], of type: TensorType) -> NodeID {
    if let id = known.find(operation, operands, in: nodes) {
      nodes[id].provenance.merge(provenance)
      return id
    }
    if case .argument(let argument) = operation { argumentNames.take(argument.name) }
    return appendNew(Node(operation, operands, type: type, provenance: provenance))
  }

  /// A new argument; where the name is taken, a number is added to it.
  public mutating func argument(_ kind: Argument.Kind, _ name: String, _ type: TensorType) -> NodeID {
    let unique = argumentNames.unique(name)
    let operation = Operation.argument(Argument(kind, unique, type))
    var own = provenance
    own.labels.insert(unique, at: 0)
    return appendNew(Node(operation, [], type: type, provenance: own))
  }

  /// Gives the node a further label: the first one names it.
  public mutating func label(_ id: NodeID, _ label: String) {
    nodes[id].provenance.merge(Provenance(labels: [label]))
  }

  /// Gives the node a label before those that it has.
  public mutating func relabel(_ id: NodeID, _ label: String) {
    let others = nodes[id].provenance.labels.filter { $0 != label }
    nodes[id].provenance.labels = Array(([label] + others).prefix(Provenance.limit))
  }

  /// Says of which node's derivative a node of the backward pass is.
  package mutating func mark(_ id: NodeID, backwardOf node: String?) {
    nodes[id].provenance.backwardOf = node
  }

  /// Gives the node what `other` knows of labels and locations.
  public mutating func mergeProvenance(_ id: NodeID, _ other: Provenance) {
    nodes[id].provenance.merge(other)
  }

  /// The graph of what `outputs` need; all arguments stay.
  public func graph(outputs: [Output]) -> Graph {
    Graph(nodes: nodes, outputs: outputs).removingDeadNodes()
  }
}

// Shorthands: one operation each, or the broadcasting that an elementwise one needs.
extension Builder {
  public mutating func constant(_ literal: Literal) -> NodeID {
    // A constant's type rule cannot fail; `insert` keeps that out of every signature.
    insert(.constant(literal), TensorType(literal.scalarType, .scalar))
  }

  /// `value` in the scalar type and shape of `other`.
  public mutating func constant(_ value: Double, like other: NodeID) throws(GraphError) -> NodeID {
    try broadcast(constant(Literal(value, as: scalarType(other))), to: shape(other))
  }

  public mutating func data(_ array: NDArray) -> NodeID {
    insert(.data(array), TensorType(array.scalarType, array.shape))
  }

  public mutating func unary(_ function: UnaryFunction, _ a: NodeID) throws(GraphError) -> NodeID {
    try append(.unary(function), [a])
  }

  public mutating func binary(_ function: BinaryFunction, _ a: NodeID, _ b: NodeID)
    throws(GraphError) -> NodeID
  {
    try append(.binary(function), try broadcastTogether(a, b))
  }

  public mutating func compare(_ comparison: Comparison, _ a: NodeID, _ b: NodeID)
    throws(GraphError) -> NodeID
  {
    try append(.compare(comparison), try broadcastTogether(a, b))
  }

  public mutating func select(_ condition: NodeID, _ a: NodeID, _ b: NodeID) throws(GraphError) -> NodeID {
    var operands = try broadcastTogether(a, b)
    let condition = try broadcastTogether(condition, operands[0])[0]
    // Where they do not fit, the operation's own type rule names them all.
    for i in 0..<2 where shape(operands[i]).broadcastStrides(to: shape(condition)) != nil {
      operands[i] = try broadcast(operands[i], to: shape(condition))
    }
    return try append(.select, [condition] + operands)
  }

  public mutating func cast(_ a: NodeID, to scalarType: ScalarType) throws(GraphError) -> NodeID {
    self.scalarType(a) == scalarType ? a : try append(.cast(scalarType), [a])
  }

  public mutating func reshape(_ a: NodeID, to shape: Shape) throws(GraphError) -> NodeID {
    self.shape(a) == shape ? a : try append(.reshape(shape), [a])
  }

  public mutating func transpose(_ a: NodeID, _ permutation: [Int]) throws(GraphError) -> NodeID {
    permutation == Array(0..<shape(a).rank) ? a : try append(.transpose(permutation), [a])
  }

  public mutating func broadcast(_ a: NodeID, to shape: Shape) throws(GraphError) -> NodeID {
    self.shape(a) == shape ? a : try append(.broadcast(shape), [a])
  }

  /// Reduces `axes`; with `keepingDimensions` they stay with extent 1.
  public mutating func reduce(
    _ reduction: Reduction, _ a: NodeID, axes: [Int], keepingDimensions: Bool = false
  ) throws(GraphError) -> NodeID {
    if axes.isEmpty { return a }
    let target = shape(a).reducing(axes, keepingDimensions: keepingDimensions)
    return try reshape(try append(.reduce(reduction, axes: axes.sorted()), [a]), to: target)
  }

  /// Sums `a` over the axes along which `shape` was broadcast to its shape: the transpose of `broadcast`.
  public mutating func sum(_ a: NodeID, broadcastFrom shape: Shape) throws(GraphError) -> NodeID {
    let full = self.shape(a)
    let offset = full.rank - shape.rank
    let axes = (0..<full.rank).filter { axis in
      axis < offset || (shape[axis - offset] == 1 && full[axis] != 1)
    }
    return try reshape(try reduce(.sum, a, axes: axes), to: shape)
  }

  /// Both operands at the shape that NumPy's rules give them.
  private mutating func broadcastTogether(_ a: NodeID, _ b: NodeID) throws(GraphError) -> [NodeID] {
    // Where they do not fit, the operation's own type rule says so.
    guard let shape = shape(a).broadcast(with: shape(b)) else { return [a, b] }
    return [try broadcast(a, to: shape), try broadcast(b, to: shape)]
  }

  private mutating func insert(_ operation: Operation, _ type: TensorType) -> NodeID {
    known.find(operation, [], in: nodes)
      ?? appendNew(Node(operation, [], type: type, provenance: .none))
  }

  private mutating func appendNew(_ node: consuming Node) -> NodeID {
    nodes.append(node)
    known.insert(nodes.count - 1, in: nodes)
    return nodes.count - 1
  }
}
