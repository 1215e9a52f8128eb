import AdjointArray
import AdjointIR

/// The windows of an array: a strided copy.
func windows(_ windows: Windows, _ operand: NDArray, type: TensorType) -> NDArray {
  let strides = windows.elementStrides(of: operand.shape)
  return gather(operand, into: type.shape, strides: strides)
}

/// Each element added where its window has it: those of the windows' first elements first, and so on, as compiled
/// code adds them.
func addWindows(_ windows: Windows, _ operand: NDArray, type: TensorType) throws(InterpreterError) -> NDArray
{
  var result = NDArray(zeros: type.shape, type.scalarType)
  switch type.scalarType {
  case .float32: add(windows, operand, to: &result, Float.self)
  case .float64: add(windows, operand, to: &result, Double.self)
  case .int32: add(windows, operand, to: &result, Int32.self)
  case .int64: add(windows, operand, to: &result, Int64.self)
  case .bool: throw .undefined(.addWindows(windows, extents: windows.axes.map { type.shape[$0] }), on: .bool)
  }
  return result
}

private func add<T: Number>(_ windows: Windows, _ operand: NDArray, to result: inout NDArray, _: T.Type) {
  if operand.count == 0 { return }
  let rank = result.shape.rank
  // The windows' axes outermost: within them no two elements go to the same place.
  let order = Array(rank..<operand.shape.rank) + Array(0..<rank)
  let extents = order.map { operand.shape[$0] }
  let (from, to) = (operand.shape.strides, windows.elementStrides(of: result.shape))
  let (out, x) = (result.mutableBuffer(of: T.self), operand.buffer(of: T.self))
  var index = [Int](repeating: 0, count: extents.count)
  var (source, target) = (0, 0)
  while true {
    out[target] = T.sum(out[target], x[source])
    var axis = extents.count - 1
    while axis >= 0 {
      index[axis] += 1
      source += from[order[axis]]
      target += to[order[axis]]
      if index[axis] < extents[axis] { break }
      source -= from[order[axis]] * extents[axis]
      target -= to[order[axis]] * extents[axis]
      index[axis] = 0
      axis -= 1
    }
    if axis < 0 { break }
  }
  withExtendedLifetime((operand, result)) {}
}
