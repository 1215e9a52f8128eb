import AdjointArray
import AdjointIR

extension Graph {
  /// The same graph in the operations that kernels are made for: a reduction reduces neighbouring axes only,
  /// and no axis of extent 1.
  ///
  /// - Throws: ``GraphError`` where a nested call is left; inline calls before.
  func legalized() throws(GraphError) -> Graph {
    guard nodes.contains(where: needsLegalization) else { return self }
    var builder = Builder()
    var mapping: [NodeID] = []
    for node in nodes {
      builder.provenance = node.provenance
      let operands = node.operands.map { mapping[$0] }
      switch node.operation {
      case .reduce(let reduction, let axes):
        mapping.append(try builder.legalReduce(reduction, operands[0], axes))
      case .call:
        throw GraphError(
          .malformedGraph, operation: "call", problem: "a nested graph cannot be lowered",
          remedy: "inline the calls first", location: node.provenance.locations.first)
      case .argument(let argument):
        builder.provenance.labels.removeAll { $0 == argument.name }
        mapping.append(builder.argument(argument.kind, argument.name, argument.type))
      case .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .cumulative, .dot, .reshape,
        .transpose, .broadcast, .slice, .flip, .pad, .concatenate, .gatherRows, .scatterAddRows, .gather,
        .scatterAdd, .windows, .addWindows, .randomBits, .argsort, .cholesky, .triangularSolve, .scan,
        .stopGradient, .barrier:
        mapping.append(try builder.append(node.operation, operands))
      }
    }
    return builder.graph(
      outputs: outputs.map { Output($0.name, mapping[$0.node], replaces: $0.replaces.map { mapping[$0] }) })
  }

  private func needsLegalization(_ node: Node) -> Bool {
    switch node.operation {
    case .reduce(_, let axes):
      let shape = nodes[node.operands[0]].type.shape
      return axes.isEmpty || axes.contains { shape[$0] == 1 }
        || zip(axes, axes.dropFirst()).contains { $0 + 1 != $1 }
    case .call:
      return true
    case .argument, .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .cumulative, .dot,
      .reshape,
      .transpose, .broadcast, .slice, .flip, .pad, .concatenate, .gatherRows, .scatterAddRows, .gather,
      .scatterAdd, .windows, .addWindows, .randomBits, .argsort, .cholesky, .triangularSolve, .scan,
      .stopGradient, .barrier:
      return false
    }
  }
}

extension Builder {
  /// Runs of neighbouring axes one after the other, the last run first, so that the first pass shrinks most.
  fileprivate mutating func legalReduce(_ reduction: Reduction, _ operand: NodeID, _ axes: [Int])
    throws(GraphError) -> NodeID
  {
    let original = shape(operand)
    let target = original.reducing(axes, keepingDimensions: false)
    // Axes of extent 1 are dropped, and the others counted among those that stay.
    let real = axes.filter { original[$0] != 1 }
    var value = try reshape(operand, to: Shape(original.dimensions.filter { $0 != 1 }))
    let position = { (axis: Int) in original.dimensions[..<axis].count { $0 != 1 } }
    var runs: [[Int]] = []
    for axis in real.map(position) {
      if let last = runs.last?.last, last + 1 == axis {
        runs[runs.count - 1].append(axis)
      } else {
        runs.append([axis])
      }
    }
    for run in runs.reversed() { value = try append(.reduce(reduction, axes: run), [value]) }
    return try reshape(value, to: target)
  }
}
