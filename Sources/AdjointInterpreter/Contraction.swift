import AdjointArray
import AdjointIR

/// The sum of products over the contracting axes: both operands are brought to [batch, m, k] and [batch, k, n]
/// and multiplied row by row.
///
/// One accumulator for each output, k ascending, product and sum rounded separately.
func dot(_ dimensions: DotDimensions, _ a: NDArray, _ b: NDArray, type: TensorType)
  throws(InterpreterError) -> NDArray
{
  let lhsFree = dimensions.lhsFree(rank: a.shape.rank)
  let rhsFree = dimensions.rhsFree(rank: b.shape.rank)
  let lhs = transpose(a, dimensions.lhsBatch + lhsFree + dimensions.lhsContracting)
  let rhs = transpose(b, dimensions.rhsBatch + dimensions.rhsContracting + rhsFree)
  let extent = { (shape: Shape, axes: [Int]) in axes.reduce(1) { $0 * shape[$1] } }
  let size = ProductSize(
    batch: extent(a.shape, dimensions.lhsBatch), m: extent(a.shape, lhsFree),
    k: extent(a.shape, dimensions.lhsContracting), n: extent(b.shape, rhsFree))
  var result = NDArray(zeros: type.shape, type.scalarType)
  switch type.scalarType {
  case .float32: multiply(lhs, rhs, size, into: &result, Float.self)
  case .float64: multiply(lhs, rhs, size, into: &result, Double.self)
  case .int32: multiply(lhs, rhs, size, into: &result, Int32.self)
  case .int64: multiply(lhs, rhs, size, into: &result, Int64.self)
  case .bool: throw .undefined(.dot(dimensions), on: .bool)
  }
  return result
}

private struct ProductSize {
  let batch, m, k, n: Int
}

/// - Precondition: `result` holds zeros.
private func multiply<T: Number>(
  _ lhs: NDArray, _ rhs: NDArray, _ size: ProductSize, into result: inout NDArray, _: T.Type
) {
  let (out, a, b) = (result.mutableBuffer(of: T.self), lhs.buffer(of: T.self), rhs.buffer(of: T.self))
  for batch in 0..<size.batch {
    for row in (batch * size.m)..<((batch + 1) * size.m) {
      if size.n == 1 {
        // A column: a loop over its one element would be all overhead.
        var sum = T.zero
        for k in 0..<size.k { sum = T.sum(sum, T.product(a[row * size.k + k], b[batch * size.k + k])) }
        out[row] = sum
        continue
      }
      let sums = UnsafeMutableBufferPointer(rebasing: out[(row * size.n)..<((row + 1) * size.n)])
      for k in 0..<size.k {
        let factor = a[row * size.k + k]
        let start = (batch * size.k + k) * size.n
        let terms = UnsafeBufferPointer(rebasing: b[start..<(start + size.n)])
        for j in 0..<sums.count { sums[j] = T.sum(sums[j], T.product(factor, terms[j])) }
      }
    }
  }
  withExtendedLifetime((lhs, rhs, result)) {}
}
