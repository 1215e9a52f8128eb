import AdjointArray
import AdjointIR

// The rules of reductions.

extension DerivativeRule {
  func reduce(_ reduction: Reduction, _ axes: [Int], _ builder: inout Builder) throws(GraphError) -> NodeID {
    let x = operands[0]
    switch reduction {
    case .sum:
      return try expand(cotangent, axes, &builder)
    case .maximum, .minimum:
      // Equal extremes share: each gets g divided by their number.
      let isExtreme = try builder.compare(.equal, x, expand(id, axes, &builder))
      let ones = try builder.cast(isExtreme, to: builder.scalarType(x))
      let number = try builder.append(.reduce(.sum, axes: axes), [ones])
      let share = try expand(builder.binary(.divide, cotangent, number), axes, &builder)
      return try builder.select(isExtreme, share, builder.constant(0, like: x))
    case .product:
      let others = try productOfOthers(x, axes, &builder)
      return try builder.binary(.multiply, expand(cotangent, axes, &builder), others)
    case .any, .all:
      // Their values are bool, so that no cotangent gets here.
      throw GraphError(
        .notDifferentiable, operation: node.operation.name, problem: "a bool has no derivative",
        remedy: "choose with select instead", location: node.provenance.locations.first)
    }
  }

  /// The reduced `value` repeated along the axes that the reduction removed.
  private func expand(_ value: NodeID, _ axes: [Int], _ builder: inout Builder) throws(GraphError) -> NodeID {
    let full = builder.shape(operands[0])
    let kept = full.reducing(axes, keepingDimensions: true)
    return try builder.broadcast(builder.reshape(value, to: kept), to: full)
  }

  /// For each element the product of all others along `axes`.
  ///
  /// Dividing the whole product by the element would give NaN at a zero. Instead a tree: products of pairs
  /// upwards, and downwards each half is multiplied by the sibling's product. About three multiplications an
  /// element, no division, and right in every order of derivative.
  private func productOfOthers(_ x: NodeID, _ axes: [Int], _ builder: inout Builder) throws(GraphError)
    -> NodeID
  {
    let shape = builder.shape(x)
    let count = axes.reduce(1) { $0 * shape[$1] }
    if count < 2 { return try builder.constant(1, like: x) }
    // Reduced axes last and flat: [rows, count], filled up to a power of two with ones.
    let order = (0..<shape.rank).filter { !axes.contains($0) } + axes
    let moved = try builder.transpose(x, order)
    let rows = shape.count / count
    var width = 1
    while width < count { width *= 2 }
    var level = try builder.reshape(moved, to: [rows, count])
    if width > count {
      let one = builder.constant(Literal(1, as: builder.scalarType(x)))
      let ones = try builder.broadcast(one, to: [rows, width - count])
      level = try builder.append(.concatenate(axis: 1), [level, ones])
    }
    var halves: [(left: NodeID, right: NodeID)] = []
    while width > 1 {
      width /= 2
      let left = try part(level, 0..<width, &builder)
      let right = try part(level, width..<(2 * width), &builder)
      halves.append((left, right))
      level = try builder.binary(.multiply, left, right)
    }
    var others = try builder.constant(1, like: level)
    for (left, right) in halves.reversed() {
      others = try builder.append(
        .concatenate(axis: 1),
        [builder.binary(.multiply, others, right), builder.binary(.multiply, others, left)])
    }
    let flat = try part(others, 0..<count, &builder)
    let unflattened = try builder.reshape(flat, to: Shape(order.map { shape[$0] }))
    return try builder.transpose(unflattened, inverse(order))
  }

  /// The columns `range` of a matrix.
  private func part(_ matrix: NodeID, _ range: Range<Int>, _ builder: inout Builder) throws(GraphError)
    -> NodeID
  {
    let shape = builder.shape(matrix)
    if range == 0..<shape[1] { return matrix }
    return try builder.append(
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
