import AdjointArray
import AdjointIR

// Canonicalize: constants are computed now, and what is computed on equal rows is computed on one of them.

let foldingRules: [RewriteRule] = [
  RewriteRule(
    .canonicalize, "fold-unary", RewriteRoot.allUnary,
    "−, |·|, sign, √, relu, not and rounding of a constant are exact or correctly rounded; others wait for the runtime"
  ) { rewriter, node throws(GraphError) in
    guard case .unary(let function) = node.operation, case .constant(let a) = rewriter.constantNode(node, 0),
      let value = fold(function, a)
    else { return nil }
    return try rewriter.constant(value).id
  },
  RewriteRule(
    .canonicalize, "fold-binary", RewriteRoot.allBinary,
    "+ − × ÷ max min of constants are correctly rounded, as in every backend"
  ) { rewriter, node throws(GraphError) in
    guard case .binary(let function) = node.operation, case .constant(let a) = rewriter.constantNode(node, 0),
      case .constant(let b) = rewriter.constantNode(node, 1), let value = fold(function, a, b)
    else { return nil }
    return try rewriter.constant(value).id
  },
  RewriteRule(
    .canonicalize, "fold-compare", [.compare], "both sides are known"
  ) { rewriter, node throws(GraphError) in
    guard case .compare(let comparison) = node.operation,
      case .constant(let a) = rewriter.constantNode(node, 0),
      case .constant(let b) = rewriter.constantNode(node, 1)
    else { return nil }
    if let x = a.integerValue, let y = b.integerValue {
      return try rewriter.constant(Literal(fold(comparison, x, y))).id
    }
    return try rewriter.constant(Literal(fold(comparison, a.doubleValue, b.doubleValue))).id
  },
  RewriteRule(
    .canonicalize, "fold-cast", [.cast], "conversion has one meaning in every backend"
  ) { rewriter, node throws(GraphError) in
    guard case .constant(let a) = rewriter.constantNode(node, 0) else { return nil }
    return try rewriter.constant(a.converted(to: node.type.scalarType)).id
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
    var operands: [Term] = []
    for x in sources { operands.append(try rewriter[x].broadcast(to: shape)) }
    return try rewriter(node.operation, operands).broadcast(to: node.type.shape).id
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
  case .int32, .int64:
    guard let value = a.integerValue else { return nil }
    switch function {
    case .negate: return Literal(wrapping: 0 &- value, as: a.scalarType)
    case .absolute: return Literal(wrapping: value < 0 ? 0 &- value : value, as: a.scalarType)
    case .sign: return Literal(wrapping: value.signum(), as: a.scalarType)
    case .relu: return Literal(wrapping: max(value, 0), as: a.scalarType)
    case .exp, .exp2, .expm1, .log, .log2, .log10, .log1p, .sqrt, .cbrt, .sin, .cos, .tan, .asin, .acos,
      .atan,
      .sinh, .cosh, .tanh, .asinh, .acosh, .atanh, .erf, .erfc, .sigmoid, .floor, .ceil, .round, .not:
      return nil
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
  case .floor: return a.rounded(.down)
  case .ceil: return a.rounded(.up)
  case .round: return a.rounded(.toNearestOrEven)
  case .exp, .exp2, .expm1, .log, .log2, .log10, .log1p, .cbrt, .sin, .cos, .tan, .asin, .acos, .atan,
    .sinh, .cosh, .tanh, .asinh, .acosh, .atanh, .erf, .erfc, .sigmoid, .not:
    return nil
  }
}

private func fold(_ function: BinaryFunction, _ a: Literal, _ b: Literal) -> Literal? {
  switch a.scalarType {
  case .float32: return fold(function, Float(a.doubleValue), Float(b.doubleValue)).map { Literal($0) }
  case .float64: return fold(function, a.doubleValue, b.doubleValue).map { Literal($0) }
  case .int32, .int64:
    // In 64 bits and cut to the type: of 32-bit operands the low bits are the same.
    guard let x = a.integerValue, let y = b.integerValue else { return nil }
    let value: Int64
    switch function {
    case .add: value = x &+ y
    case .subtract: value = x &- y
    case .multiply: value = x &* y
    case .divide: value = y == 0 ? 0 : x.dividedReportingOverflow(by: y).partialValue
    case .remainder: value = y == 0 ? 0 : x.remainderReportingOverflow(dividingBy: y).partialValue
    case .maximum: value = max(x, y)
    case .minimum: value = min(x, y)
    default: return nil
    }
    return Literal(wrapping: value, as: a.scalarType)
  case .bool:
    switch function {
    case .and: return Literal(a.bits & b.bits != 0)
    case .or: return Literal(a.bits | b.bits != 0)
    default: return nil
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
  case .remainder: value = a.truncatingRemainder(dividingBy: b)
  case .copySign: value = T(signOf: b, magnitudeOf: a)
  case .power, .atan2, .hypot, .and, .or: return nil
  }
  return value.isNaN ? nil : value
}

private func fold<T: Comparable>(_ comparison: Comparison, _ a: T, _ b: T) -> Bool {
  switch comparison {
  case .equal: a == b
  case .notEqual: a != b
  case .less: a < b
  case .lessOrEqual: a <= b
  case .greater: a > b
  case .greaterOrEqual: a >= b
  }
}

extension Literal {
  /// The low bits of `value` as an integer type.
  init(wrapping value: Int64, as scalarType: ScalarType) {
    self = scalarType == .int32 ? Literal(Int32(truncatingIfNeeded: value)) : Literal(value)
  }
}
