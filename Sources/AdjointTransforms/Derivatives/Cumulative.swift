import AdjointArray
import AdjointIR

// The derivatives of running sums and products.

extension DerivativeRule {
  func cumulative(_ function: Cumulative, _ axis: Int, _ isReversed: Bool) throws(GraphError) -> Term {
    switch function {
    case .sum:
      // Element i is in all sums from i on.
      return try terms(.structured(.cumulative(.sum, axis: axis, isReversed: !isReversed)), g)
    case .product:
      let x = operands[0]
      let before = try productsBefore(x, axis, isReversed: isReversed)
      // With s_j = g_j + x_{j+1} s_{j+1} the cotangent of x_j is s_j times the product of what comes before it: no
      // division, so that zeros are factors like any other.
      let factors = try x.dropping(1, axis, fromEnd: isReversed)
      return try before * linearRecurrence(g, factors, axis, isReversed: !isReversed)
    }
  }
}

extension ForwardRule {
  func cumulative(_ function: Cumulative, _ axis: Int, _ isReversed: Bool) throws(GraphError) -> Term? {
    guard let t = tangents[0] else { return nil }
    switch function {
    case .sum:
      return try linear(0)
    case .product:
      // y_i = x_i y_{i−1} moves by y_{i−1} dx_i + x_i dy_{i−1}.
      let x = operands[0]
      let own = try productsBefore(x, axis, isReversed: isReversed) * t
      let factors = try x.dropping(1, axis, fromEnd: isReversed)
      return try linearRecurrence(own, factors, axis, isReversed: isReversed)
    }
  }
}

/// y₀ = b₀, y_i = b_i + c_{i−1} y_{i−1} along `axis`; from the last element down where reversed.
///
/// By doubling: log₂ n passes of one multiplication and one addition an element, made of operations that have
/// derivatives of every order.
///
/// - Parameter factors: one element fewer than `terms` along `axis`, in its order.
private func linearRecurrence(_ b: Term, _ factors: Term, _ axis: Int, isReversed: Bool) throws(GraphError)
  -> Term
{
  if isReversed {
    return try linearRecurrence(b.flip(axis), factors.flip(axis), axis, isReversed: false).flip(axis)
  }
  let count = b.shape[axis]
  var (y, c) = (b, factors)
  var distance = 1
  while distance < count {
    // Each y holds the last `distance` terms, each c the product of as many factors.
    let earlier = try y.dropping(distance, axis, fromEnd: true)
    let later = try y.dropping(distance, axis, fromEnd: false)
    let sum = try later + c * earlier
    y = try concatenate(y.slice(axis, 0..<distance), sum, axis: axis)
    if 2 * distance < count {
      c = try c.dropping(distance, axis, fromEnd: false) * c.dropping(distance, axis, fromEnd: true)
    }
    distance *= 2
  }
  return y
}

/// For each element of `x` the product of those before it along `axis`, after it where reversed; 1 for none.
private func productsBefore(_ x: Term, _ axis: Int, isReversed: Bool) throws(GraphError) -> Term {
  if x.shape[axis] == 0 { return x }
  let rest = try x.dropping(1, axis, fromEnd: !isReversed)
  let products = try cumulativeProduct(rest, axis, isReversed: isReversed)
  var dimensions = x.shape.dimensions
  dimensions[axis] = 1
  let one = try x.terms.number(1, TensorType(x.scalarType, Shape(dimensions)))
  return isReversed
    ? try concatenate(products, one, axis: axis) : try concatenate(one, products, axis: axis)
}
