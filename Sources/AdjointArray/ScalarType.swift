/// The type of one element of an array.
///
/// The raw value is the name that the graph's text form uses.
public enum ScalarType: String, Hashable, Sendable, CaseIterable {
  case float32, float64, int32, int64, bool

  /// The size of one element in bytes. A `bool` is stored as one byte, 0 or 1.
  public var byteSize: Int {
    switch self {
    case .float32, .int32: 4
    case .float64, .int64: 8
    case .bool: 1
    }
  }

  public var isFloatingPoint: Bool { self == .float32 || self == .float64 }

  public var isInteger: Bool { self == .int32 || self == .int64 }

  /// Whether arithmetic is defined on it: all but `bool`.
  public var isNumeric: Bool { self != .bool }

  /// The distance from 1 to the next larger number, 0 for the exact types.
  public var epsilon: Double {
    switch self {
    case .float32: Double(Float.ulpOfOne)
    case .float64: Double.ulpOfOne
    case .int32, .int64, .bool: 0
    }
  }
}

extension ScalarType: CustomStringConvertible {
  public var description: String { rawValue }
}

/// A Swift type that is stored as one of the scalar types.
public protocol Scalar: Hashable, Sendable {
  static var scalarType: ScalarType { get }
  static var zero: Self { get }
}

extension Float: Scalar { public static var scalarType: ScalarType { .float32 } }
extension Double: Scalar { public static var scalarType: ScalarType { .float64 } }
extension Int32: Scalar { public static var scalarType: ScalarType { .int32 } }
extension Int64: Scalar { public static var scalarType: ScalarType { .int64 } }
extension Bool: Scalar {
  public static var scalarType: ScalarType { .bool }
  public static var zero: Bool { false }
}
