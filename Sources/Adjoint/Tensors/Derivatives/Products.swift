import AdjointIR
import AdjointTransforms

// Products of the Jacobian with a given array, from the left and from the right, without the matrix itself.

/// The vector–Jacobian product cotangentᵀ · ∂y/∂x, in reverse mode; it costs a small multiple of `y`, however many
/// elements `x` has.
///
/// The derivative is total, of the stable form of `y`, and 0 where `y` does not depend on `x`; values at kinks are
/// stated by each function. Types that differ, or are not floating-point, are an error of the trace.
///
/// - Parameter cotangent: of the type and shape of `y`.
/// - Returns: a tensor of the shape of `x`.
public func vjp(
  of y: Tensor, withRespectTo x: Tensor, cotangent: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  vjp(of: [y], withRespectTo: [x], cotangents: [cotangent], file: file, line: line)[0]
}

/// For each of `xs` the sum over `ys` of cotangentᵀ · ∂y/∂x.
///
/// - Parameter cotangents: one for each of `ys`, of its type and shape.
/// - Returns: as many tensors, of the shapes of `xs`.
public func vjp(
  of ys: [Tensor], withRespectTo xs: [Tensor], cotangents: [Tensor], file: String = #fileID,
  line: Int = #line
) -> [Tensor] {
  let location = SourceLocation(file: file, line: line)
  return Tensor.recordAll("vjp", ys + xs + cotangents, at: location) { builder, ids throws(GraphError) in
    let (outputs, targets, seeds) = ids.split(ys.count, xs.count)
    return try builder.stableVJP(of: outputs, withRespectTo: targets, cotangents: seeds)
  } ?? xs.map { Tensor.poison(like: $0) }
}

/// The Jacobian–vector product ∂y/∂x · tangent, in forward mode: the derivative of `y` as `x` moves along the
/// tangent. It costs a small multiple of `y`, however many elements `y` has.
///
/// The derivative is total, of the stable form of `y`, and 0 where `y` does not depend on `x`. At kinks it is that of
/// ``vjp(of:withRespectTo:cotangent:file:line:)``, of which this is the transpose. Types that differ, or are not
/// floating-point, are an error of the trace.
///
/// - Parameter tangent: of the type and shape of `x`.
/// - Returns: a tensor of the shape of `y`.
public func jvp(
  of y: Tensor, withRespectTo x: Tensor, tangent: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  jvp(of: [y], withRespectTo: [x], tangents: [tangent], file: file, line: line)[0]
}

/// For each of `ys` the sum over `xs` of ∂y/∂x · tangent.
///
/// - Parameter tangents: one for each of `xs`, of its type and shape.
/// - Returns: as many tensors, of the shapes of `ys`.
public func jvp(
  of ys: [Tensor], withRespectTo xs: [Tensor], tangents: [Tensor], file: String = #fileID, line: Int = #line
) -> [Tensor] {
  let location = SourceLocation(file: file, line: line)
  return Tensor.recordAll("jvp", ys + xs + tangents, at: location) { builder, ids throws(GraphError) in
    let (outputs, targets, seeds) = ids.split(ys.count, xs.count)
    return try builder.stableJVP(of: outputs, withRespectTo: targets, tangents: seeds)
  } ?? ys.map { Tensor.poison(like: $0) }
}

/// The product of the matrix of second derivatives of a scalar `y` with a vector, without the matrix: the jvp of the
/// gradient (Pearlmutter, "Fast exact multiplication by the Hessian", 1994).
///
/// - Parameter vector: of the type and shape of `x`.
/// - Returns: a tensor of the shape of `x`.
public func hessianVectorProduct(
  of y: Tensor, withRespectTo x: Tensor, vector: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  hessianVectorProduct(of: y, withRespectTo: [x], vectors: [vector], file: file, line: line)[0]
}

/// The same for second derivatives by all of `xs`, mixed ones too: for each of `xs` the sum of its products.
///
/// - Parameter vectors: one for each of `xs`, of its type and shape.
/// - Returns: as many tensors, of the shapes of `xs`.
public func hessianVectorProduct(
  of y: Tensor, withRespectTo xs: [Tensor], vectors: [Tensor], file: String = #fileID, line: Int = #line
) -> [Tensor] {
  let location = SourceLocation(file: file, line: line)
  return Tensor.recordAll("hessianVectorProduct", [y] + xs + vectors, at: location) {
    builder, ids throws(GraphError) in
    let (outputs, targets, seeds) = ids.split(1, xs.count)
    return try builder.hessianVectorProduct(of: outputs[0], withRespectTo: targets, vectors: seeds)
  } ?? xs.map { Tensor.poison(like: $0) }
}

extension [NodeID] {
  /// The first `first`, the next `second`, and the rest.
  fileprivate func split(_ first: Int, _ second: Int) -> ([NodeID], [NodeID], [NodeID]) {
    (Array(prefix(first)), Array(dropFirst(first).prefix(second)), Array(dropFirst(first + second)))
  }
}
