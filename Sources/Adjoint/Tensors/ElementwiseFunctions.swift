import AdjointArray
import AdjointIR

// Simple functions of each element. The result has the shape of the operand, or that of the operands broadcast.

/// |x|. The derivative at 0 is 0.
public func abs(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.absolute, x, file, line)
}

/// −1, 0 or 1; NaN for NaN. The derivative is 0 everywhere.
public func sign(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.sign, x, file, line)
}

/// |x| with the sign of `sign`, that of a zero included; of the sign of a NaN nothing is promised. The derivative by x is the
/// quotient of the result and x, 0 at 0; by `sign` it is 0.
public func copySign(_ x: Tensor, _ sign: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.copySign, x, sign, at: SourceLocation(file: file, line: line))
}

public func copySign(_ x: Tensor, _ sign: Double, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.copySign, x, sign, at: SourceLocation(file: file, line: line))
}

public func copySign(_ x: Double, _ sign: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.binary(.copySign, x, sign, at: SourceLocation(file: file, line: line))
}

/// The greatest whole number that is at most x. The derivative is 0 everywhere.
public func floor(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.floor, x, file, line)
}

/// The least whole number that is at least x. The derivative is 0 everywhere.
public func ceil(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.ceil, x, file, line)
}

/// The nearest whole number, the even one of two, as in NumPy. The derivative is 0 everywhere.
public func round(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.round, x, file, line)
}

/// The error function 2/√π ∫₀ˣ e^(−t²) dt.
public func erf(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.erf, x, file, line)
}

/// 1 − erf(x), which keeps its digits where that rounds to 0.
public func erfc(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.erfc, x, file, line)
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

/// min(max(x, `lower`), `upper`): NaN stays NaN, and where the bounds cross, `upper` wins.
///
/// The derivative is 1 between the bounds, 0 beyond them, and ½ at a bound, which shares it with x as max and min do.
public func clip(
  _ x: Tensor, min lower: Tensor, max upper: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.compose([x, lower, upper], file, line) { min(max(x, lower), upper) }
}

/// The same with numbers; a bound that is not given is none.
public func clip(
  _ x: Tensor, min lower: Double = -.infinity, max upper: Double = .infinity, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  Tensor.compose([x], file, line) {
    let raised = lower == -.infinity ? x : max(x, lower)
    return upper == .infinity ? raised : min(raised, upper)
  }
}

/// a − b · ⌊a/b⌋, the remainder that has the sign of the divisor: NumPy's `remainder`, Python's `%`.
///
/// A zero keeps the sign of the dividend. Of floating-point numbers it is NaN for b = 0 and for an infinite a; of
/// integers it is 0 for b = 0. The derivative by a is 1, that by b −⌊a/b⌋, at the jumps too.
public func remainder(_ a: Tensor, _ b: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose([a, b], file, line) {
    let rest = truncatingRemainder(a, b)
    let isOpposite = (rest .!= 0) .& ((rest .< 0) .!= (b .< 0))
    return select(isOpposite, rest + b, rest)
  }
}

public func remainder(_ a: Tensor, _ b: Double, file: String = #fileID, line: Int = #line) -> Tensor {
  remainder(a, Tensor.constant(b, like: a, file: file, line: line), file: file, line: line)
}

/// a − b · trunc(a/b), the remainder that has the sign of the dividend: C's `fmod`, Swift's `%` of integers.
///
/// Of floating-point numbers it is NaN for b = 0 and for an infinite a; of integers it is 0 for b = 0. The derivative
/// by a is 1, that by b −trunc(a/b), at the jumps too.
public func truncatingRemainder(
  _ a: Tensor, _ b: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.binary(.remainder, a, b, at: SourceLocation(file: file, line: line))
}

public func truncatingRemainder(
  _ a: Tensor, _ b: Double, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.binary(.remainder, a, b, at: SourceLocation(file: file, line: line))
}

/// The value of `x`, whose derivative is taken to be zero.
public func stopGradient(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.record("stop_gradient", [x], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in try builder.append(.stopGradient, ids)
  }
}

extension Tensor {
  /// Converted to `scalarType`: NumPy's `astype`. To an integer type it truncates and saturates, NaN gives 0; to bool
  /// it is `!= 0`.
  ///
  /// Derivatives flow between floating-point types, and not through integers.
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
