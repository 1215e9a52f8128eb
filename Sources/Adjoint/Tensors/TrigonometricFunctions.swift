import AdjointIR

// Trigonometric and hyperbolic functions of each element of a floating-point tensor, angles in radians. The result has
// the shape of the operand.

/// The sine of x; NaN for ±∞.
public func sin(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.sin, x, file, line)
}

/// The cosine of x; NaN for ±∞.
public func cos(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.cos, x, file, line)
}

/// The tangent of x; NaN for ±∞.
public func tan(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.tan, x, file, line)
}

/// The angle in −π/2...π/2 whose sine is x; NaN outside −1...1. The derivative at ±1 is infinite.
public func asin(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.asin, x, file, line)
}

/// The angle in 0...π whose cosine is x; NaN outside −1...1. The derivative at ±1 is −∞.
public func acos(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.acos, x, file, line)
}

/// The angle in −π/2...π/2 whose tangent is x.
public func atan(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.atan, x, file, line)
}

/// The angle of the point (x, y) in −π...π; note the order. On the negative x axis it is π or −π by the sign of the
/// zero y; at the origin a multiple of π by C's rules, with 0 as derivatives.
public func atan2(_ y: Tensor, _ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.atan2, y, x, at: SourceLocation(file: file, line: line))
}

public func atan2(_ y: Tensor, _ x: Double, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.atan2, y, x, at: SourceLocation(file: file, line: line))
}

public func atan2(_ y: Double, _ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.atan2, y, x, at: SourceLocation(file: file, line: line))
}

/// The hyperbolic sine.
public func sinh(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.sinh, x, file, line)
}

/// The hyperbolic cosine.
public func cosh(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.cosh, x, file, line)
}

/// The hyperbolic tangent.
public func tanh(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.tanh, x, file, line)
}

/// The number whose hyperbolic sine is x.
public func asinh(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.asinh, x, file, line)
}

/// The number of at least 0 whose hyperbolic cosine is x; NaN for x < 1. The derivative at 1 is infinite.
public func acosh(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.acosh, x, file, line)
}

/// The number whose hyperbolic tangent is x: ±∞ at ±1, where the derivative is infinite, and NaN beyond.
public func atanh(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.atanh, x, file, line)
}
