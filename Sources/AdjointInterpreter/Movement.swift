import AdjointArray
import AdjointIR

// Movement copies bits: transposing, broadcasting, slicing, padding and concatenating are all one strided copy,
// typed by the width of an element alone.

/// The same storage under another shape.
///
/// - Throws: ``InterpreterError/invalidOperation(_:)`` where the numbers of elements differ.
func reshape(_ a: NDArray, to shape: Shape) throws(InterpreterError) -> NDArray {
  do {
    return try a.reshaped(to: shape)
  } catch {
    throw .invalidOperation(
      GraphError(
        .malformedGraph, operation: "reshape", problem: "\(error)", remedy: "let the builder infer the type"))
  }
}

func transpose(_ a: NDArray, _ permutation: [Int]) -> NDArray {
  if permutation == Array(0..<a.shape.rank) { return a }
  let strides = a.shape.strides
  return gather(a, into: Shape(permutation.map { a.shape[$0] }), strides: permutation.map { strides[$0] })
}

func broadcast(_ a: NDArray, to shape: Shape) -> NDArray {
  guard a.shape != shape, let strides = a.shape.broadcastStrides(to: shape) else { return a }
  return gather(a, into: shape, strides: strides)
}

func slice(_ a: NDArray, _ slice: Slice) -> NDArray {
  let strides = a.shape.strides
  let axes = 0..<a.shape.rank
  return gather(
    a, offset: axes.reduce(0) { $0 + slice.starts[$1] * strides[$1] }, into: Shape(axes.map(slice.extent)),
    strides: axes.map { slice.steps[$0] * strides[$0] })
}

func flip(_ a: NDArray, _ axes: [Int]) -> NDArray {
  if a.count == 0 { return a }
  var strides = a.shape.strides
  let last = axes.reduce(0) { $0 + (a.shape[$1] - 1) * strides[$1] }
  for axis in axes { strides[axis] *= -1 }
  return gather(a, offset: last, into: a.shape, strides: strides)
}

func pad(_ a: NDArray, _ padding: Padding, to shape: Shape) -> NDArray {
  var result = NDArray(zeros: shape, a.scalarType)
  let strides = shape.strides
  let axes = 0..<shape.rank
  copy(
    a, strides: a.shape.strides, to: &result,
    targetOffset: axes.reduce(0) { $0 + padding.low[$1] * strides[$1] },
    targetStrides: axes.map { (padding.interior[$0] + 1) * strides[$0] }, dimensions: a.shape.dimensions)
  return result
}

func concatenate(_ arrays: [NDArray], axis: Int, type: TensorType) -> NDArray {
  var result = NDArray(zeros: type.shape, type.scalarType)
  let strides = type.shape.strides
  var start = 0
  for array in arrays {
    copy(
      array, strides: array.shape.strides, to: &result, targetOffset: start * strides[axis],
      targetStrides: strides, dimensions: array.shape.dimensions)
    start += array.shape[axis]
  }
  return result
}

// MARK: Rows by index

/// The rows of `table` that `indices` name.
///
/// - Throws: ``InterpreterError/indexOutOfRange`` naming the first one that is.
func gatherRows(_ table: NDArray, _ indices: NDArray, type: TensorType) throws(InterpreterError) -> NDArray {
  let rows = table.shape[0]
  try checkIndices(indices, rows: rows, .structured(.gatherRows))
  var result = NDArray(zeros: type.shape, type.scalarType)
  let size = rows == 0 ? 0 : table.byteCount / rows
  if size == 0 { return result }
  result.withUnsafeMutableBytes { out in
    table.withUnsafeBytes { source in
      indices.withUnsafeElements(of: Int32.self) { indices in
        for (place, index) in indices.enumerated() {
          UnsafeMutableRawBufferPointer(rebasing: out[(place * size)..<((place + 1) * size)]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: source[(Int(index) * size)..<((Int(index) + 1) * size)]))
        }
      }
    }
  }
  return result
}

