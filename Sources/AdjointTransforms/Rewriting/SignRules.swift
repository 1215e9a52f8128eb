import AdjointArray
import AdjointIR

// Canonicalize: signs. IEEE negation flips one bit and rounding is symmetric, so all of them keep every bit but
// a NaN's sign.

private let x = Pattern(.variable(0))
private let y = Pattern(.variable(1))

let signRules: [RewriteRule] = [
  RewriteRule(
    .canonicalize, "negate-negate", -(-x) ==> x, agreeing: .bits,
    because: "a sign that is changed twice is as before"),
  RewriteRule(
    .canonicalize, "not-not", not(not(x)) ==> x, agreeing: .bits, because: "what is denied twice is so"),
  RewriteRule(
    .canonicalize, "absolute-of-negate", abs(-x) ==> abs(x), agreeing: .bits,
    because: "the sign is dropped anyway"),
  RewriteRule(
    .canonicalize, "add-negated", x + -y ==> x - y, agreeing: .bitsButNaNSign,
    because: "a difference is the sum with the negated number"),
  RewriteRule(
    .canonicalize, "subtract-negated", x - -y ==> x + y, agreeing: .bitsButNaNSign,
    because: "a difference is the sum with the negated number"),
  RewriteRule(
    .canonicalize, "multiply-negated", -x * -y ==> x * y, -x / -y ==> x / y, agreeing: .bitsButNaNSign,
    where: { $0.isFloat }, because: "two signs make none; the quotient of integers wraps"),
  RewriteRule(
    .canonicalize, "multiply-by-minus-one", x * -1 ==> -x, x / -1 ==> -x, agreeing: .bitsButNaNSign,
    because: "the product has the same digits and the other sign"),
]
