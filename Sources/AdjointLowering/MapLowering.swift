import AdjointArray
import AdjointIR

extension Lowerer {
  /// Makes the kernel of a group of elementwise nodes and the reductions that end them.
  mutating func lowerMap(_ group: Group) {
    if let map = map(group, withEndings: true) {
      fillDestinations(group)
      appendMap(map, group.nodes)
      return
    }
    // The reductions do not fit the tiles of this space: store what they reduce, and reduce it afterwards.
    let reductions = group.nodes.filter { graph[$0].operation.endsMap }
    for id in reductions {
      let root = views[graph[id].operands[0]].root
      if bufferOf[root] == nil, group.nodes.contains(root) {
        bufferOf[root] = addBuffer(label(of: root), graph[root].type, .arena(offset: 0))
      }
    }
    if reductions.count < group.nodes.count, let map = map(group, withEndings: false) {
      appendMap(map, group.nodes.filter { !graph[$0].operation.endsMap })
    }
    for id in reductions {
      // A contiguous operand collapses to (outer, reduced, inner), which always fits; another one is copied.
      let operand = graph[id].operands[0]
      let type = graph[operand].type
      var source = views[operand]
      if !graph.isIdentity(source, shape: type.shape) || buffer(of: source) == nil {
        let aside = addBuffer(label(of: operand) + "_copy", type, .arena(offset: 0))
        copy(source, shape: type.shape, type: type.scalarType, to: aside, name: "copy_" + buffers[aside].name)
        source = NodeView(root: -1 - aside, offset: 0, strides: type.shape.strides)
      }
      var builder = MapBuilder(space: group.space, ending: group.ending)
      addReduction(
        id, value: operandValue(source, shape: type.shape, type: type.scalarType, &builder), &builder)
      if let map = finished(builder) { appendMap(map, [id]) }
    }
  }

  /// Gives what values are combined with in memory its first value.
  private mutating func fillDestinations(_ group: Group) {
    guard case .accumulated = group.ending else { return }
    for id in group.nodes {
      var value = Literal(0, as: graph[id].type.scalarType)
      if case .reduce(let reduction, _) = graph[id].operation {
        value = reduction.identity(graph[id].type.scalarType)
      } else if case .addWindows(let windows, let extents) = graph[id].operation {
        // Where each element gets one value it is just stored.
        if windows.isPartition(of: extents) { continue }
      } else {
        continue
      }
      guard let buffer = bufferOf[id], buffers[buffer].count > 0 else { continue }
      append(
        .fill(Fill(value: value, destination: buffer)), name: "fill_" + buffers[buffer].name,
        graph[id].provenance)
    }
  }

  /// A kernel that copies a view to a contiguous buffer, in the view's order.
  mutating func copy(
    _ source: NodeView, shape: Shape, type: ScalarType, to buffer: BufferID, offset: Int = 0,
    strides: [Int]? = nil, name: String
  ) {
    let target = squeezed(shape, strides ?? shape.strides)
    var builder = MapBuilder(space: target.extents)
    let value = operandValue(source, shape: shape, type: type, &builder)
    builder.store(
      value, type: type, to: View(buffer: buffer, offset: offset, strides: target.strides),
      name: buffers[buffer].name)
    if let map = finished(builder), map.count > 0 {
      append(.map(map), name: name, source.root >= 0 ? graph[source.root].provenance : .none)
    }
  }

  /// The buffer behind a view; a root below 0 names a buffer that no node has.
  func buffer(of view: NodeView) -> BufferID? {
    view.root < 0 ? -1 - view.root : bufferOf[view.root]
  }

  func finished(_ builder: MapBuilder) -> MapKernel? {
    let builder = builder.withoutDeadCode()
    return builder.finished(target, loaded: builder.loads.map { buffers[$0.buffer] })
  }

  // MARK: Bodies

  private func map(_ group: Group, withEndings: Bool) -> MapKernel? {
    var builder = MapBuilder(space: group.space, ending: withEndings ? group.ending : nil)
    // What the group's nodes gave: there are few, so that looking through them is faster than hashing.
    var values: [(node: NodeID, value: Instruction.Operand)] = []
    values.reserveCapacity(group.nodes.count)
    for id in group.nodes {
      let code = code(id)
      if code == nil, !withEndings { continue }
      let operands = graph.nodes[id].operands.map { operand in
        let root = views[operand].root
        return values.last { $0.node == root }?.value
          ?? operandValue(
            views[operand], shape: graph.nodes[operand].type.shape,
            type: graph.nodes[operand].type.scalarType,
            &builder)
      }
      guard let code else {
        addEnding(id, value: operands[0], &builder)
        continue
      }
      let value = builder.append(
        Instruction(
          code: code, operands: operands, type: graph.nodes[id].type.scalarType,
          name: Names.identifier(label(of: id)), isLabelled: !graph.nodes[id].provenance.labels.isEmpty))
      values.append((id, value))
      if let buffer = bufferOf[id] {
        let shape = graph.nodes[code == .copy ? graph.nodes[id].operands[0] : id].type.shape
        let strides = squeezed(shape, shape.strides).strides
        builder.store(
          value, type: graph.nodes[id].type.scalarType, to: View(buffer: buffer, offset: 0, strides: strides),
          name: buffers[buffer].name)
      }
    }
    return finished(builder)
  }

