import AdjointArray
import AdjointIR

// The rules of elementwise functions. They reuse the forward value y wherever that saves an elementary function.

extension DerivativeRule {
  func unary(_ function: UnaryFunction, _ builder: inout Builder) throws(GraphError) -> NodeID? {
    let g = cotangent
    let x = operands[0]
    let y = id
    switch function {
    case .negate:
      return try builder.unary(.negate, g)
    case .absolute:
      return try builder.binary(.multiply, g, builder.unary(.sign, x))
    case .sign, .not:
      return nil
    case .exp:
      return try builder.binary(.multiply, g, y)
    case .log:
      return try builder.binary(.divide, g, x)
    case .log1p:
      return try builder.binary(.divide, g, builder.binary(.add, x, builder.constant(1, like: x)))
    case .expm1:
      return try builder.binary(.multiply, g, builder.binary(.add, y, builder.constant(1, like: y)))
    case .sqrt:
      return try builder.binary(.divide, g, builder.binary(.multiply, builder.constant(2, like: y), y))
    case .sin:
      return try builder.binary(.multiply, g, builder.unary(.cos, x))
    case .cos:
      return try builder.unary(.negate, builder.binary(.multiply, g, builder.unary(.sin, x)))
    case .tanh:
      let square = try builder.binary(.multiply, y, y)
      return try builder.binary(
        .multiply, g, builder.binary(.subtract, builder.constant(1, like: y), square))
    case .sigmoid:
      let rest = try builder.binary(.subtract, builder.constant(1, like: y), y)
      return try builder.binary(.multiply, g, builder.binary(.multiply, y, rest))
    case .relu:
      let zero = try builder.constant(0, like: x)
      return try builder.select(builder.compare(.greater, x, zero), g, zero)
    }
  }

  func binary(_ function: BinaryFunction, _ builder: inout Builder) throws(GraphError) -> [NodeID?] {
    let g = cotangent
    let a = operands[0]
    let b = operands[1]
    switch function {
    case .add:
      return [g, g]
    case .subtract:
      return [g, wanted[1] ? try builder.unary(.negate, g) : nil]
    case .multiply:
      return [
        wanted[0] ? try builder.binary(.multiply, g, b) : nil,
        wanted[1] ? try builder.binary(.multiply, g, a) : nil,
      ]
    case .divide:
      // ∂/∂b = −g·a/b² = −(g/b)·y: no power of b that could overflow.
      let quotient = try builder.binary(.divide, g, b)
      return [
        quotient,
        wanted[1] ? try builder.unary(.negate, builder.binary(.multiply, quotient, id)) : nil,
      ]
    case .power:
      return [
        wanted[0] ? try powerByBase(&builder) : nil,
        wanted[1] ? try powerByExponent(&builder) : nil,
      ]
    case .maximum:
      return [
        wanted[0] ? try share(a, .greater, b, &builder) : nil,
        wanted[1] ? try share(b, .greater, a, &builder) : nil,
      ]
    case .minimum:
      return [
        wanted[0] ? try share(a, .less, b, &builder) : nil,
        wanted[1] ? try share(b, .less, a, &builder) : nil,
      ]
    case .and, .or:
      return [nil, nil]
    }
  }

  func select(_ builder: inout Builder) throws(GraphError) -> [NodeID?] {
    let condition = operands[0]
    let zero = try builder.constant(0, like: cotangent)
    return [
      nil,
      wanted[1] ? try builder.append(.select, [condition, cotangent, zero]) : nil,
      wanted[2] ? try builder.append(.select, [condition, zero, cotangent]) : nil,
    ]
  }

  /// g where `a` beats `b`, half of it where they are equal, else 0.
  private func share(_ a: NodeID, _ beats: Comparison, _ b: NodeID, _ builder: inout Builder)
    throws(GraphError) -> NodeID
  {
    let zero = try builder.constant(0, like: cotangent)
    let half = try builder.binary(.multiply, cotangent, builder.constant(0.5, like: cotangent))
    let whole = try builder.select(builder.compare(beats, a, b), cotangent, zero)
    return try builder.select(builder.compare(.equal, a, b), half, whole)
  }

  /// g·b·a^(b−1), which is 0 where b = 0. There the base is replaced by 1, so that 0·0⁻¹ does not give NaN here
  /// or in a further derivative.
  private func powerByBase(_ builder: inout Builder) throws(GraphError) -> NodeID {
    let a = operands[0]
    let b = operands[1]
    if let exponent = builder.literal(b) {
      if exponent.isNumber(0) { return try builder.constant(0, like: a) }
      if exponent.isNumber(1) { return cotangent }
      if exponent.isNumber(2) {
        return try builder.binary(.multiply, cotangent, builder.binary(.multiply, b, a))
      }
    }
    let one = try builder.constant(1, like: a)
    var base = a
    if builder.literal(b) == nil {
      let isZero = try builder.compare(.equal, b, builder.constant(0, like: b))
      base = try builder.select(isZero, one, a)
    }
    let power = try builder.binary(.power, base, builder.binary(.subtract, b, one))
    return try builder.binary(.multiply, cotangent, builder.binary(.multiply, b, power))
  }

  /// g·y·log a, which is 0 where a = 0 and b ≥ 0: there the logarithm is taken of 1.
  private func powerByExponent(_ builder: inout Builder) throws(GraphError) -> NodeID {
    let a = operands[0]
    let b = operands[1]
    let zero = try builder.constant(0, like: a)
    let flat = try builder.binary(
      .and, builder.compare(.equal, a, zero), builder.compare(.greaterOrEqual, b, zero))
    let logarithm = try builder.unary(.log, builder.select(flat, builder.constant(1, like: a), a))
    return try builder.binary(.multiply, cotangent, builder.binary(.multiply, id, logarithm))
  }
}

extension Builder {
  /// The one number that every element of `id` is, where that is plain to see: a constant, or one broadcast.
  func literal(_ id: NodeID) -> Literal? {
    switch nodes[id].operation {
    case .constant(let literal): return literal
    case .broadcast:
      if case .constant(let literal) = nodes[nodes[id].operands[0]].operation { return literal }
      return nil
    case .argument, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce, .dot, .reshape,
      .transpose, .slice, .pad, .concatenate, .gatherRows, .scatterAddRows, .stopGradient, .call:
      return nil
    }
  }
}
