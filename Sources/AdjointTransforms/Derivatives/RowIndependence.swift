import AdjointArray
import AdjointIR

// Which axis of each node follows axis 0 of the targets: by identity of the axis, not by its extent.

extension Graph {
  /// The first node of this graph without calls in which one row of `input` meets another, by whatever way: by
  /// comparisons, indices and stopped gradients too, and where the rows end up along another axis of the output.
  package func firstNodeMixingRows(of input: NodeID, in output: NodeID) -> NodeID? {
    guard let rows = self[input].type.shape.dimensions.first, rows > 1 else { return nil }
    let (axes, mixing) = Builder(self).rowAxes(of: output, withRespectTo: [input], by: .value(rows: rows))
    return mixing?.node ?? (axes[output, default: 0] == 0 ? nil : output)
  }
}

/// What makes a node depend on its operand.
enum RowDependence {
  /// A derivative flows to it.
  case derivative
  /// Its value is used. So many rows there are; of each, an axis may hold several elements one after the other.
  case value(rows: Int)

  func carries(_ node: Node, _ position: Int, _ builder: Builder) -> Bool {
    switch self {
    case .derivative: node.carriesDerivative(position, among: builder.nodes)
    case .value: true
    }
  }

  /// Whether an axis of `extent` can be that of the rows, which had `former` before a reshape.
  func keepsRows(_ extent: Int, former: Int) -> Bool {
    switch self {
    case .derivative: extent == former
    case .value(let rows): extent > 0 && extent % rows == 0
    }
  }
}

extension Builder {
  /// - Throws: ``GraphError`` that names the first node between `targets` and `output` in which one row of a
  ///   target meets another.
  func checkRowIndependence(of output: NodeID, withRespectTo targets: [NodeID]) throws(GraphError) {
    if let (id, problem) = rowAxes(of: output, withRespectTo: targets, by: .derivative).mixing {
      throw mixing(nodes[id], problem)
    }
  }

  /// For each node that depends on a target the axis of its rows, up to the first node that mixes them.
  fileprivate func rowAxes(
    of output: NodeID, withRespectTo targets: [NodeID], by dependence: RowDependence
  ) -> (axes: [NodeID: Int], mixing: (node: NodeID, problem: String)?) {
    var axes: [NodeID: Int] = [:]
    for target in targets where shape(target).rank > 0 { axes[target] = 0 }
    // Only what the output depends on counts.
    var needed = [Bool](repeating: false, count: output + 1)
    needed[output] = true
    for id in needed.indices.reversed() where needed[id] {
      for operand in nodes[id].operands { needed[operand] = true }
    }
    let scalarTargets = Set(targets.filter { shape($0).rank == 0 })
    for id in needed.indices where needed[id] && axes[id] == nil {
      let node = nodes[id]
      var followed: [Int?] = []
      var depends = false
      for (position, operand) in node.operands.enumerated() {
        let carries = dependence.carries(node, position, self)
        if carries, scalarTargets.contains(operand) { return (axes, (id, "it spreads a scalar over rows")) }
        followed.append(carries ? axes[operand] : nil)
        depends = depends || (carries && axes[operand] != nil)
      }
      guard depends else { continue }
      guard let axis = followedAxis(node, followed, dependence) else {
        return (axes, (id, "it mixes rows, so that no row of the output has a derivative of its own"))
      }
      axes[id] = axis
    }
    return (axes, nil)
  }

  private func mixing(_ node: Node, _ problem: String) -> GraphError {
    let name = node.provenance.label.map { "\($0) (\(node.operation.name))" } ?? node.operation.name
    var error = GraphError(
      .notDifferentiable, operation: "gradient of a non-scalar", problem: "\(name): \(problem)",
      remedy: "reduce the output to a scalar first, or use vjp with cotangents of your own",
      operands: node.operands.map { GraphError.Operand(nodes[$0].type, nodes[$0].provenance) })
    error.locate(at: node.provenance.locations.isEmpty ? provenance : node.provenance)
    return error
  }

  /// The axis of the node that follows the rows, given those of its operands (`nil` where an operand does not
  /// depend on them); `nil` where rows meet.
  func followedAxis(_ node: Node, _ axes: [Int?], _ dependence: RowDependence) -> Int? {
    let own = node.type.shape
    let first = axes.compactMap { $0 }.first
    let agreed = Set(axes.compactMap { $0 }).count == 1 ? first : nil
    switch node.operation {
    case .argument, .constant, .data, .iota:
      return nil
    case .unary, .binary, .compare, .select, .cast, .stopGradient, .barrier:
      return agreed
    case .reduce(_, let reduced):
      guard let axis = agreed, !reduced.contains(axis) else { return nil }
      return axis - reduced.filter { $0 < axis }.count
    case .dot(let dimensions):
      return dotAxis(dimensions, axes, ranks: node.operands.map { shape($0).rank })
    case .reshape:
      guard let axis = agreed else { return nil }
      let from = shape(node.operands[0])
      let before = from.dimensions.prefix(axis).reduce(1, *)
      var product = 1
      for candidate in 0..<own.rank {
        if product == before, dependence.keepsRows(own[candidate], former: from[axis]) { return candidate }
        product *= own[candidate]
      }
      return nil
    case .transpose(let permutation):
      return agreed.flatMap { axis in permutation.firstIndex(of: axis) }
    case .broadcast:
      guard let axis = agreed else { return nil }
      let from = shape(node.operands[0])
      let moved = axis + own.rank - from.rank
      return own[moved] == from[axis] ? moved : nil
    case .slice:
      guard let axis = agreed, own[axis] == shape(node.operands[0])[axis] else { return nil }
      return axis
    case .pad:
      guard let axis = agreed, own[axis] == shape(node.operands[0])[axis] else { return nil }
      return axis
    case .flip(let flipped):
      // Row i of the result is another row of the operand.
      guard let axis = agreed, !flipped.contains(axis) else { return nil }
      return axis
    case .concatenate(let along):
      return agreed == along ? nil : agreed
    case .windows(let windows), .addWindows(let windows, _):
      guard let axis = agreed, !windows.axes.contains(axis) else { return nil }
      return axis < own.rank ? axis : nil
    case .structured(let operation):
      return followedAxis(operation, node, axes)
    case .scan(let scan, let result):
      return scanAxis(scan, result, axes, dependence)
    case .call(let callee, let result):
      return callAxis(callee, result, axes, dependence)
    }
  }

