import AdjointArray
import AdjointIR
import AdjointTransforms

/// What each rule of the phase `stabilize` does, written out.
let stabilizeFacts: [RewriteFact] = [
  RewriteFact("stabilize-log-exp", [[3]]) { b, x in
    try b.unary(.log, b.unary(.exp, x[0]))
  } becomes: { _, x in
    x[0]
  },
  RewriteFact("stabilize-log-sigmoid", [[3]]) { b, x in
    try b.unary(.log, b.unary(.sigmoid, x[0]))
  } becomes: { b, x in
    try logSigmoid(&b, x[0])
  },
  RewriteFact("stabilize-log-one-minus-sigmoid", [[3]]) { b, x in
    try b.unary(.log, b.binary(.subtract, b.constant(1, like: x[0]), b.unary(.sigmoid, x[0])))
  } becomes: { b, x in
    try logSigmoid(&b, b.unary(.negate, x[0]), negated: x[0])
  },
  RewriteFact("stabilize-log-one-minus-tanh-squared", [[3]]) { b, x in
    let y = try b.unary(.tanh, x[0])
    return try b.unary(.log, b.binary(.subtract, b.constant(1, like: y), b.binary(.multiply, y, y)))
  } becomes: { b, x in
    let twice = try b.binary(.multiply, x[0], b.constant(2, like: x[0]))
    let minusTwice = try b.unary(.negate, twice)
    let sum = try b.binary(
      .add, logSigmoid(&b, twice), logSigmoid(&b, minusTwice, negated: twice))
    let far = try b.binary(.add, sum, b.broadcast(b.unary(.log, b.constant(Literal(4.0))), to: [3]))
    let y = try b.unary(.tanh, x[0])
    let square = try b.binary(.multiply, y, y)
    let half = try b.constant(0.5, like: y)
    let isNear = try b.compare(.less, square, half)
    let near = try b.unary(.log1p, b.unary(.negate, b.select(isNear, square, half)))
    return try b.select(isNear, near, far)
  },
  RewriteFact("stabilize-log-one-minus-exp", [[3]]) { b, x in
    let power = try b.unary(.exp, b.unary(.negate, b.binary(.multiply, x[0], x[0])))
    return try b.unary(.log, b.binary(.subtract, b.constant(1, like: power), power))
  } becomes: { b, x in
    let u = try b.unary(.negate, b.binary(.multiply, x[0], x[0]))
    let bound = try b.constant(-0.6875, like: u)
    let isNear = try b.compare(.greater, u, bound)
    let near = try b.unary(.expm1, b.select(isNear, u, bound))
    let far = try b.unary(.exp, b.select(isNear, bound, u))
    return try b.select(
      isNear, b.unary(.log, b.binary(.subtract, b.constant(0, like: u), near)),
      b.unary(.log1p, b.unary(.negate, far)))
  },
  RewriteFact("stabilize-log-cosh", [[3]]) { b, x in
    try b.unary(.log, b.unary(.cosh, x[0]))
  } becomes: { b, x in
    let isNear = try b.compare(.less, b.unary(.cosh, x[0]), b.constant(1.5, like: x[0]))
    let half = try b.binary(.multiply, x[0], b.constant(0.5, like: x[0]))
    let sinh = try b.unary(.sinh, b.select(isNear, half, b.constant(0, like: half)))
    let square = try b.binary(.multiply, sinh, sinh)
    let near = try b.unary(.log1p, b.binary(.multiply, square, b.constant(2, like: square)))
    let twice = try b.binary(.multiply, x[0], b.constant(2, like: x[0]))
    let isPositive = try b.compare(.greater, twice, b.constant(0, like: twice))
    let linear = try b.select(isPositive, twice, b.constant(0, like: twice))
    let softplus = try b.binary(
      .add, linear, tail(&b, twice, b.unary(.negate, twice), isPositive))
    let logarithmOfTwo = try b.broadcast(b.unary(.log, b.constant(Literal(2.0))), to: [3])
    let far = try b.binary(.subtract, b.binary(.subtract, softplus, x[0]), logarithmOfTwo)
    return try b.select(isNear, near, far)
  },
  RewriteFact("stabilize-log2-log10", [[3]]) { b, x in
    try b.unary(.log2, b.unary(.exp, x[0]))
  } becomes: { b, x in
    try b.binary(.divide, x[0], b.broadcast(b.unary(.log, b.constant(Literal(2.0))), to: [3]))
  },
  RewriteFact("stabilize-log-of-product", [[3], [3]], low: 0.4) { b, x in
    try b.unary(.log, b.binary(.divide, b.unary(.exp, x[0]), x[1]))
  } becomes: { b, x in
    try b.binary(.subtract, x[0], b.unary(.log, x[1]))
  },
  RewriteFact("stabilize-log-of-moved", [[2, 3]]) { b, x in
    try b.unary(.log, b.transpose(b.unary(.exp, x[0]), [1, 0]))
  } becomes: { b, x in
    try b.transpose(x[0], [1, 0])
  },
  RewriteFact("stabilize-log-sum-exp", [[2, 3]]) { b, x in
    try b.unary(.log, b.reduce(.sum, b.unary(.exp, x[0]), axes: [1]))
  } becomes: { b, x in
    let shift = try shift(&b, b.reduce(.maximum, x[0], axes: [1]))
    let sum = try b.reduce(.sum, b.unary(.exp, less(&b, x[0], shift, axes: [1])), axes: [1])
    return try b.binary(.add, b.unary(.log, sum), shift)
  },
  RewriteFact("stabilize-log-add-exp", [[3], [3]]) { b, x in
    try b.unary(.log, b.binary(.add, b.unary(.exp, x[0]), b.unary(.exp, x[1])))
  } becomes: { b, x in
    let shift = try shift(&b, b.binary(.maximum, x[0], x[1]))
    let sum = try b.binary(
      .add, b.unary(.exp, b.binary(.subtract, x[0], shift)), b.unary(.exp, b.binary(.subtract, x[1], shift)))
    return try b.binary(.add, b.unary(.log, sum), shift)
  },
  RewriteFact("log-of-one-plus", [[3]], low: -0.8) { b, x in
    try b.unary(.log, b.binary(.add, b.constant(1, like: x[0]), x[0]))
  } becomes: { b, x in
    try b.unary(.log1p, x[0])
  },
  RewriteFact("stabilize-softplus", [[3]]) { b, x in
    try b.unary(.log1p, b.unary(.exp, x[0]))
  } becomes: { b, x in
    let isPositive = try b.compare(.greater, x[0], b.constant(0, like: x[0]))
    let linear = try b.select(isPositive, x[0], b.constant(0, like: x[0]))
    return try b.binary(.add, linear, tail(&b, x[0], b.unary(.negate, x[0]), isPositive))
  },
  RewriteFact("exp-minus-one", [[3]]) { b, x in
    try b.binary(.subtract, b.unary(.exp, x[0]), b.constant(1, like: x[0]))
  } becomes: { b, x in
    try b.unary(.expm1, x[0])
  },
  RewriteFact("one-minus-exp", [[3]]) { b, x in
    try b.binary(.subtract, b.constant(1, like: x[0]), b.unary(.exp, x[0]))
  } becomes: { b, x in
    try b.binary(.subtract, b.constant(0, like: x[0]), b.unary(.expm1, x[0]))
  },
  RewriteFact("twice-sigmoid-minus-one", [[3]]) { b, x in
    let twice = try b.binary(.multiply, b.constant(2, like: x[0]), b.unary(.sigmoid, x[0]))
    return try b.binary(.subtract, twice, b.constant(1, like: x[0]))
  } becomes: { b, x in
    try b.unary(.tanh, b.binary(.multiply, x[0], b.constant(0.5, like: x[0])))
  },
  RewriteFact("half-of-one-plus-tanh", [[3]]) { b, x in
    let sum = try b.binary(.add, b.constant(1, like: x[0]), b.unary(.tanh, x[0]))
    return try b.binary(.divide, sum, b.constant(2, like: x[0]))
  } becomes: { b, x in
    try b.unary(.sigmoid, b.binary(.multiply, x[0], b.constant(2, like: x[0])))
  },
  RewriteFact("stabilize-tanh", [[3]]) { b, x in
    let rising = try b.unary(.exp, x[0])
    let falling = try b.unary(.exp, b.unary(.negate, x[0]))
    return try b.binary(
      .divide, b.binary(.subtract, rising, falling), b.binary(.add, rising, falling))
  } becomes: { b, x in
    try b.unary(.tanh, x[0])
  },
  RewriteFact("stabilize-sigmoid", [[3]]) { b, x in
    let one = try b.constant(1, like: x[0])
    return try b.binary(.divide, one, b.binary(.add, one, b.unary(.exp, b.unary(.negate, x[0]))))
  } becomes: { b, x in
    try b.unary(.sigmoid, x[0])
  },
  RewriteFact("stabilize-softmax", [[2, 3]]) { b, x in
    let power = try b.unary(.exp, x[0])
    return try b.binary(
      .divide, power, b.reduce(.sum, power, axes: [1], keepingDimensions: true))
  } becomes: { b, x in
    let shift = try shift(&b, b.reduce(.maximum, x[0], axes: [1]))
    let power = try b.unary(.exp, less(&b, x[0], shift, axes: [1]))
    return try b.binary(
      .divide, power, b.reduce(.sum, power, axes: [1], keepingDimensions: true))
  },
]

