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
  public init(_ value: Bool) { self.init(scalarType: .bool, bits: value ? 1 : 0) }

  /// `value` rounded to `scalarType`: to the nearest float, saturated for int32 (NaN to 0), and whether it
  /// is not zero for bool.
  public init(_ value: Double, as scalarType: ScalarType) {
    switch scalarType {
    case .float32: self.init(Float(value))
    case .float64: self.init(value)
    case .int32: self.init(Int32(saturating: value))
    case .bool: self.init(value != 0)
    }
  }

  /// The value as a double; exact for every type.
  public var doubleValue: Double {
    switch scalarType {
    case .float32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .float64: Double(bitPattern: bits)
    case .int32: Double(Int32(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .bool: bits == 0 ? 0 : 1
    }
  }

  /// Whether this is the number `value`; zeros of either sign are the number 0.
  public func isNumber(_ value: Double) -> Bool { doubleValue == value }
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
