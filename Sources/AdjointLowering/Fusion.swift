import AdjointArray
import AdjointIR

/// Nodes that one kernel computes.
struct Group {
  enum Kind: Hashable {
    /// Elementwise nodes over one space, and reductions of their values that end them.
    case map
    /// A contraction, a gather, a scatter, a padding, a concatenation, a running sum.
    case single
  }
  var kind: Kind
  /// Ascending.
  var nodes: [NodeID]
  /// The extents of the space, without those of 1.
  var space: [Int] = []
  /// The dimensions of `space` that its reductions reduce; `nil` while there are none.
  var reduced: Range<Int>?
}

/// Decides which nodes are computed together.
///
/// Nodes are taken in order. A map node joins the groups of the operands that it reads element for element,
/// over the same space, unless it also needs something that is only complete when such a group has run.
/// Groups are merged only where no third group lies between them, so that the groups always have an order.
struct Fusion {
  /// More nodes than this make no kernel faster, but C that nobody reads.
  static let maximumGroupSize = 48

  private let graph: Graph
  private let views: [NodeView]
  private(set) var groups: [Group] = []
  /// The group of each node that computes something.
  private var groupOf: [Int?]
  /// For each group the groups that must have run before it, transitively.
  private var before: [BitSet] = []
  /// Groups that were merged into another, whose index stands here.
  private var mergedInto: [Int?] = []

  init(_ graph: Graph, views: [NodeView]) {
    self.graph = graph
    self.views = views
    groupOf = Array(repeating: nil, count: graph.nodes.count)
    for id in graph.nodes.indices where isComputed(id) { place(id) }
  }

  /// The groups that were not merged away, each with what it must wait for.
  func result() -> (groups: [Group], groupOf: [Int?], before: [[Int]]) {
    var position = [Int](repeating: -1, count: groups.count)
    var kept: [Int] = []
    for index in groups.indices where mergedInto[index] == nil {
      position[index] = kept.count
      kept.append(index)
    }
    return (
      kept.map { groups[$0] },
      groupOf.map { $0.map { position[find($0)] } },
      kept.map { index in
        Set(before[index].elements.map { position[find($0)] }).subtracting([position[index]]).sorted()
      }
    )
  }

  /// Whether the node computes something: not a view, an argument, a constant, or an iota (whose elements are
  /// computed where they are read).
  private func isComputed(_ id: NodeID) -> Bool {
    guard views[id].root == id else { return false }
    switch graph[id].operation {
    case .argument, .constant, .data, .iota: return false
    case .unary, .binary, .compare, .select, .cast, .reduce, .cumulative, .dot, .reshape, .transpose,
      .broadcast,
      .slice, .flip, .pad, .concatenate, .gatherRows, .scatterAddRows, .gather, .scatterAdd, .stopGradient,
      .barrier,
      .call:
      return true
    }
  }

