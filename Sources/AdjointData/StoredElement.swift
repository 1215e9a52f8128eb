import AdjointArray

/// The types that elements have in files of arrays, and what they are read as: the narrowest type of ours that holds
/// every value. int64 stands for uint64, whose values it may not hold.
enum StoredElement: Hashable, CaseIterable {
  case bool
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case float16, bfloat16, float32, float64

  /// The type in which elements of `type` are written.
  init(_ type: ScalarType) {
    switch type {
    case .float32: self = .float32
    case .float64: self = .float64
    case .int32: self = .int32
    case .int64: self = .int64
    case .bool: self = .bool
    }
  }

  var byteSize: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }
}

extension NDArray {
  /// The elements that lie in `bytes`, row by row.
  ///
  /// - Parameter file: what errors call the file.
  /// - Precondition: `shape` is addressable, and there are as many bytes as it asks for.
  /// - Throws: ``DataError/Kind/unsignedTooLarge``, ``DataError/Kind/insufficientMemory``.
  init(
    _ bytes: ArraySlice<UInt8>, of element: StoredElement, shape: Shape, isBigEndian: Bool = false,
    file: String
  ) throws(DataError) {
    let stored = StoredElements(bytes: bytes, isBigEndian: isBigEndian, shape: shape, file: file)
    switch element {
    // Any bits but 0 are true, as in NumPy; a Bool must be 0 or 1.
    case .bool: self = try stored.array { (bits: UInt8) in bits != 0 }
    case .int8: self = try stored.array { (bits: Int8) in Int32(bits) }
    case .int16: self = try stored.array { (bits: Int16) in Int32(bits) }
    case .int32: self = try stored.array { (bits: Int32) in bits }
    case .int64: self = try stored.array { (bits: Int64) in bits }
    case .uint8: self = try stored.array { (bits: UInt8) in Int32(bits) }
    case .uint16: self = try stored.array { (bits: UInt16) in Int32(bits) }
    case .uint32: self = try stored.array { (bits: UInt32) in Int64(bits) }
    case .uint64:
      self = try stored.array { (bits: UInt64) in Int64(truncatingIfNeeded: bits) }
      let wrapped = withUnsafeElements(of: Int64.self) { elements in
        elements.firstIndex { $0 < 0 }.map { (index: $0, value: UInt64(bitPattern: elements[$0])) }
      }
      if let wrapped {
        throw .unsignedTooLarge(file: file, value: wrapped.value, index: wrapped.index)
      }
    case .float16: self = try stored.array { (bits: UInt16) in Float(half: bits) }
    case .bfloat16: self = try stored.array { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    case .float32: self = try stored.array { (bits: UInt32) in Float(bitPattern: bits) }
    case .float64: self = try stored.array { (bits: UInt64) in Double(bitPattern: bits) }
    }
  }
}

private struct StoredElements {
  let bytes: ArraySlice<UInt8>
  let isBigEndian: Bool
  let shape: Shape
  let file: String

  /// - Parameter value: what the bits of an element mean.
  @inline(__always)
  func array<Bits: FixedWidthInteger, T: Scalar>(_ value: (Bits) -> T) throws(DataError) -> NDArray {
    var result = try NDArray.zeros(shape, T.scalarType, readFrom: file)
    result.withUnsafeMutableElements(of: T.self) { target in
      bytes.withUnsafeBytes { source in
        for index in target.indices {
          let bits = source.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
          target[index] = value(isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
        }
      }
    }
    return result
  }
}

extension Float {
  /// The number that these bits are in binary16 (IEEE 754-2019, 3.4), which a Float holds exactly. `Float16` does not
  /// exist on every platform.
  init(half bits: UInt16) {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = bits >> 10 & 0x1F
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    // Subnormal: the fraction in units of 2⁻²⁴.
    case 0: self.init(bitPattern: sign | (Float(fraction) * 0x1p-24).bitPattern)
    case 0x1F: self.init(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    // Exponents have a bias of 15, those of Float one of 127.
    default: self.init(bitPattern: sign | (UInt32(exponent) + 112) << 23 | fraction << 13)
    }
  }
}
