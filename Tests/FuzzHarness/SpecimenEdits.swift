import Adjoint

// Specimens made of another one; `nil` where the types no longer fit.
extension Specimen {
  enum Replacement {
    /// An earlier node.
    case node(NodeID)
    /// An argument with this value.
    case value(NDArray)
  }

  /// Only these outputs, and what they need.
  func keeping(_ outputs: [Output]) -> Specimen? {
    rebuilt(outputs: outputs) { builder, id, operands in
      try builder.append(graph[id].operation, operands)
    }
  }

  func replacing(_ target: NodeID, by replacement: Replacement) -> Specimen? {
    var outputs: [Output] = []
    var nodes = graph.nodes
    switch replacement {
    case .node(let other):
      for id in nodes.indices where nodes[id].operands.contains(target) {
        nodes[id] = Node(
          nodes[id].operation, nodes[id].operands.map { $0 == target ? other : $0 }, type: nodes[id].type,
          provenance: nodes[id].provenance)
      }
      outputs = graph.outputs.map {
        Output($0.name, $0.node == target ? other : $0.node, replaces: $0.replaces)
      }
      return Specimen(Graph(nodes: nodes, outputs: outputs), inputs).keeping(outputs)
    case .value(let value):
      let name = "v\(target)"
      nodes[target] = Node(
        .argument(Argument(.input, name, nodes[target].type)), [], type: nodes[target].type)
      let changed = Graph(nodes: nodes, outputs: graph.outputs)
      var values = inputs
      values.insert(value, at: changed.arguments.firstIndex(of: target) ?? values.count)
      return Specimen(changed, values).keeping(graph.outputs)
    }
  }

  /// What the interpreter gives for a node.
  func value(of target: NodeID) -> NDArray? {
    let asked = Graph(nodes: graph.nodes, outputs: [Output("y", target)])
    return try? Interpreter(asked).run(values: inputs).first
  }

  /// Every extent `old` made `new`, in all shapes, ranges and arrays.
  func resizing(_ old: Int, to new: Int) -> Specimen? {
    let resized = { (shape: Shape) in Shape(shape.dimensions.map { $0 == old ? new : $0 }) }
    let cut = { (array: NDArray) -> NDArray in
      let slice = Slice(
        starts: array.shape.dimensions.map { _ in 0 }, ends: resized(array.shape).dimensions,
        steps: array.shape.dimensions.map { _ in 1 })
      let type = TensorType(array.scalarType, resized(array.shape))
      return (try? evaluate(.slice(slice), [array], type: type)) ?? array
    }
    return Specimen(graph, inputs.map(cut)).rebuilt(outputs: graph.outputs) { builder, id, operands in
      let node = graph[id]
      switch node.operation {
      case .argument(let argument):
        return builder.argument(
          argument.kind, argument.name, TensorType(argument.type.scalarType, resized(argument.type.shape)))
      case .data(let array): return builder.data(cut(array))
      case .iota(let count, let type):
        return try builder.append(.iota(count: count == old ? new : count, type), [])
      case .reshape(let shape): return try builder.append(.reshape(resized(shape)), operands)
      case .broadcast(let shape): return try builder.append(.broadcast(resized(shape)), operands)
      case .slice(let slice):
        let extents = builder.shape(operands[0]).dimensions
        let starts = zip(slice.starts, extents).map(min)
        return try builder.append(
          .slice(Slice(starts: starts, ends: zip(slice.ends, extents).map(min), steps: slice.steps)),
          operands)
      case .structured(.scatterAddRows(let rows)):
        return try builder.append(.structured(.scatterAddRows(rows: rows == old ? new : rows)), operands)
      case .structured(.scatterAdd(let axis, let extent)):
        return try builder.append(
          .structured(.scatterAdd(axis: axis, extent: extent == old ? new : extent)), operands)
      case .constant, .unary, .binary, .compare, .select, .cast, .reduce, .structured, .dot, .transpose,
        .flip, .pad, .concatenate, .windows, .addWindows, .scan, .stopGradient, .barrier, .call:
        return try builder.append(node.operation, operands)
      }
    }
  }

  /// The nodes that `outputs` need, each made by `make` from its operands' new places.
  private func rebuilt(
    outputs: [Output], _ make: (inout Builder, NodeID, [NodeID]) throws -> NodeID
  ) -> Specimen? {
    var live = Graph(nodes: graph.nodes, outputs: outputs).liveNodes(keepingArguments: false)
    for output in outputs { if let replaced = output.replaces { live[replaced] = true } }
    var builder = Builder()
    var mapping = [NodeID](repeating: -1, count: graph.nodes.count)
    let values = Dictionary(uniqueKeysWithValues: zip(graph.arguments, inputs))
    var kept: [NodeID: NDArray] = [:]
    for id in graph.nodes.indices where live[id] {
      builder.provenance = graph[id].provenance
      guard let made = try? make(&builder, id, graph[id].operands.map { mapping[$0] }) else { return nil }
      mapping[id] = made
      if let value = values[id] { kept[made] = value }
    }
    let result = builder.graph(
      outputs: outputs.map { Output($0.name, mapping[$0.node], replaces: $0.replaces.map { mapping[$0] }) })
    // All arguments stay, in their order.
    let ids = builder.nodes.indices.filter { builder.nodes[$0].operation.isArgument }
    return Specimen(result, ids.compactMap { kept[$0] })
  }
}
