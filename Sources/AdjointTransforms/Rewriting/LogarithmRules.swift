import AdjointArray
import AdjointIR

// Stabilize: logarithms of what is made of exponentials. Such a number can overflow or underflow while its logarithm
// is moderate, so the logarithm is taken of the parts (Blanchard, Higham & Higham, Accurately computing the
// log-sum-exp and softmax functions, IMA J. Numer. Anal. 41, 2021; Mächler, Accurately computing log(1 − exp(−|a|)),
// 2012).

/// Where log(1 − eˣ) changes from one form to the other: −log 2, rounded to a number of every floating-point type.
private let oneMinusExpBound = -0.6875

private let x = Pattern(.variable(0))
private let bound = Pattern(floatLiteral: oneMinusExpBound)

let logarithmRules: [RewriteRule] = [
  RewriteRule(
    .stabilize, "stabilize-log-exp", log(exp(x)) ==> x, agreeing: .rounded(-30...30),
    because: "also where eˣ overflows"),
  RewriteRule(
    .stabilize, "stabilize-log-sigmoid", log(sigmoid(x)) ==> logSigmoid(x), agreeing: .rounded(-30...30),
    because: "−softplus(−x) is x where σ(x) underflows to 0"),
  RewriteRule(
    .stabilize, "stabilize-log-one-minus-sigmoid",
    log(1 - sigmoid(x)) ==> logSigmoid(-x), log1p(-sigmoid(x)) ==> logSigmoid(-x),
    agreeing: .rounded(-10...10),
    because: "1 − σ(x) = σ(−x), so that log(1 − σ(x)) does not meet log 0 where σ(x) rounds to 1"),
  RewriteRule(
    .stabilize, "stabilize-log-one-minus-tanh-squared",
    log(1 - square) ==> logOneMinusSquare, log1p(-square) ==> logOneMinusSquare,
    agreeing: .rounded(-8...8),
    because: "1 − tanh² x = 4 σ(2x) σ(−2x), whose logarithm does not meet log 0 where tanh x rounds to ±1"),
  RewriteRule(
    .stabilize, "stabilize-log-one-minus-exp",
    log(0 - expm1(x)) ==> logOneMinusExp, log(-expm1(x)) ==> logOneMinusExp,
    log1p(-exp(x)) ==> logOneMinusExp,
    agreeing: .rounded(-30...(-1e-3)),
    where: { !$0.isConstant(x) && !$0.rewriter.isBranchOfOneMinusExp($0[x]) },
    because: "log(−expm1(x)) for x > −log 2 and log1p(−eˣ) below have all digits (Mächler 2012)"),
  RewriteRule(
    .stabilize, "stabilize-log-cosh", log(cosh(x)) ==> logCosh, agreeing: .rounded(-30...30),
    because: "softplus(2x) − x − log 2, and log1p(2 sinh²(x/2)) close to 0, where those terms cancel"),
  RewriteRule(
    .stabilize, "stabilize-log2-log10", log2(x) ==> log(x) / log(2), log10(x) ==> log(x) / log(10),
    agreeing: .rounded(0.1...1e3), where: { $0.rewriter.isMadeOfExponentials($0[x]) },
    because: "the logarithm of what is made of exponentials is stable"),
  RewriteRule(
    .stabilize, "stabilize-log-of-product", [.unary(.log)],
    "log(p·a) = log p + log a and log(p/a) = log p − log a, where p > 0 is made of exponentials, so that a has the "
      + "sign of p·a"
  ) { rewriter, node throws(GraphError) in
    let product = rewriter.match(.multiply, node.operands[0])
    guard let (a, b) = product ?? rewriter.match(.divide, node.operands[0]),
      rewriter.isMadeOfExponentials(a) || rewriter.isMadeOfExponentials(b)
    else { return nil }
    let (p, q) = (try rewriter.logarithm(a), try rewriter.logarithm(b))
    return try (product == nil ? p - q : p + q).id
  },
  RewriteRule(
    .stabilize, "stabilize-log-of-moved", [.unary(.log)],
    "the logarithm of what is made of exponentials is taken before it is moved"
  ) { rewriter, node throws(GraphError) in
    let moved = rewriter.builder.nodes[node.operands[0]]
    guard moved.operation.isMovement, rewriter.isMadeOfExponentials(node.operands[0]),
      !rewriter.isShifted(node.operands[0])
    else { return nil }
    _ = rewriter.look(node.operands[0])
    return try rewriter.make(moved.operation, [rewriter.logarithm(moved.operands[0]).id])
  },
  RewriteRule(
    .stabilize, "stabilize-log-sum-exp", [.unary(.log)],
    "log Σp = m + log Σe^(l−m) with l = log p and m = max l (0 where that is not finite): no term overflows"
  ) { rewriter, node throws(GraphError) in
    guard let (terms, axes) = rewriter.match(.sum, node.operands[0]), rewriter.isMadeOfExponentials(terms),
      !rewriter.isShifted(terms)
    else { return nil }
    let l = try rewriter.logarithm(terms)
    let m = try rewriter.shift(maximum(l, axes))
    return try (log(sum(exp(l - m.repeated(along: axes, like: l)), axes)) + m).id
  },
  RewriteRule(
    .stabilize, "log-of-one-plus", log(1 + x) ==> log1p(x), log(1 - x) ==> log1p(-x),
    agreeing: .rounded(-0.9...0.9), because: "log1p keeps the digits of a small x"),
  RewriteRule(
    .stabilize, "stabilize-log-add-exp", [.unary(.log)],
    "log(p + q) = m + log(e^(l−m) + e^(k−m)) with l = log p, k = log q and m = max(l, k), and so for more terms"
  ) { rewriter, node throws(GraphError) in
    guard let terms = rewriter.terms(of: node.operands[0]),
      terms.allSatisfy({ rewriter.isPositiveConstant($0) || rewriter.isMadeOfExponentials($0) }),
      // p + c with one p that is bounded needs no help: log(softmax(x) + 1e-7).
      terms.filter({ rewriter.literal($0) == nil }).count > 1
        || terms.contains(where: { rewriter.isUnbounded($0) }),
      !terms.contains(where: { rewriter.isShifted($0) })
    else { return nil }
    var logarithms: [Term] = []
    for term in terms { logarithms.append(try rewriter.logarithm(term)) }
    var extreme = logarithms[0]
    for l in logarithms.dropFirst() { extreme = try max(extreme, l) }
    let m = try rewriter.shift(extreme)
    var total = try exp(logarithms[0] - m)
    for l in logarithms.dropFirst() { total = try total + exp(l - m) }
    return try (log(total) + m).id
  },
  RewriteRule(
    .stabilize, "stabilize-softplus", [.unary(.log1p)],
    "log1p(eˣ) = max(x, 0) + log1p(e^−|x|), which is x where eˣ overflows; and so for c·eˣ and Σeˣ"
  ) { rewriter, node throws(GraphError) in
    let operand = node.operands[0]
    guard rewriter.isMadeOfExponentials(operand), rewriter.isUnbounded(operand), !rewriter.isShifted(operand)
    else { return nil }
    if let x = rewriter.match(.exp, operand), rewriter.isMinusMagnitude(x) { return nil }
    let x = try rewriter.logarithm(operand)
    // A constant's −|x| is folded, so that the result would be taken for the left side again.
    guard x.literal == nil else { return nil }
    return try rewriter.build(softplusOfVariable, x.id)
  },
]

