import AdjointArray
import AdjointIR

// Algebra: laws of real numbers. They change rounding, and where intermediate results over- or underflow also
// more than that, so they are for `diff` and `flops`, not for training.
//
// Together they bring a product to the form c · (a · b · …) / d: constants come together in front, one quotient
// comes last. Each of them moves a constant outwards, a quotient outwards, or removes an operation.

let algebraRules: [RewriteRule] = [
  RewriteRule(
    .algebra, "log-of-e", [.unary(.log)], "the logarithm of the number next to e is 1 up to rounding"
  ) { rewriter, node throws(GraphError) in
    let e = Literal(2.718281828459045, as: node.type.scalarType)
    return rewriter.literal(node.operands[0]) == e ? try rewriter.constant(1, like: node.type) : nil
  },
  RewriteRule(
    .algebra, "add-same", [.binary(.add)], "x + x = 2·x, whose constant can meet others"
  ) { rewriter, node throws(GraphError) in
    guard node.operands[0] == node.operands[1], rewriter.literal(node.operands[0]) == nil,
      node.type.scalarType.isFloatingPoint
    else { return nil }
    return try rewriter.binary(.multiply, node.operands[0], rewriter.constant(2, like: node.type))
  },
  RewriteRule(
    .algebra, "factor-out", [.binary(.add), .binary(.subtract)],
    "a + a·b = a·(1 + b), a·b + a·c = a·(b + c), and with −"
  ) { rewriter, node throws(GraphError) in
    guard node.type.scalarType.isFloatingPoint, node.operands[0] != node.operands[1] else { return nil }
    let left = rewriter.match(.multiply, node.operands[0])
    let right = rewriter.match(.multiply, node.operands[1])
    // The common factor and what it is multiplied by on each side, nil for 1.
    var found: (factor: NodeID, left: NodeID?, right: NodeID?)?
    if let (a, b) = left, let (c, d) = right {
      if a == c {
        found = (a, b, d)
      } else if a == d {
        found = (a, b, c)
      } else if b == c {
        found = (b, a, d)
      } else if b == d {
        found = (b, a, c)
      }
    }
    if found == nil, let (a, b) = right, node.operands[0] == a || node.operands[0] == b {
      found = (node.operands[0], nil, node.operands[0] == a ? b : a)
    }
    if found == nil, let (a, b) = left, node.operands[1] == a || node.operands[1] == b {
      found = (node.operands[1], node.operands[1] == a ? b : a, nil)
    }
    guard let found, !rewriter.isNumber(found.factor, 1) else { return nil }
    let one = try rewriter.constant(1, like: node.type)
    let sum = try rewriter.make(node.operation, [found.left ?? one, found.right ?? one])
    return try rewriter.binary(.multiply, found.factor, sum)
  },
  RewriteRule(
    .algebra, "add-quotients", [.binary(.add), .binary(.subtract)], "p/q + r/q = (p + r)/q, and with −"
  ) { rewriter, node throws(GraphError) in
    guard node.type.scalarType.isFloatingPoint, node.operands[0] != node.operands[1],
      let (p, q) = rewriter.match(.divide, node.operands[0]),
      let (r, other) = rewriter.match(.divide, node.operands[1]), q == other
    else { return nil }
    return try rewriter.binary(.divide, rewriter.make(node.operation, [p, r]), q)
  },
  RewriteRule(
    .algebra, "add-negated-product", [.binary(.add), .binary(.subtract)],
    "x + (−a)·b = x − a·b, x − (−a)·b = x + a·b, and so for quotients"
  ) { rewriter, node throws(GraphError) in
    let (x, y) = (node.operands[0], node.operands[1])
    if let positive = try rewriter.withoutSign(y) {
      return try rewriter.binary(node.operation == .binary(.add) ? .subtract : .add, x, positive)
    }
    if node.operation == .binary(.add), let positive = try rewriter.withoutSign(x) {
      return try rewriter.binary(.subtract, y, positive)
    }
    return nil
  },
  RewriteRule(
    .algebra, "cancel-factor", [.binary(.divide)],
    "(a·b)/a = b, a/(a·b) = 1/b, (a·b)/(a·c) = b/c, a/a = 1, for a finite and not 0"
  ) { rewriter, node throws(GraphError) in
    guard node.type.scalarType.isFloatingPoint, rewriter.literal(node.operands[1]) == nil else { return nil }
    let (x, y) = (node.operands[0], node.operands[1])
    let one = try rewriter.constant(1, like: node.type)
    if x == y { return one }
    let upper = rewriter.match(.multiply, x)
    let lower = rewriter.match(.multiply, y)
    if let (a, b) = upper, a == y || b == y { return a == y ? b : a }
    if let (a, b) = lower, a == x || b == x { return try rewriter.binary(.divide, one, a == x ? b : a) }
    guard let (a, b) = upper, let (c, d) = lower else { return nil }
    if a == c { return try rewriter.binary(.divide, b, d) }
    if a == d { return try rewriter.binary(.divide, b, c) }
    if b == c { return try rewriter.binary(.divide, a, d) }
    if b == d { return try rewriter.binary(.divide, a, c) }
    return nil
  },
  RewriteRule(
    .algebra, "collect-constants", [.binary(.multiply)],
    "(a·c)·d = a·(c·d) for constants c and d; (a·c)·b = (a·b)·c for a constant c"
  ) { rewriter, node throws(GraphError) in
    guard node.type.scalarType.isFloatingPoint else { return nil }
    let (x, y) = (node.operands[0], node.operands[1])
    if let (a, c) = rewriter.matchScaled(x) {
      if rewriter.literal(y) == nil {
        return try rewriter.binary(.multiply, rewriter.binary(.multiply, a, y), c)
      }
      let product = try rewriter.binary(.multiply, c, y)
      return rewriter.literal(product) == nil ? nil : try rewriter.binary(.multiply, a, product)
    }
    if rewriter.literal(x) == nil, let (a, c) = rewriter.matchScaled(y) {
      return try rewriter.binary(.multiply, rewriter.binary(.multiply, x, a), c)
    }
    return nil
  },
  RewriteRule(
    .algebra, "collect-constants-of-quotient", [.binary(.divide)],
    "x / (a·d) = (x·(1/d)) / a, c / (a·d) = (c/d) / a and (a·c) / d = a·(c/d) for constants c and d"
  ) { rewriter, node throws(GraphError) in
    guard node.type.scalarType.isFloatingPoint else { return nil }
    let (x, y) = (node.operands[0], node.operands[1])
    if let (a, d) = rewriter.matchScaled(y) {
      let isConstant = rewriter.literal(x) != nil
      let numerator = isConstant ? x : try rewriter.constant(1, like: node.type)
      let factor = try rewriter.binary(.divide, numerator, d)
      if rewriter.literal(factor) == nil { return nil }
      return try rewriter.binary(.divide, isConstant ? factor : rewriter.binary(.multiply, x, factor), a)
    }
    if let (a, c) = rewriter.matchScaled(x), rewriter.literal(y) != nil {
      let quotient = try rewriter.binary(.divide, c, y)
      return rewriter.literal(quotient) == nil ? nil : try rewriter.binary(.multiply, a, quotient)
    }
    return nil
  },
  RewriteRule(
    .algebra, "multiply-quotient", [.binary(.multiply)], "(p/q)·z = (p·z)/q, so that p's constant meets z's"
  ) { rewriter, node throws(GraphError) in
    guard node.type.scalarType.isFloatingPoint else { return nil }
    let (x, y) = (node.operands[0], node.operands[1])
    if let (p, q) = rewriter.match(.divide, x) {
      return try rewriter.binary(.divide, rewriter.binary(.multiply, y, p), q)
    }
    if let (p, q) = rewriter.match(.divide, y) {
      return try rewriter.binary(.divide, rewriter.binary(.multiply, x, p), q)
    }
    return nil
  },
  RewriteRule(
    .algebra, "multiply-by-zero", [.binary(.multiply)], "x · 0 = 0, for finite x"
  ) { rewriter, node throws(GraphError) in
    rewriter.isNumber(node.operands[1], 0) ? node.operands[1] : nil
  },
  RewriteRule(
    .algebra, "add-positive-zero", [.binary(.add)], "x + 0 = x, but for the sign of a zero"
  ) { rewriter, node throws(GraphError) in
    rewriter.isNumber(node.operands[1], 0) ? node.operands[0] : nil
  },
  RewriteRule(
    .algebra, "subtract-same", [.binary(.subtract)], "x − x = 0, for finite x"
  ) { rewriter, node throws(GraphError) in
    guard node.operands[0] == node.operands[1] else { return nil }
    return try rewriter.constant(0, like: node.type)
  },
]

extension Rewriter {
  /// a·b where `id` is (−a)·b or a·(−b), and so for quotients.
  fileprivate mutating func withoutSign(_ id: NodeID) throws(GraphError) -> NodeID? {
    for function in [BinaryFunction.multiply, .divide] {
      guard let (a, b) = match(function, id), type(id).scalarType.isFloatingPoint else { continue }
      if let positive = match(.negate, a) { return try binary(function, positive, b) }
      if let positive = match(.negate, b) { return try binary(function, a, positive) }
    }
    return nil
  }

  /// The operands of a·c, where c is a constant that can be moved, finite and not 0, and a is none.
  fileprivate mutating func matchScaled(_ id: NodeID) -> (NodeID, NodeID)? {
    guard let (a, c) = match(.multiply, id), literal(a) == nil, let factor = literal(c)?.doubleValue,
      factor.isFinite, factor != 0
    else { return nil }
    return (a, c)
  }
}
