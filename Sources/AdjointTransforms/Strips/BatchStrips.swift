import AdjointArray
import AdjointIR

extension Graph {
  /// An equal graph in which what is done row by row is done in strips of rows, forward and backward, so that what is kept
  /// between is kept for a strip only.
  ///
  /// A pass over the rows becomes a loop without carries over groups of strips, in which each group sums for itself; in
  /// it, where groups have several strips, a loop over these, with the sums as carries. The sums of the groups are added up
  /// in the end. How many groups there are follows from the shapes alone.
  /// - Throws: ``GraphError`` only where this is wrong.
  public func inStrips(_ limits: StripLimits = StripLimits()) throws(GraphError) -> Graph {
    var graph = self
    var tried: Set<Int> = []
    while let rows = graph.rowCounts(limits).subtracting(tried).max() {
      tried.insert(rows)
      let inputs = graph.arguments.filter {
        graph.isInput($0) && graph[$0].type.shape.dimensions.first == rows
      }
      // An input of as many elements may be no rows: where nothing comes of all of them, the largest alone.
      let largest = inputs.max { graph[$0].type.byteCount < graph[$1].type.byteCount }
      for seeds in [inputs, largest.map { [$0] } ?? []] {
        var strips = BatchStrips(graph, rows: rows, RowPasses(graph, rowsOf: seeds), limits)
        if let cut = try strips.graph() {
          graph = cut
          break
        }
      }
    }
    return graph
  }

  private func isInput(_ id: NodeID) -> Bool {
    if case .argument(let argument) = self[id].operation { argument.kind == .input } else { false }
  }

  /// The numbers of rows of which there may be strips.
  private func rowCounts(_ limits: StripLimits) -> Set<Int> {
    var counts = Set(
      arguments.compactMap { isInput($0) ? self[$0].type.shape.dimensions.first : nil }.filter {
        $0 >= 2 * limits.leastRows
      })
    guard !counts.isEmpty else { return [] }
    var bytes: [Int: Int] = [:]
    for node in nodes where !node.operation.isView {
      if let first = node.type.shape.dimensions.first {
        bytes[first] = saturatingSum(bytes[first, default: 0], node.type.byteCount)
      }
    }
    counts = counts.filter { bytes[$0, default: 0] > limits.leastBytes }
    return counts
  }
}

/// Makes loops over strips of the passes of one graph.
private struct BatchStrips {
  private let old: Graph
  private let rows: Int
  private let passes: RowPasses
  private let limits: StripLimits
  private let users: [[NodeID]]
  private var builder = Builder()
  private var mapping: [NodeID?]

  init(_ graph: Graph, rows: Int, _ passes: RowPasses, _ limits: StripLimits) {
    old = graph
    self.rows = rows
    self.passes = passes
    self.limits = limits
    users = graph.users()
    mapping = Array(repeating: nil, count: graph.nodes.count)
  }

  /// - Returns: `nil` where no pass is worth it.
  mutating func graph() throws(GraphError) -> Graph? {
    let byPass = passes.passes
    let cuts = byPass.map { pass in
      StripCut.cuts(ofRows: rows, PassBytes(pass, of: old, passes, users: users), limits)
    }
    guard cuts.contains(where: { !$0.isEmpty }) else { return nil }
    for id in old.arguments {
      guard case .argument(let argument) = old[id].operation else { continue }
      builder.provenance = old[id].provenance
      builder.provenance.labels.removeAll { $0 == argument.name }
      mapping[id] = builder.argument(argument.kind, argument.name, argument.type)
    }
    // What is before each pass and in no loop.
    var others = [[NodeID]](repeating: [], count: byPass.count)
    for (id, pass) in passes.passOf.enumerated() where cuts[pass].isEmpty || passes.roles[id] == .outside {
      others[pass].append(id)
    }
    for pass in byPass.indices {
      for id in others[pass] where mapping[id] == nil {
        let node = old[id]
        builder.provenance = node.provenance
        mapping[id] = try builder.append(node.operation, node.operands.map(mapped))
      }
      if !cuts[pass].isEmpty {
        try write(byPass[pass].filter { !old[$0].operation.isArgument }, cuts[pass])
      }
    }
    return builder.graph(
      outputs: try old.outputs.map { (output) throws(GraphError) in
        Output(output.name, try mapped(output.node), replaces: try output.replaces.map(mapped))
      })
  }

