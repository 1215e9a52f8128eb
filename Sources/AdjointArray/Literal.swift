/// One exact scalar: a type and the bits of a value.
///
/// Two literals are equal when their bits are, so that 0.0 and -0.0 differ and a NaN equals itself.
public struct Literal: Hashable, Sendable {
  public let scalarType: ScalarType
  /// The bit pattern, zero-extended.
  public let bits: UInt64

  public init(scalarType: ScalarType, bits: UInt64) {
    self.scalarType = scalarType
    self.bits = bits
  }

  public init(_ value: Float) { self.init(scalarType: .float32, bits: UInt64(value.bitPattern)) }
  public init(_ value: Double) { self.init(scalarType: .float64, bits: value.bitPattern) }
  public init(_ value: Int32) {
    self.init(scalarType: .int32, bits: UInt64(UInt32(bitPattern: value)))
  }
  public init(_ value: Int64) { self.init(scalarType: .int64, bits: UInt64(bitPattern: value)) }
  public init(_ value: Bool) { self.init(scalarType: .bool, bits: value ? 1 : 0) }

  /// `value` rounded to `scalarType`: to the nearest float, saturated for integers (NaN to 0), and whether it
  /// is not zero for bool.
  public init(_ value: Double, as scalarType: ScalarType) {
    switch scalarType {
    case .float32: self.init(Float(value))
    case .float64: self.init(value)
    case .int32: self.init(Int32(saturating: value))
    case .int64: self.init(Int64(saturating: value))
    case .bool: self.init(value != 0)
    }
  }

  /// The integer `value` as `scalarType`: rounded to the nearest float, saturated for int32, `!= 0` for bool.
  public init(integer value: Int64, as scalarType: ScalarType) {
    switch scalarType {
    case .float32: self.init(Float(value))
    case .float64: self.init(Double(value))
    case .int32: self.init(Int32(clamping: value))
    case .int64: self.init(value)
    case .bool: self.init(value != 0)
    }
  }

  /// This value converted to `scalarType`, as a cast does it.
  public func converted(to scalarType: ScalarType) -> Literal {
    integerValue.map { Literal(integer: $0, as: scalarType) } ?? Literal(doubleValue, as: scalarType)
  }

  /// The value of an integer; `nil` for the other types.
  public var integerValue: Int64? {
    switch scalarType {
    case .int32: Int64(Int32(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .int64: Int64(bitPattern: bits)
    case .float32, .float64, .bool: nil
    }
  }

  /// The value as a double: exact but for an int64 beyond ±2⁵³, which is rounded.
  public var doubleValue: Double {
    switch scalarType {
    case .float32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .float64: Double(bitPattern: bits)
    case .int32: Double(Int32(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .int64: Double(Int64(bitPattern: bits))
    case .bool: bits == 0 ? 0 : 1
    }
  }

  /// Whether this is the number `value`; zeros of either sign are the number 0.
  public func isNumber(_ value: Double) -> Bool {
    scalarType == .int64 ? Int64(exactly: value) == integerValue : doubleValue == value
  }
}

extension Int32 {
  /// The integer part of `value`, clamped to the type's range; 0 for NaN. This is what a cast of a
  /// floating-point element to `int32` means in every backend.
  public init(saturating value: Double) {
    if value.isNaN {
      self = 0
    } else if value <= -2_147_483_648 {
      self = .min
    } else if value >= 2_147_483_647 {
      self = .max
    } else {
      self = Int32(value)
    }
  }
}

extension Int64 {
  /// The integer part of `value`, clamped to the type's range; 0 for NaN.
  public init(saturating value: Double) {
    if value.isNaN {
      self = 0
    } else if value <= -0x1p63 {
      self = .min
    } else if value >= 0x1p63 {
      self = .max
    } else {
      self = Int64(value)
    }
  }
}
