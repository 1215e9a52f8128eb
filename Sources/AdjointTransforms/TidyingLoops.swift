import AdjointArray
import AdjointIR

// The backward pass of a loop needs values of its runs, which a second loop gives that keeps them: the first one with
// more results. Here the two become one.

extension Graph {
  /// The same computation with as few loops as can be: those that hand on the same carries from the same operands become
  /// one, and what nobody needs of a loop is left out.
  ///
  /// - Throws: ``GraphError`` where a loop's body is malformed.
  package func tidyingLoops() throws(GraphError) -> Graph {
    guard nodes.contains(where: { $0.operation.isScan }) else { return self }
    let merged = try mergingLoops().removingDeadNodes()
    return try merged.pruningLoops()
  }

  private func mergingLoops() throws(GraphError) -> Graph {
    // For each loop that another one becomes part of: that one, and the places of its results there.
    var families: [Family: [MergedLoop]] = [:]
    var place: [NodeID: (family: Family, loop: Int, result: Int)] = [:]
    for (_, ids) in scanCalls().sorted(by: { $0.key < $1.key }) {
      let node = nodes[ids[0]]
      guard case .scan(let scan, _) = node.operation else { continue }
      let family = Family(scan, node.operands)
      var known = families[family] ?? []
      var found: (loop: Int, results: [Int])?
      for index in known.indices {
        if let results = try known[index].absorb(scan, node.operands) {
          found = (index, results)
          break
        }
      }
      if found == nil {
        known.append(try MergedLoop(scan, node.operands))
        found = (known.count - 1, Array(scan.body.outputs.indices))
      }
      families[family] = known
      for id in ids {
        if case .scan(_, let result) = nodes[id].operation, let found {
          place[id] = (family, found.loop, found.results[result])
        }
      }
    }
    guard families.values.contains(where: { $0.contains { $0.isShared } }) else { return self }
    let scans = families.mapValues { $0.map { $0.scan } }
    return try rebuilt { builder, id, operands throws(GraphError) in
      guard let (family, loop, result) = place[id], let scan = scans[family]?[loop] else { return nil }
      return try builder.append(.scan(scan, result: result), operands)
    }
  }

  private func pruningLoops() throws(GraphError) -> Graph {
    var plan: [NodeID: (scan: Scan, operands: [Int], result: Int)] = [:]
    for (_, ids) in scanCalls() {
      guard case .scan(let scan, _) = nodes[ids[0]].operation else { continue }
      let used = ids.compactMap { if case .scan(_, let result) = nodes[$0].operation { result } else { nil } }
      let pruned = scan.pruned(for: used)
      guard pruned.scan != scan else { continue }
      for (id, result) in zip(ids, used) {
        plan[id] = (pruned.scan, pruned.operands, pruned.results.firstIndex(of: result) ?? 0)
      }
    }
    if plan.isEmpty { return self }
    return try rebuilt { builder, id, operands throws(GraphError) in
      guard let (scan, kept, result) = plan[id] else { return nil }
      return try builder.append(.scan(scan, result: result), kept.map { operands[$0] })
    }
  }

  /// The nodes one after the other, as `make` has them, or as they are.
  private func rebuilt(
    _ make: (inout Builder, NodeID, [NodeID]) throws(GraphError) -> NodeID?
  ) throws(GraphError) -> Graph {
    var builder = Builder(expecting: nodes.count)
    var mapping = NodeMapping(count: nodes.count)
    for (id, node) in nodes.enumerated() {
      builder.provenance = node.provenance
      let operands = mapping.operands(of: node)
      if let made = try make(&builder, id, operands) {
        mapping.append(made)
      } else {
        mapping.append(try builder.append(node.operation, operands))
      }
    }
    return builder.graph(
      outputs: outputs.map { Output($0.name, mapping[$0.node], replaces: $0.replaces.map { mapping[$0] }) })
  }
}

/// Loops that could be one: of one length and direction over the same operands.
private struct Family: Hashable {
  let counts: [Int]
  let flags: [Bool]
  let operands: [NodeID]

  init(_ scan: Scan, _ operands: [NodeID]) {
    counts = [scan.carryCount, scan.stackedCount, scan.length]
    flags = [scan.isReversed, scan.stopsEarly, scan.memory == .carries]
    self.operands = operands
  }
}

/// A loop and those that became part of it.
private struct MergedLoop {
  private var builder: Builder
  private let arguments: [NodeID]
  private var outputs: [NodeID]
  private let original: Scan
  private(set) var isShared = false

  init(_ scan: Scan, _ operands: [NodeID]) throws(GraphError) {
    original = scan
    builder = Builder(scan.body)
    arguments = scan.body.arguments
    outputs = scan.body.outputs.map(\.node)
  }

  var scan: Scan {
    isShared
      ? original.replacing(
        builder.graph(outputs: outputs.enumerated().map { Output("y\($0.offset)", $0.element) }))
      : original
  }

  /// Takes in a loop that hands on the same carries.
  ///
  /// - Returns: for each of its results the one that it is here, or `nil` where its carries differ.
  mutating func absorb(_ scan: Scan, _ operands: [NodeID]) throws(GraphError) -> [Int]? {
    var draft = builder
    var mapping: [NodeID] = []
    mapping.reserveCapacity(scan.body.nodes.count)
    var given = arguments.makeIterator()
    for node in scan.body.nodes {
      if node.operation.isArgument, let argument = given.next() {
        mapping.append(argument)
      } else {
        draft.provenance = node.provenance
        mapping.append(try draft.append(node.operation, node.operands.map { mapping[$0] }))
      }
    }
    let nodes = scan.body.outputs.map { mapping[$0.node] }
    guard nodes.prefix(scan.carryCount) == outputs.prefix(scan.carryCount) else { return nil }
    builder = draft
    isShared = true
    var results = Array(0..<scan.carryCount)
    for node in nodes.dropFirst(scan.carryCount) {
      if let known = outputs.dropFirst(scan.carryCount).firstIndex(of: node) {
        results.append(known)
      } else {
        outputs.append(node)
        results.append(outputs.count - 1)
      }
    }
    return results
  }
}
