import AdjointArray

// The elementwise functions and reductions, each with its facts. A new one is a case and its facts here, then
// one line in each exhaustive switch that the compiler lists (derivative, value, C) and one row of the
// runtime's primitives.

/// The scalar types on which functions are defined, made once.
private enum Domain {
  static let floats: Set<ScalarType> = [.float32, .float64]
  static let numbers: Set<ScalarType> = [.float32, .float64, .int32]
  static let truth: Set<ScalarType> = [.bool]
  static let all = Set(ScalarType.allCases)
}

/// An elementwise function of one operand. The raw value is its name in the text form and in the runtime.
public enum UnaryFunction: String, Hashable, Sendable, CaseIterable {
  case negate = "neg"
  case absolute = "abs"
  case sign
  case exp, log, log1p, expm1, sqrt, sin, cos, tanh, sigmoid, relu
  case not

  /// The scalar types it is defined on.
  public var domain: Set<ScalarType> {
    switch self {
    case .negate, .absolute, .sign, .relu: Domain.numbers
    case .exp, .log, .log1p, .expm1, .sqrt, .sin, .cos, .tanh, .sigmoid: Domain.floats
    case .not: Domain.truth
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
  case maximum = "max"
  case minimum = "min"
  case and, or

  public var domain: Set<ScalarType> {
    switch self {
    case .add, .subtract, .multiply, .divide, .maximum, .minimum: Domain.numbers
    case .power: Domain.floats
    case .and, .or: Domain.truth
    }
  }

  /// Whether f(a, b) has the same bits as f(b, a) for all numbers.
  public var isCommutative: Bool {
    switch self {
    case .add, .multiply, .and, .or: true
    // max(-0, +0) depends on the order.
    case .subtract, .divide, .power, .maximum, .minimum: false
    }
  }

  public var flops: Int {
    switch self {
    case .add, .subtract, .multiply, .divide, .power, .maximum, .minimum: 1
    case .and, .or: 0
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

  public var domain: Set<ScalarType> {
    switch self {
    case .equal, .notEqual: Domain.all
    case .less, .lessOrEqual, .greater, .greaterOrEqual: Domain.numbers
    }
  }
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

  public var domain: Set<ScalarType> { Domain.numbers }

  /// The value of a reduction over no elements: for max and min the least and the greatest of the type
  /// (infinities for floating point).
  public func identity(_ type: ScalarType) -> Literal {
    switch self {
    case .sum: Literal(0, as: type)
    case .product: Literal(1, as: type)
    case .maximum: Literal(-Double.infinity, as: type)
    case .minimum: Literal(Double.infinity, as: type)
    }
  }
}
