import AdjointArray

extension ArraySlice<UInt8> {
  /// The unsigned integer in the `byteCount` (at most 8) bytes from `offset`, the lowest first; nil where the slice ends
  /// before.
  func littleEndian(at offset: Int, _ byteCount: Int) -> UInt64? {
    guard offset >= startIndex, offset <= endIndex, endIndex - offset >= byteCount else { return nil }
    return self[offset..<(offset + byteCount)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
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
