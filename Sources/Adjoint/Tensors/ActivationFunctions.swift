import AdjointArray
import AdjointIR

// Functions that networks use between layers, most of them written with others. At a kink, the derivative of every
// order is the one from the left, but for relu, which has 0 there anyway.

/// max(x, 0); NaN stays NaN. The derivative at 0 is 0.
public func relu(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.relu, x, file, line)
}

/// The logistic function 1 / (1 + e⁻ˣ).
public func sigmoid(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.sigmoid, x, file, line)
}

/// log(1 + eˣ), which neither overflows for large x nor vanishes for very negative x.
public func softplus(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose([x], file, line) {
    let isPositive = x .> 0
    return select(isPositive, x, 0) + log1p(exp(minusMagnitude(x, isPositive)))
  }
}

/// −|x| from the branch of `isPositive`: unlike −abs(x) it is smooth in each, so that derivatives at 0 of what is
/// smooth as a whole are right to any order.
func minusMagnitude(_ x: Tensor, _ isPositive: Tensor) -> Tensor { select(isPositive, -x, x) }

/// x where it is positive, and `slope` · x elsewhere, where the derivative is `slope`, at 0 too.
public func leakyRelu(
  _ x: Tensor, slope: Double = 0.01, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.compose([x], file, line) { select(x .> 0, x, slope * x) }
}

/// x where it is positive, and `alpha` · (eˣ − 1) elsewhere; the derivative at 0 is `alpha`.
///
/// Clevert, Unterthiner & Hochreiter, Fast and Accurate Deep Network Learning by ELUs, ICLR 2016.
public func elu(_ x: Tensor, alpha: Double = 1, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose([x], file, line) {
    let isPositive = x .> 0
    // The exponential of a large x, though not chosen, would make the derivative 0 · ∞.
    let negative = expm1(select(isPositive, 0, x))
    return select(isPositive, x, alpha == 1 ? negative : alpha * negative)
  }
}

/// ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))): the tanh form of Hendrycks & Gimpel, Gaussian Error Linear Units,
/// 2016.
public func gelu(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose([x], file, line) {
    let scale = (2 / Double.pi).squareRoot()
    let inner = scale * (x + 0.044715 * (x * x * x))
    return 0.5 * x * (1 + tanh(inner))
  }
}

/// x · σ(x), also called swish.
public func silu(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose([x], file, line) { x * sigmoid(x) }
}

/// log Σ eˣ along `axis`, which leaves the shape unless `keepDimensions`.
///
/// Shifted by the maximum, so that nothing overflows (Blanchard, Higham & Higham, IMA J. Numer. Anal. 41, 2021).
public func logSumExp(
  _ x: Tensor, axis: Int = -1, keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.compose([x], file, line) {
    let shift = softmaxShift(x, axis)
    let result = log(sum(exp(x - shift), axes: axis, keepDimensions: true)) + shift
    return keepDimensions ? result : result.squeezed(axes: axis)
  }
}

/// eˣ / Σ eˣ along `axis`: positive numbers with the sum 1.
public func softmax(_ x: Tensor, axis: Int = -1, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose([x], file, line) {
    let numerator = exp(x - softmaxShift(x, axis))
    return numerator / sum(numerator, axes: axis, keepDimensions: true)
  }
}

/// The logarithm of ``softmax(_:axis:file:line:)``, which does not become −∞ where that rounds to 0.
public func logSoftmax(_ x: Tensor, axis: Int = -1, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose([x], file, line) {
    let shifted = x - softmaxShift(x, axis)
    return shifted - log(sum(exp(shifted), axes: axis, keepDimensions: true))
  }
}

/// The maximum along `axis`, as a number that no derivative flows through, or 0 where it is not finite: ∞ − ∞ is
/// not the answer.
private func softmaxShift(_ x: Tensor, _ axis: Int) -> Tensor {
  let extreme = stopGradient(max(x, axes: axis, keepDimensions: true))
  return select(abs(extreme) .< .infinity, extreme, 0)
}
