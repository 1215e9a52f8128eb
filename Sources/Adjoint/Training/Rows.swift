import AdjointArray

// Rows of arrays: the elements with one index along axis 0.
extension NDArray {
  /// The bytes of a row.
  var rowByteCount: Int { shape.dimensions.dropFirst().reduce(scalarType.byteSize, *) }

  /// A new array of the rows at `indices`, each in 0..<shape[0].
  func rows(_ indices: ArraySlice<Int>) -> NDArray {
    var result = NDArray(zeros: Shape([indices.count] + shape.dimensions.dropFirst()), scalarType)
    let size = rowByteCount
    let target = result.uniqueBase()
    for (position, index) in indices.enumerated() {
      (target + position * size).copyMemory(from: unsafeBase + index * size, byteCount: size)
    }
    return result
  }

  /// Replaces the rows `range` by those of `other`, which has rows of the same type and shape, from `start` on.
  mutating func setRows(_ range: Range<Int>, to other: NDArray, from start: Int) {
    let size = rowByteCount
    (uniqueBase() + range.lowerBound * size).copyMemory(
      from: other.unsafeBase + start * size, byteCount: range.count * size)
  }

  /// The position of the first element that is NaN or infinite, if there is one.
  var firstNotFinite: Int? {
    switch scalarType {
    case .float32: withUnsafeElements(of: Float.self) { $0.firstIndex { !$0.isFinite } }
    case .float64: withUnsafeElements(of: Double.self) { $0.firstIndex { !$0.isFinite } }
    case .int32, .int64, .bool: nil
    }
  }
}
