import AdjointArray
import AdjointIR

// The derivatives of elementwise functions. They reuse the value y wherever that saves an elementary function.
//
// The Jacobian of such a function is diagonal, and so its own transpose: the same product takes the cotangent of the result
// to that of an operand, and the tangent of an operand to its part of the result's.

private let ln2 = 0.6931471805599453
private let ln10 = 2.302585092994046

/// g · f′(x), given y = f(x); `nil` where that is 0 everywhere.
func derivative(of function: UnaryFunction, _ g: Term, _ x: Term, _ y: Term) throws(GraphError) -> Term? {
  switch function {
  case .negate: try -g
  case .absolute: try g * sign(x)
  case .sign, .floor, .ceil, .round, .not: nil
  case .exp: try g * y
  case .exp2: try g * (y * ln2)
  case .expm1: try g * (y + 1)
  case .log: try g / x
  case .log2: try g / (x * ln2)
  case .log10: try g / (x * ln10)
  case .log1p: try g / (x + 1)
  case .sqrt: try g / (2 * y)
  case .cbrt: try g / (y * y * 3)
  case .sin: try g * cos(x)
  case .cos: try -(g * sin(x))
  case .tan: try g * (y * y + 1)
  case .asin: try g / sqrt(oneMinusSquare(x))
  case .acos: try -(g / sqrt(oneMinusSquare(x)))
  case .atan: try g / (x * x + 1)
  case .sinh: try g * cosh(x)
  case .cosh: try g * sinh(x)
  case .tanh: try g * (1 - y * y).named("slope", after: y)
  case .asinh: try g / hypot(x, x.number(1))
  // √(x² − 1) whose square does not overflow.
  case .acosh: try g / (sqrt(x - 1) * sqrt(x + 1))
  case .atanh: try g / oneMinusSquare(x)
  case .erf: try g * gaussian(x)
  case .erfc: try -(g * gaussian(x))
  case .sigmoid: try g * (y * (1 - y)).named("slope", after: y)
  case .relu: try select((x .> 0).named("is_active", after: y), g, 0)
  }
}

/// g · ∂f/∂a at position 0, g · ∂f/∂b at position 1, given y = f(a, b); `nil` where that is 0 everywhere.
func derivative(
  of function: BinaryFunction, by position: Int, _ g: Term, _ a: Term, _ b: Term, _ y: Term
) throws(GraphError) -> Term? {
  switch (function, position) {
  case (.add, _): g
  case (.subtract, 0): g
  case (.subtract, _): try -g
  case (.multiply, 0): try g * b
  case (.multiply, _): try g * a
  case (.divide, 0): try g / b
  // −g·a/b² without a power of b that could overflow.
  case (.divide, _): try -(g / b * y)
  case (.power, 0): try powerByBase(g, a, b)
  case (.power, _): try powerByExponent(g, a, b, y)
  case (.maximum, 0): try share(g, a .> b, a, b)
  case (.maximum, _): try share(g, b .> a, b, a)
  case (.minimum, 0): try share(g, a .< b, a, b)
  case (.minimum, _): try share(g, b .< a, b, a)
  // b/(a² + b²) and −a/(a² + b²), without squares that could overflow.
  case (.atan2, 0): try g * partOfSquare(b, a, b)
  case (.atan2, _): try -(g * partOfSquare(a, a, b))
  case (.hypot, 0): try g * (a / nonzeroLength(a, b))
  case (.hypot, _): try g * (b / nonzeroLength(a, b))
  case (.remainder, 0): g
  // a − b·n: n is constant between the jumps.
  case (.remainder, _): try -(g * round((a - y) / b))
  // y is a or −a; 0 at the kink a = 0.
  case (.copySign, 0): try g * (sign(a) * sign(y))
  case (.copySign, _), (.and, _), (.or, _): nil
  }
}

/// 1 − x² as (1 − x)(1 + x), which does not cancel near ±1.
private func oneMinusSquare(_ x: Term) throws(GraphError) -> Term { try (1 - x) * (1 + x) }

/// The derivative of erf, 2/√π · exp(−x²).
private func gaussian(_ x: Term) throws(GraphError) -> Term {
  try exp(-(x * x)) * (2 / Double.pi.squareRoot())
}

/// √(a² + b²), or 1 at the origin, where the derivatives of atan2 and hypot are then 0.
private func nonzeroLength(_ a: Term, _ b: Term) throws(GraphError) -> Term {
  let length = try hypot(a, b)
  return try select(length .== 0, 1, length)
}

/// x / (a² + b²).
private func partOfSquare(_ x: Term, _ a: Term, _ b: Term) throws(GraphError) -> Term {
  let length = try nonzeroLength(a, b)
  return try x / length / length
}

/// g where `a` beats `b`, half of it where they are equal, else 0.
private func share(_ g: Term, _ beats: Term, _ a: Term, _ b: Term) throws(GraphError) -> Term {
  try select(a .== b, g * 0.5, select(beats, g, 0))
}

/// g·b·a^(b−1), which is 0 where b = 0. There the base is replaced by 1, so that 0·0⁻¹ does not give NaN here or in a further
/// derivative.
private func powerByBase(_ g: Term, _ a: Term, _ b: Term) throws(GraphError) -> Term {
  guard let exponent = b.literal else {
    return try g * (b * pow(select(b .== 0, 1, a), b - 1))
  }
  if exponent.isNumber(0) { return try a.number(0) }
  if exponent.isNumber(1) { return g }
  if exponent.isNumber(2) { return try g * (b * a) }
  return try g * (b * pow(a, b - 1))
}

/// g·y·log a, which is 0 where a = 0 and b ≥ 0: there the logarithm is taken of 1.
private func powerByExponent(_ g: Term, _ a: Term, _ b: Term, _ y: Term) throws(GraphError) -> Term {
  let isFlat = try (a .== 0) .& (b .>= 0)
  return try g * (y * log(select(isFlat, 1, a)))
}
