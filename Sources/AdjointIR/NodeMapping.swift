/// Where the nodes of a graph went in another one that is made from them.
///
/// The results of a loop share one array of operands, and go on sharing one: a loop over a thousand parameters has thousands
/// of both.
package struct NodeMapping: Sendable {
  private var ids: [NodeID] = []
  /// The operands of the last result of a loop, before and after.
  private var ofLoop: (old: [NodeID], new: [NodeID]) = ([], [])

  /// - Parameter count: of nodes of the graph.
  package init(count: Int) { ids.reserveCapacity(count) }

  /// Where the next node went.
  package mutating func append(_ id: NodeID) { ids.append(id) }

  package subscript(id: NodeID) -> NodeID { ids[id] }

  /// The operands of a node whose operands have their places.
  package mutating func operands(of node: Node) -> [NodeID] {
    guard case .scan = node.operation else { return node.operands.map { ids[$0] } }
    if node.operands != ofLoop.old { ofLoop = (node.operands, node.operands.map { ids[$0] }) }
    return ofLoop.new
  }
}
