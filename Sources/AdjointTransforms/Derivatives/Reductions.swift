import AdjointArray
import AdjointIR

// The derivatives of reductions.

extension DerivativeRule {
  func reduce(_ reduction: Reduction, _ axes: [Int]) throws(GraphError) -> Term {
    let x = operands[0]
    switch reduction {
    case .sum:
      return try g.repeated(along: axes, like: x)
    case .maximum, .minimum:
      // Equal extremes share: each gets g divided by their number.
      let isExtreme = try x .== y.repeated(along: axes, like: x)
      return try select(isExtreme, (g / count(of: isExtreme, x, axes)).repeated(along: axes, like: x), 0)
    case .product:
      let others = try productOfOthers(x, axes)
      return try g.repeated(along: axes, like: x) * others
    case .any, .all:
      // Their values are bool, so that no cotangent gets here.
      throw GraphError(
        .notDifferentiable, operation: node.operation.name, problem: "a bool has no derivative",
        remedy: "choose with select instead", location: node.provenance.locations.first)
    }
  }
}

extension ForwardRule {
  func reduce(_ reduction: Reduction, _ axes: [Int]) throws(GraphError) -> Term? {
    guard let t = tangents[0] else { return nil }
    let x = operands[0]
    switch reduction {
    case .sum:
      return try sum(t, axes)
    case .maximum, .minimum:
      // The mean of the tangents of equal extremes. Where a NaN is there is none, and the mean is 0.
      let isExtreme = try x .== y.repeated(along: axes, like: x)
      let number = try count(of: isExtreme, x, axes)
      return try sum(select(isExtreme, t, 0), axes) / number
    case .product:
      return try sum(t * productOfOthers(x, axes), axes)
    case .any, .all:
      // Their values are bool, so that no tangent gets here.
      return nil
    }
  }
}

/// How many along `axes` are extreme. Of a row with a NaN none is: then 1, so that no 0/0 comes up in a further derivative.
private func count(of isExtreme: Term, _ x: Term, _ axes: [Int]) throws(GraphError) -> Term {
  try max(sum(isExtreme.cast(to: x.scalarType), axes), 1)
}

/// For each element the product of all others along `axes`.
///
/// Dividing the whole product by the element would give NaN at a zero. Instead a tree: products of pairs
/// upwards, and downwards each half is multiplied by the sibling's product. About three multiplications an
/// element, no division, and right in every order of derivative.
private func productOfOthers(_ x: Term, _ axes: [Int]) throws(GraphError) -> Term {
  let shape = x.shape
  let count = axes.reduce(1) { $0 * shape[$1] }
  if count < 2 { return try x.number(1) }
  // Reduced axes last and flat: [rows, count], filled up to a power of two with ones.
  let order = (0..<shape.rank).filter { !axes.contains($0) } + axes
  let rows = shape.count / count
  var width = 1
  while width < count { width *= 2 }
  var level = try x.transpose(order).reshape(to: [rows, count])
  if width > count {
    let ones = try x.terms.number(1, TensorType(x.scalarType, [rows, width - count]))
    level = try concatenate(level, ones, axis: 1)
  }
  var halves: [(left: Term, right: Term)] = []
  while width > 1 {
    width /= 2
    let (left, right) = (try level.slice(1, 0..<width), try level.slice(1, width..<(2 * width)))
    halves.append((left, right))
    level = try left * right
  }
  var others = try level.number(1)
  for (left, right) in halves.reversed() {
    others = try concatenate(others * right, others * left, axis: 1)
  }
  let flat = try others.slice(1, 0..<count)
  return try flat.reshape(to: Shape(order.map { shape[$0] })).transpose(inverse(order))
}