private let softplusOfVariable = softplus(x)
private let square = tanh(x) * tanh(x)

/// log(1 − tanh² x). Near 0 the sum of logarithms cancels; far out 1 − tanh² would make 0 · ∞ of the derivative.
private let logOneMinusSquare = select(
  square .< 0.5, log1p(-select(square .< 0.5, square, 0.5)),
  logSigmoid(x * 2) + logSigmoid(-(x * 2)) + log(4))

/// log(1 − eˣ). Each branch is computed where the other one is chosen, too, and must not make 0 · ∞ of its derivative there.
private let logOneMinusExp = select(
  x .> bound, log(0 - expm1(select(x .> bound, x, bound))), log1p(-exp(select(x .> bound, bound, x))))

/// log cosh x.
private let logCosh: Pattern = {
  let isNear = cosh(x) .< 1.5
  let half = sinh(select(isNear, x * 0.5, 0))
  return select(isNear, log1p(half * half * 2), softplus(x * 2) - x - log(2))
}()

extension Rewriter {
  /// Whether `x` is the exponent in a branch of the form that log(1 − eˣ) has become.
  fileprivate func isBranchOfOneMinusExp(_ x: NodeID) -> Bool {
    guard case .select = builder.nodes[x].operation else { return false }
    return builder.nodes[x].operands.contains { isNumber($0, oneMinusExpBound) }
  }

