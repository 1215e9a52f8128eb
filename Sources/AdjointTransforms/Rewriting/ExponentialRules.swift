import AdjointArray
import AdjointIR

// Stabilize: differences and quotients of exponentials that cancel or become ∞/∞.

let exponentialRules: [RewriteRule] = [
  RewriteRule(
    .stabilize, "exp-minus-one", [.binary(.subtract), .binary(.add)],
    "eˣ − 1 = expm1(x), which keeps the digits of a small x"
  ) { rewriter, node throws(GraphError) in
    let offset: Double = node.operation == .binary(.subtract) ? 1 : -1
    guard rewriter.isNumber(node.operands[1], offset), let x = rewriter.match(.exp, node.operands[0]) else {
      return nil
    }
    return try rewriter.unary(.expm1, x)
  },
  RewriteRule(
    .stabilize, "one-minus-exp", [.binary(.subtract)],
    "1 − eˣ = 0 − expm1(x), which keeps the digits of a small x; a difference from 0, as −expm1(0) is −0"
  ) { rewriter, node throws(GraphError) in
    guard rewriter.isNumber(node.operands[0], 1), let x = rewriter.match(.exp, node.operands[1]),
      rewriter.literal(x) == nil
    else { return nil }
    return try rewriter.binary(
      .subtract, rewriter.constant(0, like: node.type), rewriter.unary(.expm1, x))
  },
  RewriteRule(
    .stabilize, "twice-sigmoid-minus-one", [.binary(.subtract)],
    "2σ(x) − 1 = tanh(x/2), which keeps the digits of a small x"
  ) { rewriter, node throws(GraphError) in
    guard rewriter.isNumber(node.operands[1], 1),
      let (y, two) = rewriter.match(.multiply, node.operands[0]), rewriter.isNumber(two, 2),
      let x = rewriter.match(.sigmoid, y)
    else { return nil }
    return try rewriter.unary(.tanh, rewriter.half(x))
  },
  RewriteRule(
    .stabilize, "half-of-one-plus-tanh", [.binary(.multiply), .binary(.divide)],
    "(1 + tanh x) / 2 = σ(2x), which keeps the digits where tanh x is close to −1"
  ) { rewriter, node throws(GraphError) in
    let factor = node.operation == .binary(.multiply) ? 0.5 : 2
    guard rewriter.isNumber(node.operands[1], factor),
      let (y, one) = rewriter.match(.add, node.operands[0]), rewriter.isNumber(one, 1),
      let x = rewriter.match(.tanh, y)
    else { return nil }
    return try rewriter.unary(.sigmoid, rewriter.twice(x))
  },
  RewriteRule(
    .stabilize, "stabilize-tanh", [.binary(.divide)],
    "(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), (e²ˣ − 1) / (e²ˣ + 1) and sinh x / cosh x are tanh x, and not ∞/∞"
  ) { rewriter, node throws(GraphError) in
    if let x = rewriter.match(.sinh, node.operands[0]), x == rewriter.match(.cosh, node.operands[1]) {
      return try rewriter.unary(.tanh, x)
    }
    if let (a, b) = rewriter.match(.subtract, node.operands[0]),
      let (c, d) = rewriter.match(.add, node.operands[1]), a == c && b == d || a == d && b == c,
      let x = rewriter.match(.exp, a), let y = rewriter.match(.exp, b)
    {
      if rewriter.match(.negate, y) == x { return try rewriter.unary(.tanh, x) }
      if rewriter.match(.negate, x) == y {
        return try rewriter.unary(.negate, rewriter.unary(.tanh, y))
      }
      return nil
    }
    // The differences are expm1(u) and 0 − expm1(u) by now.
    guard let (power, one) = rewriter.match(.add, node.operands[1]), rewriter.isNumber(one, 1),
      let u = rewriter.match(.exp, power)
    else { return nil }
    if rewriter.match(.expm1, node.operands[0]) == u {
      return try rewriter.unary(.tanh, rewriter.half(u))
    }
    guard let (zero, y) = rewriter.match(.subtract, node.operands[0]), rewriter.isNumber(zero, 0),
      rewriter.match(.expm1, y) == u
    else { return nil }
    return try rewriter.unary(.tanh, rewriter.half(rewriter.unary(.negate, u)))
  },
  RewriteRule(
    .stabilize, "stabilize-sigmoid", [.binary(.divide)],
    "eˣ / (1 + eˣ) = σ(x), eˣ / (eˣ + eʸ) = σ(x − y) and a / (1 + eˣ) = a · σ(−x), whose derivative is not ∞ · 0 "
      + "where eˣ overflows"
  ) { rewriter, node throws(GraphError) in
    let numerator = node.operands[0]
    guard let (a, b) = rewriter.match(.add, node.operands[1]) else { return nil }
    if rewriter.isNumber(b, 1), let x = rewriter.match(.exp, a), rewriter.literal(x) == nil {
      // e^−|x| cannot overflow, and is used elsewhere: in a softplus.
      if rewriter.isMinusMagnitude(x) { return nil }
      if numerator == a { return try rewriter.unary(.sigmoid, x) }
      let falling = try rewriter.unary(.sigmoid, rewriter.unary(.negate, x))
      return rewriter.isNumber(numerator, 1) ? falling : try rewriter.binary(.multiply, numerator, falling)
    }
    guard a != b, numerator == a || numerator == b, let x = rewriter.match(.exp, a),
      let y = rewriter.match(.exp, b)
    else { return nil }
    let (own, other) = numerator == a ? (x, y) : (y, x)
    return try rewriter.unary(.sigmoid, rewriter.binary(.subtract, own, other))
  },
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
    let shift = try rewriter.shift(rewriter.reduce(.maximum, z, axes: axes))
    let repeated = try rewriter.broadcast(rewriter.reshape(shift, to: kept), to: full)
    let power = try rewriter.unary(.exp, rewriter.binary(.subtract, z, repeated))
    let sum = try rewriter.reshape(rewriter.reduce(.sum, power, axes: axes), to: kept)
    return try rewriter.binary(.divide, power, rewriter.broadcast(sum, to: full))
  },
]

extension Rewriter {
  /// x/2; the half of 2·y is y.
  fileprivate mutating func half(_ x: NodeID) throws(GraphError) -> NodeID {
    if let (y, two) = match(.multiply, x), isNumber(two, 2) { return y }
    return try binary(.multiply, x, constant(0.5, like: type(x)))
  }

  /// 2·x; twice y/2 is y.
  fileprivate mutating func twice(_ x: NodeID) throws(GraphError) -> NodeID {
    if let (y, half) = match(.multiply, x), isNumber(half, 0.5) { return y }
    if let (y, two) = match(.divide, x), isNumber(two, 2) { return y }
    return try binary(.multiply, x, constant(2, like: type(x)))
  }
}
