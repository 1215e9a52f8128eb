import AdjointArray
import AdjointIR

// What moves elements, among the random graph's steps.
extension GraphGenerator {
  mutating func movement() throws(GraphError) {
    let value = try anyValue()
    let shape = builder.shape(value.id)
    let id: NodeID
    switch random.below(7) {
    case 5:
      id = try builder.append(.flip(axes(of: shape)), [value.id])
    case 0:
      // One extent split, or all merged.
      var dimensions = shape.dimensions
      if let axis = dimensions.indices.first(where: { dimensions[$0] > 1 && dimensions[$0] % 2 == 0 }),
        random.chance(0.6)
      {
        dimensions.replaceSubrange(axis...axis, with: [dimensions[axis] / 2, 2])
      } else {
        dimensions = random.chance(0.5) ? [shape.count] : [1] + dimensions + [1]
      }
      id = try builder.reshape(value.id, to: Shape(dimensions))
    case 1:
      var permutation = Array(0..<shape.rank)
      for index in permutation.indices.reversed() { permutation.swapAt(index, random.below(index + 1)) }
      id = try builder.transpose(value.id, permutation)
    case 2:
      let widened = shape.dimensions.map { $0 == 1 ? random.pick([1, 3, 16, 17]) : $0 }
      let target = Shape((random.chance(0.4) ? [random.pick([1, 2, 5])] : []) + widened)
      guard target.count <= Self.largestCount else { return }
      id = try builder.broadcast(value.id, to: target)
    case 3:
      let starts = shape.dimensions.map { random.below($0 + 1) / random.pick([1, 2, 3]) }
      let ends = zip(starts, shape.dimensions).map { $0 + random.below($1 - $0 + 1) }
      let steps = starts.map { _ in random.pick([1, 1, 2, 3, 7]) }
      id = try builder.append(.slice(Slice(starts: starts, ends: ends, steps: steps)), [value.id])
    case 4:
      let padding = Padding(
        low: shape.dimensions.map { _ in random.below(3) },
        high: shape.dimensions.map { _ in random.below(3) },
        interior: shape.dimensions.map { _ in random.pick([0, 0, 1, 2]) })
      let padded = zip(shape.dimensions.indices, shape.dimensions).map { axis, extent in
        padding.low[axis] + padding.high[axis] + extent + padding.interior[axis] * max(0, extent - 1)
      }
      guard padded.reduce(1, *) <= Self.largestCount else { return }
      id = try builder.append(.pad(padding), [value.id])
    default:
      guard shape.rank > 0, shape.count * 3 <= Self.largestCount else { return }
      let axis = random.below(shape.rank)
      var dimensions = shape.dimensions
      dimensions[axis] = random.pick([0, 1, 2, 5])
      let other = argument(
        .input, builder.scalarType(value.id), Shape(dimensions), isConstant: random.chance(0.3))
      guard builder.shape(other.id).count <= Self.largestCount else { return }
      var operands = random.chance(0.5) ? [value.id, other.id] : [other.id, value.id]
      if random.chance(0.3) { operands.append(value.id) }
      id = try builder.append(.concatenate(axis: axis), operands)
      return try keep(
        any: id, like: Value(id: id, bound: max(value.bound, 2), isExact: value.isExact))
    }
    if id != value.id { try keep(any: id, like: value) }
  }
}
