import AdjointIR

// Exponentials along an axis, shifted by the maximum so that nothing overflows.

/// log Σ eˣ along `axis`, which leaves the shape unless `keepDimensions`.
///
/// Shifted by the maximum, so that nothing overflows (Blanchard, Higham & Higham, IMA J. Numer. Anal. 41, 2021).
/// −∞ over no elements.
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
func softmaxShift(_ x: Tensor, _ axis: Int) -> Tensor {
  let extreme = stopGradient(max(x, axes: axis, keepDimensions: true))
  return select(abs(extreme) .< .infinity, extreme, 0)
}
