import AdjointArray
import AdjointIR

// Powers and roots of each element. The result has the shape of the operand, or that of the operands broadcast.

/// x · x, of integers too.
public func square(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.multiply, x, x, at: SourceLocation(file: file, line: line))
}

/// The square root: NaN for negative x. The derivative at 0 is infinite.
public func sqrt(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.sqrt, x, file, line)
}

/// 1 / √x: NaN for negative x, infinite at 0, as the derivative is there.
public func rsqrt(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose(floatingPoint: "rsqrt", x, file, line) { 1 / sqrt($0) }
}

/// The real cube root, of negative x too. The derivative at 0 is infinite.
public func cbrt(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.cbrt, x, file, line)
}

/// 1 / x: infinite at 0, with the sign of the zero, as the derivative −1/x² is (always negative).
public func reciprocal(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose(floatingPoint: "reciprocal", x, file, line) { 1 / $0 }
}

/// xʸ of floating-point tensors, as C's `pow`: NaN for a negative x and a y that is no integer; x⁰ is 1 for all x.
///
/// The derivative by y is 0 where x = 0 and y ≥ 0, that by x is 0 where y = 0.
public func pow(_ x: Tensor, _ y: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.power, x, y, at: SourceLocation(file: file, line: line))
}

public func pow(_ x: Double, _ y: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.power, x, y, at: SourceLocation(file: file, line: line))
}

/// xʸ; by multiplication where y is an integer of at most 64, as x³ = x · x · x is faster and of any sign of x.
///
/// Of integers, y must be an integer of at least 0; the product wraps.
public func pow(_ x: Tensor, _ y: Double, file: String = #fileID, line: Int = #line) -> Tensor {
  let location = SourceLocation(file: file, line: line)
  return Tensor.record("pow", [x], at: location) { builder, ids throws(GraphError) in
    let isFloat = builder.scalarType(ids[0]).isFloatingPoint
    if y.rounded() == y, y.magnitude <= (isFloat ? 64 : 0x1p31), isFloat || y >= 0 {
      return try builder.power(ids[0], Int(y))
    }
    guard isFloat else {
      throw GraphError(
        .typeMismatch, operation: "pow",
        problem: "an integer to the power of \(y) is no integer",
        remedy: "cast to float32 or float64 first, or give a whole exponent of at least 0")
    }
    return try builder.binary(.power, ids[0], builder.literal(y, typedLike: ids[0]))
  }
}

/// √(x² + y²), where the squares neither overflow nor vanish. The derivative at (0, 0) is 0 by both.
public func hypot(_ x: Tensor, _ y: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.hypot, x, y, at: SourceLocation(file: file, line: line))
}

public func hypot(_ x: Tensor, _ y: Double, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.hypot, x, y, at: SourceLocation(file: file, line: line))
}

public func hypot(_ x: Double, _ y: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.hypot, x, y, at: SourceLocation(file: file, line: line))
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
