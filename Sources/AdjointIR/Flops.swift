import AdjointArray

extension Node {
  /// Floating-point operations of this node, its operands given: 1 for each arithmetic operation and each
  /// elementary function on an element, 2·m·n·k for a matrix product, and 0 for comparing, choosing, converting
  /// and moving. `operands` are the operands' types.
  public func flops(operands: [TensorType]) -> Int {
    switch operation {
    case .argument, .constant, .data, .iota, .compare, .select, .cast, .reshape, .transpose, .broadcast,
      .slice, .flip, .pad, .concatenate, .windows, .stopGradient, .barrier:
      return 0
    case .unary(let function):
      return saturatingProduct(function.flops, type.count)
    case .binary(let function):
      return saturatingProduct(function.flops, type.count)
    case .reduce:
      // n − 1 for n elements that become one; whether any or all hold is no arithmetic.
      return type.scalarType == .bool ? 0 : max(0, operands[0].count - type.count)
    case .dot(let dimensions):
      let terms = dimensions.lhsContracting.reduce(1) { saturatingProduct($0, operands[0].shape[$1]) }
      return saturatingProduct(2, saturatingProduct(type.count, terms))
    case .addWindows:
      return operands[0].count
    case .structured(let operation):
      return operation.flops(operands, type)
    case .call(let callee, let result):
      return callee.graph.flops(of: [callee.graph.outputs[result].node])
    case .scan(let scan, let result):
      return scan.flops(of: [result])
    }
  }
}

extension Graph {
  /// Floating-point operations of node `id`, its operands given.
  public func flops(at id: NodeID) -> Int {
    // Of elementwise operations the result's type says all.
    nodes[id].flops(
      operands: nodes[id].operation.isElementwise ? [] : nodes[id].operands.map { nodes[$0].type })
  }

  /// Floating-point operations of what the outputs need, each node once: the count "shared".
  public var flops: Int { flops(of: outputs.map(\.node)) }

  /// Floating-point operations of what `ids` need, each node once.
  public func flops(of ids: [NodeID]) -> Int {
    let needed = ancestors(of: ids)
    var sum = 0
    // Calls for several results of one graph compute what these share once.
    var calls: [Call: [NodeID]] = [:]
    var loops: [ScanCall: [Int]] = [:]
    for id in nodes.indices where needed[id] {
      if case .call(let callee, let result) = nodes[id].operation {
        let call = Call(graph: callee.graph, operands: nodes[id].operands)
        calls[call, default: []].append(callee.graph.outputs[result].node)
      } else if case .scan(_, let result) = nodes[id].operation, let call = ScanCall(nodes[id]) {
        loops[call, default: []].append(result)
      } else {
        sum = saturatingSum(sum, flops(at: id))
      }
    }
    for (call, results) in calls { sum = saturatingSum(sum, call.graph.flops(of: results)) }
    for (loop, results) in loops { sum = saturatingSum(sum, loop.scan.flops(of: results)) }
    return sum
  }

  private struct Call: Hashable {
    let graph: Graph
    let operands: [NodeID]
  }

  /// Floating-point operations of the outputs' expression trees, where a subexpression that occurs twice is
  /// counted twice: the count "as written". `Int.max` stands for that and more.
  ///
  /// A call computes its operands once, and then its graph's result as written.
  public var flopsAsWritten: Int {
    let tree = treeFlops()
    return outputs.reduce(0) { saturatingSum($0, tree[$1.node]) }
  }

  /// For each node the operations of its expression tree.
  private func treeFlops() -> [Int] {
    var tree = [Int](repeating: 0, count: nodes.count)
    // Calls of one graph are many, its results few.
    var callees: [Callee: [Int]] = [:]
    var loops: [Scan: [Int]] = [:]
    for id in nodes.indices {
      var own = flops(at: id)
      if case .call(let callee, let result) = nodes[id].operation {
        let inner = callees[callee] ?? callee.graph.treeFlops()
        callees[callee] = inner
        own = inner[callee.graph.outputs[result].node]
      } else if case .scan(let scan, let result) = nodes[id].operation {
        let inner = loops[scan] ?? scan.body.treeFlops()
        loops[scan] = inner
        let once = scan.neededOutputs(for: [result]).reduce(0) {
          saturatingSum($0, inner[scan.body.outputs[$1].node])
        }
        own = saturatingProduct(scan.length, once)
      }
      tree[id] = nodes[id].operands.reduce(own) { saturatingSum($0, tree[$1]) }
    }
    return tree
  }

  /// For each node whether one of `ids` needs it.
  package func ancestors(of ids: [NodeID]) -> [Bool] {
    var needed = [Bool](repeating: false, count: nodes.count)
    for id in ids { needed[id] = true }
    for id in nodes.indices.reversed() where needed[id] {
      for operand in nodes[id].operands { needed[operand] = true }
    }
    return needed
  }
}

/// `a + b`, or `Int.max` where that is too much.
package func saturatingSum(_ a: Int, _ b: Int) -> Int {
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? .max : sum
}

/// `a · b`, or `Int.max` where that is too much.
package func saturatingProduct(_ a: Int, _ b: Int) -> Int {
  let (product, overflow) = a.multipliedReportingOverflow(by: b)
  return overflow ? .max : product
}
