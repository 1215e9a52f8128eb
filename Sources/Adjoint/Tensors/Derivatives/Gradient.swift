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

/// The value of `f` at `x` and its gradient there:
///
///     let (cost, slope) = valueAndGradient(at: w) { w in sum(square(matmul(x, w) - y)) }
///
/// The gradient is ``gradient(of:withRespectTo:file:line:)`` of what `f` returns: total, so that what the closure
/// takes from outside counts too where it depends on `x`.
///
/// - Returns: a value as `f` returns it and a tensor of the shape of `x`.
public func valueAndGradient(
  at x: Tensor, file: String = #fileID, line: Int = #line, of f: (Tensor) throws -> Tensor
) rethrows -> (value: Tensor, gradient: Tensor) {
  let value = try f(x)
  return (value, gradient(of: value, withRespectTo: x, file: file, line: line))
}

/// The value of `f` at `xs` and its gradients by each of them.
///
/// - Returns: a value as `f` returns it and as many tensors as there are `xs`, of their shapes.
public func valueAndGradient(
  at xs: [Tensor], file: String = #fileID, line: Int = #line, of f: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor]) {
  let value = try f(xs)
  return (value, gradient(of: value, withRespectTo: xs, file: file, line: line))
}