/// log1p(e^−|x|), chosen from −x, which is `negated`, and x.
private func tail(_ b: inout Builder, _ x: NodeID, _ negated: NodeID, _ isPositive: NodeID) throws -> NodeID {
  try b.unary(.log1p, b.unary(.exp, b.select(isPositive, negated, x)))
}

/// min(x, 0) − log1p(e^−|x|); `negated` is −x where x itself is a negation.
private func logSigmoid(_ b: inout Builder, _ x: NodeID, negated: NodeID? = nil) throws -> NodeID {
  let isPositive = try b.compare(.greater, x, b.constant(0, like: x))
  let linear = try b.select(isPositive, b.constant(0, like: x), x)
  let negated = try negated ?? b.unary(.negate, x)
  return try b.binary(.subtract, linear, tail(&b, x, negated, isPositive))
}

/// `extreme` without its derivative, or 0 where it is not finite.
private func shift(_ b: inout Builder, _ extreme: NodeID) throws -> NodeID {
  let constant = try b.append(.stopGradient, [extreme])
  let isFinite = try b.compare(
    .less, b.unary(.absolute, constant), b.constant(.infinity, like: constant))
  return try b.select(isFinite, constant, b.constant(0, like: constant))
}

/// x less `shift`, which x was reduced to along `axes`.
private func less(_ b: inout Builder, _ x: NodeID, _ shift: NodeID, axes: [Int]) throws -> NodeID {
  let kept = b.shape(x).reducing(axes, keepingDimensions: true)
  return try b.binary(.subtract, x, b.broadcast(b.reshape(shift, to: kept), to: b.shape(x)))
}
