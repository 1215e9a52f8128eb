import AdjointArray
import AdjointIR

// Canonicalize: constants to the right, and operands that change nothing. All of them keep every bit.

private let x = Pattern(.variable(0))
private let y = Pattern(.variable(1))
private let p = Pattern(.variable(2))

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
    .canonicalize, "add-zero", x + -0.0 ==> x, agreeing: .bits,
    because: "x + (−0) has x's bits, and so has x + 0 for integers; x + (+0) turns −0 into +0 and stays"),
  RewriteRule(
    .canonicalize, "subtract-zero", x - 0 ==> x, agreeing: .bits,
    because: "x − (+0) has x's bits; x − (−0) turns −0 into +0 and stays"),
  RewriteRule(
    .canonicalize, "multiply-by-one", x * 1 ==> x, agreeing: .bits, because: "x · 1 has x's bits"),
  RewriteRule(
    .canonicalize, "divide-by-one", x / 1 ==> x, agreeing: .bits, because: "x ÷ 1 has x's bits"),
  RewriteRule(.canonicalize, "power-of-one", pow(x, 1) ==> x, agreeing: .bits, because: "x¹ is x"),
  RewriteRule(
    .canonicalize, "logic-with-constant", [.binary(.and), .binary(.or)],
    "x and true is x, x or false is x; the others are known"
  ) { rewriter, node throws(GraphError) in
    guard let literal = rewriter.literal(node.operands[1]) else { return nil }
    let isNeutral = (literal.bits != 0) == (node.operation == .binary(.and))
    return isNeutral ? node.operands[0] : node.operands[1]
  },
  RewriteRule(
    .canonicalize, "select-same", select(p, x, x) ==> x, agreeing: .bits, because: "either way it is x"),
  RewriteRule(
    .canonicalize, "select-constant", [.select], "the condition is known"
  ) { rewriter, node throws(GraphError) in
    guard let condition = rewriter.literal(node.operands[0]) else { return nil }
    return condition.bits != 0 ? node.operands[1] : node.operands[2]
  },
  RewriteRule(
    .canonicalize, "select-not", select(not(p), x, y) ==> select(p, y, x), agreeing: .bits,
    because: "the other way round is the same choice"),
]
