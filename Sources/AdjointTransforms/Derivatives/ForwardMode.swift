import AdjointArray
import AdjointIR

// Forward mode as a transformation of the graph (Griewank & Walther, Evaluating Derivatives, 2nd ed., ch. 3): the
// nodes of tangents are appended to the builder that holds the primal ones, in the same order.

extension Builder {
  /// The Jacobian–vector product: for each of `outputs` the sum over `targets` of ∂output/∂target · tangent.
  ///
  /// It is the transpose of ``vjp(of:withRespectTo:cotangents:)``, at kinks and ties too: equal operands of max and
  /// min, and equal extremes of a reduction, take part equally. Derivatives are total: the tangent of a target that
  /// depends on another one is added to what flows into it from that one. An output that depends on no target gets
  /// zeros. Each node has the lines of the primal node whose tangent it helps to make, and the tangent of a node `z`
  /// is labelled `t_z`.
  ///
  /// - Parameters:
  ///   - outputs: floating-point nodes.
  ///   - targets: floating-point nodes, arguments or any others.
  ///   - tangents: one for each target, of the same type.
  /// - Returns: one node for each output, of the output's type.
  /// - Throws: ``GraphError`` where a type does not fit.
  public mutating func jvp(
    of outputs: [NodeID], withRespectTo targets: [NodeID], tangents: [NodeID]
  ) throws(GraphError) -> [NodeID] {
    try DerivativeSeed.tangent.check(tangents, of: outputs, withRespectTo: targets, self)
    let outer = provenance
    defer { provenance = outer }
    var sweep = ForwardSweep(self, from: targets, to: outputs)
    for (target, tangent) in zip(targets, tangents) {
      try sweep.add(tangent, to: target, &self)
    }
    for id in sweep.path.nodes {
      try sweep.step(id, &self)
    }
    provenance = outer
    var results: [NodeID] = []
    for output in outputs {
      if let tangent = sweep.tangent[output] {
        results.append(tangent)
      } else {
        results.append(try constant(0, like: output))
      }
    }
    return results
  }
}

/// The state of one walk from targets on to outputs.
private struct ForwardSweep {
  let path: DerivativePath
  /// What is known so far of each node's tangent: what is given, then also what flows in.
  private(set) var tangent: [NodeID: NodeID] = [:]
  private var labels: DerivativeLabels
  private var calls: [CallTangent.Key: CallTangent] = [:]

  init(_ builder: Builder, from targets: [NodeID], to outputs: [NodeID]) {
    path = DerivativePath(builder, from: targets, to: outputs)
    labels = DerivativeLabels(builder)
  }

  /// Completes the tangent of `id` with what flows in from its operands.
  mutating func step(_ id: NodeID, _ builder: inout Builder) throws(GraphError) {
    let node = builder.nodes[id]
    let start = builder.nodes.count
    builder.provenance = node.provenance.tangent
    let tangents = zip(node.operands, path.edges(of: node, builder)).map { operand, flows in
      flows ? tangent[operand] : nil
    }
    if tangents.contains(where: { $0 != nil }) {
      let rule = ForwardRule(node: node, id: id, tangents: tangents)
      if let part = try rule.apply(&builder, calls: &calls) { try add(part, to: id, &builder) }
    }
    if let total = tangent[id] { labels.name(total, node.provenance.tangent.label, &builder) }
    // Constants are made without provenance.
    for new in start..<builder.nodes.count where builder.nodes[new].provenance.locations.isEmpty {
      builder.mergeProvenance(new, node.provenance.tangent)
    }
  }

  mutating func add(_ part: NodeID, to id: NodeID, _ builder: inout Builder) throws(GraphError) {
    if let sum = tangent[id] {
      tangent[id] = try builder.binary(.add, sum, part)
    } else {
      tangent[id] = part
    }
  }
}
