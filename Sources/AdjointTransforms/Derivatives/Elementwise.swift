import AdjointArray
import AdjointIR

// The rules of elementwise functions. They reuse the forward value y wherever that saves an elementary function.

private let ln2 = 0.6931471805599453
private let ln10 = 2.302585092994046

/// The product of a seed with the local derivative of an elementwise node.
///
/// The Jacobian of an elementwise function is diagonal, and so its own transpose: the same product takes the
/// cotangent of the result to that of an operand, and the tangent of an operand to its part of the result's.
struct LocalDerivative {
  let operands: [NodeID]
  /// The node itself: its forward value.
  let y: NodeID
  /// The cotangent of the result, or the tangent of an operand.
  let seed: NodeID

  /// The product with the derivative of a function of one operand; `nil` where that is 0 everywhere.
  func unary(_ function: UnaryFunction, _ builder: inout Builder) throws(GraphError) -> NodeID? {
    let g = seed
    let x = operands[0]
    switch function {
    case .negate:
      return try builder.unary(.negate, g)
    case .absolute:
      return try builder.binary(.multiply, g, builder.unary(.sign, x))
    case .sign, .floor, .ceil, .round, .not:
      return nil
    case .exp:
      return try builder.binary(.multiply, g, y)
    case .exp2:
      return try builder.binary(.multiply, g, builder.binary(.multiply, y, builder.constant(ln2, like: y)))
    case .log:
      return try builder.binary(.divide, g, x)
    case .log2:
      return try builder.binary(.divide, g, builder.binary(.multiply, x, builder.constant(ln2, like: x)))
    case .log10:
      return try builder.binary(.divide, g, builder.binary(.multiply, x, builder.constant(ln10, like: x)))
    case .log1p:
      return try builder.binary(.divide, g, builder.binary(.add, x, builder.constant(1, like: x)))
    case .expm1:
      return try builder.binary(.multiply, g, builder.binary(.add, y, builder.constant(1, like: y)))
    case .sqrt:
      return try builder.binary(.divide, g, builder.binary(.multiply, builder.constant(2, like: y), y))
    case .cbrt:
      let square = try builder.binary(.multiply, y, y)
      return try builder.binary(.divide, g, builder.binary(.multiply, square, builder.constant(3, like: y)))
    case .sin:
      return try builder.binary(.multiply, g, builder.unary(.cos, x))
    case .cos:
      return try builder.unary(.negate, builder.binary(.multiply, g, builder.unary(.sin, x)))
    case .tan:
      let square = try builder.binary(.multiply, y, y)
      return try builder.binary(.multiply, g, builder.binary(.add, square, builder.constant(1, like: y)))
    case .asin:
      return try builder.binary(.divide, g, builder.unary(.sqrt, oneMinusSquare(x, &builder)))
    case .acos:
      return try builder.unary(
        .negate, builder.binary(.divide, g, builder.unary(.sqrt, oneMinusSquare(x, &builder))))
    case .atan:
      let square = try builder.binary(.multiply, x, x)
      return try builder.binary(.divide, g, builder.binary(.add, square, builder.constant(1, like: x)))
    case .sinh:
      return try builder.binary(.multiply, g, builder.unary(.cosh, x))
    case .cosh:
      return try builder.binary(.multiply, g, builder.unary(.sinh, x))
    case .asinh:
      return try builder.binary(.divide, g, builder.binary(.hypot, x, builder.constant(1, like: x)))
    case .acosh:
      // √(x² − 1) whose square does not overflow.
      let one = try builder.constant(1, like: x)
      let below = try builder.unary(.sqrt, builder.binary(.subtract, x, one))
      let above = try builder.unary(.sqrt, builder.binary(.add, x, one))
      return try builder.binary(.divide, g, builder.binary(.multiply, below, above))
    case .atanh:
      return try builder.binary(.divide, g, oneMinusSquare(x, &builder))
    case .erf:
      return try builder.binary(.multiply, g, gaussian(x, &builder))
    case .erfc:
      return try builder.unary(.negate, builder.binary(.multiply, g, gaussian(x, &builder)))
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

  /// The product with the derivative of a function of two operands by that at `position`; `nil` where it is 0
  /// everywhere.
  func binary(_ function: BinaryFunction, by position: Int, _ builder: inout Builder) throws(GraphError)
    -> NodeID?
  {
    let g = seed
    let own = operands[position]
    let other = operands[1 - position]
    switch function {
    case .add:
      return g
    case .subtract:
      return position == 0 ? g : try builder.unary(.negate, g)
    case .multiply:
      return try builder.binary(.multiply, g, other)
    case .divide:
      // ∂/∂b = −g·a/b² = −(g/b)·y: no power of b that could overflow.
      let quotient = try builder.binary(.divide, g, operands[1])
      return position == 0
        ? quotient : try builder.unary(.negate, builder.binary(.multiply, quotient, y))
    case .power:
      return position == 0 ? try powerByBase(&builder) : try powerByExponent(&builder)
    case .maximum:
      return try share(own, .greater, other, &builder)
    case .minimum:
      return try share(own, .less, other, &builder)
    case .atan2:
      // ∂/∂y = x/(x² + y²), ∂/∂x = −y/(x² + y²), without squares that could overflow.
      let length = try nonzeroLength(&builder)
      let part = try builder.binary(.divide, builder.binary(.divide, other, length), length)
      let product = try builder.binary(.multiply, seed, part)
      return position == 0 ? product : try builder.unary(.negate, product)
    case .hypot:
      return try builder.binary(.multiply, g, builder.binary(.divide, own, nonzeroLength(&builder)))
    case .remainder:
      if position == 0 { return g }
      // a − b·n: n is constant between the jumps.
      let quotient = try builder.binary(
        .divide, builder.binary(.subtract, operands[0], y), operands[1])
      return try builder.unary(
        .negate, builder.binary(.multiply, g, builder.unary(.round, quotient)))
    case .and, .or:
      return nil
    }
  }

  /// 1 − x² as (1 − x)(1 + x), which does not cancel near ±1.
  private func oneMinusSquare(_ x: NodeID, _ builder: inout Builder) throws(GraphError) -> NodeID {
    let one = try builder.constant(1, like: x)
    return try builder.binary(.multiply, builder.binary(.subtract, one, x), builder.binary(.add, one, x))
  }

  /// The derivative of erf, 2/√π · exp(−x²).
  private func gaussian(_ x: NodeID, _ builder: inout Builder) throws(GraphError) -> NodeID {
    let power = try builder.unary(.exp, builder.unary(.negate, builder.binary(.multiply, x, x)))
    return try builder.binary(.multiply, power, builder.constant(2 / Double.pi.squareRoot(), like: x))
  }

  /// √(a² + b²), or 1 at the origin, where the derivatives of atan2 and hypot are then 0.
  private func nonzeroLength(_ builder: inout Builder) throws(GraphError) -> NodeID {
    let length = try builder.binary(.hypot, operands[0], operands[1])
    let isZero = try builder.compare(.equal, length, builder.constant(0, like: length))
    return try builder.select(isZero, builder.constant(1, like: length), length)
  }

  /// g where `a` beats `b`, half of it where they are equal, else 0.
  private func share(_ a: NodeID, _ beats: Comparison, _ b: NodeID, _ builder: inout Builder)
    throws(GraphError) -> NodeID
  {
    let zero = try builder.constant(0, like: seed)
    let half = try builder.binary(.multiply, seed, builder.constant(0.5, like: seed))
    let whole = try builder.select(builder.compare(beats, a, b), seed, zero)
    return try builder.select(builder.compare(.equal, a, b), half, whole)
  }

  /// g·b·a^(b−1), which is 0 where b = 0. There the base is replaced by 1, so that 0·0⁻¹ does not give NaN here
  /// or in a further derivative.
  private func powerByBase(_ builder: inout Builder) throws(GraphError) -> NodeID {
    let a = operands[0]
    let b = operands[1]
    if let exponent = builder.literal(b) {
      if exponent.isNumber(0) { return try builder.constant(0, like: a) }
      if exponent.isNumber(1) { return seed }
      if exponent.isNumber(2) {
        return try builder.binary(.multiply, seed, builder.binary(.multiply, b, a))
      }
    }
    let one = try builder.constant(1, like: a)
    var base = a
    if builder.literal(b) == nil {
      let isZero = try builder.compare(.equal, b, builder.constant(0, like: b))
      base = try builder.select(isZero, one, a)
    }
    let power = try builder.binary(.power, base, builder.binary(.subtract, b, one))
    return try builder.binary(.multiply, seed, builder.binary(.multiply, b, power))
  }

  /// g·y·log a, which is 0 where a = 0 and b ≥ 0: there the logarithm is taken of 1.
  private func powerByExponent(_ builder: inout Builder) throws(GraphError) -> NodeID {
    let a = operands[0]
    let b = operands[1]
    let zero = try builder.constant(0, like: a)
    let flat = try builder.binary(
      .and, builder.compare(.equal, a, zero), builder.compare(.greaterOrEqual, b, zero))
    let logarithm = try builder.unary(.log, builder.select(flat, builder.constant(1, like: a), a))
    return try builder.binary(.multiply, seed, builder.binary(.multiply, y, logarithm))
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
    case .argument, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce, .cumulative, .dot,
      .reshape,
      .transpose, .slice, .flip, .pad, .concatenate, .gatherRows, .scatterAddRows, .gather, .scatterAdd,
      .windows, .addWindows, .randomBits, .argsort, .cholesky, .triangularSolve, .scan, .stopGradient,
      .barrier, .call:
      return nil
    }
  }
}
