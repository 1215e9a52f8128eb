import AdjointArray
import AdjointIR

// Gathers and scatters among the random graph's steps.
extension GraphGenerator {
  mutating func gather() throws(GraphError) {
    let table = try anyValue()
    let shape = builder.shape(table.id)
    let value = try int()
    guard shape.rank >= 1, shape[0] > 0,
      shape.count / shape[0] * builder.shape(value.id).count <= Self.largestCount
    else { return }
    let id = try builder.append(.structured(.gatherRows), [table.id, try indices(value, rows: shape[0])])
    try keep(any: id, like: table)
  }

  mutating func scatter() throws(GraphError) {
    let rows = random.pick([1, 2, 5, 17])
    let value = try int()
    let leading = builder.shape(value.id).dimensions
    let shape = Shape(leading + (random.chance(0.6) ? [random.pick([0, 1, 3, 16])] : []))
    guard shape.count <= Self.largestCount else { return }
    let type = random.chance(0.2) ? integerType() : scalarType
    let updates: Value
    if type.isInteger {
      updates = argument(.input, type, shape)
    } else if let fitting = floats.last(where: { builder.shape($0.id) == shape }) {
      updates = fitting
    } else {
      updates = argument(.parameter, scalarType, shape)
    }
    let id = try builder.append(
      .structured(.scatterAddRows(rows: rows)), [updates.id, try indices(value, rows: rows)])
    if type.isInteger {
      try keep(exact: id)
    } else {
      try keep(
        id, bound: updates.bound * Double(max(1, builder.shape(value.id).count)), isExact: false)
    }
  }

  /// Indices clamped to 0..<rows.
  private mutating func indices(_ value: Value, rows: Int) throws(GraphError) -> NodeID {
    let low = try builder.binary(.maximum, value.id, try builder.constant(0, like: value.id))
    return try builder.binary(.minimum, low, try builder.constant(Double(rows - 1), like: value.id))
  }

  mutating func gatherAlong() throws(GraphError) {
    let table = try anyValue()
    var dimensions = builder.shape(table.id).dimensions
    guard !dimensions.isEmpty else { return }
    let axis = random.below(dimensions.count)
    let extent = dimensions[axis]
    dimensions[axis] = random.pick([0, 1, 2, 5])
    guard extent > 0, Shape(dimensions).count <= Self.largestCount else { return }
    let indices = places(Shape(dimensions), below: extent)
    let id = try builder.append(.structured(.gather(axis: axis)), [table.id, indices])
    try keep(any: id, like: table)
  }

  mutating func scatterAlong() throws(GraphError) {
    let value = random.chance(0.25) ? try integer(integerType()) : try float()
    let shape = builder.shape(value.id)
    guard shape.rank > 0 else { return }
    let axis = random.below(shape.rank)
    let extent = random.pick([1, 2, 5, 17])
    let indices = places(shape, below: extent)
    let id = try builder.append(.structured(.scatterAdd(axis: axis, extent: extent)), [value.id, indices])
    guard builder.shape(id).count <= Self.largestCount else { return }
    let bound = value.bound * Double(max(1, shape[axis]))
    try keep(any: id, like: Value(id: id, bound: bound, isExact: value.isExact))
  }

  /// An index for each element of `shape`, below `extent`.
  private mutating func places(_ shape: Shape, below extent: Int) -> NodeID {
    var result = NDArray(zeros: shape, .int32)
    result.withUnsafeMutableElements(of: Int32.self) {
      for index in $0.indices { $0[index] = Int32(random.below(extent)) }
    }
    return builder.data(result)
  }
}
