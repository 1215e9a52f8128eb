import AdjointArray
import AdjointIR

// What a user writes is differentiated in its stable form: the derivative of log(σ(x)) as written is ∞ · 0 where σ
// underflows. So what lies between targets and outputs is taken out as a graph of its own, whose arguments the targets
// are, rewritten, differentiated there, and the derivative's nodes are put back. In the graph of its own no rule looks
// through a target, and no rewritten node can be mistaken for one.

/// The nodes of a stable form in the builder that holds it.
package struct StableForm {
  package let outputs: [NodeID]
  package let targets: [NodeID]
  /// Values that take part in the derivative and are not differentiated: cotangents, tangents.
  package let seeds: [NodeID]
}

extension Builder {
  /// The derivative of the stable form of `output`.
  ///
  /// - Throws: ``GraphError`` of kind `notDifferentiable` that names the node, as written, which mixes rows.
  package mutating func stableGradient(of output: NodeID, withRespectTo targets: [NodeID]) throws(GraphError)
    -> [NodeID]
  {
    try checkGradient(of: output, withRespectTo: targets)
    return try stableVJP(
      of: [output], withRespectTo: targets, cotangents: [constant(1, like: output)])
  }

  /// The vector–Jacobian product of the stable form of `outputs`.
  package mutating func stableVJP(
    of outputs: [NodeID], withRespectTo targets: [NodeID], cotangents: [NodeID]
  ) throws(GraphError) -> [NodeID] {
    try DerivativeSeed.cotangent.check(cotangents, of: outputs, withRespectTo: targets, self)
    var results = targets
    for group in independentGroups(of: targets) {
      let parts = try withStableForm(of: outputs, from: group.map { targets[$0] }, seeds: cotangents) {
        builder, form throws(GraphError) in
        try builder.vjp(of: form.outputs, withRespectTo: form.targets, cotangents: form.seeds)
      }
      for (position, part) in zip(group, parts) { results[position] = part }
    }
    return results
  }

  /// The Jacobian–vector product of the stable form of `outputs`.
  package mutating func stableJVP(
    of outputs: [NodeID], withRespectTo targets: [NodeID], tangents: [NodeID]
  ) throws(GraphError) -> [NodeID] {
    try DerivativeSeed.tangent.check(tangents, of: outputs, withRespectTo: targets, self)
    var sums: [NodeID] = []
    for group in independentGroups(of: targets) {
      let (targets, tangents) = (group.map { targets[$0] }, group.map { tangents[$0] })
      let parts = try withStableForm(of: outputs, from: targets, seeds: tangents) {
        builder, form throws(GraphError) in
        try builder.jvp(of: form.outputs, withRespectTo: form.targets, tangents: form.seeds)
      }
      if sums.isEmpty {
        sums = parts
      } else {
        for (index, part) in parts.enumerated() { sums[index] = try binary(.add, sums[index], part) }
      }
    }
    return sums
  }

  /// What `derive` makes of the stable form of what lies between `targets` and `outputs`, as nodes of this builder.
  ///
  /// - Parameters:
  ///   - targets: none of which depends on another; see ``independentGroups(of:)``.
  ///   - seeds: nodes that `derive` needs and does not differentiate.
  ///   - derive: appends to the builder of the stable form, and returns nodes of it.
  /// - Returns: the nodes that `derive` returns, put back: what is equal to a node that there is becomes that node.
  package mutating func withStableForm(
    of outputs: [NodeID], from targets: [NodeID], seeds: [NodeID],
    _ derive: (inout Builder, StableForm) throws(GraphError) -> [NodeID]
  ) throws(GraphError) -> [NodeID] {
    let (slice, places) = slice(of: outputs, from: targets, seeds: seeds)
    let stable = slice.simplified(phases: [.canonicalize, .stabilize])
    let ids = stable.outputs.map(\.node)
    var inner = Builder(stable)
    inner.provenance = provenance
    let form = StableForm(
      outputs: Array(ids.prefix(outputs.count)),
      targets: Array(ids.dropFirst(outputs.count).prefix(targets.count)),
      seeds: Array(ids.suffix(seeds.count)))
    let results = try derive(&inner, form)
    return try append(inner.graph(outputs: results.map { Output("", $0) }), arguments: places)
  }

  /// The positions of `targets`, in groups within which no target depends on another.
  ///
  /// A total derivative with respect to one target does not ask which others there are: each group can be treated
  /// alone.
  package func independentGroups(of targets: [NodeID]) -> [[Int]] {
    guard targets.contains(where: { !nodes[$0].operation.isArgument }) else {
      return [Array(targets.indices)]
    }
    let isTarget = Set(targets)
    var level = [Int](repeating: 0, count: (targets.max() ?? -1) + 1)
    for id in level.indices {
      level[id] = nodes[id].operands.reduce(0) { max($0, level[$1]) } + (isTarget.contains(id) ? 1 : 0)
    }
    return Dictionary(grouping: targets.indices) { level[targets[$0]] }.sorted { $0.key < $1.key }.map(
      \.value)
  }

  /// What `outputs` need, with `targets` and `seeds` as arguments; its outputs are `outputs`, `targets` and `seeds`.
  ///
  /// - Returns: the graph, and for each of its arguments the node that it stands for.
  private func slice(of outputs: [NodeID], from targets: [NodeID], seeds: [NodeID]) -> (
    Graph, places: [String: NodeID]
  ) {
    let isTarget = Set(targets)
    var needed = [Bool](repeating: false, count: nodes.count)
    for id in outputs + targets { needed[id] = true }
    for id in nodes.indices.reversed() where needed[id] && !isTarget.contains(id) {
      for operand in nodes[id].operands { needed[operand] = true }
    }
    var places: [String: NodeID] = [:]
    for (id, node) in nodes.enumerated() where needed[id] {
      if case .argument(let argument) = node.operation { places[argument.name] = id }
    }
    var sliced: [Node] = []
    func standIn(for id: NodeID) -> NodeID {
      var number = id
      while places["value \(number)"] != nil { number += nodes.count }
      places["value \(number)"] = id
      let argument = Argument(.input, "value \(number)", nodes[id].type)
      sliced.append(Node(.argument(argument), [], type: nodes[id].type, provenance: nodes[id].provenance))
      return sliced.count - 1
    }
    var mapping = [NodeID](repeating: -1, count: nodes.count)
    for (id, node) in nodes.enumerated() where needed[id] {
      if isTarget.contains(id), !node.operation.isArgument {
        mapping[id] = standIn(for: id)
      } else {
        sliced.append(
          Node(
            node.operation, node.operands.map { mapping[$0] }, type: node.type, provenance: node.provenance))
        mapping[id] = sliced.count - 1
      }
    }
    let kept = (outputs + targets).map { mapping[$0] }
    let ends = kept + seeds.map { standIn(for: $0) }
    return (Graph(nodes: sliced, outputs: ends.map { Output("", $0) }), places)
  }

  /// Appends what the outputs of `graph` need, its arguments taken from `arguments`.
  private mutating func append(_ graph: Graph, arguments: [String: NodeID]) throws(GraphError) -> [NodeID] {
    let outer = provenance
    defer { provenance = outer }
    var mapping: [NodeID] = []
    mapping.reserveCapacity(graph.nodes.count)
    for node in graph.nodes {
      if case .argument(let argument) = node.operation, let id = arguments[argument.name] {
        mapping.append(id)
      } else {
        provenance = node.provenance
        mapping.append(try append(node.operation, node.operands.map { mapping[$0] }))
      }
    }
    return graph.outputs.map { mapping[$0.node] }
  }
}
