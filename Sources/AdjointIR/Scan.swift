import AdjointArray

/// A loop of known length as an operation: a graph that is run once for each element along a leading axis, with values
/// that it hands from one run to the next.
///
/// The body's arguments are, in their order, the *carries*; one slice of each *stacked* operand, which is that operand's
/// element along axis 0; and the *invariants*, the same in each run. Its outputs are the next carries, and then what is
/// kept of each run. The operands are the first carries, the stacked operands whole, and the invariants; the results
/// are the last carries, and what was kept, stacked along a new axis 0.
public struct Scan: Hashable, Sendable {
  /// What the forward pass keeps for the backward pass.
  public enum Memory: Hashable, Sendable, CaseIterable {
    /// What the backward pass reads of each run.
    case values
    /// The carries of each run only; the rest is computed again.
    case carries
  }
  public let body: Graph
  public let carryCount: Int
  public let stackedCount: Int
  public let length: Int
  /// From the last element along the axis to the first.
  public let isReversed: Bool
  public let memory: Memory
  /// Whether the first carry, a bool, says that the loop goes on: once it is false, the body changes no carry any more, and
  /// need not be run.
  public let stopsEarly: Bool
  /// Of all nodes, computed once: builders look loops up by it.
  private let hash: Int

  public init(
    _ body: Graph, carries: Int, stacked: Int, length: Int, isReversed: Bool = false,
    memory: Memory = .values,
    stopsEarly: Bool = false
  ) {
    self.body = body
    carryCount = carries
    stackedCount = stacked
    self.length = length
    self.isReversed = isReversed
    self.memory = memory
    self.stopsEarly = stopsEarly
    var hasher = Hasher()
    hasher.combine(body)
    hasher.combine([carries, stacked, length, isReversed ? 1 : 0, stopsEarly ? 1 : 0])
    hasher.combine(memory)
    hash = hasher.finalize()
  }

  /// The same loop over another body.
  public func replacing(_ body: Graph) -> Scan {
    Scan(
      body, carries: carryCount, stacked: stackedCount, length: length, isReversed: isReversed,
      memory: memory,
      stopsEarly: stopsEarly)
  }

  /// The positions of the operands that are stacked.
  public var stackedOperands: Range<Int> { carryCount..<(carryCount + stackedCount) }
  /// The positions of the operands that are the same in each run.
  public var invariantOperands: Range<Int> { (carryCount + stackedCount)..<body.arguments.count }
  /// Of results of the body those that are stacked.
  public var stackedResults: Range<Int> { carryCount..<body.outputs.count }

  /// The type of result `result`.
  public func type(ofResult result: Int) -> TensorType {
    let type = body[body.outputs[result].node].type
    return result < carryCount
      ? type : TensorType(type.scalarType, Shape([length] + type.shape.dimensions))
  }

  public static func == (a: Scan, b: Scan) -> Bool {
    a.hash == b.hash && a.carryCount == b.carryCount && a.stackedCount == b.stackedCount
      && a.length == b.length
      && a.isReversed == b.isReversed && a.memory == b.memory && a.stopsEarly == b.stopsEarly
      && a.body == b.body
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

extension Scan {
  /// The outputs of the body that `results` depend on, ascending: themselves, and the carries that they need, be it by way
  /// of further carries.
  package func neededOutputs(for results: [Int]) -> [Int] {
    var needed = [Bool](repeating: false, count: body.outputs.count)
    var open = stopsEarly ? results + [0] : results
    for output in open { needed[output] = true }
    while carryCount > 0, !open.isEmpty {
      let ancestors = body.ancestors(of: open.map { body.outputs[$0].node })
      open = (0..<carryCount).filter { ancestors[body.arguments[$0]] && !needed[$0] }
      for carry in open { needed[carry] = true }
    }
    return needed.indices.filter { needed[$0] }
  }

  /// Floating-point operations of all runs, as far as `results` need them.
  package func flops(of results: [Int]) -> Int {
    saturatingProduct(length, body.flops(of: neededOutputs(for: results).map { body.outputs[$0].node }))
  }

  /// The same loop without what `results` do not need.
  ///
  /// - Returns: the loop, the positions of the operands that it takes, and for each of its results the result that it was.
  package func pruned(for results: [Int]) -> (scan: Scan, operands: [Int], results: [Int]) {
    let kept = neededOutputs(for: results)
    let live = body.ancestors(of: kept.map { body.outputs[$0].node })
    let carries = kept.prefix { $0 < carryCount }
    let operands = Array(carries) + (carryCount..<body.arguments.count).filter { live[body.arguments[$0]] }
    if kept.count == body.outputs.count, operands.count == body.arguments.count {
      return (self, operands, kept)
    }
    let arguments = Set(operands.map { body.arguments[$0] })
    var mapping = [NodeID](repeating: -1, count: body.nodes.count)
    var nodes: [Node] = []
    for (id, node) in body.nodes.enumerated()
    where node.operation.isArgument ? arguments.contains(id) : live[id] {
      mapping[id] = nodes.count
      nodes.append(
        Node(node.operation, node.operands.map { mapping[$0] }, type: node.type, provenance: node.provenance))
    }
    let graph = Graph(
      nodes: nodes, outputs: kept.map { Output(body.outputs[$0].name, mapping[body.outputs[$0].node]) })
    let scan = Scan(
      graph, carries: carries.count,
      stacked: operands.count { stackedOperands.contains($0) },
      length: length, isReversed: isReversed, memory: memory, stopsEarly: stopsEarly)
    return (scan, operands, kept)
  }
}

/// What makes two results ones of the same loop.
package struct ScanCall: Hashable {
  package let scan: Scan
  package let operands: [NodeID]

  /// The loop that `node` is a result of.
  package init?(_ node: Node) {
    guard case .scan(let scan, _) = node.operation else { return nil }
    self.init(scan, node.operands)
  }

  init(_ scan: Scan, _ operands: [NodeID]) {
    self.scan = scan
    self.operands = operands
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(scan)
    hasher.combine(operands.telling)
  }
}

extension Graph {
  /// For each result of a loop the first node that is a result of the same loop, for any other node itself.
  package func firstResults() -> [NodeID] {
    var firsts = Array(nodes.indices)
    var known: [ScanCall: NodeID] = [:]
    for (id, node) in nodes.enumerated() {
      guard let call = ScanCall(node) else { continue }
      if let first = known[call] { firsts[id] = first } else { known[call] = id }
    }
    return firsts
  }

  /// The results of each loop, by the first of them.
  package func scanCalls() -> [NodeID: [NodeID]] {
    var results: [NodeID: [NodeID]] = [:]
    for (id, first) in firstResults().enumerated() where nodes[id].operation.isScan {
      results[first, default: []].append(id)
    }
    return results
  }
}
