import AdjointArray
import AdjointIR
import AdjointTransforms

/// The derivative of each element of `y` by each element of `x`, of the shape `y.shape + x.shape`.
///
/// One batched product with all unit vectors: in forward mode where `x` has no more elements than `y`, else in
/// reverse mode. The derivative is total, of the stable form of `y`, and 0 where `y` does not depend on `x`; values at
/// kinks are stated by each function. Types that are not floating-point are an error of the trace.
public func jacobian(
  of y: Tensor, withRespectTo x: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.recordAll("jacobian", [y, x], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    [try builder.jacobian(of: ids[0], withRespectTo: ids[1])]
  }?[0] ?? Tensor.poisonedJacobian(y, x)
}

/// The Jacobians of `y` by each of `xs`.
///
/// - Returns: as many tensors, of the shapes `y.shape + x.shape`.
public func jacobian(
  of y: Tensor, withRespectTo xs: [Tensor], file: String = #fileID, line: Int = #line
) -> [Tensor] {
  xs.map { jacobian(of: y, withRespectTo: $0, file: file, line: line) }
}

/// The second derivatives of a scalar `y` by each pair of elements of `x`, of the shape `x.shape + x.shape`.
///
/// Forward mode over reverse mode: one batched product of the gradient's Jacobian. It is symmetric up to rounding,
/// but where `y` has a kink. For long vectors ``hessianVectorProduct(of:withRespectTo:vector:file:line:)`` gives
/// products with it without the matrix. A `y` of more than one element is an error of the trace.
public func hessian(
  of y: Tensor, withRespectTo x: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  hessian(of: y, withRespectTo: [x], file: file, line: line)[0][0]
}

/// The second derivatives of a scalar `y` by all of `xs`.
///
/// - Returns: in row i and column j ∂²y/∂xᵢ∂xⱼ, of the shape `xs[i].shape + xs[j].shape`.
public func hessian(
  of y: Tensor, withRespectTo xs: [Tensor], file: String = #fileID, line: Int = #line
) -> [[Tensor]] {
  let blocks = Tensor.recordAll("hessian", [y] + xs, at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    try builder.hessian(of: ids[0], withRespectTo: Array(ids.dropFirst())).flatMap { $0 }
  }
  return xs.indices.map { row in
    xs.indices.map { column in
      blocks?[row * xs.count + column] ?? Tensor.poisonedJacobian(xs[row], xs[column])
    }
  }
}

extension Tensor {
  fileprivate static func poisonedJacobian(_ y: Tensor, _ x: Tensor) -> Tensor {
    Tensor(
      poisoned: TensorType(x.scalarType, Shape(y.shape.dimensions + x.shape.dimensions)), in: x.trace)
  }
}
