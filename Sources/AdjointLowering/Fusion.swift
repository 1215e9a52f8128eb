import AdjointArray
import AdjointIR

/// Nodes that one kernel computes.
struct Group {
  enum Kind: Hashable {
    /// Elementwise nodes over one space, and reductions or sums of their values that end them.
    case map
    /// A contraction, a gather, a scatter, a padding, a concatenation, a running sum; a contraction whose products are
    /// added to windows.
    case single
  }
  /// What becomes of the values along some dimensions of the space.
  enum Ending: Hashable {
    /// They are reduced within a tile.
    case reduced(Range<Int>)
    /// Loops around the tiles run over these dimensions, and combine the values in memory.
    case accumulated(Range<Int>)
  }
  var kind: Kind
  /// Ascending.
  var nodes: [NodeID]
  /// The extents of the space, without those of 1.
  var space: [Int] = []
  /// `nil` while its nodes are all elementwise.
  var ending: Ending?
  /// The last barrier that its nodes need; −1 for none.
  var barrier: NodeID = -1
}

/// Decides which nodes are computed together.
///
/// Nodes are taken in order. A map node joins the groups of the operands that it reads element for element,
/// over the same space, unless it also needs something that is only complete when such a group has run.
///
/// What keeps groups from waiting for each other in a circle is their *level*, which is above those of all that they
/// wait for. Who joins a group that is too low raises it, and whoever waits for it: where one of those is an operand,
/// each would wait for the other. How many are raised is bounded, so that the work is linear in the number of nodes.
///
/// Where a relu is greater than 0 is asked for by its derivative. If the relu is in memory anyway for about as long, that is
/// not computed with it and kept, but where it is used.
///
/// What is computed again behind a barrier joins nothing but that: in a kernel with what comes before, as the mask of all
/// layers' attention, it would run then, and be kept.
struct Fusion {
  /// More nodes than this make no kernel faster, but C that nobody reads.
  static let maximumGroupSize = 48
  /// How many groups that wait are looked at before a node is kept out of a group: in a network that is deeper than
  /// this, most of them wait for each other anyway.
  static let searchBound = 256

  private let graph: Graph
  private let views: [NodeView]
  /// For each result of a loop the first one of that loop, for any other node itself.
  private let firstResults: [NodeID]
  /// For each node the last barrier that it needs; −1 for none.
  private let barrier: [NodeID]
  /// For each relu that products read from memory the last of these.
  private let lastProductOfRelu: [NodeID: NodeID]
  /// The only node that reads a value from memory, if there is just one, and the value is no output.
  private let onlyReader: [NodeID?]
  private var groups: [Group] = []
  /// The group of each node that computes something.
  private var groupOf: [Int?]
  /// For each group a number above those of all groups that it waits for.
  private var level: [Int] = []
  /// For each group those that wait for it, some by the index of one that was merged into them.
  private var followers: [[Int]] = []
  /// Groups that were merged into another, whose index stands here.
  private var mergedInto: [Int?] = []

  init(_ graph: Graph, views: [NodeView], reads: [[NodeID]], firstResults: [NodeID]) {
    self.graph = graph
    self.views = views
    self.firstResults = firstResults
    barrier = graph.lastBarriers(firstResults)
    groupOf = Array(repeating: nil, count: graph.nodes.count)
    onlyReader = graph.onlyReaders(views, reads)
    lastProductOfRelu = graph.lastProductsOfRelus(views)
    for id in graph.nodes.indices where isComputed(id) { place(id) }
  }

  /// The groups that were not merged away, and for each node its own.
  func result() -> (groups: [Group], groupOf: [Int?]) {
    var position = [Int](repeating: -1, count: groups.count)
    var kept: [Group] = []
    for index in groups.indices where mergedInto[index] == nil {
      position[index] = kept.count
      kept.append(groups[index])
    }
    return (kept, groupOf.map { $0.map { position[find($0)] } })
  }

  /// Whether the node computes something: not a view, an argument, a constant, or an iota (whose elements are
  /// computed where they are read).
  private func isComputed(_ id: NodeID) -> Bool {
    guard views[id].root == id else { return false }
    switch graph.nodes[id].operation {
    case .argument, .constant, .data, .iota: return false
    case .unary, .binary, .compare, .select, .cast, .reduce, .structured, .dot, .reshape, .transpose,
      .broadcast, .slice, .flip, .pad, .concatenate, .windows, .addWindows, .scan, .stopGradient, .barrier,
      .call:
      return true
    }
  }

