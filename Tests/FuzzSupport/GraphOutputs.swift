import AdjointArray
import AdjointIR

// What a drawn graph gives back: new values, and next values of parameters and states.
extension GraphGenerator {
  /// All values that nothing reads, next values of most parameters and states, and what still reads the old ones.
  mutating func outputs() throws(GraphError) -> [Output] {
    let users = Graph(nodes: builder.nodes, outputs: []).users()
    let drawn = floats + ints + longs + bools
    let sinks = drawn.filter { users[$0.id].isEmpty && !builder.nodes[$0.id].operation.isArgument }
    var result: [Output] = []
    for (number, value) in sinks.enumerated() { result.append(Output("y\(number)", value.id)) }
    if result.isEmpty, let last = floats.last { result.append(Output("y0", last.id)) }

    let kept = builder.nodes.indices.filter(isReplaceable)
    for (target, value) in try nextValues(of: kept) {
      result.append(Output("next\(target)", value, replaces: target))
    }
    for argument in kept where random.chance(0.4) {
      result.append(Output("old\(argument)", try moved(argument, to: builder.shape(argument))))
    }
    // Which output is written first must not matter.
    for index in result.indices.reversed() { result.swapAt(index, random.below(index + 1)) }

    if options.scalarOutput {
      var loss = builder.constant(Literal(0, as: scalarType))
      for value in sinks where builder.scalarType(value.id) == scalarType {
        let shape = builder.shape(value.id)
        guard shape.count > 0 else { continue }
        let sum = try builder.reduce(.sum, value.id, axes: Array(0..<shape.rank))
        let share = builder.constant(Literal(1 / Double(shape.count), as: scalarType))
        loss = try builder.binary(.add, loss, try builder.binary(.multiply, sum, share))
      }
      result.append(Output("loss", loss))
    }
    return result
  }

  private func isReplaceable(_ id: NodeID) -> Bool {
    if case .argument(let argument) = builder.nodes[id].operation { argument.kind != .input } else { false }
  }

  /// Next values of most of `arguments`: pairs that are swapped, and values and views of what was drawn, of other
  /// arguments' old values, and of their own.
  private mutating func nextValues(of arguments: [NodeID]) throws(GraphError) -> [(NodeID, NodeID)] {
    var result: [(NodeID, NodeID)] = []
    var open = arguments
    while let target = open.popLast() {
      let (type, count) = (builder.scalarType(target), builder.shape(target).count)
      let alike = { (id: NodeID, builder: Builder) in
        builder.scalarType(id) == type && builder.shape(id).count == count
      }
      if random.chance(0.4), let other = open.lastIndex(where: { alike($0, builder) }) {
        let partner = open.remove(at: other)
        result.append((target, try moved(partner, to: builder.shape(target))))
        result.append((partner, try moved(target, to: builder.shape(partner))))
        continue
      }
      guard random.chance(0.8) else { continue }
      let others = arguments.filter { alike($0, builder) }
      let values = (floats + ints + longs + bools).map(\.id).filter { alike($0, builder) }
      let source = random.chance(0.5) ? random.pick(others) : random.pick(values + [target])
      result.append((target, try moved(source, to: builder.shape(target))))
    }
    return result
  }

  /// `id` as it is, or a view, or a function of it, in the given shape of as many elements.
  private mutating func moved(_ id: NodeID, to shape: Shape) throws(GraphError) -> NodeID {
    let own = builder.shape(id)
    var value = id
    switch random.below(6) {
    case 0:
      value = try builder.transpose(id, Array((0..<own.rank).reversed()))
    case 1 where own.rank > 0 && own[0] > 1:
      // The first row last.
      let rest = try rows(1..<own[0], of: id)
      value = try builder.append(.concatenate(axis: 0), [rest, try rows(0..<1, of: id)])
    case 2 where own.rank > 0 && own[0] > 1:
      // One row in place of all.
      value = try builder.broadcast(try rows(own[0] - 1..<own[0], of: id), to: own)
    case 3 where builder.scalarType(id) == scalarType:
      value = try builder.binary(.multiply, id, try builder.constant(0.5, like: id))
    default: break
    }
    return try builder.reshape(value, to: shape)
  }

  private mutating func rows(_ range: Range<Int>, of id: NodeID) throws(GraphError) -> NodeID {
    let shape = builder.shape(id)
    let rest = Array(shape.dimensions.dropFirst())
    return try builder.append(
      .slice(
        Slice(
          starts: [range.lowerBound] + rest.map { _ in 0 }, ends: [range.upperBound] + rest,
          steps: shape.dimensions.map { _ in 1 })), [id])
  }
}
