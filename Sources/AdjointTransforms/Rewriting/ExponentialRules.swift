import AdjointArray
import AdjointIR

// Stabilize: differences and quotients of exponentials that cancel or become ∞/∞.

private let x = Pattern(.variable(0))
private let y = Pattern(.variable(1))

let exponentialRules: [RewriteRule] = [
  RewriteRule(
    .stabilize, "exp-minus-one", exp(x) - 1 ==> expm1(x), exp(x) + -1 ==> expm1(x),
    agreeing: .rounded(-30...30), because: "expm1 keeps the digits of a small x"),
  RewriteRule(
    .stabilize, "one-minus-exp", 1 - exp(x) ==> 0 - expm1(x), agreeing: .rounded(-30...30),
    where: { !$0.isConstant(x) },
    because: "expm1 keeps the digits of a small x; a difference from 0, as −expm1(0) is −0"),
  RewriteRule(
    .stabilize, "twice-sigmoid-minus-one",
    sigmoid(x * 2) * 2 - 1 ==> tanh(x),
    sigmoid(x) * 2 - 1 ==> tanh(x * 0.5),
    agreeing: .rounded(-30...30), because: "tanh keeps the digits of a small x"),
  RewriteRule(
    .stabilize, "half-of-one-plus-tanh",
    (tanh(x * 0.5) + 1) * 0.5 ==> sigmoid(x), (tanh(x * 0.5) + 1) / 2 ==> sigmoid(x),
    (tanh(x / 2) + 1) * 0.5 ==> sigmoid(x), (tanh(x / 2) + 1) / 2 ==> sigmoid(x),
    (tanh(x) + 1) * 0.5 ==> sigmoid(x * 2), (tanh(x) + 1) / 2 ==> sigmoid(x * 2),
    agreeing: .rounded(-10...10), because: "σ keeps the digits where tanh x is close to −1"),
  RewriteRule(
    .stabilize, "stabilize-tanh",
    sinh(x) / cosh(x) ==> tanh(x),
    (exp(x) - exp(-x)) / (exp(x) + exp(-x)) ==> tanh(x),
    (exp(-x) - exp(x)) / (exp(x) + exp(-x)) ==> -tanh(x),
    // The differences e²ˣ − 1 and 1 − e⁻²ˣ are expm1 by now.
    expm1(x * 2) / (exp(x * 2) + 1) ==> tanh(x),
    expm1(x) / (exp(x) + 1) ==> tanh(x * 0.5),
    (0 - expm1(-(x * 2))) / (exp(-(x * 2)) + 1) ==> tanh(x),
    (0 - expm1(x)) / (exp(x) + 1) ==> tanh(-x * 0.5),
    agreeing: .rounded(-30...30), because: "the hyperbolic tangent by its name is not ∞/∞"),
  RewriteRule(
    .stabilize, "stabilize-sigmoid",
    (exp(x) / (exp(x) + 1) ==> sigmoid(x)).where(canOverflow),
    (1 / (exp(x) + 1) ==> sigmoid(-x)).where(canOverflow),
    (y / (exp(x) + 1) ==> y * sigmoid(-x)).where(canOverflow),
    (exp(x) / (exp(x) + exp(y)) ==> sigmoid(x - y)).where { $0[x] != $0[y] },
    agreeing: .rounded(-30...30),
    because: "the logistic function by its name is not ∞/∞, and its derivative not ∞ · 0, where eˣ overflows"),
  RewriteRule(
    .stabilize, "stabilize-softmax", [.binary(.divide)],
    "eᶻ / Σeᶻ does not change where max z is taken from z, and is not ∞/∞ then (0 is taken where that is not finite)"
  ) { rewriter, node throws(GraphError) in
    guard let z = rewriter.match(.exp, node.operands[0]), !rewriter.isShiftedByMaximum(z),
      rewriter.literal(z) == nil, let (terms, axes) = rewriter.repeatedSum(node.operands[1]),
      terms == node.operands[0]
    else { return nil }
    // Each element must be divided by the sum that it is part of.
    let full = node.type.shape
    let kept = full.reducing(axes, keepingDimensions: true)
    let source = rewriter.matchBroadcast(node.operands[1]) ?? node.operands[1]
    guard let strides = rewriter.shape(source).broadcastStrides(to: full),
      strides == kept.broadcastStrides(to: full)
    else { return nil }
    let shift = try rewriter.shift(maximum(rewriter[z], axes))
    let power = try exp(rewriter[z] - shift.reshape(to: kept))
    return try (power / sum(power, axes).reshape(to: kept)).id
  },
]

/// e^−|x| cannot overflow, and is used elsewhere: in a softplus.
private let canOverflow: @Sendable (Match) -> Bool = { match in
  !match.isConstant(x) && !match.rewriter.isMinusMagnitude(match[x])
}
