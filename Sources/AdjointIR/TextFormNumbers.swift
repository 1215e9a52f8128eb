import AdjointArray

// Exact numbers as text: `0x1.8p3`, `-0x0p0`, `inf`, `nan(0x7fc00000)` (all bits of a NaN), `-7`, `true`.

extension Literal {
  /// The exact value as the text form writes it.
  var text: String {
    switch scalarType {
    case .float32:
      let value = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
      return value.isNaN ? "nan(0x\(String(bits, radix: 16)))" : hexadecimalText(Double(value))
    case .float64:
      let value = Double(bitPattern: bits)
      return value.isNaN ? "nan(0x\(String(bits, radix: 16)))" : hexadecimalText(value)
    case .int32: return String(Int32(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .int64: return String(Int64(bitPattern: bits))
    case .bool: return bits == 0 ? "false" : "true"
    }
  }

  /// Reads what `text` writes, and decimal floating-point numbers too; `nil` where it is no finite number of
  /// the type. NaNs are the parser's, since they carry parentheses.
  init?(word: String, as scalarType: ScalarType) {
    switch (scalarType, word) {
    case (.float32, "inf"): self.init(Float.infinity)
    case (.float32, "-inf"): self.init(-Float.infinity)
    case (.float64, "inf"): self.init(Double.infinity)
    case (.float64, "-inf"): self.init(-Double.infinity)
    case (.float32, _):
      guard let value = Float(word), value.isFinite else { return nil }
      self.init(value)
    case (.float64, _):
      guard let value = Double(word), value.isFinite else { return nil }
      self.init(value)
    case (.int32, _):
      guard let value = Int32(word) else { return nil }
      self.init(value)
    case (.int64, _):
      guard let value = Int64(word) else { return nil }
      self.init(value)
    case (.bool, _):
      guard let value = Bool(word) else { return nil }
      self.init(value)
    }
  }

  /// Reads the `0x7fc00000` of `nan(0x7fc00000)`; `nil` where these are not the bits of a NaN of the type.
  init?(nanBits word: String, as scalarType: ScalarType) {
    guard word.hasPrefix("0x"), let bits = UInt64(word.dropFirst(2), radix: 16) else { return nil }
    switch scalarType {
    case .float32:
      guard let narrow = UInt32(exactly: bits), Float(bitPattern: narrow).isNaN else { return nil }
    case .float64: guard Double(bitPattern: bits).isNaN else { return nil }
    case .int32, .int64, .bool: return nil
    }
    self.init(scalarType: scalarType, bits: bits)
  }

  /// Whether `bits` holds nothing beyond the type's width, and 0 or 1 for bool.
  var isCanonical: Bool {
    switch scalarType {
    case .float32, .int32: bits <= UInt64(UInt32.max)
    case .float64, .int64: true
    case .bool: bits <= 1
    }
  }
}

/// C99's hexadecimal notation of a number that is not NaN; a subnormal is written like any other number.
private func hexadecimalText(_ value: Double) -> String {
  let sign = value.sign == .minus ? "-" : ""
  if value.isInfinite { return sign + "inf" }
  if value == 0 { return sign + "0x0p0" }
  let fraction = value.significand.significandBitPattern
  var digits = ""
  if fraction != 0 {
    // 52 bits are 13 digits; trailing zeros say nothing.
    let zeros = fraction.trailingZeroBitCount / 4
    let shown = String(fraction >> UInt64(4 * zeros), radix: 16)
    digits = "." + String(repeating: "0", count: 13 - zeros - shown.count) + shown
  }
  return "\(sign)0x1\(digits)p\(value.exponent)"
}

extension NDArray {
  /// Element `index` (row-major) with all its bits.
  func literal(at index: Int) -> Literal {
    withUnsafeBytes { bytes in
      let offset = index * scalarType.byteSize
      let bits =
        switch scalarType {
        case .float32, .int32: UInt64(bytes.load(fromByteOffset: offset, as: UInt32.self))
        case .float64, .int64: bytes.load(fromByteOffset: offset, as: UInt64.self)
        case .bool: UInt64(bytes[offset])
        }
      return Literal(scalarType: scalarType, bits: bits)
    }
  }

  /// An array of literals, or `nil` where their number is not the shape's.
  init?(literals: [Literal], type: TensorType) {
    guard literals.count == type.count else { return nil }
    self.init(zeros: type.shape, type.scalarType)
    withUnsafeMutableBytes { bytes in
      for (index, literal) in literals.enumerated() {
        let offset = index * type.scalarType.byteSize
        switch type.scalarType {
        case .float32, .int32:
          bytes.storeBytes(
            of: UInt32(truncatingIfNeeded: literal.bits), toByteOffset: offset, as: UInt32.self)
        case .float64, .int64: bytes.storeBytes(of: literal.bits, toByteOffset: offset, as: UInt64.self)
        case .bool: bytes[offset] = literal.bits == 0 ? 0 : 1
        }
      }
    }
  }
}
