import AdjointArray
import Glibc
import RealModule

// What the numbers mean, element by element, in one place: every loop of the interpreter applies these.

/// A scalar type with arithmetic. Integers wrap and division by zero gives 0, so that nothing traps.
protocol Number: Scalar, Comparable {
  static var one: Self { get }
  init(index: Int)
  static func sum(_ a: Self, _ b: Self) -> Self
  static func difference(_ a: Self, _ b: Self) -> Self
  static func product(_ a: Self, _ b: Self) -> Self
  static func quotient(_ a: Self, _ b: Self) -> Self
  static func remainder(_ a: Self, _ b: Self) -> Self
  static func negation(_ a: Self) -> Self
  static func magnitude(_ a: Self) -> Self
  /// −1 or 1; a zero or NaN itself.
  static func signum(_ a: Self) -> Self
}

extension Number {
  /// The larger one; a NaN where either is one.
  @inline(__always) static func larger(_ a: Self, _ b: Self) -> Self { a > b || a != a ? a : b }

  /// The smaller one; a NaN where either is one.
  @inline(__always) static func smaller(_ a: Self, _ b: Self) -> Self { a < b || a != a ? a : b }
}

/// An integer type: two's complement that wraps.
protocol Integer: Number, FixedWidthInteger, SignedInteger {}

extension Integer {
  static var one: Self { 1 }
  init(index: Int) { self.init(truncatingIfNeeded: index) }
  @inline(__always) static func sum(_ a: Self, _ b: Self) -> Self { a &+ b }
  @inline(__always) static func difference(_ a: Self, _ b: Self) -> Self { a &- b }
  @inline(__always) static func product(_ a: Self, _ b: Self) -> Self { a &* b }
  @inline(__always) static func quotient(_ a: Self, _ b: Self) -> Self {
    // The partial value of the one quotient that overflows, min / -1, is min.
    b == 0 ? 0 : a.dividedReportingOverflow(by: b).partialValue
  }
  @inline(__always) static func remainder(_ a: Self, _ b: Self) -> Self {
    b == 0 ? 0 : a.remainderReportingOverflow(dividingBy: b).partialValue
  }
  @inline(__always) static func negation(_ a: Self) -> Self { 0 &- a }
  @inline(__always) static func magnitude(_ a: Self) -> Self { a < 0 ? 0 &- a : a }
  @inline(__always) static func signum(_ a: Self) -> Self { a.signum() }
  @inline(__always) static func relu(_ a: Self) -> Self { a > 0 ? a : 0 }
}

extension Int32: Integer {}
extension Int64: Integer {}

/// A floating-point type: IEEE arithmetic, and libm in its own precision.
protocol Floating: Number, Real {
  /// C's `pow`; RealModule's gives NaN for every negative base, also to an integer power.
  static func power(_ a: Self, _ b: Self) -> Self
  init(_ value: Double)
  init(_ value: Float)
  init(_ value: Int32)
  init(_ value: Int64)
}

extension Float: Floating {
  @inline(__always) static func power(_ a: Float, _ b: Float) -> Float { Glibc.powf(a, b) }
}

extension Double: Floating {
  @inline(__always) static func power(_ a: Double, _ b: Double) -> Double { Glibc.pow(a, b) }
}

extension Floating {
  static var one: Self { 1 }
  init(index: Int) { self.init(index) }
  @inline(__always) static func sum(_ a: Self, _ b: Self) -> Self { a + b }
  @inline(__always) static func difference(_ a: Self, _ b: Self) -> Self { a - b }
  @inline(__always) static func product(_ a: Self, _ b: Self) -> Self { a * b }
  @inline(__always) static func quotient(_ a: Self, _ b: Self) -> Self { a / b }
  @inline(__always) static func remainder(_ a: Self, _ b: Self) -> Self {
    a.truncatingRemainder(dividingBy: b)
  }
  /// Flips the sign bit, also of zeros and NaNs.
  @inline(__always) static func negation(_ a: Self) -> Self { -a }
  @inline(__always) static func magnitude(_ a: Self) -> Self { a.magnitude }
  @inline(__always) static func signum(_ a: Self) -> Self { a > 0 ? 1 : (a < 0 ? -1 : a) }
  @inline(__always) static func relu(_ a: Self) -> Self { a > 0 ? a : (a != a ? a : 0) }

  /// 1 / (1 + exp(−a)), written so that the exponential never overflows.
  @inline(__always) static func sigmoid(_ a: Self) -> Self {
    let e = Self.exp(-a.magnitude)
    return a >= 0 ? 1 / (1 + e) : e / (1 + e)
  }
}
