import AdjointArray
import AdjointIR

// Reverse mode as a transformation of the graph (Griewank & Walther, Evaluating Derivatives, 2nd ed., ch. 3):
// the backward nodes are appended to the builder that holds the forward ones, so that they share
// subexpressions, and so that the derivative of a derivative is the same call again.

extension Builder {
  /// The vector–Jacobian product: for each of `targets` the sum over `outputs` of
  /// cotangentᵀ · ∂output/∂target.
  ///
  /// Derivatives are total: a target that another target depends on receives what flows through that one. A
  /// target on which no output depends gets zeros. Each backward node has the lines of the forward node that it
  /// is the backward of, and the cotangent of a node `z` is labelled `d_z`.
  ///
  /// At kinks: relu'(0) = |·|'(0) = sign' = 0; equal operands of max and min, and equal extremes of a reduction,
  /// share the cotangent equally; where an operand of max or min is NaN, or the comparison behind relu is, no
  /// cotangent flows. ∂(aᵇ)/∂b is 0 where a = 0 and b ≥ 0, ∂(aᵇ)/∂a is 0 where b = 0.
  ///
  /// - Parameters:
  ///   - outputs: floating-point nodes.
  ///   - targets: floating-point nodes, arguments or any others.
  ///   - cotangents: one for each output, of the same type.
  /// - Returns: one node for each target, of the target's type.
  /// - Throws: ``GraphError`` where a type does not fit.
  public mutating func vjp(
    of outputs: [NodeID], withRespectTo targets: [NodeID], cotangents: [NodeID]
  ) throws(GraphError) -> [NodeID] {
    try checkDerivative(of: outputs, withRespectTo: targets, cotangents: cotangents)
    let outer = provenance
    defer { provenance = outer }
    var sweep = ReverseSweep(self, from: targets, to: outputs)
    for (output, cotangent) in zip(outputs, cotangents) {
      try sweep.add(cotangent, to: output, &self)
    }
    for id in sweep.path.reversed() {
      try sweep.step(id, &self)
    }
    provenance = outer
    var results: [NodeID] = []
    for target in targets {
      if let cotangent = sweep.cotangent[target] {
        results.append(cotangent)
      } else {
        results.append(try constant(0, like: target))
      }
    }
    return results
  }

  /// The derivative of `output` with respect to each of `targets`.
  ///
  /// For a non-scalar output this is the vjp with ones, which is each row's own derivative (summed over the
  /// output's other axes) where rows are independent: where every node between follows axis 0 of the target.
  ///
  /// - Returns: one node for each target, of the target's type.
  /// - Throws: ``GraphError`` of kind `notDifferentiable` that names the node which mixes rows.
  public mutating func gradient(of output: NodeID, withRespectTo targets: [NodeID]) throws(GraphError)
    -> [NodeID]
  {
    try checkGradient(of: output, withRespectTo: targets)
    let ones = try constant(1, like: output)
    return try vjp(of: [output], withRespectTo: targets, cotangents: [ones])
  }

  public mutating func gradient(of output: NodeID, withRespectTo target: NodeID) throws(GraphError) -> NodeID
  {
    try gradient(of: output, withRespectTo: [target])[0]
  }

  func checkGradient(of output: NodeID, withRespectTo targets: [NodeID]) throws(GraphError) {
    try checkDerivative(of: [output], withRespectTo: targets, cotangents: [output])
    if shape(output).count != 1 {
      try checkRowIndependence(of: output, withRespectTo: targets)
    }
  }

  func checkDerivative(of outputs: [NodeID], withRespectTo targets: [NodeID], cotangents: [NodeID])
    throws(GraphError)
  {
    func failure(_ kind: GraphError.Kind, _ problem: String, _ remedy: String, _ ids: [NodeID]) -> GraphError
    {
      var error = GraphError(
        kind, operation: "vjp", problem: problem, remedy: remedy,
        operands: ids.map { GraphError.Operand(nodes[$0].type, nodes[$0].provenance) })
      error.locate(at: provenance.locations.isEmpty ? error.operands.first?.provenance ?? .none : provenance)
      return error
    }
    for id in outputs + targets + cotangents where !nodes.indices.contains(id) {
      throw failure(.foreignTensor, "node \(id) is not in this trace", "use the tensors of one trace", [])
    }
    guard outputs.count == cotangents.count else {
      throw failure(
        .invalidAttribute, "\(cotangents.count) cotangents for \(outputs.count) outputs", "give one for each",
        [])
    }
    for id in outputs + targets where !scalarType(id).isFloatingPoint {
      throw failure(
        .notDifferentiable, "a derivative of or by \(scalarType(id)) does not exist",
        "cast to float32 or float64 first", [id])
    }
    for (output, cotangent) in zip(outputs, cotangents) where type(output) != type(cotangent) {
      throw failure(
        .typeMismatch, "the cotangent is \(type(cotangent))", "give one of the output's type \(type(output))",
        [output, cotangent])
    }
  }
}

