import AdjointArray
import AdjointIR

// The rules of running sums and products.

extension DerivativeRule {
  func cumulative(_ function: Cumulative, _ axis: Int, _ isReversed: Bool, _ builder: inout Builder)
    throws(GraphError) -> NodeID
  {
    switch function {
    case .sum:
      // Element i is in all sums from i on.
      return try builder.append(.cumulative(.sum, axis: axis, isReversed: !isReversed), [cotangent])
    case .product:
      let x = operands[0]
      let before = try builder.productsBefore(x, axis, isReversed: isReversed)
      // With s_j = g_j + x_{j+1} s_{j+1} the cotangent of x_j is s_j times the product of what comes before it: no
      // division, so that zeros are factors like any other.
      let factors = try builder.dropping(1, of: x, axis, fromEnd: isReversed)
      let sums = try builder.linearRecurrence(cotangent, factors, axis, isReversed: !isReversed)
      return try builder.binary(.multiply, before, sums)
    }
  }
}

extension Builder {
  /// y₀ = b₀, y_i = b_i + c_{i−1} y_{i−1} along `axis`; from the last element down where reversed.
  ///
  /// By doubling: log₂ n passes of one multiplication and one addition an element, made of operations that have
  /// derivatives of every order.
  ///
  /// - Parameter factors: one element fewer than `terms` along `axis`, in its order.
  mutating func linearRecurrence(_ terms: NodeID, _ factors: NodeID, _ axis: Int, isReversed: Bool)
    throws(GraphError) -> NodeID
  {
    if isReversed {
      let y = try linearRecurrence(
        append(.flip([axis]), [terms]), append(.flip([axis]), [factors]), axis, isReversed: false)
      return try append(.flip([axis]), [y])
    }
    let count = shape(terms)[axis]
    var (y, c) = (terms, factors)
    var distance = 1
    while distance < count {
      // Each y holds the last `distance` terms, each c the product of as many factors.
      let earlier = try dropping(distance, of: y, axis, fromEnd: true)
      let later = try dropping(distance, of: y, axis, fromEnd: false)
      let sum = try binary(.add, later, binary(.multiply, c, earlier))
      y = try append(.concatenate(axis: axis), [slice(y, axis, 0..<distance), sum])
      if 2 * distance < count {
        c = try binary(
          .multiply, dropping(distance, of: c, axis, fromEnd: false),
          dropping(distance, of: c, axis, fromEnd: true))
      }
      distance *= 2
    }
    return y
  }

  /// For each element of `x` the product of those before it along `axis`, after it where reversed; 1 for none.
  mutating func productsBefore(_ x: NodeID, _ axis: Int, isReversed: Bool) throws(GraphError) -> NodeID {
    let count = shape(x)[axis]
    if count == 0 { return x }
    let rest = try dropping(1, of: x, axis, fromEnd: !isReversed)
    let products = try append(.cumulative(.product, axis: axis, isReversed: isReversed), [rest])
    var dimensions = shape(x).dimensions
    dimensions[axis] = 1
    let one = try broadcast(constant(Literal(1, as: scalarType(x))), to: Shape(dimensions))
    return try append(.concatenate(axis: axis), isReversed ? [products, one] : [one, products])
  }

  /// `x` without `count` elements at the start, or the end, of `axis`.
  mutating func dropping(_ count: Int, of x: NodeID, _ axis: Int, fromEnd: Bool) throws(GraphError) -> NodeID
  {
    let extent = shape(x)[axis]
    let count = min(count, extent)
    return try slice(x, axis, fromEnd ? 0..<(extent - count) : count..<extent)
  }

  private mutating func slice(_ x: NodeID, _ axis: Int, _ range: Range<Int>) throws(GraphError) -> NodeID {
    let shape = shape(x)
    if range == 0..<shape[axis] { return x }
    var starts = [Int](repeating: 0, count: shape.rank)
    var ends = shape.dimensions
    starts[axis] = range.lowerBound
    ends[axis] = range.upperBound
    return try append(
      .slice(Slice(starts: starts, ends: ends, steps: [Int](repeating: 1, count: shape.rank))), [x])
  }
}
