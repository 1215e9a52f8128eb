import AdjointArray
import AdjointIR

// Functions of each element. The result has the shape of the operand, or that of the operands broadcast.

/// eˣ.
public func exp(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.exp, x, file, line)
}

/// The natural logarithm.
public func log(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.log, x, file, line)
}

/// log(1 + x), exact for small x.
public func log1p(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.log1p, x, file, line)
}

/// eˣ − 1, exact for small x.
public func expm1(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.expm1, x, file, line)
}

/// The square root. The derivative at 0 is infinite.
public func sqrt(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.sqrt, x, file, line)
}

/// x · x.
public func square(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.multiply, x, x, at: SourceLocation(file: file, line: line))
}

/// The sine of x in radians.
public func sin(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.sin, x, file, line)
}

/// The cosine of x in radians.
public func cos(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.cos, x, file, line)
}

/// The hyperbolic tangent.
public func tanh(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.tanh, x, file, line)
}

/// |x|. The derivative at 0 is 0.
public func abs(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.absolute, x, file, line)
}

/// −1, 0 or 1. The derivative is 0 everywhere.
public func sign(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.sign, x, file, line)
}

/// The greater of two elements; NaN where either is. Equal ones share the derivative equally.
public func max(_ a: Tensor, _ b: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.maximum, a, b, at: SourceLocation(file: file, line: line))
}

public func max(_ a: Tensor, _ b: Double, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.maximum, a, b, at: SourceLocation(file: file, line: line))
}

public func max(_ a: Double, _ b: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.maximum, a, b, at: SourceLocation(file: file, line: line))
}

/// The lesser of two elements; NaN where either is. Equal ones share the derivative equally.
public func min(_ a: Tensor, _ b: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.minimum, a, b, at: SourceLocation(file: file, line: line))
}

public func min(_ a: Tensor, _ b: Double, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.minimum, a, b, at: SourceLocation(file: file, line: line))
}

public func min(_ a: Double, _ b: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.minimum, a, b, at: SourceLocation(file: file, line: line))
}

/// xʸ. The derivative by y is 0 where x = 0 and y ≥ 0, that by x is 0 where y = 0.
public func pow(_ x: Tensor, _ y: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.power, x, y, at: SourceLocation(file: file, line: line))
}

public func pow(_ x: Double, _ y: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.power, x, y, at: SourceLocation(file: file, line: line))
}

/// xʸ; by multiplication where y is an integer of at most 64, as x³ = x · x · x is faster and of any sign of x.
public func pow(_ x: Tensor, _ y: Double, file: String = #fileID, line: Int = #line) -> Tensor {
  let location = SourceLocation(file: file, line: line)
  guard y.magnitude <= 64, y.rounded() == y else { return Tensor.binary(.power, x, y, at: location) }
  return Tensor.record("pow", [x], at: location) { builder, ids throws(GraphError) in
    try builder.power(ids[0], Int(y))
  }
}

/// Elements of `a` where `condition`, a bool tensor, holds, and of `b` elsewhere.
///
/// The derivative flows into the element that was chosen. The other one is computed too: where it is infinite or
/// NaN, choose between arguments instead, as in `log(select(x .> 0, x, 1))`.
public func select(
  _ condition: Tensor, _ a: Tensor, _ b: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("select", [condition, a, b], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in try builder.select(ids[0], ids[1], ids[2])
  }
}

public func select(
  _ condition: Tensor, _ a: Tensor, _ b: Double, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("select", [condition, a], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    try builder.select(ids[0], ids[1], builder.literal(b, typedLike: ids[1]))
  }
}

public func select(
  _ condition: Tensor, _ a: Double, _ b: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("select", [condition, b], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    try builder.select(ids[0], builder.literal(a, typedLike: ids[1]), ids[1])
  }
}

/// The value of `x`, whose derivative is taken to be zero.
public func stopGradient(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.record("stop_gradient", [x], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in try builder.append(.stopGradient, ids)
  }
}

extension Tensor {
  /// Converted to `scalarType`. To int32 it truncates and saturates, NaN gives 0; to bool it is `!= 0`.
  public func cast(to scalarType: ScalarType, file: String = #fileID, line: Int = #line) -> Tensor {
    Tensor.record("cast", [self], at: SourceLocation(file: file, line: line)) {
      builder, ids throws(GraphError) in try builder.cast(ids[0], to: scalarType)
    }
  }
}

func unary(_ function: UnaryFunction, _ x: Tensor, _ file: String, _ line: Int) -> Tensor {
  Tensor.record(function.rawValue, [x], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in try builder.unary(function, ids[0])
  }
}

extension Builder {
  /// By repeated squaring.
  fileprivate mutating func power(_ base: NodeID, _ exponent: Int) throws(GraphError) -> NodeID {
    if exponent == 0 { return try constant(1, like: base) }
    let magnitude = Int(exponent.magnitude)
    var result = base
    // From the second highest bit down: x⁶ is (x² · x)².
    for bit in (0..<(Int.bitWidth - 1 - magnitude.leadingZeroBitCount)).reversed() {
      result = try binary(.multiply, result, result)
      if magnitude >> bit & 1 == 1 { result = try binary(.multiply, result, base) }
    }
    return exponent > 0 ? result : try binary(.divide, constant(1, like: base), result)
  }
}
