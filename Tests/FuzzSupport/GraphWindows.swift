import AdjointArray
import AdjointIR

// Windows among the random graph's steps.
extension GraphGenerator {
  /// Windows of a value, and often what becomes of them: added up where they were, reduced, or multiplied by weights.
  mutating func windows() throws(GraphError) {
    let value = random.chance(0.2) ? try integer(integerType()) : try float()
    let shape = builder.shape(value.id)
    guard shape.rank > 0 else { return }
    let axes = Array(Set((0..<random.pick([1, 2])).map { _ in random.below(shape.rank) })).sorted()
    let windows = Windows(
      axes: axes, sizes: axes.map { _ in random.pick([1, 2, 3, 5]) },
      strides: axes.map { _ in random.pick([1, 1, 2, 3]) },
      dilations: axes.map { _ in random.pick([1, 1, 2]) })
    let laid = try builder.append(.windows(windows), [value.id])
    let count = builder.shape(laid).count
    guard count <= Self.largestCount else { return }
    let terms = Double(windows.sizes.reduce(1, *))
    let elements = Array(shape.rank..<(shape.rank + axes.count))
    switch random.below(4) {
    case 0: try keep(any: laid, like: value)
    case 1:
      let extents = axes.map { shape[$0] }
      let part = random.chance(0.5) ? try builder.binary(.multiply, laid, laid) : laid
      let id = try builder.append(.addWindows(windows, extents: extents), [part])
      let bound = part == laid ? value.bound : value.bound * value.bound
      try keep(any: id, like: Value(id: id, bound: bound * terms, isExact: value.isExact))
    case 2:
      let reduction = options.smooth ? .sum : random.pick([Reduction.sum, .maximum, .minimum])
      let id = try builder.reduce(reduction, laid, axes: elements)
      let isExact = value.isExact && reduction != .sum
      try keep(
        any: id,
        like: Value(id: id, bound: reduction == .sum ? value.bound * terms : value.bound, isExact: isExact))
    default:
      let type = builder.scalarType(laid)
      let weights = argument(.parameter, type, Shape(windows.sizes + [2]))
      let product = try builder.append(
        .dot(DotDimensions(lhsContracting: elements, rhsContracting: Array(axes.indices))),
        [laid, weights.id])
      let bound = value.bound * weights.bound * terms
      try keep(any: product, like: Value(id: product, bound: bound, isExact: type.isInteger))
    }
  }
}
