import AdjointArray

/// Asks for memory before it is taken.
///
/// - Parameter purpose: what needs it, as the subject of a sentence.
/// - Throws: ``DataError/Kind/insufficientMemory``.
func requireMemory(
  _ bytes: Int, for purpose: @autoclosure () -> String,
  remedy: @autoclosure () -> String = "give fewer rows or columns"
) throws(DataError) {
  do { try Memory.require(bytes, for: purpose(), remedy: remedy()) } catch {
    throw .insufficientMemory(error)
  }
}

extension Array {
  /// Makes room for `more` elements, and asks for the memory where the array must grow for them.
  ///
  /// - Parameter beside: bytes for each element that others will take.
  mutating func grow(
    by more: Int, beside: Int = 0, for purpose: @autoclosure () -> String,
    remedy: @autoclosure () -> String = "give fewer rows or columns"
  ) throws(DataError) {
    guard count + more > capacity else { return }
    let wanted = Swift.max(2 * capacity, count + more)
    try requireMemory(wanted * (MemoryLayout<Element>.stride + beside), for: purpose(), remedy: remedy())
    reserveCapacity(wanted)
  }
}

extension NDArray {
  /// An array for what a file holds.
  static func zeros(
    _ shape: Shape, _ scalarType: ScalarType, readFrom file: String
  ) throws(DataError) -> NDArray {
    do {
      return try NDArray(zeros: shape, scalarType, for: "the array in \(file)")
    } catch {
      throw .insufficientMemory(error)
    }
  }
}
