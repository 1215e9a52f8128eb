import AdjointArray
import AdjointIR

// Stabilize: logarithms of what is made of exponentials. Such a number can overflow or underflow while its logarithm
// is moderate, so the logarithm is taken of the parts (Blanchard, Higham & Higham, Accurately computing the
// log-sum-exp and softmax functions, IMA J. Numer. Anal. 41, 2021; Mächler, Accurately computing log(1 − exp(−|a|)),
// 2012).

/// Where log(1 − eˣ) changes from one form to the other: −log 2, rounded to a number of every floating-point type.
private let oneMinusExpBound = -0.6875

let logarithmRules: [RewriteRule] = [
  RewriteRule(
    .stabilize, "stabilize-log-exp", [.unary(.log)], "log eˣ = x, also where eˣ overflows"
  ) { rewriter, node throws(GraphError) in
    rewriter.match(.exp, node.operands[0])
  },
  RewriteRule(
    .stabilize, "stabilize-log-sigmoid", [.unary(.log)],
    "log σ(x) = −softplus(−x) = min(x, 0) − log1p(e^−|x|), which is x where σ(x) underflows to 0"
  ) { rewriter, node throws(GraphError) in
    guard let x = rewriter.match(.sigmoid, node.operands[0]) else { return nil }
    return try rewriter.logSigmoid(x)
  },
  RewriteRule(
    .stabilize, "stabilize-log-one-minus-sigmoid", [.unary(.log), .unary(.log1p)],
    "1 − σ(x) = σ(−x), so that log(1 − σ(x)) does not meet log 0 where σ(x) rounds to 1"
  ) { rewriter, node throws(GraphError) in
    guard let y = rewriter.oneMinus(node), let x = rewriter.match(.sigmoid, y) else { return nil }
    return try rewriter.logSigmoid(rewriter.unary(.negate, x))
  },
  RewriteRule(
    .stabilize, "stabilize-log-one-minus-tanh-squared", [.unary(.log), .unary(.log1p)],
    "1 − tanh² x = 4 σ(2x) σ(−2x), whose logarithm does not meet log 0 where tanh x rounds to ±1"
  ) { rewriter, node throws(GraphError) in
    guard let square = rewriter.oneMinus(node), let (y, same) = rewriter.match(.multiply, square), y == same,
      let x = rewriter.match(.tanh, y)
    else { return nil }
    let half = try rewriter.constant(0.5, like: node.type)
    let isNear = try rewriter.make(.compare(.less), [square, half])
    // Near 0 the sum of logarithms cancels; far out 1 − tanh² would make 0 · ∞ of the derivative.
    let near = try rewriter.make(.select, [isNear, square, half])
    let twice = try rewriter.binary(.multiply, x, rewriter.constant(2, like: node.type))
    let logarithms = try rewriter.binary(
      .add, rewriter.logSigmoid(twice), rewriter.logSigmoid(rewriter.unary(.negate, twice)))
    let four = try rewriter.unary(.log, rewriter.constant(4, like: node.type))
    return try rewriter.make(
      .select,
      [
        isNear, rewriter.unary(.log1p, rewriter.unary(.negate, near)),
        rewriter.binary(.add, logarithms, four),
      ])
  },
  RewriteRule(
    .stabilize, "stabilize-log-one-minus-exp", [.unary(.log), .unary(.log1p)],
    "log(1 − eˣ) is log(−expm1(x)) for x > −log 2 and log1p(−eˣ) below, either with all digits (Mächler 2012)"
  ) { rewriter, node throws(GraphError) in
    guard let x = rewriter.exponentOfOneMinusExp(node) else { return nil }
    let isNear = try rewriter.make(
      .compare(.greater), [x, rewriter.constant(oneMinusExpBound, like: node.type)])
    // Each branch is computed where the other one is chosen, too, and must not make 0 · ∞ of its derivative there.
    let elsewhere = try rewriter.constant(oneMinusExpBound, like: node.type)
    let near = try rewriter.unary(.expm1, rewriter.make(.select, [isNear, x, elsewhere]))
    let far = try rewriter.unary(.exp, rewriter.make(.select, [isNear, elsewhere, x]))
    let zero = try rewriter.constant(0, like: node.type)
    return try rewriter.make(
      .select,
      [
        isNear, rewriter.unary(.log, rewriter.binary(.subtract, zero, near)),
        rewriter.unary(.log1p, rewriter.unary(.negate, far)),
      ])
  },
  RewriteRule(
    .stabilize, "stabilize-log-cosh", [.unary(.log)],
    "log cosh x = softplus(2x) − x − log 2, and log1p(2 sinh²(x/2)) close to 0, where those terms cancel"
  ) { rewriter, node throws(GraphError) in
    guard let x = rewriter.match(.cosh, node.operands[0]) else { return nil }
    let type = node.type
    let isNear = try rewriter.make(.compare(.less), [node.operands[0], rewriter.constant(1.5, like: type)])
    let half = try rewriter.binary(.multiply, x, rewriter.constant(0.5, like: type))
    let sinh = try rewriter.unary(
      .sinh, rewriter.make(.select, [isNear, half, rewriter.constant(0, like: type)]))
    let square = try rewriter.binary(.multiply, sinh, sinh)
    let near = try rewriter.unary(
      .log1p, rewriter.binary(.multiply, square, rewriter.constant(2, like: type)))
    let twice = try rewriter.binary(.multiply, x, rewriter.constant(2, like: type))
    let far = try rewriter.binary(.subtract, rewriter.softplus(twice), x)
    let logarithmOfTwo = try rewriter.unary(.log, rewriter.constant(2, like: type))
    return try rewriter.make(
      .select, [isNear, near, rewriter.binary(.subtract, far, logarithmOfTwo)])
  },
  RewriteRule(
    .stabilize, "stabilize-log2-log10", [.unary(.log2), .unary(.log10)],
    "log₂ p = log p / log 2 and log₁₀ p = log p / log 10 for a p made of exponentials, whose logarithm is stable"
  ) { rewriter, node throws(GraphError) in
    guard rewriter.isMadeOfExponentials(node.operands[0]) else { return nil }
    let base = try rewriter.constant(node.operation == .unary(.log2) ? 2 : 10, like: node.type)
    return try rewriter.binary(
      .divide, rewriter.unary(.log, node.operands[0]), rewriter.unary(.log, base))
  },
  RewriteRule(
    .stabilize, "stabilize-log-of-product", [.unary(.log)],
    "log(p·a) = log p + log a and log(p/a) = log p − log a, where p > 0 is made of exponentials, so that a has the "
      + "sign of p·a"
  ) { rewriter, node throws(GraphError) in
    let product = rewriter.match(.multiply, node.operands[0])
    guard let (a, b) = product ?? rewriter.match(.divide, node.operands[0]),
      rewriter.isMadeOfExponentials(a) || rewriter.isMadeOfExponentials(b)
    else { return nil }
    return try rewriter.binary(
      product == nil ? .subtract : .add, rewriter.logarithm(a), rewriter.logarithm(b))
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
    return try rewriter.make(moved.operation, [rewriter.logarithm(moved.operands[0])])
  },
  RewriteRule(
    .stabilize, "stabilize-log-sum-exp", [.unary(.log)],
    "log Σp = m + log Σe^(l−m) with l = log p and m = max l (0 where that is not finite): no term overflows"
  ) { rewriter, node throws(GraphError) in
    guard let (terms, axes) = rewriter.match(.sum, node.operands[0]), rewriter.isMadeOfExponentials(terms),
      !rewriter.isShifted(terms)
    else { return nil }
    let x = try rewriter.logarithm(terms)
    let full = rewriter.shape(x)
    let shift = try rewriter.shift(rewriter.reduce(.maximum, x, axes: axes))
    let kept = try rewriter.reshape(shift, to: full.reducing(axes, keepingDimensions: true))
    let shifted = try rewriter.binary(.subtract, x, rewriter.broadcast(kept, to: full))
    let sum = try rewriter.reduce(.sum, rewriter.unary(.exp, shifted), axes: axes)
    return try rewriter.binary(.add, rewriter.unary(.log, sum), shift)
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
    var logarithms: [NodeID] = []
    for term in terms { logarithms.append(try rewriter.logarithm(term)) }
    var extreme = logarithms[0]
    for logarithm in logarithms.dropFirst() {
      extreme = try rewriter.binary(.maximum, extreme, logarithm)
    }
    let shift = try rewriter.shift(extreme)
    var sum: NodeID?
    for logarithm in logarithms {
      let term = try rewriter.unary(.exp, rewriter.binary(.subtract, logarithm, shift))
      sum = if let sum { try rewriter.binary(.add, sum, term) } else { term }
    }
    guard let sum else { return nil }
    return try rewriter.binary(.add, rewriter.unary(.log, sum), shift)
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
    guard rewriter.literal(x) == nil else { return nil }
    return try rewriter.softplus(x)
  },
]

