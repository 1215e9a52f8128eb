import AdjointArray

// The elementwise functions and reductions, each with its facts. A new one is a case and its facts here, then
// one line in each exhaustive switch that the compiler lists (derivative, value, C) and one row of the
// runtime's primitives.

/// The scalar types on which a function is defined: a few bits, since every operation that is recorded asks.
public struct Domain: Hashable, Sendable {
  private let bits: UInt8

  private init(_ types: ScalarType...) { bits = types.reduce(0) { $0 | Self.bit($1) } }

  public func contains(_ type: ScalarType) -> Bool { bits & Self.bit(type) != 0 }

  private static func bit(_ type: ScalarType) -> UInt8 {
    switch type {
    case .float32: 1
    case .float64: 2
    case .int32: 4
    case .int64: 8
    case .bool: 16
    }
  }

  public static let floats = Domain(.float32, .float64)
  public static let numbers = Domain(.float32, .float64, .int32, .int64)
  public static let truth = Domain(.bool)
  public static let all = Domain(.float32, .float64, .int32, .int64, .bool)
}

/// An elementwise function of one operand. The raw value is its name in the text form and in the runtime.
public enum UnaryFunction: String, Hashable, Sendable, CaseIterable {
  case negate = "neg"
  case absolute = "abs"
  case sign
  case exp, exp2, expm1, log, log2, log10, log1p, sqrt, cbrt
  case sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh
  case erf, erfc, sigmoid, relu
  /// To an integer: the next below, the next above, the nearest (of two equally near ones the even one).
  case floor, ceil, round
  case not

  /// The scalar types it is defined on.
  public var domain: Domain {
    switch self {
    case .negate, .absolute, .sign, .relu: .numbers
    case .exp, .exp2, .expm1, .log, .log2, .log10, .log1p, .sqrt, .cbrt, .sin, .cos, .tan, .asin, .acos,
      .atan,
      .sinh, .cosh, .tanh, .asinh, .acosh, .atanh, .erf, .erfc, .sigmoid, .floor, .ceil, .round:
      .floats
    case .not: .truth
    }
  }

  /// Whether the derivative is 0 wherever it exists.
  public var isPiecewiseConstant: Bool {
    switch self {
    case .sign, .floor, .ceil, .round, .not: true
    case .negate, .absolute, .exp, .exp2, .expm1, .log, .log2, .log10, .log1p, .sqrt, .cbrt, .sin, .cos, .tan,
      .asin,
      .acos, .atan, .sinh, .cosh, .tanh, .asinh, .acosh, .atanh, .erf, .erfc, .sigmoid, .relu:
      false
    }
  }

  /// Floating-point operations an element by the lecture's rule: 1 for each arithmetic operation and each
  /// elementary function.
  public var flops: Int { self == .not ? 0 : 1 }
}

/// An elementwise function of two operands of the same type and shape.
public enum BinaryFunction: String, Hashable, Sendable, CaseIterable {
  case add
  case subtract = "sub"
  case multiply = "mul"
  case divide = "div"
  case power = "pow"
  /// The angle of the point (second operand, first operand), in −π…π.
  case atan2
  /// √(a² + b²), without overflow in between.
  case hypot
  /// a − b·n with n = a/b cut to an integer: C's `fmod` and `%`, exact, with the sign of a. Of integers, 0 where b is 0.
  case remainder = "rem"
  case maximum = "max"
  case minimum = "min"
  /// |a| with the sign of b, that of a zero included.
  case copySign = "copysign"
  case and, or

  public var domain: Domain {
    switch self {
    case .add, .subtract, .multiply, .divide, .remainder, .maximum, .minimum: .numbers
    case .power, .atan2, .hypot, .copySign: .floats
    case .and, .or: .truth
    }
  }

  /// Whether f(a, b) has the same bits as f(b, a) for all numbers.
  public var isCommutative: Bool {
    switch self {
    case .add, .multiply, .and, .or: true
    // max(-0, +0) depends on the order; of hypot nobody promises the bits.
    case .subtract, .divide, .power, .atan2, .hypot, .remainder, .maximum, .minimum, .copySign: false
    }
  }

  /// Whether it is written between its operands; the others are called by their names.
  public var isOperator: Bool {
    switch self {
    case .add, .subtract, .multiply, .divide, .and, .or: true
    case .power, .atan2, .hypot, .remainder, .maximum, .minimum, .copySign: false
    }
  }

  public var flops: Int {
    switch self {
    case .add, .subtract, .multiply, .divide, .power, .atan2, .hypot, .remainder, .maximum, .minimum: 1
    case .and, .or, .copySign: 0
    }
  }
}

/// An elementwise comparison; the result is bool. Comparisons with NaN are false, `ne` true.
public enum Comparison: String, Hashable, Sendable, CaseIterable {
  case equal = "eq"
  case notEqual = "ne"
  case less = "lt"
  case lessOrEqual = "le"
  case greater = "gt"
  case greaterOrEqual = "ge"

  public var domain: Domain {
    switch self {
    case .equal, .notEqual: .all
    case .less, .lessOrEqual, .greater, .greaterOrEqual: .numbers
    }
  }
}

/// A running combination along an axis: each element with all before it, in order. The raw value is its name in the text
/// form and in the runtime.
public enum Cumulative: String, Hashable, Sendable, CaseIterable {
  case sum = "cumsum"
  case product = "cumprod"

  public var domain: Domain { .numbers }
}

/// A reduction over some axes. The raw value is its name in the text form and in the runtime.
///
/// A reduction of one element is that element, with its sign where it is a zero; over none it is the identity.
/// A sum of several starts from +0, so that it is never −0.
public enum Reduction: String, Hashable, Sendable, CaseIterable {
  case sum
  case maximum = "max"
  case minimum = "min"
  case product = "prod"
  /// Whether one holds, and whether all hold.
  case any, all

  public var domain: Domain {
    switch self {
    case .sum, .maximum, .minimum, .product: .numbers
    case .any, .all: .truth
    }
  }

  /// The value of a reduction over no elements: for max and min the least and the greatest of the type
  /// (infinities for floating point).
  public func identity(_ type: ScalarType) -> Literal {
    switch self {
    case .sum: Literal(0, as: type)
    case .product: Literal(1, as: type)
    case .maximum: Literal(-Double.infinity, as: type)
    case .minimum: Literal(Double.infinity, as: type)
    case .any: Literal(false)
    case .all: Literal(true)
    }
  }
}

extension Reduction {
  /// What combines two values.
  package var combination: BinaryFunction {
    switch self {
    case .sum: .add
    case .product: .multiply
    case .maximum: .maximum
    case .minimum: .minimum
    case .any: .or
    case .all: .and
    }
  }
}