  private func dotAxis(_ dimensions: DotDimensions, _ axes: [Int?], ranks: [Int]) -> Int? {
    let batch = dimensions.lhsBatch.count
    let lhsFree = dimensions.lhsFree(rank: ranks[0])
    switch (axes[0], axes[1]) {
    case (let left?, let right?):
      guard let position = dimensions.lhsBatch.firstIndex(of: left),
        dimensions.rhsBatch.firstIndex(of: right) == position
      else { return nil }
      return position
    case (let left?, nil):
      return dimensions.lhsBatch.firstIndex(of: left) ?? lhsFree.firstIndex(of: left).map { $0 + batch }
    case (nil, let right?):
      return dimensions.rhsBatch.firstIndex(of: right)
        ?? dimensions.rhsFree(rank: ranks[1]).firstIndex(of: right).map { $0 + batch + lhsFree.count }
    case (nil, nil):
      return nil
    }
  }

  private func callAxis(_ callee: Callee, _ result: Int, _ operands: [Int?], _ dependence: RowDependence)
    -> Int?
  {
    let output = callee.graph.outputs[result].node
    guard case .given(let vjp) = callee.derivative, case .derivative = dependence else {
      return nestedAxis(callee.graph, output, operands, dependence)
    }
    // It is the vjp that must keep rows apart: each cotangent's rows are where its argument's are.
    let extents = zip(callee.graph.arguments, operands).compactMap { argument, axis in
      axis.map { callee.graph[argument].type.shape[$0] }
    }
    guard let rows = extents.first,
      let axis = nestedAxis(callee.graph, output, operands, .value(rows: rows))
    else { return nil }
    for (cotangent, position) in zip(vjp.outputs, callee.differentiableArguments) {
      guard let expected = operands[position] else { continue }
      let found = nestedAxis(vjp, cotangent.node, operands + [axis, axis], .value(rows: rows))
      if found != expected { return nil }
    }
    return axis
  }

  /// The axis of node `output` of a nested graph that follows the rows, given those of its arguments.
  private func nestedAxis(
    _ graph: Graph, _ output: NodeID, _ operands: [Int?], _ dependence: RowDependence
  ) -> Int? {
    let nested = Builder(graph)
    var axes: [NodeID: Int] = [:]
    for (argument, axis) in zip(graph.arguments, operands) { axes[argument] = axis }
    for (id, node) in graph.nodes.enumerated() where !node.operation.isArgument {
      let followed = node.operands.indices.map { position in
        dependence.carries(node, position, nested) ? axes[node.operands[position]] : nil
      }
      guard followed.contains(where: { $0 != nil }) else { continue }
      // A mixing node that the result does not need does no harm; one that it does leaves its users without
      // an axis, so it must be told apart from independence.
      guard let axis = nested.followedAxis(node, followed, dependence) else {
        if graph.ancestors(of: [output])[id] { return nil }
        continue
      }
      axes[id] = axis
    }
    return axes[output]
  }

  /// The axis of result `result` of a loop that follows the rows, given those of its operands.
  private func scanAxis(_ scan: Scan, _ result: Int, _ operands: [Int?], _ dependence: RowDependence) -> Int?
  {
    var axes: [Int?] = []
    for (position, axis) in operands.enumerated() {
      // Along the runs, one row meets another.
      if scan.stackedOperands.contains(position), axis == 0 { return nil }
      axes.append(scan.stackedOperands.contains(position) ? axis.map { $0 - 1 } : axis)
    }
    // A carry that begins without rows has them from the first run on.
    for _ in 0...scan.carryCount {
      let next = (0..<scan.carryCount).map {
        nestedAxis(scan.body, scan.body.outputs[$0].node, axes, dependence)
      }
      var isSettled = true
      for carry in 0..<scan.carryCount where next[carry] != axes[carry] {
        guard axes[carry] == nil else { return nil }
        axes[carry] = next[carry]
        isSettled = false
      }
      if isSettled { break }
    }
    if result < scan.carryCount { return axes[result] }
    return nestedAxis(scan.body, scan.body.outputs[result].node, axes, dependence).map { $0 + 1 }
  }
}
