import AdjointArray
import AdjointIR

// Reductions and running sums and products among the random graph's steps.
extension GraphGenerator {
  mutating func reduce(_ reduction: Reduction) throws(GraphError) {
    if reduction.domain == .truth {
      let value = try bool()
      let id = try builder.reduce(
        reduction, value.id, axes: axes(of: builder.shape(value.id)), keepingDimensions: random.chance(0.4))
      if id != value.id { bools.append(Value(id: id, bound: 0, isExact: true)) }
      return
    }
    if random.chance(0.2) {
      let value = try integer(integerType())
      let axes = axes(of: builder.shape(value.id))
      let id = try builder.reduce(
        reduction, value.id, axes: axes, keepingDimensions: random.chance(0.4))
      if id != value.id { try keep(exact: id) }
      return
    }
    let value = try float()
    let shape = builder.shape(value.id)
    let axes = axes(of: shape)
    guard !axes.isEmpty else { return }
    let count = axes.map { shape[$0] }.reduce(1, *)
    let keepingDimensions = random.chance(0.4)
    switch reduction {
    case .sum:
      let id = try builder.reduce(.sum, value.id, axes: axes, keepingDimensions: keepingDimensions)
      try keep(id, bound: value.bound * Double(max(1, count)), isExact: false)
    case .product:
      // Factors near 1, so that the product of many neither vanishes nor explodes.
      let small = try builder.binary(
        .multiply, value.id, try builder.constant(1 / (value.bound * Double(max(1, count))), like: value.id))
      let factors = try builder.binary(.add, small, try builder.constant(1, like: value.id))
      let id = try builder.reduce(.product, factors, axes: axes, keepingDimensions: keepingDimensions)
      try keep(id, bound: 2.8, isExact: false)
    case .maximum, .minimum:
      // Of no elements they are infinite, which the single-operation cases show.
      guard !options.smooth, count > 0 else { return }
      let id = try builder.reduce(reduction, value.id, axes: axes, keepingDimensions: keepingDimensions)
      try keep(id, bound: value.bound, isExact: value.isExact)
    case .any, .all: return
    }
  }

  mutating func cumulative() throws(GraphError) {
    let value = random.chance(0.25) ? try integer(integerType()) : try float()
    let shape = builder.shape(value.id)
    guard shape.rank > 0 else { return }
    let axis = random.below(shape.rank)
    let function = random.pick(Cumulative.allCases)
    let operation = Operation.structured(.cumulative(function, axis: axis, isReversed: random.chance(0.5)))
    if builder.scalarType(value.id).isInteger {
      return try keep(exact: try builder.append(operation, [value.id]))
    }
    let count = Double(max(1, shape[axis]))
    switch function {
    case .sum:
      try keep(
        try builder.append(operation, [value.id]), bound: value.bound * count, isExact: value.isExact)
    case .product:
      let small = try builder.binary(
        .multiply, value.id, builder.constant(1 / (value.bound * count), like: value.id))
      let factors = try builder.binary(.add, small, builder.constant(1, like: value.id))
      try keep(try builder.append(operation, [factors]), bound: 2.8, isExact: value.isExact)
    }
  }
}
