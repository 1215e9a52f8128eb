import AdjointArray
import AdjointIR

// Canonicalize: constants to the right, and operands that change nothing. All of them keep every bit.

let neutralRules: [RewriteRule] = [
  RewriteRule(
    .canonicalize, "constant-right", [.binary(.add), .binary(.multiply), .binary(.and), .binary(.or)],
    "c + x and x + c have the same bits; the rules look for constants on the right"
  ) { rewriter, node throws(GraphError) in
    guard rewriter.literal(node.operands[0]) != nil, rewriter.literal(node.operands[1]) == nil else {
      return nil
    }
    return try rewriter.make(node.operation, [node.operands[1], node.operands[0]])
  },
  RewriteRule(
    .canonicalize, "add-zero", [.binary(.add)],
    "x + (−0) has x's bits, and so has x + 0 for integers; x + (+0) turns −0 into +0 and stays"
  ) { rewriter, node throws(GraphError) in
    guard let literal = rewriter.literal(node.operands[1]), literal.isNumber(0) else { return nil }
    let isNeutral = literal.scalarType.isInteger || literal.doubleValue.sign == .minus
    return isNeutral ? node.operands[0] : nil
  },
  RewriteRule(
    .canonicalize, "subtract-zero", [.binary(.subtract)],
    "x − (+0) has x's bits; x − (−0) turns −0 into +0 and stays"
  ) { rewriter, node throws(GraphError) in
    guard let literal = rewriter.literal(node.operands[1]), literal.isNumber(0) else { return nil }
    return literal.doubleValue.sign == .plus ? node.operands[0] : nil
  },
  RewriteRule(
    .canonicalize, "multiply-by-one", [.binary(.multiply)], "x · 1 has x's bits"
  ) { rewriter, node throws(GraphError) in
    rewriter.isNumber(node.operands[1], 1) ? node.operands[0] : nil
  },
  RewriteRule(
    .canonicalize, "divide-by-one", [.binary(.divide)], "x ÷ 1 has x's bits"
  ) { rewriter, node throws(GraphError) in
    rewriter.isNumber(node.operands[1], 1) ? node.operands[0] : nil
  },
  RewriteRule(
    .canonicalize, "power-of-one", [.binary(.power)], "x¹ is x"
  ) { rewriter, node throws(GraphError) in
    rewriter.isNumber(node.operands[1], 1) ? node.operands[0] : nil
  },
  RewriteRule(
    .canonicalize, "logic-with-constant", [.binary(.and), .binary(.or)],
    "x and true is x, x or false is x; the others are known"
  ) { rewriter, node throws(GraphError) in
    guard let literal = rewriter.literal(node.operands[1]) else { return nil }
    let isNeutral = (literal.bits != 0) == (node.operation == .binary(.and))
    return isNeutral ? node.operands[0] : node.operands[1]
  },
  RewriteRule(
    .canonicalize, "select-same", [.select], "either way it is x"
  ) { rewriter, node throws(GraphError) in
    node.operands[1] == node.operands[2] ? node.operands[1] : nil
  },
  RewriteRule(
    .canonicalize, "select-constant", [.select], "the condition is known"
  ) { rewriter, node throws(GraphError) in
    guard let condition = rewriter.literal(node.operands[0]) else { return nil }
    return condition.bits != 0 ? node.operands[1] : node.operands[2]
  },
  RewriteRule(
    .canonicalize, "select-not", [.select], "the other way round is the same choice"
  ) { rewriter, node throws(GraphError) in
    guard let condition = rewriter.match(.not, node.operands[0]) else { return nil }
    return try rewriter.make(.select, [condition, node.operands[2], node.operands[1]])
  },
]
