import AdjointArray
import AdjointIR

// Stabilize: forms that do not overflow or cancel (Higham, Accuracy and Stability of Numerical Algorithms;
// Blanchard, Higham & Higham, IMA J. Numer. Anal. 41, 2021, for log-sum-exp and softmax).

let stabilizeRules: [RewriteRule] = [
  RewriteRule(
    .stabilize, "stabilize-log-softmax", [.unary(.log)],
    "log(eᶻ / Σeᶻ) = z − log Σeᶻ, which neither underflows to log 0 nor overflows to ∞/∞"
  ) { rewriter, node throws(GraphError) in
    guard let (numerator, denominator) = rewriter.match(.divide, node.operands[0]),
      let z = rewriter.match(.exp, numerator),
      let sum = rewriter.repeatedSum(denominator), sum == numerator
    else { return nil }
    return try rewriter.binary(.subtract, z, rewriter.unary(.log, denominator))
  },
  RewriteRule(
    .stabilize, "stabilize-log-sum-exp", [.unary(.log)],
    "log Σeˣ = m + log Σe^(x−m) with m = max x (0 where that is not finite): no term overflows"
  ) { rewriter, node throws(GraphError) in
    let sum = rewriter.matchReshape(node.operands[0]) ?? node.operands[0]
    guard let (terms, axes) = rewriter.match(.sum, sum), let x = rewriter.match(.exp, terms),
      !rewriter.isShiftedByMaximum(x), rewriter.literal(x) == nil
    else { return nil }
    let full = rewriter.shape(x)
    let kept = full.reducing(axes, keepingDimensions: true)
    let extreme = try rewriter.make(.stopGradient, [rewriter.reduce(.maximum, x, axes: axes)])
    let type = rewriter.type(extreme)
    let isFinite = try rewriter.make(
      .compare(.less), [rewriter.unary(.absolute, extreme), rewriter.constant(.infinity, like: type)])
    let shift = try rewriter.make(.select, [isFinite, extreme, rewriter.constant(0, like: type)])
    let repeated = try rewriter.broadcast(rewriter.reshape(shift, to: kept), to: full)
    let shifted = try rewriter.unary(.exp, rewriter.binary(.subtract, x, repeated))
    let logarithm = try rewriter.unary(.log, rewriter.reduce(.sum, shifted, axes: axes))
    return try rewriter.reshape(rewriter.binary(.add, logarithm, shift), to: node.type.shape)
  },
  RewriteRule(
    .stabilize, "stabilize-log-sigmoid", [.unary(.log)],
    "log σ(x) = −softplus(−x) = min(x, 0) − log1p(e^−|x|), which is x where σ(x) underflows to 0"
  ) { rewriter, node throws(GraphError) in
    guard let x = rewriter.match(.sigmoid, node.operands[0]) else { return nil }
    return try rewriter.logSigmoid(x)
  },
  RewriteRule(
    .stabilize, "stabilize-log-one-minus-sigmoid", [.unary(.log)],
    "1 − σ(x) = σ(−x), so that log(1 − σ(x)) does not meet log 0 where σ(x) rounds to 1"
  ) { rewriter, node throws(GraphError) in
    guard let (one, y) = rewriter.match(.subtract, node.operands[0]), rewriter.isNumber(one, 1),
      let x = rewriter.match(.sigmoid, y)
    else { return nil }
    return try rewriter.logSigmoid(rewriter.unary(.negate, x))
  },
  RewriteRule(
    .stabilize, "stabilize-log-exp", [.unary(.log)], "log eˣ = x, also where eˣ overflows"
  ) { rewriter, node throws(GraphError) in
    rewriter.match(.exp, node.operands[0])
  },
  RewriteRule(
    .stabilize, "log-of-one-plus", [.unary(.log)],
    "log(1 + x) = log1p(x), which keeps the digits of a small x"
  ) { rewriter, node throws(GraphError) in
    if let (x, one) = rewriter.match(.add, node.operands[0]), rewriter.isNumber(one, 1) {
      return try rewriter.unary(.log1p, x)
    }
    if let (one, x) = rewriter.match(.subtract, node.operands[0]), rewriter.isNumber(one, 1) {
      return try rewriter.unary(.log1p, rewriter.unary(.negate, x))
    }
    return nil
  },
  RewriteRule(
    .stabilize, "stabilize-softplus", [.unary(.log1p)],
    "log1p(eˣ) = max(x, 0) + log1p(e^−|x|), which is x where eˣ overflows"
  ) { rewriter, node throws(GraphError) in
    // A constant's −|x| is folded, so that the result would be taken for the left side again.
    guard let x = rewriter.match(.exp, node.operands[0]), !rewriter.isNegatedAbsolute(x),
      rewriter.literal(x) == nil
    else { return nil }
    let positive = try rewriter.binary(.maximum, x, rewriter.constant(0, like: node.type))
    return try rewriter.binary(.add, positive, rewriter.log1pOfExpOfMinusAbsolute(x))
  },
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
    .stabilize, "stabilize-sigmoid", [.binary(.divide)],
    "1 / (1 + e⁻ˣ) = σ(x), whose derivative is not ∞ · 0 where e⁻ˣ overflows"
  ) { rewriter, node throws(GraphError) in
    guard rewriter.isNumber(node.operands[0], 1),
      let (power, one) = rewriter.match(.add, node.operands[1]), rewriter.isNumber(one, 1),
      let minus = rewriter.match(.exp, power), let x = rewriter.match(.negate, minus)
    else { return nil }
    return try rewriter.unary(.sigmoid, x)
  },
]

