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
    let terms = Terms(taking: &self)
    defer { terms.give(back: &self) }
    var sweep = ForwardSweep(terms, from: targets, to: outputs)
    for (target, tangent) in zip(targets, tangents) { try sweep.add(terms[tangent], to: target) }
    for id in sweep.path.nodes { try sweep.step(id) }
    terms.builder.provenance = outer
    var results: [NodeID] = []
    for output in outputs { results.append(try sweep.tangent[output].orZeros(like: terms[output]).id) }
    return results
  }
}

/// The state of one walk from targets on to outputs.
private struct ForwardSweep {
  let path: DerivativePath
  /// What is known so far of each node's tangent: what is given, then also what flows in.
  private(set) var tangent: [NodeID: Term] = [:]
  private let terms: Terms
  private var labels: DerivativeLabels
  private var calls: [CallTangent.Key: CallTangent] = [:]

  init(_ terms: Terms, from targets: [NodeID], to outputs: [NodeID]) {
    self.terms = terms
    path = DerivativePath(terms.builder, from: targets, to: outputs)
    labels = DerivativeLabels(terms.builder)
  }

  /// Completes the tangent of `id` with what flows in from its operands.
  mutating func step(_ id: NodeID) throws(GraphError) {
    let node = terms.builder.nodes[id]
    let start = terms.builder.nodes.count
    terms.builder.provenance = node.provenance.unlabelled
    let tangents = zip(node.operands, path.edges(of: node, among: terms.builder.nodes)).map {
      operand, flows in
      flows ? tangent[operand] : nil
    }
    if tangents.contains(where: { $0 != nil }),
      let part = try ForwardRule(id, tangents: tangents, in: terms).apply(&calls)
    {
      try add(part, to: id)
    }
    if let total = tangent[id] { labels.name(total.id, node.provenance.tangent.label, &terms.builder) }
    terms.builder.locateConstants(from: start, by: node.provenance.unlabelled)
  }

  mutating func add(_ part: Term, to id: NodeID) throws(GraphError) {
    tangent[id] = if let sum = tangent[id] { try sum + part } else { part }
  }
}
