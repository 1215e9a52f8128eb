import AdjointArray
import AdjointIR

// Canonicalize: signs. IEEE negation flips one bit and rounding is symmetric, so all of them keep every bit but
// a NaN's sign.

let signRules: [RewriteRule] = [
  RewriteRule(
    .canonicalize, "negate-negate", [.unary(.negate)], "−(−x) is x"
  ) { rewriter, node throws(GraphError) in
    rewriter.match(.negate, node.operands[0])
  },
  RewriteRule(
    .canonicalize, "not-not", [.unary(.not)], "not not x is x"
  ) { rewriter, node throws(GraphError) in
    rewriter.match(.not, node.operands[0])
  },
  RewriteRule(
    .canonicalize, "absolute-of-negate", [.unary(.absolute)], "|−x| is |x|"
  ) { rewriter, node throws(GraphError) in
    guard let x = rewriter.match(.negate, node.operands[0]) else { return nil }
    return try rewriter.unary(.absolute, x)
  },
  RewriteRule(
    .canonicalize, "add-negated", [.binary(.add)], "x + (−y) is x − y, (−x) + y is y − x"
  ) { rewriter, node throws(GraphError) in
    if let y = rewriter.match(.negate, node.operands[1]) {
      return try rewriter.binary(.subtract, node.operands[0], y)
    }
    if let x = rewriter.match(.negate, node.operands[0]) {
      return try rewriter.binary(.subtract, node.operands[1], x)
    }
    return nil
  },
  RewriteRule(
    .canonicalize, "subtract-negated", [.binary(.subtract)], "x − (−y) is x + y"
  ) { rewriter, node throws(GraphError) in
    guard let y = rewriter.match(.negate, node.operands[1]) else { return nil }
    return try rewriter.binary(.add, node.operands[0], y)
  },
  RewriteRule(
    .canonicalize, "multiply-negated", [.binary(.multiply), .binary(.divide)],
    "(−x)·(−y) is x·y, and so for quotients"
  ) { rewriter, node throws(GraphError) in
    guard let x = rewriter.match(.negate, node.operands[0]),
      let y = rewriter.match(.negate, node.operands[1]),
      rewriter.type(x).scalarType.isFloatingPoint
    else { return nil }
    return try rewriter.make(node.operation, [x, y])
  },
  RewriteRule(
    .canonicalize, "multiply-by-minus-one", [.binary(.multiply), .binary(.divide)], "x · (−1) is −x"
  ) { rewriter, node throws(GraphError) in
    guard rewriter.isNumber(node.operands[1], -1) else { return nil }
    return try rewriter.unary(.negate, node.operands[0])
  },
]