  private mutating func place(_ id: NodeID) {
    let node = graph[id]
    let operandShapes = node.operands.map { graph[$0].type.shape }
    let isMap: Bool
    let space: [Int]
    var reduced: Range<Int>?
    switch node.operation {
    case .reduce(_, let axes):
      isMap = true
      space = operandShapes[0].dimensions.filter { $0 != 1 }
      if let first = axes.first {
        let start = operandShapes[0].dimensions[..<first].count { $0 != 1 }
        reduced = start..<(start + axes.count)
      }
    case .reshape:
      isMap = true
      space = operandShapes[0].dimensions.filter { $0 != 1 }
    case .unary, .binary, .compare, .select, .cast, .stopGradient, .barrier:
      isMap = true
      space = node.type.shape.dimensions.filter { $0 != 1 }
    case .argument, .constant, .data, .iota, .cumulative, .dot, .transpose, .broadcast, .slice, .flip, .pad,
      .concatenate, .gatherRows, .scatterAddRows, .gather, .scatterAdd, .call:
      isMap = false
      space = node.type.shape.dimensions.filter { $0 != 1 }
    }

    // What it reads element for element could be in the same kernel; the rest must be complete before.
    var joinable: [Int] = []
    var required: [Int] = []
    for (operand, shape) in zip(node.operands, operandShapes) {
      let view = views[operand]
      guard let raw = groupOf[view.root] else { continue }
      let group = find(raw)
      let isValue: Bool
      if case .reduce = graph[view.root].operation { isValue = false } else { isValue = true }
      if isMap, isValue, !view.isBarred, groups[group].kind == .map, groups[group].space == space,
        graph.isIdentity(view, shape: shape)
      {
        if !joinable.contains(group) { joinable.append(group) }
      } else if !required.contains(group) {
        required.append(group)
      }
    }

    // A group for which another operand must wait cannot take the node: each would wait for the other. Of those
    // that remain none waits for another, so they can all be one.
    let operandGroups = joinable + required
    let candidates = joinable.sorted().filter { group in
      !required.contains(group) && groups[group].nodes.count < Self.maximumGroupSize
        && compatible(groups[group].reduced, reduced)
        && !operandGroups.contains { $0 != group && before[$0].contains(group) }
    }
    let target: Int
    if let first = candidates.first {
      target = first
      groups[target].nodes.append(id)
      if let reduced { groups[target].reduced = reduced }
      for other in candidates.dropFirst() where mayMerge(target, other) { merge(other, into: target) }
    } else {
      target = groups.count
      groups.append(Group(kind: isMap ? .map : .single, nodes: [id], space: space, reduced: reduced))
      before.append(BitSet())
      mergedInto.append(nil)
    }
    groupOf[id] = target
    require(operandGroups.map(find).filter { $0 != target }, before: target)
  }

  private func compatible(_ a: Range<Int>?, _ b: Range<Int>?) -> Bool { a == nil || b == nil || a == b }

  private func mayMerge(_ a: Int, _ b: Int) -> Bool {
    compatible(groups[a].reduced, groups[b].reduced)
      && groups[a].nodes.count + groups[b].nodes.count <= Self.maximumGroupSize
  }

  private mutating func merge(_ b: Int, into a: Int) {
    groups[a].nodes = (groups[a].nodes + groups[b].nodes).sorted()
    groups[a].reduced = groups[a].reduced ?? groups[b].reduced
    groups[b].nodes = []
    mergedInto[b] = a
    for other in groups.indices where before[other].contains(b) {
      before[other].insert(a)
      before[other].formUnion(before[a])
    }
    require(before[b].elements.map(find), before: a)
  }

  /// Notes that `group`, and whoever waits for it, waits for `requirements`.
  private mutating func require(_ requirements: [Int], before group: Int) {
    var added = BitSet()
    for requirement in requirements {
      added.insert(requirement)
      added.formUnion(before[requirement])
    }
    guard !added.isSubset(of: before[group]) else { return }
    before[group].formUnion(added)
    for other in groups.indices where before[other].contains(group) { before[other].formUnion(added) }
  }

  private func find(_ group: Int) -> Int {
    var current = group
    while let next = mergedInto[current] { current = next }
    return current
  }
}

/// A set of small integers.
struct BitSet {
  private var words: [UInt64] = []

  func contains(_ element: Int) -> Bool {
    element >> 6 < words.count && words[element >> 6] & (1 << UInt64(element & 63)) != 0
  }

  mutating func insert(_ element: Int) {
    while words.count <= element >> 6 { words.append(0) }
    words[element >> 6] |= 1 << UInt64(element & 63)
  }

  mutating func formUnion(_ other: BitSet) {
    while words.count < other.words.count { words.append(0) }
    for index in other.words.indices { words[index] |= other.words[index] }
  }

  func isSubset(of other: BitSet) -> Bool {
    words.indices.allSatisfy { index in
      words[index] & ~(index < other.words.count ? other.words[index] : 0) == 0
    }
  }

  var elements: [Int] {
    words.indices.flatMap { word in
      (0..<64).filter { words[word] & (1 << UInt64($0)) != 0 }.map { word * 64 + $0 }
    }
  }
}
