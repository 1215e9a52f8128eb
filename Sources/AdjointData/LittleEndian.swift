import AdjointArray

extension ArraySlice<UInt8> {
  /// The unsigned integer in the `byteCount` (at most 8) bytes from `offset`, the lowest first; nil where the slice ends
  /// before.
  func littleEndian(at offset: Int, _ byteCount: Int) -> UInt64? {
    guard offset >= startIndex, offset <= endIndex, endIndex - offset >= byteCount else { return nil }
    var value: UInt64 = 0
    for index in 0..<byteCount { value |= UInt64(self[offset + index]) << (8 * UInt64(index)) }
    return value
  }
}

extension [UInt8] {
  /// Appends the `byteCount` lowest bytes of `value`, the lowest first.
  mutating func append(littleEndian value: Int, _ byteCount: Int) {
    for index in 0..<byteCount { append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }

  /// Appends the elements as they lie in memory, which is little-endian on every platform that Adjoint runs on.
  mutating func append(elementsOf array: NDArray) {
    array.withUnsafeBytes { append(contentsOf: $0) }
  }
}
