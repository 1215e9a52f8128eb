import AdjointArray
import AdjointIR

/// The nodes between targets and outputs through which a derivative flows: what a sweep of either mode visits.
struct DerivativePath {
  /// The nodes on a path from a target to an output, ascending.
  let nodes: [NodeID]
  /// For each node whether it depends, differentiably, on a target.
  private let dependent: [Bool]

  init(_ builder: Builder, from targets: [NodeID], to outputs: [NodeID]) {
    let all = builder.nodes
    var dependent = [Bool](repeating: false, count: all.count)
    for target in targets { dependent[target] = true }
    let end = (outputs.max() ?? -1) + 1
    for id in (targets.min() ?? end)..<max(end, targets.min() ?? end) where !dependent[id] {
      let node = all[id]
      dependent[id] = node.operands.indices.contains { position in
        dependent[node.operands[position]] && node.carriesDerivative(position, among: builder.nodes)
      }
    }
    var needed = [Bool](repeating: false, count: end)
    for output in outputs { needed[output] = dependent[output] }
    for id in needed.indices.reversed() where needed[id] {
      let operands = all[id].operands
      for position in operands.indices
      where dependent[operands[position]] && all[id].carriesDerivative(position, among: builder.nodes) {
        needed[operands[position]] = true
      }
    }
    nodes = needed.indices.filter { needed[$0] }
    self.dependent = dependent
  }

  /// For each operand of `node` whether a derivative flows along that edge.
  func edges(of node: Node, among nodes: [Node]) -> [Bool] {
    node.operands.indices.map { position in
      dependent[node.operands[position]] && node.carriesDerivative(position, among: nodes)
    }
  }
}

/// Labels what a sweep makes after the nodes whose cotangents or tangents they are.
struct DerivativeLabels {
  private let firstNew: NodeID
  /// New nodes that carry the name of a node already.
  private var named: Set<NodeID> = []

  init(_ builder: Builder) { firstNew = builder.nodes.count }

  /// Labels `id`: in front where it is new and nobody's yet. What was there before keeps its labels as they are.
  mutating func name(_ id: NodeID, _ label: String?, _ builder: inout Builder) {
    guard let label, id >= firstNew else { return }
    if named.insert(id).inserted {
      builder.relabel(id, label)
    } else {
      builder.label(id, label)
    }
  }

  /// Labels `id` where it is new and has no name.
  func nameIfUnnamed(_ id: NodeID, _ label: String, _ builder: inout Builder) {
    if id >= firstNew, builder.nodes[id].provenance.labels.isEmpty { builder.label(id, label) }
  }
}

/// What is given to a derivative at one end: of the types of outputs in reverse mode, of targets in forward mode.
enum DerivativeSeed: String {
  case cotangent, tangent

  var operation: String { self == .cotangent ? "vjp" : "jvp" }
  private var receivers: String { self == .cotangent ? "output" : "target" }

  /// - Throws: ``GraphError`` where a node does not exist, is of no floating-point type, or a seed is not of the type
  ///   of what it is given for.
  func check(_ seeds: [NodeID], of outputs: [NodeID], withRespectTo targets: [NodeID], _ builder: Builder)
    throws(GraphError)
  {
    let nodes = builder.nodes
    func failure(_ kind: GraphError.Kind, _ problem: String, _ remedy: String, _ ids: [NodeID]) -> GraphError
    {
      var error = GraphError(
        kind, operation: operation, problem: problem, remedy: remedy,
        operands: ids.map { GraphError.Operand(nodes[$0].type, nodes[$0].provenance) })
      let here = builder.provenance
      error.locate(at: here.locations.isEmpty ? error.operands.first?.provenance ?? .none : here)
      return error
    }
    for id in outputs + targets + seeds where !nodes.indices.contains(id) {
      throw failure(.foreignTensor, "node \(id) is not in this trace", "use the tensors of one trace", [])
    }
    let receiving = self == .cotangent ? outputs : targets
    guard receiving.count == seeds.count else {
      throw failure(
        .invalidAttribute, "\(seeds.count) \(rawValue)s for \(receiving.count) \(receivers)s",
        "give one for each", [])
    }
    for id in outputs + targets where !builder.scalarType(id).isFloatingPoint {
      throw failure(
        .notDifferentiable, "a derivative of or by \(builder.scalarType(id)) does not exist",
        "cast to float32 or float64 first", [id])
    }
    for (receiver, seed) in zip(receiving, seeds) where builder.type(receiver) != builder.type(seed) {
      throw failure(
        .typeMismatch, "the \(rawValue) is \(builder.type(seed))",
        "give one of the \(receivers)'s type \(builder.type(receiver))", [receiver, seed])
    }
  }
}