  private func mapped(_ id: NodeID) throws(GraphError) -> NodeID {
    if let new = mapping[id] { return new }
    throw GraphError(
      .malformedGraph, operation: old[id].operation.name, problem: "it is needed before it is computed",
      remedy: "this is a fault of the compiler: please report it")
  }

  // MARK: Loops

  private mutating func write(_ pass: [NodeID], _ cuts: [StripCut]) throws(GraphError) {
    let members = Set(pass)
    let outputs = Set(old.outputs.map(\.node))
    let kept = pass.filter { id in
      passes.roles[id] == .ends || outputs.contains(id) || users[id].contains { !members.contains($0) }
    }
    var results: [NodeID] = []
    var first = 0
    for cut in cuts {
      let part = try loop(pass, kept, members, rows: first..<(first + cut.rows), cut)
      results = first == 0 ? part : try joined(results, part, kept)
      first += cut.rows
    }
    for (id, result) in zip(kept, results) {
      mapping[id] = result
      builder.mergeProvenance(result, old[id].provenance)
    }
  }

  /// What two parts of the rows give, as one.
  private mutating func joined(_ results: [NodeID], _ others: [NodeID], _ kept: [NodeID])
    throws(GraphError) -> [NodeID]
  {
    var joined: [NodeID] = []
    for (index, id) in kept.enumerated() {
      builder.provenance = old[id].provenance
      let both = [results[index], others[index]]
      if case .follows(let axis) = passes.roles[id] {
        joined.append(try builder.append(.concatenate(axis: axis), both))
      } else {
        joined.append(try builder.binary(combination(old[id]), both[0], both[1]))
      }
    }
    return joined
  }

  private func reduction(_ node: Node) -> Reduction {
    if case .reduce(let reduction, _) = node.operation { reduction } else { .sum }
  }

  private func combination(_ node: Node) -> BinaryFunction { reduction(node).combination }

  /// The values of `kept` for a range of the rows.
  private mutating func loop(
    _ pass: [NodeID], _ kept: [NodeID], _ members: Set<NodeID>, rows: Range<Int>, _ cut: StripCut
  ) throws(GraphError) -> [NodeID] {
    var strip = StripBody(old, passes, strip: cut.strip)
    for id in pass { try strip.append(id, isMember: members.contains) }
    // Each output with its rows in front.
    var outputs: [NodeID] = []
    for id in kept { outputs.append(try strip.output(id)) }

    var slices: [NodeID] = []
    for operand in strip.stacked {
      builder.provenance = old[operand.node].provenance
      slices.append(try stacked(mapped(operand.node), operand.axis, rows, cut))
    }
    var invariants: [NodeID] = []
    for id in strip.invariants { invariants.append(try mapped(id)) }
    let body = strip.graph(outputs.enumerated().map { Output("result\($0)", $1) })
    let group = cut.stripsInGroup == 1 ? body : try groupBody(body, kept, slices, invariants, cut)
    let scan = Scan(group, carries: 0, stacked: slices.count, length: cut.groups)
    let operands = slices + invariants
    var results: [NodeID] = []
    for (index, id) in kept.enumerated() {
      builder.provenance = old[id].provenance
      let result = try builder.append(.scan(scan, result: index), operands)
      results.append(try whole(result, id, rows.count))
    }
    return results
  }