  /// log x; of the constant 1 that is 0.
  fileprivate func logarithm(_ x: NodeID) throws(GraphError) -> Term {
    isNumber(x, 1) ? try self[x].number(0) : try log(self[x])
  }

  fileprivate func isPositiveConstant(_ id: NodeID) -> Bool {
    literal(id).map { $0.doubleValue > 0 && $0.doubleValue.isFinite } ?? false
  }

  /// Whether `id` is an exponential, a sigmoid or a hyperbolic cosine, or made of such and of positive constants in a way that keeps it
  /// positive, and moved about.
  fileprivate func isMadeOfExponentials(_ id: NodeID) -> Bool {
    var open = [id]
    var isMade = false
    for _ in 0..<32 {
      guard let next = open.popLast() else { return isMade }
      let node = builder.nodes[next]
      switch node.operation {
      case .unary(.exp) where literal(node.operands[0]) == nil, .unary(.sigmoid), .unary(.cosh):
        isMade = true
      case .binary(.subtract) where isNumber(node.operands[0], 1) && isSigmoid(node.operands[1]):
        isMade = true
      case .binary(.add), .binary(.multiply), .binary(.divide), .reduce(.sum, _):
        open += node.operands
      case let operation where operation.isMovement:
        open += node.operands
      case let operation:
        guard case .constant(let literal) = operation, literal.doubleValue > 0, literal.doubleValue.isFinite
        else { return false }
      }
    }
    return false
  }

  private func isSigmoid(_ id: NodeID) -> Bool { builder.nodes[id].operation == .unary(.sigmoid) }

  /// Whether `id`, made of exponentials, is eˣ or a sum or a constant multiple of such, which overflows for moderate
  /// x.
  fileprivate func isUnbounded(_ id: NodeID) -> Bool {
    guard let exponential = exponential(in: id, through: [.add]) else { return false }
    return literal(builder.nodes[exponential].operands[0]) == nil
  }

  /// Whether `id` is made of an exponential whose exponent is shifted by a maximum already.
  fileprivate func isShifted(_ id: NodeID) -> Bool {
    guard let exponential = exponential(in: id, through: [.add, .multiply, .divide]) else { return false }
    return isShiftedByMaximum(builder.nodes[exponential].operands[0])
  }

  /// The first eˣ that is found in `id` through sums, movement, constant factors, and first operands of `functions`.
  private func exponential(in id: NodeID, through functions: Set<BinaryFunction>) -> NodeID? {
    var id = id
    for _ in 0..<16 {
      let node = builder.nodes[id]
      switch node.operation {
      case .unary(.exp): return id
      case .reduce(.sum, _): break
      case .binary(let function)
      where functions.contains(function)
        || ([.multiply, .divide].contains(function) && isPositiveConstant(node.operands[1])):
        break
      case let operation: if !operation.isMovement { return nil }
      }
      id = node.operands[0]
    }
    return nil
  }

  /// The terms of a sum of a few, from left to right.
  fileprivate func terms(of id: NodeID) -> [NodeID]? {
    var open = [id]
    var terms: [NodeID] = []
    while let next = open.popLast() {
      guard terms.count + open.count < 16 else { return nil }
      if case .binary(.add) = builder.nodes[next].operation {
        open += look(next).operands.reversed()
      } else {
        terms.append(next)
      }
    }
    return terms.count > 1 ? terms : nil
  }
}

extension Operation {
  /// Whether each element of the result is one of the operand.
  fileprivate var isMovement: Bool {
    switch self {
    case .reshape, .transpose, .broadcast, .slice, .flip: true
    case .argument, .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce,
      .structured, .dot, .pad, .concatenate, .windows, .addWindows, .scan, .stopGradient, .barrier, .call:
      false
    }
  }
}
