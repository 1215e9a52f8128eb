import AdjointArray
import AdjointIR

// Specialize: cheaper operations for special cases.

private let x = Pattern(.variable(0))
private let c = Pattern(.constant(1))

let specializeRules: [RewriteRule] = [
  RewriteRule(
    .specialize, "square", pow(x, 2) ==> x * x, agreeing: .rounded(-1e100...1e100),
    because: "x² = x · x, correctly rounded, which a power function need not be"),
  RewriteRule(
    .specialize, "reciprocal", pow(x, -1) ==> 1 / x, agreeing: .rounded(-1e100...1e100),
    because: "x⁻¹ = 1 / x, correctly rounded"),
  RewriteRule(
    .specialize, "divide-by-power-of-two", x / c ==> x * (1 / c), agreeing: .bits,
    where: { $0.isFloat && isPowerOfTwo($0.number(c)) },
    because:
      "where c and 1/c are powers of two, x ÷ c and x · (1/c) are the same real number, rounded the same"),
]

/// Whether 1/c is a normal power of two in float32, too; ±1 has rules of its own.
private func isPowerOfTwo(_ c: Double?) -> Bool {
  guard let c, c.isNormal, abs(c.significand) == 1 else { return false }
  return c.exponent != 0 && abs(c.exponent) < 120
}
