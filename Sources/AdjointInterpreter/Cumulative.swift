import AdjointArray
import AdjointIR

/// Each element along `axis` combined with all before it (after it, where reversed), one after the other.
func cumulative(_ function: Cumulative, _ a: NDArray, axis: Int, isReversed: Bool)
  throws(InterpreterError) -> NDArray
{
  switch a.scalarType {
  case .float32: return cumulative(function, a, axis, isReversed, Float.self)
  case .float64: return cumulative(function, a, axis, isReversed, Double.self)
  case .int32: return cumulative(function, a, axis, isReversed, Int32.self)
  case .int64: return cumulative(function, a, axis, isReversed, Int64.self)
  case .bool:
    throw .undefined(.structured(.cumulative(function, axis: axis, isReversed: isReversed)), on: .bool)
  }
}

private func cumulative<T: Number>(
  _ function: Cumulative, _ a: NDArray, _ axis: Int, _ isReversed: Bool, _: T.Type
) -> NDArray {
  switch function {
  case .sum: accumulate(a, axis, isReversed) { (x: T, y: T) in T.sum(x, y) }
  case .product: accumulate(a, axis, isReversed) { (x: T, y: T) in T.product(x, y) }
  }
}

@inline(__always)
private func accumulate<T: Number>(_ a: NDArray, _ axis: Int, _ isReversed: Bool, _ combine: (T, T) -> T)
  -> NDArray
{
  var result = a.copy()
  let count = a.shape[axis]
  if a.count == 0 || count < 2 { return result }
  let inner = a.shape.dimensions[(axis + 1)...].reduce(1, *)
  let step = isReversed ? -inner : inner
  let out = result.mutableBuffer(of: T.self)
  for start in stride(from: 0, to: a.count, by: count * inner) {
    var row = isReversed ? start + (count - 1) * inner : start
    for _ in 1..<count {
      row += step
      for i in row..<(row + inner) { out[i] = combine(out[i - step], out[i]) }
    }
  }
  withExtendedLifetime(result) {}
  return result
}
