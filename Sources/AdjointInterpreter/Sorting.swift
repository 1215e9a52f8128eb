import AdjointArray
import AdjointIR

/// The indices that would sort `operand` along `axis`. No two pairs of element and index are equal, so that any sort
/// gives the order of a stable one.
func argsort(_ operand: NDArray, axis: Int, isDescending: Bool) throws(InterpreterError) -> NDArray {
  switch operand.scalarType {
  case .float32: return argsort(operand, axis, isDescending, Float.self)
  case .float64: return argsort(operand, axis, isDescending, Double.self)
  case .int32: return argsort(operand, axis, isDescending, Int32.self)
  case .int64: return argsort(operand, axis, isDescending, Int64.self)
  case .bool: throw .undefined(.structured(.argsort(axis: axis, isDescending: isDescending)), on: .bool)
  }
}

private func argsort<T: Number>(_ operand: NDArray, _ axis: Int, _ isDescending: Bool, _: T.Type) -> NDArray {
  var result = NDArray(zeros: operand.shape, .int32)
  let count = operand.shape[axis]
  if operand.count == 0 { return result }
  let inner = operand.shape.dimensions[(axis + 1)...].reduce(1, *)
  let (x, out) = (operand.buffer(of: T.self), result.mutableBuffer(of: Int32.self))
  for start in stride(from: 0, to: operand.count, by: count * inner) {
    for first in start..<(start + inner) {
      let order = (0..<count).sorted { i, j in
        let (a, b) = (x[first + i * inner], x[first + j * inner])
        if isGreater(a, than: b) { return isDescending }
        if isGreater(b, than: a) { return !isDescending }
        return i < j
      }
      for (place, index) in order.enumerated() { out[first + place * inner] = Int32(index) }
    }
  }
  withExtendedLifetime((operand, result)) {}
  return result
}

/// NaN is greater than any number, and all of them are equal; so are the two zeros.
private func isGreater<T: Number>(_ a: T, than b: T) -> Bool {
  a > b || (a != a && b == b)
}

/// For each of `values` the index among `sorted` before which it can be put.
func searchSorted(_ sorted: NDArray, _ values: NDArray, isRight: Bool) throws(InterpreterError) -> NDArray {
  switch sorted.scalarType {
  case .float32: return searchSorted(sorted, values, isRight, Float.self)
  case .float64: return searchSorted(sorted, values, isRight, Double.self)
  case .int32: return searchSorted(sorted, values, isRight, Int32.self)
  case .int64: return searchSorted(sorted, values, isRight, Int64.self)
  case .bool: throw .undefined(.structured(.searchSorted(isRight: isRight)), on: .bool)
  }
}

private func searchSorted<T: Number>(_ sorted: NDArray, _ values: NDArray, _ isRight: Bool, _: T.Type)
  -> NDArray
{
  var result = NDArray(zeros: values.shape, .int32)
  let rank = values.shape.rank
  let (count, searched) = (sorted.shape[rank - 1], values.shape[rank - 1])
  let (x, v, out) = (
    sorted.buffer(of: T.self), values.buffer(of: T.self), result.mutableBuffer(of: Int32.self)
  )
  for place in 0..<values.count {
    let start = place / searched * count
    var (low, high) = (0, count)
    while low < high {
      let middle = low + (high - low) / 2
      let element = x[start + middle]
      let isBefore = isRight ? !isGreater(element, than: v[place]) : isGreater(v[place], than: element)
      if isBefore { low = middle + 1 } else { high = middle }
    }
    out[place] = Int32(low)
  }
  withExtendedLifetime((sorted, values, result)) {}
  return result
}
