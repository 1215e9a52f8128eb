import AdjointArray
import AdjointIR
import AdjointTransforms

/// A constant of the scalar type float64.
private func number(_ b: inout Builder, _ value: Double) -> NodeID { b.constant(Literal(value)) }

/// What each rule does, written out. One for each rule.
let rewriteFacts: [RewriteFact] = exactFacts + stabilizeFacts + scheduleFacts

private let exactFacts: [RewriteFact] = [
  // Neutral elements.
  RewriteFact("constant-right", [[]]) { b, x in
    try b.binary(.add, number(&b, 3), x[0])
  } becomes: { b, x in
    let three = number(&b, 3)
    return try b.binary(.add, x[0], three)
  },
  RewriteFact("add-zero", [[3]]) { b, x in
    try b.binary(.add, x[0], b.constant(-0.0, like: x[0]))
  } becomes: { _, x in
    x[0]
  },
  RewriteFact("subtract-zero", [[3]]) { b, x in
    try b.binary(.subtract, x[0], b.constant(0, like: x[0]))
  } becomes: { _, x in
    x[0]
  },
  RewriteFact("multiply-by-one", [[3]]) { b, x in
    try b.binary(.multiply, b.constant(1, like: x[0]), x[0])
  } becomes: { _, x in
    x[0]
  },
  RewriteFact("divide-by-one", [[3]]) { b, x in
    try b.binary(.divide, x[0], b.constant(1, like: x[0]))
  } becomes: { _, x in
    x[0]
  },
  RewriteFact("logic-with-constant", [[3], [3]]) { b, x in
    let holds = try b.broadcast(b.constant(Literal(true)), to: [3])
    let fails = try b.broadcast(b.constant(Literal(false)), to: [3])
    let less = try b.binary(.and, b.compare(.less, x[0], x[1]), holds)
    return try b.select(b.binary(.or, less, fails), x[0], b.unary(.sin, x[1]))
  } becomes: { b, x in
    try b.select(b.compare(.less, x[0], x[1]), x[0], b.unary(.sin, x[1]))
  },
  RewriteFact("log-of-e", [[3]]) { b, x in
    try b.binary(.multiply, x[0], b.unary(.log, b.constant(2.718281828459045, like: x[0])))
  } becomes: { _, x in
    x[0]
  },
  RewriteFact("power-of-one", [[3]]) { b, x in
    try b.binary(.power, x[0], b.constant(1, like: x[0]))
  } becomes: { _, x in
    x[0]
  },
  RewriteFact("select-same", [[3], [3]]) { b, x in
    try b.select(b.compare(.less, x[0], x[1]), x[1], x[1])
  } becomes: { _, x in
    x[1]
  },
  RewriteFact("select-constant", [[3], [3]]) { b, x in
    try b.select(b.constant(Literal(false)), x[0], x[1])
  } becomes: { _, x in
    x[1]
  },
  RewriteFact("select-not", [[3], [3]]) { b, x in
    try b.select(b.unary(.not, b.compare(.less, x[0], x[1])), x[0], x[1])
  } becomes: { b, x in
    try b.select(b.compare(.less, x[0], x[1]), x[1], x[0])
  },

  // Signs.
  RewriteFact("negate-negate", [[3]]) { b, x in
    try b.unary(.negate, b.unary(.negate, x[0]))
  } becomes: { _, x in
    x[0]
  },
  RewriteFact("not-not", [[3], [3]]) { b, x in
    try b.unary(.not, b.unary(.not, b.compare(.less, x[0], x[1])))
  } becomes: { b, x in
    try b.compare(.less, x[0], x[1])
  },
  RewriteFact("absolute-of-negate", [[3]]) { b, x in
    try b.unary(.absolute, b.unary(.negate, x[0]))
  } becomes: { b, x in
    try b.unary(.absolute, x[0])
  },
  RewriteFact("add-negated", [[3], [3]]) { b, x in
    try b.binary(.add, b.unary(.negate, x[0]), x[1])
  } becomes: { b, x in
    try b.binary(.subtract, x[1], x[0])
  },
  RewriteFact("subtract-negated", [[3], [3]]) { b, x in
    try b.binary(.subtract, x[0], b.unary(.negate, x[1]))
  } becomes: { b, x in
    try b.binary(.add, x[0], x[1])
  },
  RewriteFact("multiply-negated", [[3], [3]]) { b, x in
    try b.binary(.multiply, b.unary(.negate, x[0]), b.unary(.negate, x[1]))
  } becomes: { b, x in
    try b.binary(.multiply, x[0], x[1])
  },
  RewriteFact("multiply-by-minus-one", [[3]]) { b, x in
    try b.binary(.multiply, x[0], b.constant(-1, like: x[0]))
  } becomes: { b, x in
    try b.unary(.negate, x[0])
  },

  // Movement.
  RewriteFact("move-nothing", [[2, 3]]) { b, x in
    try b.append(.slice(Slice(starts: [0, 0], ends: [2, 3], steps: [1, 1])), [x[0]])
  } becomes: { _, x in
    x[0]
  },
  RewriteFact("reshape-reshape", [[2, 3]]) { b, x in
    try b.reshape(b.reshape(x[0], to: [6]), to: [3, 2])
  } becomes: { b, x in
    try b.reshape(x[0], to: [3, 2])
  },
  RewriteFact("transpose-transpose", [[2, 3, 4]]) { b, x in
    try b.transpose(b.transpose(x[0], [2, 0, 1]), [2, 1, 0])
  } becomes: { b, x in
    try b.transpose(x[0], [1, 0, 2])
  },
  RewriteFact("flip-flip", [[2, 3, 4]]) { b, x in
    try b.append(.flip([1, 2]), [b.append(.flip([0, 1]), x)])
  } becomes: { b, x in
    try b.append(.flip([0, 2]), x)
  },
  RewriteFact("broadcast-broadcast", [[3]]) { b, x in
    try b.broadcast(b.broadcast(x[0], to: [2, 3]), to: [4, 2, 3])
  } becomes: { b, x in
    try b.broadcast(x[0], to: [4, 2, 3])
  },
  RewriteFact("broadcast-of-reshape", [[3]]) { b, x in
    try b.broadcast(b.reshape(x[0], to: [1, 3]), to: [2, 3])
  } becomes: { b, x in
    try b.broadcast(x[0], to: [2, 3])
  },
  RewriteFact("move-repeated-scalar", [[]]) { b, x in
    try b.transpose(b.broadcast(x[0], to: [2, 3]), [1, 0])
  } becomes: { b, x in
    try b.broadcast(x[0], to: [3, 2])
  },
  RewriteFact("reshape-of-scalar-constant", [[1]]) { b, x in
    try b.binary(.add, x[0], b.reshape(number(&b, 2), to: [1]))
  } becomes: { b, x in
    try b.binary(.add, x[0], b.broadcast(number(&b, 2), to: [1]))
  },
  RewriteFact("cast-back", [[3], [3]]) { b, x in
    let condition = try b.compare(.less, x[0], x[1])
    return try b.append(.cast(.bool), [b.append(.cast(.int32), [condition])])
  } becomes: { b, x in
    try b.compare(.less, x[0], x[1])
  },
  RewriteFact("dot-of-transpose", [[3, 2], [4, 3]]) { b, x in
    try b.append(.dot(.matmul(rank: 2)), [b.transpose(x[0], [1, 0]), b.transpose(x[1], [1, 0])])
  } becomes: { b, x in
    try b.append(.dot(DotDimensions(lhsContracting: [0], rhsContracting: [1])), x)
  },

  // Constants and repetition.
  RewriteFact("fold-unary", [[]]) { b, x in
    let root = try b.unary(.sqrt, number(&b, 2))
    return try b.binary(.multiply, x[0], root)
  } becomes: { b, x in
    let root = number(&b, 2.0.squareRoot())
    return try b.binary(.multiply, x[0], root)
  },
  RewriteFact("fold-binary", [[]]) { b, x in
    let third = try b.binary(.divide, number(&b, 1), number(&b, 3))
    return try b.binary(.multiply, x[0], third)
  } becomes: { b, x in
    let third = number(&b, 1.0 / 3)
    return try b.binary(.multiply, x[0], third)
  },
  RewriteFact("fold-compare", [[], []]) { b, x in
    try b.select(b.compare(.less, number(&b, 1), number(&b, 3)), x[0], x[1])
  } becomes: { _, x in
    x[0]
  },
  RewriteFact("fold-cast", [[]]) { b, x in
    let two = try b.cast(b.constant(Literal(Int32(2))), to: .float64)
    return try b.binary(.add, x[0], two)
  } becomes: { b, x in
    let two = number(&b, 2)
    return try b.binary(.add, x[0], two)
  },
  RewriteFact("hoist-broadcast", [[3]], low: 0.2) { b, x in
    let rows = try b.broadcast(x[0], to: [2, 3])
    return try b.unary(.sqrt, b.binary(.add, rows, b.constant(3, like: rows)))
  } becomes: { b, x in
    let three = try b.constant(3, like: x[0])
    return try b.broadcast(b.unary(.sqrt, b.binary(.add, x[0], three)), to: [2, 3])
  },

  // Reductions.
  RewriteFact("reduce-reduce", [[2, 3, 4]]) { b, x in
    try b.reduce(.maximum, b.reduce(.maximum, x[0], axes: [1]), axes: [1])
  } becomes: { b, x in
    try b.reduce(.maximum, x[0], axes: [1, 2])
  },
  RewriteFact("reassociate-reductions", [[2, 3, 4]]) { b, x in
    try b.reduce(.sum, b.reduce(.sum, x[0], axes: [1]), axes: [1])
  } becomes: { b, x in
    try b.reduce(.sum, x[0], axes: [1, 2])
  },
  RewriteFact("sum-of-broadcast", [[3]]) { b, x in
    let sum = try b.reduce(.sum, b.broadcast(number(&b, 1.5), to: [5, 3]), axes: [0])
    return try b.binary(.add, x[0], sum)
  } becomes: { b, x in
    try b.binary(.add, x[0], b.constant(7.5, like: x[0]))
  },
  RewriteFact("multiply-for-sum", [[3]]) { b, x in
    try b.reduce(.sum, b.broadcast(x[0], to: [5, 3]), axes: [0])
  } becomes: { b, x in
    try b.binary(.multiply, x[0], b.constant(5, like: x[0]))
  },
  RewriteFact("extreme-of-broadcast", [[]]) { b, x in
    try b.reduce(.maximum, b.broadcast(x[0], to: [5, 3]), axes: [0])
  } becomes: { b, x in
    try b.broadcast(x[0], to: [3])
  },

  // Special cases.
  RewriteFact("square", [[3]]) { b, x in
    try b.binary(.power, x[0], b.constant(2, like: x[0]))
  } becomes: { b, x in
    try b.binary(.multiply, x[0], x[0])
  },
  RewriteFact("reciprocal", [[3]], low: 0.4) { b, x in
    try b.binary(.power, x[0], b.constant(-1, like: x[0]))
  } becomes: { b, x in
    try b.binary(.divide, b.constant(1, like: x[0]), x[0])
  },
  RewriteFact("divide-by-power-of-two", [[3]]) { b, x in
    try b.binary(.divide, x[0], b.constant(8, like: x[0]))
  } becomes: { b, x in
    try b.binary(.multiply, x[0], b.constant(0.125, like: x[0]))
  },

  // Algebra.
  RewriteFact("add-same", [[3]]) { b, x in
    try b.binary(.add, x[0], x[0])
  } becomes: { b, x in
    try b.binary(.multiply, x[0], b.constant(2, like: x[0]))
  },
  RewriteFact("factor-out", [[3], [3]]) { b, x in
    try b.binary(.add, x[0], b.binary(.multiply, x[0], x[1]))
  } becomes: { b, x in
    try b.binary(.multiply, x[0], b.binary(.add, x[1], b.constant(1, like: x[1])))
  },
  RewriteFact("add-quotients", [[3], [3], [3]], low: 0.4) { b, x in
    try b.binary(.subtract, b.binary(.divide, x[0], x[2]), b.binary(.divide, x[1], x[2]))
  } becomes: { b, x in
    try b.binary(.divide, b.binary(.subtract, x[0], x[1]), x[2])
  },
  RewriteFact("add-negated-product", [[3], [3], [3]]) { b, x in
    try b.binary(.add, x[0], b.binary(.multiply, b.unary(.negate, x[1]), x[2]))
  } becomes: { b, x in
    try b.binary(.subtract, x[0], b.binary(.multiply, x[1], x[2]))
  },
  RewriteFact("add-negated-product", [[3], [3], [3]], low: 0.4) { b, x in
    try b.binary(.subtract, x[0], b.binary(.divide, x[1], b.unary(.negate, x[2])))
  } becomes: { b, x in
    try b.binary(.add, x[0], b.binary(.divide, x[1], x[2]))
  },
  RewriteFact("cancel-factor", [[3], [3], [3]], low: 0.4) { b, x in
    try b.binary(.divide, b.binary(.multiply, x[0], x[1]), b.binary(.multiply, x[2], x[0]))
  } becomes: { b, x in
    try b.binary(.divide, x[1], x[2])
  },
  RewriteFact("cancel-factor", [[3], [3]], low: 0.4) { b, x in
    try b.binary(.divide, x[0], b.binary(.multiply, x[0], x[1]))
  } becomes: { b, x in
    try b.binary(.divide, b.constant(1, like: x[1]), x[1])
  },
  RewriteFact("cancel-factor", [[3], [3]], low: 0.4) { b, x in
    try b.binary(.divide, b.binary(.multiply, x[0], x[1]), x[1])
  } becomes: { b, x in
    x[0]
  },
  RewriteFact("collect-constants", [[3], [3]]) { b, x in
    let half = try b.binary(.multiply, x[0], b.constant(0.5, like: x[0]))
    return try b.binary(.multiply, half, b.binary(.multiply, x[1], b.constant(2, like: x[0])))
  } becomes: { b, x in
    try b.binary(.multiply, x[0], x[1])
  },
  RewriteFact("collect-constants-of-quotient", [[3]], low: 0.4) { b, x in
    try b.binary(
      .divide, b.constant(1, like: x[0]), b.binary(.multiply, x[0], b.constant(2, like: x[0])))
  } becomes: { b, x in
    try b.binary(.divide, b.constant(0.5, like: x[0]), x[0])
  },
  RewriteFact("multiply-quotient", [[3], [3], [3]], low: 0.4) { b, x in
    try b.binary(.multiply, b.binary(.divide, x[0], x[1]), x[2])
  } becomes: { b, x in
    try b.binary(.divide, b.binary(.multiply, x[2], x[0]), x[1])
  },
  RewriteFact("multiply-by-zero", [[3]]) { b, x in
    try b.binary(.multiply, x[0], b.constant(0, like: x[0]))
  } becomes: { b, x in
    try b.constant(0, like: x[0])
  },
  RewriteFact("add-positive-zero", [[3]]) { b, x in
    try b.binary(.add, x[0], b.constant(0, like: x[0]))
  } becomes: { _, x in
    x[0]
  },
  RewriteFact("subtract-same", [[3]]) { b, x in
    try b.binary(.subtract, x[0], x[0])
  } becomes: { b, x in
    try b.constant(0, like: x[0])
  },
]