extension Rewriter {
  /// min(x, 0) − log1p(e^−|x|).
  fileprivate mutating func logSigmoid(_ x: NodeID) throws(GraphError) -> NodeID {
    let negative = try binary(.minimum, x, constant(0, like: type(x)))
    return try binary(.subtract, negative, log1pOfExpOfMinusAbsolute(x))
  }

  fileprivate mutating func log1pOfExpOfMinusAbsolute(_ x: NodeID) throws(GraphError) -> NodeID {
    let power = try unary(.exp, unary(.negate, unary(.absolute, x)))
    return try unary(.log1p, power)
  }

  /// Whether `id` is −|x|, as such or as a choice of −x and x: the exponent of a softplus that is stable already.
  fileprivate mutating func isNegatedAbsolute(_ id: NodeID) -> Bool {
    if case .select = builder.nodes[id].operation {
      let branches = builder.nodes[id].operands
      return match(.negate, branches[1]) == branches[2]
    }
    guard let x = match(.negate, id) else { return false }
    return match(.absolute, x) != nil
  }

  /// What is summed, where `id` is a sum, repeated or not.
  fileprivate mutating func repeatedSum(_ id: NodeID) -> NodeID? {
    let unrepeated = matchBroadcast(id) ?? id
    return match(.sum, matchReshape(unrepeated) ?? unrepeated)?.0
  }

  /// Whether `id` is x − max x already, whichever way that maximum was repeated.
  fileprivate func isShiftedByMaximum(_ id: NodeID) -> Bool {
    guard case .binary(.subtract) = builder.nodes[id].operation else { return false }
    var shift = builder.nodes[builder.nodes[id].operands[1]]
    for _ in 0..<8 {
      switch shift.operation {
      case .reduce(.maximum, _): return true
      case .broadcast, .reshape, .stopGradient, .barrier: shift = builder.nodes[shift.operands[0]]
      case .select: shift = builder.nodes[shift.operands[1]]
      case .argument, .constant, .data, .iota, .unary, .binary, .compare, .cast, .reduce, .cumulative, .dot,
        .transpose, .slice, .flip, .pad, .concatenate, .gatherRows, .scatterAddRows, .gather, .scatterAdd,
        .call:
        return false
      }
    }
    return false
  }
}