/// The state of one walk from outputs back to targets.
struct ReverseSweep {
  /// The nodes on a path from a target to an output, ascending.
  let path: [NodeID]
  /// For each node whether it depends, differentiably, on a target.
  private let dependent: [Bool]
  /// The sum of what has flowed into each node so far.
  private(set) var cotangent: [NodeID: NodeID] = [:]
  /// Backward nodes that carry the name of the node whose cotangent they are.
  private var named: Set<NodeID> = []
  private let firstBackward: NodeID
  private var callDerivatives: [CallDerivative.Key: CallDerivative] = [:]

  init(_ builder: Builder, from targets: [NodeID], to outputs: [NodeID]) {
    let nodes = builder.nodes
    firstBackward = nodes.count
    var dependent = [Bool](repeating: false, count: nodes.count)
    for target in targets { dependent[target] = true }
    let end = (outputs.max() ?? -1) + 1
    for id in (targets.min() ?? end)..<max(end, targets.min() ?? end) where !dependent[id] {
      let node = nodes[id]
      dependent[id] = node.operands.indices.contains { position in
        dependent[node.operands[position]] && node.carriesDerivative(position, builder)
      }
    }
    var needed = [Bool](repeating: false, count: end)
    for output in outputs { needed[output] = dependent[output] }
    for id in needed.indices.reversed() where needed[id] {
      let operands = nodes[id].operands
      for position in operands.indices
      where dependent[operands[position]] && nodes[id].carriesDerivative(position, builder) {
        needed[operands[position]] = true
      }
    }
    path = needed.indices.filter { needed[$0] }
    self.dependent = dependent
  }

  /// Hands the cotangent of `id`, now complete, on to its operands.
  mutating func step(_ id: NodeID, _ builder: inout Builder) throws(GraphError) {
    guard let total = cotangent[id] else { return }
    let node = builder.nodes[id]
    name(total, as: node.provenance, &builder)
    let wanted = node.operands.indices.map { position in
      dependent[node.operands[position]] && node.carriesDerivative(position, builder)
    }
    guard wanted.contains(true) else { return }
    let start = builder.nodes.count
    builder.provenance = node.provenance.cotangent
    let rule = DerivativeRule(node: node, id: id, cotangent: total, wanted: wanted)
    let parts = try rule.apply(&builder, calls: &callDerivatives)
    for (position, part) in parts.enumerated() {
      if let part { try add(part, to: node.operands[position], &builder) }
    }
    // Constants are made without provenance.
    for new in start..<builder.nodes.count where builder.nodes[new].provenance.locations.isEmpty {
      builder.mergeProvenance(new, node.provenance.cotangent)
    }
  }

  mutating func add(_ part: NodeID, to id: NodeID, _ builder: inout Builder) throws(GraphError) {
    if let sum = cotangent[id] {
      let outer = builder.provenance
      builder.provenance = builder.nodes[id].provenance.cotangent
      if builder.provenance.locations.isEmpty { builder.provenance.locations = outer.locations }
      cotangent[id] = try builder.binary(.add, sum, part)
      builder.provenance = outer
    } else {
      cotangent[id] = part
    }
  }

  /// Labels `cotangent` as that of a node with `provenance`: in front where it is new and nobody's yet.
  private mutating func name(_ cotangent: NodeID, as provenance: Provenance, _ builder: inout Builder) {
    guard let label = provenance.cotangent.label, cotangent >= firstBackward else { return }
    if named.insert(cotangent).inserted {
      builder.relabel(cotangent, label)
    } else {
      builder.label(cotangent, label)
    }
  }
}
