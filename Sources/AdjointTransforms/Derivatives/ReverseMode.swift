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
    try DerivativeSeed.cotangent.check(cotangents, of: outputs, withRespectTo: targets, self)
    let outer = provenance
    defer { provenance = outer }
    var sweep = ReverseSweep(self, from: targets, to: outputs)
    for (output, cotangent) in zip(outputs, cotangents) {
      try sweep.add(cotangent, to: output, &self)
    }
    for id in sweep.path.nodes.reversed() {
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
    try DerivativeSeed.cotangent.check([output], of: [output], withRespectTo: targets, self)
    if shape(output).count != 1 {
      try checkRowIndependence(of: output, withRespectTo: targets)
    }
  }
}

/// The state of one walk from outputs back to targets.
struct ReverseSweep {
  let path: DerivativePath
  /// The sum of what has flowed into each node so far.
  private(set) var cotangent: [NodeID: NodeID] = [:]
  private var labels: DerivativeLabels
  private var callDerivatives: [CallDerivative.Key: CallDerivative] = [:]
  /// The results of each loop on the path.
  private var loops: [ScanCall: [NodeID]] = [:]

  init(_ builder: Builder, from targets: [NodeID], to outputs: [NodeID]) {
    path = DerivativePath(builder, from: targets, to: outputs)
    labels = DerivativeLabels(builder)
    for id in path.nodes {
      if let call = ScanCall(builder.nodes[id]) { loops[call, default: []].append(id) }
    }
  }

  /// Hands the cotangent of `id`, now complete, on to its operands.
  mutating func step(_ id: NodeID, _ builder: inout Builder) throws(GraphError) {
    let node = builder.nodes[id]
    if let call = ScanCall(node) { return try step(call, id, &builder) }
    guard let total = cotangent[id] else { return }
    labels.name(total, node.provenance.cotangent.label, &builder)
    let wanted = path.edges(of: node, builder)
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

  /// Hands the cotangents of all results of a loop back at once, at the first of them, when those of the others are
  /// complete, too.
  private mutating func step(_ call: ScanCall, _ id: NodeID, _ builder: inout Builder) throws(GraphError) {
    let node = builder.nodes[id]
    if let total = cotangent[id] { labels.name(total, node.provenance.cotangent.label, &builder) }
    guard let results = loops[call], results.first == id else { return }
    var given = [NodeID?](repeating: nil, count: call.scan.body.outputs.count)
    var wanted = [Bool](repeating: false, count: node.operands.count)
    for sibling in results {
      guard case .scan(_, let result) = builder.nodes[sibling].operation, let total = cotangent[sibling]
      else {
        continue
      }
      given[result] = total
      for (position, flows) in path.edges(of: builder.nodes[sibling], builder).enumerated() where flows {
        wanted[position] = true
      }
    }
    guard wanted.contains(true) else { return }
    let start = builder.nodes.count
    builder.provenance = node.provenance.cotangent
    let derivative = try ScanDerivative(call.scan, wanted: wanted, given: given.map { $0 != nil })
    let parts = try derivative.append(node.operands, given, &builder)
    for (position, part) in parts.enumerated() {
      if let part { try add(part, to: node.operands[position], &builder) }
    }
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
}