  private mutating func place(_ id: NodeID) {
    // All results of a loop are one kernel's.
    if firstResults[id] != id, let group = groupOf[firstResults[id]] {
      groups[group].nodes.append(id)
      groupOf[id] = group
      return
    }
    let operands = graph.nodes[id].operands
    let operandShapes = operands.map { graph.nodes[$0].type.shape }
    let isMap: Bool
    let space: [Int]
    var ending: Group.Ending?
    switch graph.nodes[id].operation {
    case .reduce(_, let axes):
      isMap = true
      space = operandShapes[0].squeezed
      if let first = axes.first {
        let start = operandShapes[0].dimensions[..<first].count { $0 != 1 }
        let dimensions = start..<(start + axes.count)
        ending = views[operands[0]].isWindowed ? .accumulated(dimensions) : .reduced(dimensions)
      }
    case .addWindows:
      let root = views[operands[0]].root
      if let group = groupOf[root], onlyReader[root] == id, graph.windowedSum(id, views) != nil {
        // The product goes straight to where it is added.
        groups[group].nodes.append(id)
        groupOf[id] = group
        return
      }
      isMap = true
      space = operandShapes[0].squeezed
      let start = operandShapes[0].dimensions.prefix(graph.nodes[id].type.rank).count { $0 != 1 }
      ending = .accumulated(start..<space.count)
    case .reshape:
      isMap = true
      space = operandShapes[0].squeezed
    case .unary, .binary, .compare, .select, .cast, .stopGradient, .barrier:
      isMap = true
      space = graph.nodes[id].type.shape.squeezed
    case .argument, .constant, .data, .iota, .structured, .dot, .transpose, .broadcast, .slice, .flip, .pad,
      .concatenate, .windows, .scan, .call:
      isMap = false
      space = graph.nodes[id].type.shape.squeezed
    }

    // What it reads element for element could be in the same kernel; the rest must be complete before.
    var joinable: [Int] = []
    var required: [Int] = []
    for (operand, shape) in zip(operands, operandShapes) {
      let view = views[operand]
      guard let raw = groupOf[view.root] else { continue }
      let group = find(raw)
      if isMap, !graph.nodes[view.root].operation.endsMap, !view.isBarred, groups[group].kind == .map,
        !isSignOfStoredRelu(id, view.root),
        groups[group].space == space,
        graph.isIdentity(view, shape: shape)
      {
        if !joinable.contains(group) { joinable.append(group) }
      } else {
        required.append(group)
      }
    }

    joinable.sort()
    let candidates = joinable.filter { group in
      !required.contains(group) && groups[group].nodes.count < Self.maximumGroupSize
        && groups[group].barrier == barrier[id]
        && compatible(groups[group].ending, ending)
    }
    let operandGroups = joinable + required
    let target: Int
    if let joined = join(candidates, reading: operandGroups) {
      target = joined
      groups[target].nodes.append(id)
      if let ending { groups[target].ending = ending }
    } else {
      target = groups.count
      groups.append(
        Group(kind: isMap ? .map : .single, nodes: [id], space: space, ending: ending, barrier: barrier[id])
      )
      level.append(1 + (operandGroups.map { level[$0] }.max() ?? -1))
      followers.append([])
      mergedInto.append(nil)
    }
    groupOf[id] = target
    for group in operandGroups.map(find) where group != target && followers[group].last != target {
      followers[group].append(target)
    }
  }

  /// Whether a node compares a relu that is rather kept until then than the results: bytes times nodes meanwhile say so.
  private func isSignOfStoredRelu(_ id: NodeID, _ relu: NodeID) -> Bool {
    guard case .compare = graph.nodes[id].operation, let last = lastProductOfRelu[relu] else { return false }
    return graph.nodes[relu].type.scalarType.byteSize * (id - last) <= id - relu
  }

  private func compatible(_ a: Group.Ending?, _ b: Group.Ending?) -> Bool { a == nil || b == nil || a == b }

