import AdjointArray
import AdjointIR

// Canonicalize: constants are computed now, and what is computed on equal rows is computed on one of them.

let foldingRules: [RewriteRule] = [
  RewriteRule(
    .canonicalize, "fold-unary", RewriteRoot.allUnary,
    "−, |·|, sign, √, relu, not of a constant are exact or correctly rounded; others wait for the runtime"
  ) { rewriter, node throws(GraphError) in
    guard case .unary(let function) = node.operation, case .constant(let a) = rewriter.constantNode(node, 0),
      let value = fold(function, a)
    else { return nil }
    return try rewriter.constant(value, .scalar)
  },
  RewriteRule(
    .canonicalize, "fold-binary", RewriteRoot.allBinary,
    "+ − × ÷ max min of constants are correctly rounded, as in every backend"
  ) { rewriter, node throws(GraphError) in
    guard case .binary(let function) = node.operation, case .constant(let a) = rewriter.constantNode(node, 0),
      case .constant(let b) = rewriter.constantNode(node, 1), let value = fold(function, a, b)
    else { return nil }
    return try rewriter.constant(value, .scalar)
  },
  RewriteRule(
    .canonicalize, "fold-compare", [.compare], "both sides are known"
  ) { rewriter, node throws(GraphError) in
    guard case .compare(let comparison) = node.operation,
      case .constant(let a) = rewriter.constantNode(node, 0),
      case .constant(let b) = rewriter.constantNode(node, 1)
    else { return nil }
    return try rewriter.constant(Literal(fold(comparison, a.doubleValue, b.doubleValue)), .scalar)
  },
  RewriteRule(
    .canonicalize, "fold-cast", [.cast], "conversion has one meaning in every backend"
  ) { rewriter, node throws(GraphError) in
    guard case .constant(let a) = rewriter.constantNode(node, 0) else { return nil }
    return try rewriter.constant(Literal(a.doubleValue, as: node.type.scalarType), .scalar)
  },
  RewriteRule(
    .canonicalize, "hoist-broadcast",
    RewriteRoot.allUnary + RewriteRoot.allBinary + [.compare, .select, .cast],
    "the same operation on the same element gives the same bits, so it is done before repeating"
  ) { rewriter, node throws(GraphError) in
    // The one shape that all operands are repeated from; constants fit any.
    var source: Shape?
    var sources: [NodeID] = []
    for operand in node.operands {
      guard let x = rewriter.matchBroadcast(operand) else { return nil }
      sources.append(x)
      if rewriter.literal(operand) != nil { continue }
      if let source, source != rewriter.shape(x) { return nil }
      source = rewriter.shape(x)
    }
    let shape = source ?? .scalar
    guard shape.count < node.type.count else { return nil }
    var operands: [NodeID] = []
    for x in sources { operands.append(try rewriter.broadcast(x, to: shape)) }
    return try rewriter.broadcast(rewriter.make(node.operation, operands), to: node.type.shape)
  },
]

extension Rewriter {
  /// The operation of the candidate's operand at `position`, where folding looks for a scalar constant.
  fileprivate func constantNode(_ candidate: Candidate, _ position: Int) -> Operation {
    builder.nodes[candidate.operands[position]].operation
  }
}

private func fold(_ function: UnaryFunction, _ a: Literal) -> Literal? {
  switch a.scalarType {
  case .float32: return fold(function, Float(a.doubleValue)).map { Literal($0) }
  case .float64: return fold(function, a.doubleValue).map { Literal($0) }
  case .int32:
    let value = Int32(truncatingIfNeeded: Int64(a.doubleValue))
    switch function {
    case .negate: return Literal(0 &- value)
    case .absolute: return Literal(value < 0 ? 0 &- value : value)
    case .sign: return Literal(value.signum())
    case .relu: return Literal(max(value, 0))
    case .exp, .log, .log1p, .expm1, .sqrt, .sin, .cos, .tanh, .sigmoid, .not: return nil
    }
  case .bool:
    return function == .not ? Literal(a.bits == 0) : nil
  }
}

private func fold<T: BinaryFloatingPoint>(_ function: UnaryFunction, _ a: T) -> T? {
  if a.isNaN { return nil }
  switch function {
  case .negate: return -a
  case .absolute: return abs(a)
  case .sqrt: return a < 0 ? nil : a.squareRoot()
  case .sign: return a > 0 ? 1 : a < 0 ? -1 : nil
  case .relu: return a > 0 ? a : nil
  case .exp, .log, .log1p, .expm1, .sin, .cos, .tanh, .sigmoid, .not: return nil
  }
}

private func fold(_ function: BinaryFunction, _ a: Literal, _ b: Literal) -> Literal? {
  switch a.scalarType {
  case .float32: return fold(function, Float(a.doubleValue), Float(b.doubleValue)).map { Literal($0) }
  case .float64: return fold(function, a.doubleValue, b.doubleValue).map { Literal($0) }
  case .int32:
    let x = Int32(truncatingIfNeeded: Int64(a.doubleValue))
    let y = Int32(truncatingIfNeeded: Int64(b.doubleValue))
    switch function {
    case .add: return Literal(x &+ y)
    case .subtract: return Literal(x &- y)
    case .multiply: return Literal(x &* y)
    case .divide: return Literal(y == 0 ? 0 : x.dividedReportingOverflow(by: y).partialValue)
    case .maximum: return Literal(max(x, y))
    case .minimum: return Literal(min(x, y))
    case .power, .and, .or: return nil
    }
  case .bool:
    switch function {
    case .and: return Literal(a.bits & b.bits != 0)
    case .or: return Literal(a.bits | b.bits != 0)
    case .add, .subtract, .multiply, .divide, .power, .maximum, .minimum: return nil
    }
  }
}

/// `nil` where the result is NaN, whose bits are the runtime's, or where max and min meet two zeros.
private func fold<T: BinaryFloatingPoint>(_ function: BinaryFunction, _ a: T, _ b: T) -> T? {
  let value: T
  switch function {
  case .add: value = a + b
  case .subtract: value = a - b
  case .multiply: value = a * b
  case .divide: value = a / b
  case .maximum:
    if a == b { return a == 0 ? nil : a }
    value = a.isNaN || b.isNaN ? .nan : a > b ? a : b
  case .minimum:
    if a == b { return a == 0 ? nil : a }
    value = a.isNaN || b.isNaN ? .nan : a < b ? a : b
  case .power, .and, .or: return nil
  }
  return value.isNaN ? nil : value
}

private func fold(_ comparison: Comparison, _ a: Double, _ b: Double) -> Bool {
  switch comparison {
  case .equal: a == b
  case .notEqual: a != b
  case .less: a < b
  case .lessOrEqual: a <= b
  case .greater: a > b
  case .greaterOrEqual: a >= b
  }
}
