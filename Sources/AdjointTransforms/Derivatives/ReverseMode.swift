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
    let terms = Terms(taking: &self)
    defer { terms.give(back: &self) }
    var sweep = ReverseSweep(terms, from: targets, to: outputs)
    for (output, cotangent) in zip(outputs, cotangents) {
      try sweep.add(terms[cotangent], to: output)
    }
    for id in sweep.path.nodes.reversed() { try sweep.step(id) }
    terms.builder.provenance = outer
    var results: [NodeID] = []
    for target in targets { results.append(try sweep.cotangent[target].orZeros(like: terms[target]).id) }
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
    let start = nodes.count
    let ones = try constant(1, like: output)
    var origin = Provenance.none
    origin.backwardOf = nodes[output].backwardProvenance.backwardOf
    locateConstants(from: start, by: origin)
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
  private(set) var cotangent: [NodeID: Term] = [:]
  private let terms: Terms
  private var labels: DerivativeLabels
  private var callDerivatives: [CallDerivative.Key: CallDerivative] = [:]
  /// The results of each loop on the path.
  private var loops: [ScanCall: [NodeID]] = [:]

  init(_ terms: Terms, from targets: [NodeID], to outputs: [NodeID]) {
    self.terms = terms
    path = DerivativePath(terms.builder, from: targets, to: outputs)
    labels = DerivativeLabels(terms.builder)
    for id in path.nodes {
      if let call = ScanCall(terms.builder.nodes[id]) { loops[call, default: []].append(id) }
    }
  }

  /// Hands the cotangent of `id`, now complete, on to its operands.
  mutating func step(_ id: NodeID) throws(GraphError) {
    let node = terms.builder.nodes[id]
    if let call = ScanCall(node) { return try step(call, id) }
    guard let total = cotangent[id] else { return }
    labels.name(total.id, node.provenance.cotangent.label, &terms.builder)
    let wanted = path.edges(of: node, among: terms.builder.nodes)
    guard wanted.contains(true) else { return }
    try add(to: node) { sweep throws(GraphError) in
      try DerivativeRule(id, cotangent: total, wanted: wanted).apply(&sweep.callDerivatives)
    }
  }

  /// Hands the cotangents of all results of a loop back at once, at the first of them, when those of the others are
  /// complete, too.
  private mutating func step(_ call: ScanCall, _ id: NodeID) throws(GraphError) {
    let node = terms.builder.nodes[id]
    if let total = cotangent[id] { labels.name(total.id, node.provenance.cotangent.label, &terms.builder) }
    guard let results = loops[call], results.first == id else { return }
    var given = [Term?](repeating: nil, count: call.scan.body.outputs.count)
    var wanted = [Bool](repeating: false, count: node.operands.count)
    for sibling in results {
      guard case .scan(_, let result) = terms.builder.nodes[sibling].operation,
        let total = cotangent[sibling]
      else { continue }
      given[result] = total
      let edges = path.edges(of: terms.builder.nodes[sibling], among: terms.builder.nodes)
      for (position, flows) in edges.enumerated() where flows { wanted[position] = true }
    }
    guard wanted.contains(true) else { return }
    try add(to: node) { sweep throws(GraphError) in
      let derivative = try ScanDerivative(call.scan, wanted: wanted, given: given.map { $0 != nil })
      return try derivative.append(node.operands.map { sweep.terms[$0] }, given, sweep.terms)
    }
  }

  /// Adds what `rule` makes to the cotangents of the node's operands. What it appends has the node's lines.
  private mutating func add(
    to node: Node, of rule: (inout ReverseSweep) throws(GraphError) -> [Term?]
  ) throws(GraphError) {
    let start = terms.builder.nodes.count
    terms.builder.provenance = node.backwardProvenance
    for (position, part) in try rule(&self).enumerated() {
      if let part { try add(part, to: node.operands[position]) }
    }
    terms.builder.locateConstants(from: start, by: node.backwardProvenance)
  }

  mutating func add(_ part: Term, to id: NodeID) throws(GraphError) {
    guard let sum = cotangent[id] else {
      cotangent[id] = part
      return
    }
    let node = terms.builder.nodes[id]
    // One of several, it is no cotangent yet.
    if let label = node.provenance.cotangent.label {
      labels.nameIfUnnamed(sum.id, label + "_part", &terms.builder)
      labels.nameIfUnnamed(part.id, label + "_part", &terms.builder)
    }
    let outer = terms.builder.provenance
    terms.builder.provenance = node.backwardProvenance
    if terms.builder.provenance.locations.isEmpty { terms.builder.provenance.locations = outer.locations }
    cotangent[id] = try sum + part
    terms.builder.provenance = outer
  }
}

extension Builder {
  /// Gives the nodes from `start` on that know no line those of `provenance`: constants are made without.
  mutating func locateConstants(from start: Int, by provenance: Provenance) {
    for new in start..<nodes.count where nodes[new].provenance.locations.isEmpty {
      mergeProvenance(new, provenance)
      mark(new, backwardOf: provenance.backwardOf)
    }
  }
}