  /// Makes one group of as many of `candidates` as a node that reads `operands`, which they are among, can be in.
  ///
  /// - Returns: that group, or `nil` where the node can be in none of them.
  private mutating func join(_ candidates: [Int], reading operands: [Int]) -> Int? {
    var candidates = candidates
    search: while let first = candidates.first {
      var union = groups[first]
      var joined = [first]
      for other in candidates.dropFirst()
      where compatible(union.ending, groups[other].ending)
        && union.nodes.count + groups[other].nodes.count < Self.maximumGroupSize
      {
        union.nodes += groups[other].nodes
        union.ending = union.ending ?? groups[other].ending
        joined.append(other)
      }
      // Above what it waits for, and not below any of those that become one.
      let lowest = operands.map { joined.contains($0) ? level[$0] : level[$0] + 1 }.max() ?? 0
      var raised: [Int: Int] = [:]
      for group in joined where !raise(group, to: lowest, reading: operands, &raised) {
        candidates.removeAll { $0 == group }
        continue search
      }
      for (group, level) in raised { self.level[group] = level }
      if joined.count > 1 { union.nodes.sort() }
      groups[first] = union
      for other in joined.dropFirst() {
        followers[first] += followers[other]
        followers[other] = []
        groups[other].nodes = []
        mergedInto[other] = first
      }
      return first
    }
    return nil
  }

  /// Notes in `raised` the levels with which `group` is at `level` or above, and those who wait for it above that.
  ///
  /// - Returns: whether that can be: not where one of `operands` waits for `group`, nor where there are too many to
  ///   look at.
  private func raise(_ group: Int, to level: Int, reading operands: [Int], _ raised: inout [Int: Int]) -> Bool
  {
    // Nobody below its level waits for it.
    guard level > self.level[group] else { return true }
    raised[group] = level
    var open = [group]
    var looks = 0
    while let current = open.popLast() {
      let least = 1 + (raised[current] ?? self.level[current])
      for follower in followers[current].lazy.map(find) {
        looks += 1
        if looks > Self.searchBound || operands.contains(follower) { return false }
        if raised[follower] ?? self.level[follower] < least {
          raised[follower] = least
          open.append(follower)
        }
      }
    }
    return true
  }

  private func find(_ group: Int) -> Int {
    var current = group
    while let next = mergedInto[current] { current = next }
    return current
  }
}

extension Graph {
  /// For each node the last barrier that it is behind, itself included; −1 for none.
  fileprivate func lastBarriers(_ firstResults: [NodeID]) -> [NodeID] {
    var result: [NodeID] = []
    result.reserveCapacity(nodes.count)
    for id in nodes.indices {
      var last = -1
      if nodes[id].operation.isBarrier {
        last = id
      } else if firstResults[id] != id {
        last = result[firstResults[id]]
      } else {
        for operand in nodes[id].operands { last = max(last, result[operand]) }
      }
      result.append(last)
    }
    return result
  }
}

extension Operation {
  /// Whether its result is complete only when the map that it is in has run.
  var endsMap: Bool {
    switch self {
    case .reduce, .addWindows: true
    case .argument, .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .structured, .dot,
      .reshape, .transpose, .broadcast, .slice, .flip, .pad, .concatenate, .windows, .scan, .stopGradient,
      .barrier, .call:
      false
    }
  }
}

extension Graph {
  /// The last product that reads each relu. (A map that reads it may be in a kernel much before its place among the nodes.)
  fileprivate func lastProductsOfRelus(_ views: [NodeView]) -> [NodeID: NodeID] {
    var result: [NodeID: NodeID] = [:]
    for id in nodes.indices {
      guard case .dot = nodes[id].operation else { continue }
      for root in nodes[id].operands.map({ views[$0].root }) {
        if case .unary(.relu) = nodes[root].operation { result[root] = id }
      }
    }
    return result
  }

  /// For each root the node that reads it, where there is just one and no output shows it.
  fileprivate func onlyReaders(_ views: [NodeView], _ reads: [[NodeID]]) -> [NodeID?] {
    var reader = [NodeID?](repeating: nil, count: nodes.count)
    var hasSeveral = [Bool](repeating: false, count: nodes.count)
    for id in nodes.indices where views[id].root == id {
      for operand in reads[id] {
        let root = views[operand].root
        if let other = reader[root], other != id { hasSeveral[root] = true }
        reader[root] = id
      }
    }
    for output in outputs { hasSeveral[views[output.node].root] = true }
    return reader.indices.map { hasSeveral[$0] ? nil : reader[$0] }
  }
}