  /// What the instruction of a map node does, or `nil` for one that ends the map.
  private func code(_ id: NodeID) -> Instruction.Code? {
    let operandType = { graph.nodes[graph.nodes[id].operands[0]].type.scalarType }
    switch graph.nodes[id].operation {
    case .unary(let function): return .unary(function)
    case .binary(let function): return .binary(function)
    case .compare(let comparison): return .compare(comparison, operandType())
    case .select: return .select
    case .cast: return .cast(from: operandType())
    case .reshape: return .copy
    case .reduce, .argument, .constant, .data, .iota, .structured, .dot, .transpose, .broadcast, .slice,
      .flip, .pad, .concatenate, .windows, .addWindows, .scan, .stopGradient, .barrier, .call:
      return nil
    }
  }

  private func operandValue(
    _ view: NodeView, shape: Shape, type: ScalarType, _ builder: inout MapBuilder
  ) -> Instruction.Operand {
    let strides = squeezed(shape, view.strides).strides
    if view.root >= 0 {
      if case .constant(let literal) = graph[view.root].operation { return .literal(literal) }
      if case .iota = graph[view.root].operation {
        // Element p of an iota is p: the view's address is the value.
        return builder.append(
          Instruction(
            code: .iota(offset: view.offset, strides: strides), operands: [], type: type, name: "index"))
      }
    }
    // Every other root that is read from outside its kernel has a buffer.
    return builder.load(View(buffer: buffer(of: view) ?? 0, offset: view.offset, strides: strides))
  }

  private func addEnding(_ id: NodeID, value: Instruction.Operand, _ builder: inout MapBuilder) {
    if case .addWindows(let windows, let extents) = graph[id].operation {
      addSum(id, windows, extents, value, &builder)
    } else {
      addReduction(id, value: value, &builder)
    }
  }

  private func addReduction(_ id: NodeID, value: Instruction.Operand, _ builder: inout MapBuilder) {
    guard case .reduce(let reduction, _) = graph[id].operation, let buffer = bufferOf[id],
      let dimensions = builder.ending?.dimensions
    else { return }
    let kept = builder.space.indices.filter { !dimensions.contains($0) }
    let keptStrides = rowMajor(kept.map { builder.space[$0] })
    var strides = [Int](repeating: 0, count: builder.space.count)
    for (position, axis) in kept.enumerated() { strides[axis] = keptStrides[position] }
    let destination = View(buffer: buffer, offset: 0, strides: strides)
    let type = graph[id].type.scalarType
    switch builder.ending {
    case .accumulated:
      builder.accumulate(
        value, type: type, by: reduction.combination, to: destination,
        name: buffers[buffer].name)
    case .reduced, nil:
      builder.reduce(value, type: type, by: reduction, to: destination)
    }
  }

  /// Adds the elements of windows where the windows have them.
  private func addSum(
    _ id: NodeID, _ windows: Windows, _ extents: [Int], _ value: Instruction.Operand,
    _ builder: inout MapBuilder
  ) {
    guard let buffer = bufferOf[id] else { return }
    let (type, operand) = (graph[id].type, graph[graph[id].operands[0]].type)
    let strides = squeezed(operand.shape, windows.elementStrides(of: type.shape)).strides
    let view = View(buffer: buffer, offset: 0, strides: strides)
    let name = buffers[buffer].name
    if windows.isPartition(of: extents) {
      builder.store(value, type: type.scalarType, to: view, name: name)
    } else {
      builder.accumulate(value, type: type.scalarType, by: .add, to: view, name: name)
    }
  }

  private mutating func appendMap(_ map: MapKernel, _ nodes: [NodeID]) {
    var provenance = Provenance.none
    for id in nodes { provenance.merge(graph.nodes[id].provenance) }
    if map.count == 0 {
      // Nothing to compute, but a reduction over nothing has a value.
      for reduction in map.reductions where buffers[reduction.destination.buffer].count > 0 {
        let name = "fill_" + buffers[reduction.destination.buffer].name
        append(
          .fill(
            Fill(
              value: reduction.reduction.identity(reduction.type), destination: reduction.destination.buffer)),
          name: name, provenance)
      }
      return
    }
    let first = map.stores.first?.view.buffer ?? map.reductions.first?.destination.buffer ?? 0
    append(
      .map(map), name: "map_" + buffers[first].name, provenance,
      flops: nodes.reduce(0) { saturatingSum($0, graph.flops(at: $1)) })
  }
}

extension Group.Ending {
  var dimensions: Range<Int> {
    switch self {
    case .reduced(let dimensions), .accumulated(let dimensions): dimensions
    }
  }
}
