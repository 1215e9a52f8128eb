import AdjointArray
import AdjointIR

// A reduction over any set of axes is one over each run of neighbouring axes, last run first, and each of those
// is a fold of the middle axis of [outer, n, inner].
//
// Sums go chunk by chunk, so that the rounding error grows with the chunk and the number of chunks instead of
// with n. The sign of a zero that `max` or `min` picks among zeros of both signs is not specified.

/// Elements that are folded before their result joins the total.
private let chunk = 512

func reduce(_ reduction: Reduction, _ a: NDArray, axes: [Int], type: TensorType)
  throws(InterpreterError) -> NDArray
{
  var dimensions = a.shape.dimensions
  var value = a
  var rest = axes[...]
  while let last = rest.popLast() {
    var first = last
    while let previous = rest.last, previous == first - 1 { first = rest.removeLast() }
    value = try fold(
      reduction, value, outer: dimensions[..<first].reduce(1, *),
      n: dimensions[first...last].reduce(1, *), inner: dimensions[(last + 1)...].reduce(1, *))
    dimensions.removeSubrange(first...last)
  }
  return try reshape(value, to: type.shape)
}

private func fold(_ reduction: Reduction, _ a: NDArray, outer: Int, n: Int, inner: Int)
  throws(InterpreterError) -> NDArray
{
  // 0 + -0 is +0: the value itself, as in compiled code, in which axes of extent 1 are no axes.
  if n == 1 { return a }
  // Starting from the identity makes a reduction over nothing right by itself.
  var result = NDArray(repeating: reduction.identity(a.scalarType), shape: [outer * inner])
  switch a.scalarType {
  case .float32: fold(reduction, a, outer, n, inner, into: &result, Float.self)
  case .float64: fold(reduction, a, outer, n, inner, into: &result, Double.self)
  case .int32: fold(reduction, a, outer, n, inner, into: &result, Int32.self)
  case .int64: fold(reduction, a, outer, n, inner, into: &result, Int64.self)
  case .bool:
    switch reduction {
    case .any: fold(a, outer, n, inner, into: &result) { (x: Bool, y: Bool) in x || y }
    case .all: fold(a, outer, n, inner, into: &result) { (x: Bool, y: Bool) in x && y }
    case .sum, .product, .maximum, .minimum: throw .undefined(.reduce(reduction, axes: []), on: .bool)
    }
  }
  return result
}

private func fold<T: Number>(
  _ reduction: Reduction, _ a: NDArray, _ outer: Int, _ n: Int, _ inner: Int, into result: inout NDArray,
  _: T.Type
) {
  switch reduction {
  case .sum: fold(a, outer, n, inner, into: &result) { (x: T, y: T) in T.sum(x, y) }
  case .product: fold(a, outer, n, inner, into: &result) { (x: T, y: T) in T.product(x, y) }
  case .maximum: fold(a, outer, n, inner, into: &result) { (x: T, y: T) in T.larger(x, y) }
  case .minimum: fold(a, outer, n, inner, into: &result) { (x: T, y: T) in T.smaller(x, y) }
  case .any, .all: break  // Not defined on numbers: the type rule has refused it.
  }
}

/// - Precondition: `result` holds the identity of `combine`.
@inline(__always)
private func fold<T: Scalar>(
  _ a: NDArray, _ outer: Int, _ n: Int, _ inner: Int, into result: inout NDArray, _ combine: (T, T) -> T
) {
  if outer == 0 || n == 0 || inner == 0 { return }
  let (out, x) = (result.mutableBuffer(of: T.self), a.buffer(of: T.self))
  if inner == 1 {
    foldRows(x, outer, n, into: out, combine)
  } else {
    foldColumns(x, outer, n, inner, into: out, combine)
  }
  withExtendedLifetime((a, result)) {}
}

/// [rows, n] to [rows], with four accumulators a chunk, so that one addition need not wait for the last.
@inline(__always)
private func foldRows<T: Scalar>(
  _ x: UnsafeBufferPointer<T>, _ rows: Int, _ n: Int, into out: UnsafeMutableBufferPointer<T>,
  _ combine: (T, T) -> T
) {
  let identity = out[0]
  for row in 0..<rows {
    var start = row * n
    let end = start + n
    while start < end {
      let stop = min(start + chunk, end)
      var (s0, s1, s2, s3) = (identity, identity, identity, identity)
      while start + 4 <= stop {
        s0 = combine(s0, x[start])
        s1 = combine(s1, x[start + 1])
        s2 = combine(s2, x[start + 2])
        s3 = combine(s3, x[start + 3])
        start += 4
      }
      while start < stop {
        s0 = combine(s0, x[start])
        start += 1
      }
      out[row] = combine(out[row], combine(combine(s0, s1), combine(s2, s3)))
    }
  }
}

/// [outer, n, inner] to [outer, inner], row upon row.
@inline(__always)
private func foldColumns<T: Scalar>(
  _ x: UnsafeBufferPointer<T>, _ outer: Int, _ n: Int, _ inner: Int,
  into out: UnsafeMutableBufferPointer<T>, _ combine: (T, T) -> T
) {
  let identity = out[0]
  let partial = UnsafeMutableBufferPointer<T>.allocate(capacity: inner)
  defer { partial.deallocate() }
  for block in 0..<outer {
    for first in stride(from: 0, to: n, by: chunk) {
      partial.initialize(repeating: identity)
      for row in first..<min(first + chunk, n) {
        let start = (block * n + row) * inner
        for column in 0..<inner { partial[column] = combine(partial[column], x[start + column]) }
      }
      for column in 0..<inner {
        out[block * inner + column] = combine(out[block * inner + column], partial[column])
      }
    }
  }
}