extension Rewriter {
  /// y, where the candidate is log(1 − y) or log1p(−y).
  fileprivate mutating func oneMinus(_ node: Candidate) -> NodeID? {
    let operand = node.operands[0]
    if node.operation == .unary(.log1p) { return match(.negate, operand) }
    guard let (one, y) = match(.subtract, operand), isNumber(one, 1) else { return nil }
    return y
  }

  /// x, where the candidate is log(1 − eˣ), whose operand the rule one-minus-exp has made −expm1(x), or log1p(−eˣ),
  /// and no branch of the form that is made of it.
  fileprivate mutating func exponentOfOneMinusExp(_ node: Candidate) -> NodeID? {
    let operand = node.operands[0]
    let found: NodeID?
    if node.operation == .unary(.log1p) {
      found = match(.negate, operand).flatMap { match(.exp, $0) }
    } else if let (zero, y) = match(.subtract, operand), isNumber(zero, 0) {
      found = match(.expm1, y)
    } else {
      found = match(.negate, operand).flatMap { match(.expm1, $0) }
    }
    guard let x = found, literal(x) == nil else { return nil }
    if case .select = builder.nodes[x].operation,
      builder.nodes[x].operands.contains(where: { isNumber($0, oneMinusExpBound) })
    {
      return nil
    }
    return x
  }

  /// log x; of the constant 1 that is 0.
  fileprivate mutating func logarithm(_ x: NodeID) throws(GraphError) -> NodeID {
    isNumber(x, 1) ? try constant(0, like: type(x)) : try unary(.log, x)
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
  fileprivate mutating func terms(of id: NodeID) -> [NodeID]? {
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
    case .argument, .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce, .cumulative,
      .dot, .pad, .concatenate, .gatherRows, .scatterAddRows, .gather, .scatterAdd, .windows, .addWindows,
      .randomBits, .argsort, .cholesky, .triangularSolve, .scan, .stopGradient, .barrier,
      .call:
      false
    }
  }
}
