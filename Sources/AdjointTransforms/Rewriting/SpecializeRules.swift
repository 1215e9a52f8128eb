import AdjointArray
import AdjointIR

// Specialize: cheaper operations for special cases.

let specializeRules: [RewriteRule] = [
  RewriteRule(
    .specialize, "square", [.binary(.power)],
    "x² = x · x, correctly rounded, which a power function need not be"
  ) { rewriter, node throws(GraphError) in
    guard rewriter.isNumber(node.operands[1], 2) else { return nil }
    return try rewriter.binary(.multiply, node.operands[0], node.operands[0])
  },
  RewriteRule(
    .specialize, "reciprocal", [.binary(.power)], "x⁻¹ = 1 / x, correctly rounded"
  ) { rewriter, node throws(GraphError) in
    guard rewriter.isNumber(node.operands[1], -1) else { return nil }
    return try rewriter.binary(.divide, rewriter.constant(1, like: node.type), node.operands[0])
  },
  RewriteRule(
    .specialize, "divide-by-power-of-two", [.binary(.divide)],
    "where c and 1/c are powers of two, x ÷ c and x · (1/c) are the same real number, rounded the same"
  ) { rewriter, node throws(GraphError) in
    guard let literal = rewriter.literal(node.operands[1]), literal.scalarType.isFloatingPoint,
      literal.doubleValue.isNormal, abs(literal.doubleValue.significand) == 1,
      // 1/c must be normal in float32 too; ±1 has rules of its own.
      literal.doubleValue.exponent != 0, abs(literal.doubleValue.exponent) < 120
    else { return nil }
    return try rewriter.binary(
      .multiply, node.operands[0], rewriter.constant(1 / literal.doubleValue, like: node.type))
  },
]
