import AdjointArray
import AdjointIR

// The rules of reductions.

extension DerivativeRule {
  func reduce(_ reduction: Reduction, _ axes: [Int], _ builder: inout Builder) throws(GraphError) -> NodeID {
    let x = operands[0]
    switch reduction {
    case .sum:
      return try builder.expand(cotangent, axes, like: x)
    case .maximum, .minimum:
      // Equal extremes share: each gets g divided by their number.
      let isExtreme = try builder.compare(.equal, x, builder.expand(id, axes, like: x))
      let ones = try builder.cast(isExtreme, to: builder.scalarType(x))
      let number = try builder.append(.reduce(.sum, axes: axes), [ones])
      // Of a row with a NaN none is extreme, and 0/0 would come up in a further derivative.
      let least = try builder.binary(.maximum, number, builder.constant(1, like: number))
      let share = try builder.expand(builder.binary(.divide, cotangent, least), axes, like: x)
      return try builder.select(isExtreme, share, builder.constant(0, like: x))
    case .product:
      let others = try builder.productOfOthers(x, axes)
      return try builder.binary(.multiply, builder.expand(cotangent, axes, like: x), others)
    case .any, .all:
      // Their values are bool, so that no cotangent gets here.
      throw GraphError(
        .notDifferentiable, operation: node.operation.name, problem: "a bool has no derivative",
        remedy: "choose with select instead", location: node.provenance.locations.first)
    }
  }
}

extension Builder {
  /// The reduced `value` repeated along the axes of `full` that the reduction removed.
  mutating func expand(_ value: NodeID, _ axes: [Int], like full: NodeID) throws(GraphError) -> NodeID {
    let kept = shape(full).reducing(axes, keepingDimensions: true)
    return try broadcast(reshape(value, to: kept), to: shape(full))
  }

  /// For each element the product of all others along `axes`.
  ///
  /// Dividing the whole product by the element would give NaN at a zero. Instead a tree: products of pairs
  /// upwards, and downwards each half is multiplied by the sibling's product. About three multiplications an
  /// element, no division, and right in every order of derivative.
  mutating func productOfOthers(_ x: NodeID, _ axes: [Int]) throws(GraphError) -> NodeID {
    let shape = self.shape(x)
    let count = axes.reduce(1) { $0 * shape[$1] }
    if count < 2 { return try constant(1, like: x) }
    // Reduced axes last and flat: [rows, count], filled up to a power of two with ones.
    let order = (0..<shape.rank).filter { !axes.contains($0) } + axes
    let moved = try transpose(x, order)
    let rows = shape.count / count
    var width = 1
    while width < count { width *= 2 }
    var level = try reshape(moved, to: [rows, count])
    if width > count {
      let one = constant(Literal(1, as: scalarType(x)))
      let ones = try broadcast(one, to: [rows, width - count])
      level = try append(.concatenate(axis: 1), [level, ones])
    }
    var halves: [(left: NodeID, right: NodeID)] = []
    while width > 1 {
      width /= 2
      let left = try columns(0..<width, of: level)
      let right = try columns(width..<(2 * width), of: level)
      halves.append((left, right))
      level = try binary(.multiply, left, right)
    }
    var others = try constant(1, like: level)
    for (left, right) in halves.reversed() {
      others = try append(
        .concatenate(axis: 1),
        [binary(.multiply, others, right), binary(.multiply, others, left)])
    }
    let flat = try columns(0..<count, of: others)
    let unflattened = try reshape(flat, to: Shape(order.map { shape[$0] }))
    return try transpose(unflattened, inverse(order))
  }

  private mutating func columns(_ range: Range<Int>, of matrix: NodeID) throws(GraphError) -> NodeID {
    let shape = self.shape(matrix)
    if range == 0..<shape[1] { return matrix }
    return try append(
      .slice(Slice(starts: [0, range.lowerBound], ends: [shape[0], range.upperBound], steps: [1, 1])),
      [matrix])
  }
}

/// The permutation that undoes `permutation`.
func inverse(_ permutation: [Int]) -> [Int] {
  var result = permutation
  for (position, axis) in permutation.enumerated() { result[axis] = position }
  return result
}