/// A table of zeros to whose rows the updates are added, in ascending order.
///
/// - Throws: ``InterpreterError/indexOutOfRange`` naming the first one that is.
func scatterAddRows(_ updates: NDArray, _ indices: NDArray, type: TensorType)
  throws(InterpreterError) -> NDArray
{
  let operation = Operation.structured(.scatterAddRows(rows: type.shape[0]))
  try checkIndices(indices, rows: type.shape[0], operation)
  var result = NDArray(zeros: type.shape, type.scalarType)
  switch type.scalarType {
  case .float32: scatter(updates, indices, into: &result, Float.self)
  case .float64: scatter(updates, indices, into: &result, Double.self)
  case .int32: scatter(updates, indices, into: &result, Int32.self)
  case .int64: scatter(updates, indices, into: &result, Int64.self)
  case .bool: throw .undefined(operation, on: .bool)
  }
  return result
}

private func scatter<T: Number>(
  _ updates: NDArray, _ indices: NDArray, into result: inout NDArray, _: T.Type
) {
  let width = result.shape.dimensions.dropFirst().reduce(1, *)
  let (out, x) = (result.mutableBuffer(of: T.self), updates.buffer(of: T.self))
  for (place, index) in indices.buffer(of: Int32.self).enumerated() {
    let (to, from) = (Int(index) * width, place * width)
    for j in 0..<width { out[to + j] = T.sum(out[to + j], x[from + j]) }
  }
  withExtendedLifetime((updates, indices, result)) {}
}

private func checkIndices(_ indices: NDArray, rows: Int, _ operation: Operation) throws(InterpreterError) {
  let wrong = indices.withUnsafeElements(of: Int32.self) { $0.first { $0 < 0 || Int($0) >= rows } }
  if let wrong {
    throw .indexOutOfRange(
      index: Int(wrong), rows: rows, operation: operation.name, label: nil, location: nil)
  }
}

// MARK: Elements by index

/// A table as [outer, extent, inner] around `axis`.
private struct AxisSplit {
  let outer, extent, inner: Int

  init(_ shape: Shape, _ axis: Int) {
    outer = shape.dimensions[..<axis].reduce(1, *)
    extent = shape[axis]
    inner = shape.dimensions[(axis + 1)...].reduce(1, *)
  }
}

/// For each index the element of `table` that has its place along the other axes.
///
/// - Throws: ``InterpreterError/indexOutOfRange`` naming the first one that is.
func gather(_ table: NDArray, _ indices: NDArray, axis: Int) throws(InterpreterError) -> NDArray {
  let (from, to) = (AxisSplit(table.shape, axis), AxisSplit(indices.shape, axis))
  try checkIndices(indices, rows: from.extent, .structured(.gather(axis: axis)))
  var result = NDArray(zeros: indices.shape, table.scalarType)
  switch table.scalarType {
  case .float32: gather(table, indices, from, to, into: &result, Float.self)
  case .float64: gather(table, indices, from, to, into: &result, Double.self)
  case .int32: gather(table, indices, from, to, into: &result, Int32.self)
  case .int64: gather(table, indices, from, to, into: &result, Int64.self)
  case .bool: gather(table, indices, from, to, into: &result, Bool.self)
  }
  return result
}

private func gather<T: Scalar>(
  _ table: NDArray, _ indices: NDArray, _ from: AxisSplit, _ to: AxisSplit, into result: inout NDArray,
  _: T.Type
) {
  let (out, x) = (result.mutableBuffer(of: T.self), table.buffer(of: T.self))
  let index = indices.buffer(of: Int32.self)
  for o in 0..<to.outer {
    for k in 0..<to.extent {
      for i in 0..<to.inner {
        let place = (o * to.extent + k) * to.inner + i
        out[place] = x[(o * from.extent + Int(index[place])) * from.inner + i]
      }
    }
  }
  withExtendedLifetime((table, indices, result)) {}
}

/// Zeros of `type` to which each update is added at its index along `axis`, in ascending order.
///
/// - Throws: ``InterpreterError/indexOutOfRange`` naming the first one that is.
func scatterAdd(_ updates: NDArray, _ indices: NDArray, axis: Int, type: TensorType)
  throws(InterpreterError) -> NDArray
{
  let operation = Operation.structured(.scatterAdd(axis: axis, extent: type.shape[axis]))
  let (from, to) = (AxisSplit(updates.shape, axis), AxisSplit(type.shape, axis))
  try checkIndices(indices, rows: to.extent, operation)
  var result = NDArray(zeros: type.shape, type.scalarType)
  switch type.scalarType {
  case .float32: scatterAdd(updates, indices, from, to, into: &result, Float.self)
  case .float64: scatterAdd(updates, indices, from, to, into: &result, Double.self)
  case .int32: scatterAdd(updates, indices, from, to, into: &result, Int32.self)
  case .int64: scatterAdd(updates, indices, from, to, into: &result, Int64.self)
  case .bool: throw .undefined(operation, on: .bool)
  }
  return result
}

