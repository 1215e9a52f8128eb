import Adjoint

extension UnaryFunction {
  /// How many units in the last place compiled code may be from the true value, by
  /// codegen/Runtime/include/adjoint_primitives.def; `nil` where it has the bits of IEEE arithmetic.
  package func roundingBound(_ type: ScalarType) -> Double? {
    switch self {
    case .negate, .absolute, .sign, .sqrt, .relu, .floor, .ceil, .round, .not: nil
    case .exp, .exp2, .log, .log2, .log10, .cbrt, .sin, .cos, .tan, .asin, .acos, .atan, .asinh, .acosh,
      .atanh:
      1
    case .log1p: type == .float32 ? 1.1 : 1
    case .expm1: 1.5
    case .erf, .erfc: 2
    case .sinh, .cosh, .sigmoid: 2.5
    case .tanh: type == .float32 ? 2 : 2.5
    }
  }
}

extension BinaryFunction {
  /// The same for functions of two numbers.
  package var roundingBound: Double? {
    switch self {
    case .power, .hypot: 1
    case .atan2: 2
    case .add, .subtract, .multiply, .divide, .remainder, .maximum, .minimum, .copySign, .and, .or: nil
    }
  }
}

/// How many units in the last place libm, by which the interpreter computes, is from the true value: glibc's manual
/// ("Known Maximum Errors in Math Functions", x86_64) lists at most 5 for the functions used here.
let libmBound = 5.0