  /// Rows of an operand, with the groups and strips as axes in front: [groups, (strips,) rows in a strip, …].
  private mutating func stacked(_ id: NodeID, _ axis: Int, _ rows: Range<Int>, _ cut: StripCut)
    throws(GraphError) -> NodeID
  {
    var value = try builder.withAxisInFront(id, axis)
    let shape = builder.shape(value).dimensions
    if rows.count < shape[0] {
      value = try builder.append(
        .slice(
          Slice(
            starts: [rows.lowerBound] + shape.dropFirst().map { _ in 0 },
            ends: [rows.upperBound] + shape.dropFirst(), steps: shape.map { _ in 1 })), [value])
    }
    let leading = cut.stripsInGroup == 1 ? [cut.groups] : [cut.groups, cut.stripsInGroup]
    return try builder.reshape(value, to: Shape(leading + [cut.strip] + shape.dropFirst()))
  }

  /// What the loops give for a node as the node has it: rows in their place, sums added up.
  private mutating func whole(_ id: NodeID, _ node: NodeID, _ count: Int) throws(GraphError) -> NodeID {
    guard case .follows(let axis) = passes.roles[node] else {
      return try builder.append(.reduce(reduction(old[node]), axes: [0]), [id])
    }
    var shape = old[node].type.shape.dimensions
    shape.remove(at: axis)
    return try builder.withFrontAxis(try builder.reshape(id, to: Shape([count] + shape)), at: axis)
  }

  /// The loop over the strips of a group, which hands sums on.
  private func groupBody(
    _ strip: Graph, _ kept: [NodeID], _ slices: [NodeID], _ invariants: [NodeID], _ cut: StripCut
  ) throws(GraphError) -> Graph {
    let sums = kept.indices.filter { passes.roles[kept[$0]] == .ends }
    let others = kept.indices.filter { passes.roles[kept[$0]] != .ends }
    // A run: the strip, and its sums combined with those of the strips before.
    var run = Builder()
    let carries = sums.map { run.argument(.input, "sum", strip[strip.outputs[$0].node].type) }
    var mapping: [NodeID] = []
    for node in strip.nodes {
      run.provenance = node.provenance
      if case .argument(let argument) = node.operation {
        run.provenance.labels.removeAll { $0 == argument.name }
        mapping.append(run.argument(argument.kind, argument.name, argument.type))
      } else {
        mapping.append(try run.append(node.operation, node.operands.map { mapping[$0] }))
      }
    }
    var outputs: [Output] = []
    for (carry, result) in zip(carries, sums) {
      let output = strip.outputs[result]
      run.provenance = strip[output.node].provenance
      outputs.append(
        Output(
          output.name, try run.binary(combination(old[kept[result]]), carry, mapping[output.node])))
    }
    outputs += others.map { Output(strip.outputs[$0].name, mapping[strip.outputs[$0].node]) }
    let scan = Scan(
      run.graph(outputs: outputs), carries: sums.count, stacked: slices.count, length: cut.stripsInGroup)

    var group = Builder()
    var operands: [NodeID] = []
    for result in sums {
      let type = strip[strip.outputs[result].node].type
      let first = group.constant(reduction(old[kept[result]]).identity(type.scalarType))
      operands.append(try group.broadcast(first, to: type.shape))
    }
    for id in slices {
      let type = builder.type(id)
      operands.append(
        group.argument(
          .input, "rows", TensorType(type.scalarType, Shape(Array(type.shape.dimensions.dropFirst())))))
    }
    for id in invariants {
      let name = builder.nodes[id].provenance.label ?? "value"
      operands.append(group.argument(.input, name, builder.type(id)))
    }
    var results = [NodeID](repeating: 0, count: kept.count)
    for (position, result) in (sums + others).enumerated() {
      results[result] = try group.append(.scan(scan, result: position), operands)
    }
    return group.graph(outputs: zip(strip.outputs, results).map { Output($0.name, $1) })
  }
}