private func scatterAdd<T: Number>(
  _ updates: NDArray, _ indices: NDArray, _ from: AxisSplit, _ to: AxisSplit, into result: inout NDArray,
  _: T.Type
) {
  let (out, x) = (result.mutableBuffer(of: T.self), updates.buffer(of: T.self))
  let index = indices.buffer(of: Int32.self)
  for o in 0..<from.outer {
    for k in 0..<from.extent {
      for i in 0..<from.inner {
        let place = (o * from.extent + k) * from.inner + i
        let target = (o * to.extent + Int(index[place])) * to.inner + i
        out[target] = T.sum(out[target], x[place])
      }
    }
  }
  withExtendedLifetime((updates, indices, result)) {}
}

// MARK: The strided copy

/// A new array of `shape`, read from `a` at `offset` with `strides`, both in elements.
func gather(_ a: NDArray, offset: Int = 0, into shape: Shape, strides: [Int]) -> NDArray {
  var result = NDArray(zeros: shape, a.scalarType)
  copy(
    a, offset: offset, strides: strides, to: &result, targetStrides: shape.strides,
    dimensions: shape.dimensions)
  return result
}

private func copy(
  _ source: NDArray, offset sourceOffset: Int = 0, strides sourceStrides: [Int], to target: inout NDArray,
  targetOffset: Int = 0, targetStrides: [Int], dimensions: [Int]
) {
  if dimensions.contains(0) { return }
  // Neighbouring axes that both sides step through alike are one; the copy is fastest with long inner loops.
  var axes: [Axis] = []
  for i in dimensions.indices where dimensions[i] != 1 {
    let axis = Axis(extent: dimensions[i], source: sourceStrides[i], target: targetStrides[i])
    if let outer = axes.last, outer.source == axis.source * axis.extent,
      outer.target == axis.target * axis.extent
    {
      axes[axes.count - 1] = Axis(
        extent: outer.extent * axis.extent, source: axis.source, target: axis.target)
    } else {
      axes.append(axis)
    }
  }
  let size = source.scalarType.byteSize
  target.withUnsafeMutableBytes { target in
    source.withUnsafeBytes { source in
      // Not from the offset on: strides may lead back before it.
      let from = UnsafeRawBufferPointer(source)
      let to = UnsafeMutableRawBufferPointer(rebasing: target[(targetOffset * size)...])
      switch size {
      case 1: copy(from.bindMemory(to: UInt8.self), sourceOffset, to.bindMemory(to: UInt8.self), axes)
      case 4: copy(from.bindMemory(to: UInt32.self), sourceOffset, to.bindMemory(to: UInt32.self), axes)
      default: copy(from.bindMemory(to: UInt64.self), sourceOffset, to.bindMemory(to: UInt64.self), axes)
      }
    }
  }
}

private struct Axis {
  let extent, source, target: Int
}

private func copy<T: FixedWidthInteger>(
  _ source: UnsafeBufferPointer<T>, _ sourceOffset: Int, _ target: UnsafeMutableBufferPointer<T>,
  _ axes: [Axis]
) {
  let inner = axes.last ?? Axis(extent: 1, source: 1, target: 1)
  let outer = axes.dropLast()
  var index = [Int](repeating: 0, count: outer.count)
  var (from, to) = (sourceOffset, 0)
  while true {
    switch (inner.source, inner.target) {
    case (1, 1): for i in 0..<inner.extent { target[to + i] = source[from + i] }
    case (0, 1): for i in 0..<inner.extent { target[to + i] = source[from] }
    case (let s, let t): for i in 0..<inner.extent { target[to + i * t] = source[from + i * s] }
    }
    var axis = outer.count - 1
    while axis >= 0 {
      index[axis] += 1
      from += outer[axis].source
      to += outer[axis].target
      if index[axis] < outer[axis].extent { break }
      from -= outer[axis].source * outer[axis].extent
      to -= outer[axis].target * outer[axis].extent
      index[axis] = 0
      axis -= 1
    }
    if axis < 0 { return }
  }
}
