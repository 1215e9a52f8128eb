import AdjointArray
import AdjointIR

/// How the rows of a batch are cut.
public struct StripLimits: Hashable, Sendable {
  /// What the values of a strip may take together: a part of an L2 cache (of 512 KiB or more).
  public var stripBytes = 192 * 1024
  /// Where the values of all rows take less, there are no strips.
  public var leastBytes = 192 * 1024
  /// The fewest rows in a strip.
  public var leastRows = 32
  /// The most groups of strips that run independently, each with sums of its own.
  public var mostGroups = 16
  public init() {}
}

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
    let cuts = byPass.map(self.cuts)
    guard cuts.contains(where: { !$0.isEmpty }) else { return nil }
    for id in old.arguments {
      guard case .argument(let argument) = old[id].operation else { continue }
      builder.provenance = old[id].provenance
      builder.provenance.labels.removeAll { $0 == argument.name }
      mapping[id] = builder.argument(argument.kind, argument.name, argument.type)
    }
    for pass in byPass.indices {
      let isInLoop = Set(cuts[pass].isEmpty ? [] : byPass[pass])
      for id in old.nodes.indices
      where passes.passOf[id] == pass && !isInLoop.contains(id) && mapping[id] == nil {
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

  // MARK: Sizes

  /// Strips of equal size: so many in each of so many groups.
  private struct Cut {
    let strip: Int
    let groups: Int
    var stripsInGroup = 1

    var rows: Int { strip * groups * stripsInGroup }
  }

  /// How all rows are cut, one part after the other: no strip is larger than those of the first part. Empty where strips are
  /// not worth it.
  private func cuts(_ pass: [NodeID]) -> [Cut] {
    let (alive, traffic, sums) = bytes(pass)
    guard alive > limits.leastBytes, rows >= 2 * limits.leastRows else { return [] }
    let aRow = max(1, alive / rows)
    // What each strip adds to the sums costs as much as keeping the values of so many rows would.
    let least = max(limits.leastRows, 4 * sums / max(1, traffic / rows))
    let most = max(least, limits.stripBytes / aRow)
    guard 2 * least <= rows else { return [] }
    // A power of two of groups, so that threads get as many each: four, or more where strips would be too large.
    var groups = 1
    while groups * 2 <= limits.mostGroups, rows / (groups * 2) >= least, groups < 4 || rows / groups > most {
      groups *= 2
    }
    let share = rows / groups
    var strip = share
    if share > most {
      let even = rows % groups == 0 ? (most / 2...most).reversed().first { $0 > 0 && share % $0 == 0 } : nil
      strip = even ?? max(1, most / 8 * 8)
    }
    var cuts = [Cut(strip: strip, groups: groups, stripsInGroup: share / strip)]
    let rest = rows - cuts[0].rows
    if rest >= strip { cuts.append(Cut(strip: strip, groups: rest / strip)) }
    if rest % strip > 0 { cuts.append(Cut(strip: rest % strip, groups: 1)) }
    return cuts
  }

  /// The most bytes of rows that are alive at once, those of all values together, and those of the sums.
  private func bytes(_ pass: [NodeID]) -> (alive: Int, traffic: Int, sums: Int) {
    let members = Set(pass)
    var ending: [NodeID: Int] = [:]
    var (alive, most, all, sums) = (0, 0, 0, 0)
    for id in pass {
      let node = old[id]
      if passes.roles[id] == .ends {
        sums += node.type.byteCount
      } else if !node.operation.isView, !node.operation.isArgument,
        let last = users[id].last(where: members.contains)
      {
        all = saturatingSum(all, node.type.byteCount)
        alive = saturatingSum(alive, node.type.byteCount)
        ending[last, default: 0] += node.type.byteCount
      }
      most = max(most, alive)
      alive -= ending[id] ?? 0
    }
    return (most, all, sums)
  }

  // MARK: Loops

  private mutating func write(_ pass: [NodeID], _ cuts: [Cut]) throws(GraphError) {
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
    _ pass: [NodeID], _ kept: [NodeID], _ members: Set<NodeID>, rows: Range<Int>, _ cut: Cut
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
    var results: [NodeID] = []
    for (index, id) in kept.enumerated() {
      builder.provenance = old[id].provenance
      let result = try builder.append(.scan(scan, result: index), slices + invariants)
      results.append(try whole(result, id, rows.count))
    }
    return results
  }

  /// Rows of an operand, with the groups and strips as axes in front: [groups, (strips,) rows in a strip, …].
  private mutating func stacked(_ id: NodeID, _ axis: Int, _ rows: Range<Int>, _ cut: Cut)
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
    _ strip: Graph, _ kept: [NodeID], _ slices: [NodeID], _ invariants: [NodeID], _ cut: Cut
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

extension Builder {
  /// The same with `axis` as the first one.
  fileprivate mutating func withAxisInFront(_ id: NodeID, _ axis: Int) throws(GraphError) -> NodeID {
    try transpose(id, [axis] + (0..<shape(id).rank).filter { $0 != axis })
  }

  /// The same with the first axis at `axis`.
  fileprivate mutating func withFrontAxis(_ id: NodeID, at axis: Int) throws(GraphError) -> NodeID {
    var permutation = Array(1..<shape(id).rank)
    permutation.insert(0, at: axis)
    return try transpose(id, permutation)
  }
}

/// The graph of one strip.
private struct StripBody {
  private let old: Graph
  private let passes: RowPasses
  private let strip: Int
  private var builder = Builder()
  private var mapping: [NodeID: NodeID] = [:]
  /// What is cut into strips, and along which axis; in the order of the body's first arguments.
  private(set) var stacked: [(node: NodeID, axis: Int)] = []
  /// What each strip needs whole; in the order of the arguments behind.
  private(set) var invariants: [NodeID] = []
  private var arguments: [(id: NodeID, isStacked: Bool)] = []

  init(_ graph: Graph, _ passes: RowPasses, strip: Int) {
    old = graph
    self.passes = passes
    self.strip = strip
  }

  mutating func append(_ id: NodeID, isMember: (NodeID) -> Bool) throws(GraphError) {
    let node = old[id]
    var operands: [NodeID] = []
    for (position, operand) in node.operands.enumerated() {
      if isMember(operand), let own = mapping[operand] {
        operands.append(own)
      } else if let axis = passes.axis(ofOperand: position, of: node) {
        operands.append(try cut(operand, axis))
      } else {
        operands.append(try whole(operand))
      }
    }
    builder.provenance = node.provenance
    let axis: Int? = if case .follows(let axis) = passes.roles[id] { axis } else { nil }
    mapping[id] = try builder.append(cut(node.operation, axis), operands)
  }

  /// A node's value in the strip, with rows in front where it has any.
  mutating func output(_ id: NodeID) throws(GraphError) -> NodeID {
    guard let own = mapping[id], case .follows(let axis) = passes.roles[id] else { return mapping[id] ?? 0 }
    return try builder.withAxisInFront(own, axis)
  }

  /// The finished graph, its arguments in the order in which a loop gives them.
  func graph(_ outputs: [Output]) -> Graph {
    let order = arguments.filter(\.isStacked).map(\.id) + arguments.filter { !$0.isStacked }.map(\.id)
    var renumbered = [NodeID](repeating: -1, count: builder.nodes.count)
    var nodes: [Node] = []
    for id in order + builder.nodes.indices.filter({ !builder.nodes[$0].operation.isArgument }) {
      let node = builder.nodes[id]
      renumbered[id] = nodes.count
      nodes.append(
        Node(
          node.operation, node.operands.map { renumbered[$0] }, type: node.type,
          provenance: node.provenance))
    }
    return Graph(nodes: nodes, outputs: outputs.map { Output($0.name, renumbered[$0.node]) })
      .removingDeadNodes()
  }

  /// The rows of the strip of a value from outside, whose axis `axis` numbers them.
  private mutating func cut(_ id: NodeID, _ axis: Int) throws(GraphError) -> NodeID {
    let node = old[id]
    if case .broadcast(let shape) = node.operation, old.isEqual(along: axis, id) {
      // All rows are equal.
      let operand = try whole(node.operands[0])
      builder.provenance = node.provenance
      return try builder.broadcast(operand, to: shape.replacing(axis, by: strip))
    }
    let argument: NodeID
    if let known = stacked.firstIndex(where: { $0.node == id && $0.axis == axis }) {
      argument = arguments.filter(\.isStacked)[known].id
    } else {
      var shape = node.type.shape.dimensions
      shape.remove(at: axis)
      argument = makeArgument(id, TensorType(node.type.scalarType, Shape([strip] + shape)), isStacked: true)
      stacked.append((id, axis))
    }
    builder.provenance = node.provenance
    return try builder.withFrontAxis(argument, at: axis)
  }

  private mutating func whole(_ id: NodeID) throws(GraphError) -> NodeID {
    let node = old[id]
    switch node.operation {
    case .constant, .data, .iota:
      builder.provenance = node.provenance
      return try builder.append(node.operation, [])
    case .broadcast(let shape):
      let operand = try whole(node.operands[0])
      builder.provenance = node.provenance
      return try builder.broadcast(operand, to: shape)
    default:
      if let known = invariants.firstIndex(of: id) { return arguments.filter { !$0.isStacked }[known].id }
      invariants.append(id)
      return makeArgument(id, node.type, isStacked: false)
    }
  }

  private mutating func makeArgument(_ id: NodeID, _ type: TensorType, isStacked: Bool) -> NodeID {
    builder.provenance = old[id].provenance
    let name = builder.provenance.labels.first ?? "value"
    builder.provenance.labels.removeAll { $0 == name }
    let argument = builder.argument(.input, name, type)
    arguments.append((argument, isStacked))
    return argument
  }

  /// The operation with a strip's extent where its result's axis `axis` has that of all rows.
  private func cut(_ operation: Operation, _ axis: Int?) -> Operation {
    guard let axis else { return operation }
    switch operation {
    case .reshape(let shape): return .reshape(shape.replacing(axis, by: strip))
    case .broadcast(let shape): return .broadcast(shape.replacing(axis, by: strip))
    case .slice(let slice):
      var ends = slice.ends
      ends[axis] = strip
      return .slice(Slice(starts: slice.starts, ends: ends, steps: slice.steps))
    case .argument, .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce, .cumulative,
      .dot, .transpose, .flip, .pad, .concatenate, .windows, .addWindows, .gatherRows, .scatterAddRows,
      .gather,
      .scatterAdd, .randomBits, .argsort, .cholesky, .triangularSolve, .stopGradient, .barrier, .call, .scan:
      return operation
    }
  }
}

extension Shape {
  fileprivate func replacing(_ axis: Int, by extent: Int) -> Shape {
    var dimensions = dimensions
    dimensions[axis] = extent
    return Shape(dimensions)
  }
}

extension Graph {
  /// Whether a node is a broadcast that repeats its operand along `axis`.
  fileprivate func isEqual(along axis: Int, _ id: NodeID) -> Bool {
    guard case .broadcast(let shape) = self[id].operation else { return false }
    let from = self[self[id].operands[0]].type.shape
    let own = axis - (shape.rank - from.rank)
    return own < 0 || from[own] == 1
  }
}

extension Operation {
  /// Whether it computes nothing.
  fileprivate var isView: Bool {
    switch self {
    case .reshape, .transpose, .broadcast, .slice, .flip, .windows, .stopGradient, .barrier, .constant, .iota:
      true
    case .argument, .data, .unary, .binary, .compare, .select, .cast, .reduce, .cumulative, .dot, .pad,
      .concatenate, .addWindows, .gatherRows, .scatterAddRows, .gather, .scatterAdd, .randomBits, .argsort,
      .cholesky, .triangularSolve, .scan, .call:
      false
    }
  }
}
