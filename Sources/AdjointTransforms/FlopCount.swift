import AdjointIR

/// The cost of a graph by the lecture's rule: each of + − × ÷ and each elementary function is one operation.
public struct FlopCount: Hashable, Sendable {
  /// One label's part.
  public struct Part: Hashable, Sendable {
    /// The name of the nodes, `nil` for those without one.
    public let label: String?
    public let flops: Int
  }
  /// Each node once.
  public let shared: Int
  /// Each occurrence in the expression trees.
  public let asWritten: Int
  /// What the forward nodes need, each node once.
  public let forward: Int
  /// What the outputs need beyond that.
  public var backward: Int { shared - forward }
  /// The shared count split by the nodes' first labels, in the order in which they occur; parts of 0 are left
  /// out.
  public let parts: [Part]

  /// - Parameter forward: the nodes whose ancestors, they included, count as forward: model and cost. What else
  ///   the outputs need is backward.
  public init(_ graph: Graph, forward: [NodeID]) {
    let needed = graph.ancestors(of: graph.outputs.map(\.node))
    let isForward = graph.ancestors(of: forward)
    var shared = 0
    var own = 0
    var order: [String?] = []
    var sums: [String?: Int] = [:]
    for id in graph.nodes.indices where needed[id] {
      let flops = graph.flops(at: id)
      if flops == 0 { continue }
      shared = saturatingSum(shared, flops)
      if isForward[id] { own = saturatingSum(own, flops) }
      let label = graph[id].provenance.label
      if sums[label] == nil { order.append(label) }
      sums[label] = saturatingSum(sums[label] ?? 0, flops)
    }
    self.shared = shared
    self.forward = own
    asWritten = graph.flopsAsWritten
    parts = order.map { Part(label: $0, flops: sums[$0] ?? 0) }
  }
}
