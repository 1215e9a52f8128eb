import AdjointArray
import AdjointIR
import AdjointTransforms

/// The derivative of `y` with respect to `x`, as a part of the graph: it can be used in a cost, and differentiated
/// again.
///
/// What is differentiated is the stable form of `y`: that of `log(sigmoid(x))` is −softplus(−x), whose derivative is
/// right where the sigmoid underflows, and not ∞ · 0.
///
/// For a `y` that is not a scalar this is each row's own derivative, summed over the other axes of `y`; where a
/// node in between mixes rows, the error names it. Where `y` does not depend on `x` it is 0. Values at kinks are
/// stated by each function.
///
/// - Returns: a tensor of the shape of `x`.
public func gradient(
  of y: Tensor, withRespectTo x: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  gradient(of: y, withRespectTo: [x], file: file, line: line)[0]
}

/// The derivatives of `y` with respect to each of `xs`, total ones: where one of `xs` depends on another, that one
/// receives what flows through it.
///
/// - Returns: as many tensors, of the shapes of `xs`.
public func gradient(
  of y: Tensor, withRespectTo xs: [Tensor], file: String = #fileID, line: Int = #line
) -> [Tensor] {
  let location = SourceLocation(file: file, line: line)
  return Tensor.recordAll("gradient", [y] + xs, at: location) { builder, ids throws(GraphError) in
    try builder.stableGradient(of: ids[0], withRespectTo: Array(ids.dropFirst()))
  } ?? xs.map { Tensor.poison(like: $0) }
}
