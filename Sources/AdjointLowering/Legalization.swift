import AdjointArray
import AdjointIR

extension Graph {
  /// The same graph in the operations that kernels are made for: a reduction reduces neighbouring axes only,
  /// and no axis of extent 1; the derivative of relu asks for the sign of its result.
  ///
  /// - Throws: ``GraphError`` where a nested call is left; inline calls before.
  func legalized() throws(GraphError) -> Graph {
    let relus = relusOfComparisons()
    guard !relus.isEmpty || nodes.contains(where: needsLegalization) else { return self }
    var builder = Builder(expecting: nodes.count)
    var mapping = NodeMapping(count: nodes.count)
    for (id, node) in nodes.enumerated() {
      builder.provenance = node.provenance
      var operands = mapping.operands(of: node)
      if let relu = relus[id] { operands[0] = mapping[relu] }
      switch node.operation {
      case .reduce(let reduction, let axes):
        if let chain = try builder.reduceOfWindows(reduction, operands[0], axes) {
          mapping.append(chain)
        } else {
          mapping.append(try builder.legalReduce(reduction, operands[0], axes))
        }
      case .call:
        throw GraphError(
          .malformedGraph, operation: "call", problem: "a nested graph cannot be lowered",
          remedy: "inline the calls first", location: node.provenance.locations.first)
      case .argument(let argument):
        builder.provenance.labels.removeAll { $0 == argument.name }
        mapping.append(builder.argument(argument.kind, argument.name, argument.type))
      case .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .structured, .dot, .reshape,
        .transpose, .broadcast, .slice, .flip, .pad, .concatenate, .windows, .addWindows, .scan,
        .stopGradient, .barrier:
        mapping.append(try builder.append(node.operation, operands))
      }
    }
    return builder.graph(
      outputs: outputs.map { Output($0.name, mapping[$0.node], replaces: $0.replaces.map { mapping[$0] }) })
  }

  /// For each x > 0 the relu of x that comes before it. That is greater than 0 where x is, and products that follow read it
  /// anyway: then x itself is needed no more once it is known.
  private func relusOfComparisons() -> [NodeID: NodeID] {
    var result: [NodeID: NodeID] = [:]
    var relus: [NodeID: NodeID] = [:]
    for (id, node) in nodes.enumerated() {
      if case .unary(.relu) = node.operation {
        relus[node.operands[0]] = id
      } else if case .compare(.greater) = node.operation, isZero(node.operands[1]) {
        result[id] = relus[node.operands[0]]
      }
    }
    return result
  }

  private func isZero(_ id: NodeID) -> Bool {
    if case .broadcast = nodes[id].operation { return isZero(nodes[id].operands[0]) }
    if case .constant(let literal) = nodes[id].operation { return literal.doubleValue == 0 }
    return false
  }

  private func needsLegalization(_ node: Node) -> Bool {
    switch node.operation {
    case .reduce(_, let axes):
      let shape = nodes[node.operands[0]].type.shape
      return axes.isEmpty || axes.contains { shape[$0] == 1 }
        || zip(axes, axes.dropFirst()).contains { $0 + 1 != $1 }
        || nodes[node.operands[0]].operation.isWindows
    case .call:
      return true
    case .argument, .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .structured, .dot,
      .reshape, .transpose, .broadcast, .slice, .flip, .pad, .concatenate, .windows, .addWindows, .scan,
      .stopGradient, .barrier:
      return false
    }
  }
}

extension Builder {
  /// Of windows of a few elements the reduction along their axes is a chain over as many slices, of which maps can be made.
  ///
  /// - Returns: `nil` where it is none.
  fileprivate mutating func reduceOfWindows(_ reduction: Reduction, _ operand: NodeID, _ axes: [Int])
    throws(GraphError) -> NodeID?
  {
    guard case .windows(let windows) = nodes[operand].operation, shape(operand).count > 0 else { return nil }
    let rank = shape(operand).rank - windows.axes.count
    let count = windows.sizes.reduce(1, saturatingProduct)
    guard (2...Self.longestChain).contains(count), Set(rank..<shape(operand).rank).isSubset(of: axes) else {
      return nil
    }
    let source = nodes[operand].operands[0]
    let (counts, type) = (shape(operand), scalarType(source))
    var total: NodeID?
    // A sum of several numbers is not −0.
    if reduction == .sum, type.isFloatingPoint {
      total = constant(Literal(0, as: type))
    }
    for index in 0..<count {
      var starts = [Int](repeating: 0, count: rank)
      var ends = shape(source).dimensions
      var steps = [Int](repeating: 1, count: rank)
      var rest = index
      for (position, axis) in windows.axes.enumerated().reversed() {
        starts[axis] = rest % windows.sizes[position] * windows.dilations[position]
        rest /= windows.sizes[position]
        steps[axis] = windows.strides[position]
        ends[axis] = starts[axis] + (counts[axis] - 1) * steps[axis] + 1
      }
      let part = try append(.slice(Slice(starts: starts, ends: ends, steps: steps)), [source])
      total = if let value = total { try binary(reduction.combination, value, part) } else { part }
    }
    let others = axes.filter { $0 < rank }
    guard let total, !others.isEmpty else { return total }
    return try legalReduce(reduction, total, others)
  }

  /// So many elements of a window make a chain; of more, loops around tiles are made.
  private static var longestChain: Int { 16 }

  /// Runs of neighbouring axes one after the other, the last run first, so that the first pass shrinks most.
  fileprivate mutating func legalReduce(_ reduction: Reduction, _ operand: NodeID, _ axes: [Int])
    throws(GraphError) -> NodeID
  {
    let original = shape(operand)
    let target = original.reducing(axes, keepingDimensions: false)
    // Axes of extent 1 are dropped, and the others counted among those that stay.
    let real = axes.filter { original[$0] != 1 }
    var value = try reshape(operand, to: Shape(original.squeezed))
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
