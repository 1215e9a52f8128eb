import AdjointArray
import AdjointIR

/// Which norm ``norm(_:_:axes:keepDimensions:file:line:)`` takes.
public enum Norm: Hashable, Sendable {
  /// Σ |xᵢ|.
  case one
  /// √Σ xᵢ², the Euclidean norm.
  case two
  /// max |xᵢ|.
  case infinity
  /// (Σ |xᵢ|ᵖ)^(1/p), for p > 0; a norm in the strict sense for p ≥ 1.
  case p(Double)
}

/// The norm of the elements along `axes`, of all of them where none is named; 0 of no elements.
///
/// Of a matrix these are norms of its elements, not of the map that it is: `.two` over both axes is the Frobenius norm.
/// NumPy's `linalg.norm` of vectors. The result leaves out the axes, unless `keepDimensions`. Squares and powers of
/// numbers of extreme size overflow or vanish.
///
/// At 0 the derivative of each is 0, and so is that of `.one` and `.p` by an element that is 0; equal greatest
/// magnitudes share that of `.infinity` equally.
public func norm(
  _ x: Tensor, _ norm: Norm = .two, axes: Int..., keepDimensions: Bool = false, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  Tensor.compose(floatingPoint: "norm", x, file, line) { x in
    let reduce = { (reduction: Reduction, x: Tensor) in
      Adjoint.reduce(reduction, x, axes, keepDimensions, file, line)
    }
    switch norm {
    case .one, .p(1):
      return reduce(.sum, abs(x))
    case .two, .p(2):
      return rootFlatAtZero(reduce(.sum, square(x)))
    case .infinity, .p(Double.infinity):
      // The greatest of no numbers is −∞.
      return reduce(x.count == 0 ? .sum : .maximum, abs(x))
    case .p(let p):
      return generalNorm(x, p, reduce)
    }
  }
}

/// The Frobenius norm √Σ xᵢⱼ² of each matrix, along the last two axes: its derivative at 0 is 0.
public func frobeniusNorm(
  _ x: Tensor, keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  norm(x, .two, axes: -2, -1, keepDimensions: keepDimensions, file: file, line: line)
}

private func generalNorm(_ x: Tensor, _ p: Double, _ reduce: (Reduction, Tensor) -> Tensor) -> Tensor {
  let x = Tensor.record("norm", [x]) { _, ids throws(GraphError) in
    if p > 0 { return ids[0] }
    throw GraphError(
      .invalidAttribute, operation: "norm", problem: "the exponent is \(p)",
      remedy: "give one that is greater than 0")
  }
  let powers = powerFlatAtZero(abs(x), p)
  return powerFlatAtZero(reduce(.sum, powers), 1 / p)
}

/// xᵖ for x ≥ 0 and p > 0, whose derivative at 0 is 0: there the power is taken of 1.
private func powerFlatAtZero(_ x: Tensor, _ p: Double) -> Tensor {
  let isZero = x .== 0
  return select(isZero, 0, pow(select(isZero, 1, x), p))
}
