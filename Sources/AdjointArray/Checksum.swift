/// FNV-1a with 64 bits (Fowler, Noll, Vo): it finds damage and mistakes, not malice.
package struct Checksum {
  package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  package init() {}

  /// Of bytes, one after the other.
  package init(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes { add(UInt64(byte)) }
  }

  package mutating func add(_ word: UInt64) { value = (value ^ word) &* 0x100_0000_01B3 }

  /// Adds a name, type, shape and elements.
  package mutating func add(_ name: String, _ array: NDArray) {
    for byte in name.utf8 { add(UInt64(byte)) }
    for byte in array.scalarType.rawValue.utf8 { add(UInt64(byte)) }
    for extent in array.shape.dimensions { add(UInt64(extent)) }
    array.withUnsafeBytes { add($0) }
  }

  /// Adds bytes, eight at a time.
  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    let whole = bytes.count / 8
    for index in 0..<whole { add(bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)) }
    for byte in bytes.dropFirst(8 * whole) { add(UInt64(byte)) }
  }
}
