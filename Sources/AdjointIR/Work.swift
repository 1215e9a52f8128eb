import AdjointArray

extension Graph {
  /// What evaluating a node costs beside its elements, in operations on elements: about what the interpreter, which is slowest,
  /// takes to allocate and to choose.
  private static let workOfNode = 256

  /// Operations on elements of one run, each node once, those of loops as often as they run, products of matrices with the terms
  /// of their sums, and some for each node; a bound on the time by any backend. `Int.max` stands for that and more.
  ///
  /// FLOPs are less, as moving elements is none.
  package var work: Int {
    var sum = 0
    for (first, ids) in scanCalls() {
      guard case .scan(let scan, _) = nodes[first].operation else { continue }
      let kept = ids.reduce(0) { saturatingSum($0, nodes[$1].type.count) }
      sum = saturatingSum(sum, saturatingSum(kept, saturatingProduct(scan.length, scan.body.work)))
    }
    for node in nodes {
      switch node.operation {
      case .argument, .constant, .data, .scan: continue
      case .call(let callee, _): sum = saturatingSum(sum, callee.graph.work)
      case .iota, .unary, .binary, .compare, .select, .cast, .reduce, .dot, .reshape, .transpose, .broadcast,
        .slice, .flip, .pad, .concatenate, .windows, .addWindows, .structured, .stopGradient, .barrier:
        sum = saturatingSum(sum, saturatingSum(Self.workOfNode, work(of: node)))
      }
    }
    return sum
  }

  private func work(of node: Node) -> Int {
    let elements = node.operands.reduce(node.type.count) { max($0, self[$1].type.count) }
    switch node.operation {
    case .dot(let dimensions):
      let shape = self[node.operands[0]].type.shape
      return saturatingProduct(
        node.type.count, dimensions.lhsContracting.reduce(1) { $0 * max(1, shape[$1]) })
    case .structured(let operation):
      return saturatingProduct(elements, operation.passes(node.operands.map { self[$0].type }))
    case .argument, .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce, .reshape,
      .transpose, .broadcast, .slice, .flip, .pad, .concatenate, .windows, .addWindows, .stopGradient,
      .barrier, .call, .scan:
      return elements
    }
  }
}
