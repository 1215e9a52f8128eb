import AdjointArray
import AdjointIR

// Algebra: laws of real numbers. They change rounding, and where intermediate results over- or underflow also
// more than that, so they are for `diff` and `flops`, not for training.
//
// Together they bring a product to the form c · (a · b · …) / d: constants come together in front, one quotient
// comes last. Each of them moves a constant outwards, a quotient outwards, or removes an operation.

private let x = Pattern(.variable(0))
private let y = Pattern(.variable(1))
private let z = Pattern(.variable(2))
private let c = Pattern(.constant(3))
private let d = Pattern(.constant(4))

let algebraRules: [RewriteRule] = [
  RewriteRule(
    .algebra, "log-of-e", log(c) ==> 1, agreeing: .finite(-1...1),
    where: { $0.rewriter.literal($0[c]) == Literal(2.718281828459045, as: $0.candidate.type.scalarType) },
    because: "the logarithm of the number next to e is 1 up to rounding"),
  RewriteRule(
    .algebra, "add-same", x + x ==> x * 2, agreeing: .finite(-1e3...1e3),
    where: { $0.isFloat && !$0.isConstant(x) }, because: "the constant can meet others"),
  RewriteRule(
    .algebra, "factor-out",
    x * y + x * z ==> x * (y + z), x * y - x * z ==> x * (y - z),
    x + x * y ==> x * (1 + y), x - x * y ==> x * (1 - y), x * y - x ==> x * (y - 1),
    agreeing: .finite(-1e3...1e3),
    where: { $0.isFloat && $0.candidate.operands[0] != $0.candidate.operands[1] && $0.number(x) != 1 },
    because: "the distributive law saves a product"),
  RewriteRule(
    .algebra, "add-quotients", x / z + y / z ==> (x + y) / z, x / z - y / z ==> (x - y) / z,
    agreeing: .finite(-1e3...1e3),
    where: { $0.isFloat && $0.candidate.operands[0] != $0.candidate.operands[1] },
    because: "one quotient instead of two"),
  RewriteRule(
    .algebra, "add-negated-product",
    (x + -y * z ==> x - y * z).inOrder, (x + y * -z ==> x - y * z).inOrder,
    (x + -y / z ==> x - y / z).inOrder, (x + y / -z ==> x - y / z).inOrder,
    (x - -y * z ==> x + y * z).inOrder, (x - y * -z ==> x + y * z).inOrder,
    (x - -y / z ==> x + y / z).inOrder, (x - y / -z ==> x + y / z).inOrder,
    (-y * z + x ==> x - y * z).inOrder, (y * -z + x ==> x - y * z).inOrder,
    (-y / z + x ==> x - y / z).inOrder, (y / -z + x ==> x - y / z).inOrder,
    agreeing: .finite(-1e3...1e3), where: { $0.isFloat },
    because: "a sign goes into the sum as a difference"),
  RewriteRule(
    .algebra, "cancel-factor",
    x / x ==> 1, (x * y) / x ==> y, x / (x * y) ==> 1 / y, (x * y) / (x * z) ==> y / z,
    agreeing: .finite(0.1...1e3),
    where: { $0.isFloat && $0.rewriter.literal($0.candidate.operands[1]) == nil },
    because: "a factor above and below goes, for finite numbers that are not 0"),
  RewriteRule(
    .algebra, "collect-constants",
    ((x * c) * y ==> (x * y) * c).inOrder.where { !$0.isConstant(x) && !$0.isConstant(y) },
    ((x * c) * d ==> x * (c * d)).inOrder.where { !$0.isConstant(x) && $0.isNumber(c, *, d) },
    (x * (y * c) ==> (x * y) * c).inOrder.where { !$0.isConstant(x) && !$0.isConstant(y) },
    agreeing: .finite(-1e3...1e3), where: { $0.isFloat && $0.isMovable(c) },
    because: "constants come together on the right"),
  RewriteRule(
    .algebra, "collect-constants-of-quotient",
    (d / (y * c) ==> (d / c) / y).inOrder.where { !$0.isConstant(y) && $0.isNumber(d, /, c) },
    (x / (y * c) ==> (x * (1 / c)) / y).inOrder.where { !$0.isConstant(x) && !$0.isConstant(y) },
    ((x * c) / d ==> x * (c / d)).inOrder.where { !$0.isConstant(x) && $0.isNumber(c, /, d) },
    agreeing: .finite(0.1...1e3), where: { $0.isFloat && $0.isMovable(c) },
    because: "constants come together in the numerator"),
  RewriteRule(
    .algebra, "multiply-quotient", (x / y) * z ==> (z * x) / y, agreeing: .finite(0.1...1e3),
    where: { $0.isFloat }, because: "one quotient comes last, so that constants meet"),
  RewriteRule(
    .algebra, "multiply-by-zero", (x * c ==> c).inOrder, agreeing: .finite(-1e3...1e3),
    where: { $0.number(c) == 0 }, because: "x · 0 = 0, for finite x"),
  RewriteRule(
    .algebra, "add-positive-zero", x + 0 ==> x, agreeing: .finite(-1e3...1e3),
    because: "x + 0 = x, but for the sign of a zero"),
  RewriteRule(
    .algebra, "subtract-same", x - x ==> 0, agreeing: .finite(-1e3...1e3),
    because: "x − x = 0, for finite x"),
]

extension Match {
  /// Whether a constant factor can be moved: finite and not 0.
  fileprivate func isMovable(_ constant: Pattern) -> Bool {
    number(constant).map { $0.isFinite && $0 != 0 } ?? false
  }

  /// Whether an operation on two constants gives a number.
  fileprivate func isNumber(_ a: Pattern, _ operation: (Double, Double) -> Double, _ b: Pattern) -> Bool {
    guard let a = number(a), let b = number(b) else { return false }
    return !operation(a, b).isNaN
  }
}
