import AdjointArray
import AdjointIR

// Systems of linear equations, along the last two axes; axes before them are broadcast together. Those of positive
// definite matrices are solved by the Cholesky factor, about n³/3 operations. That a matrix has none, or a triangular one
// a zero on its diagonal, shows only when the graph is run, and is then an error that names the line.

extension Tensor {
  /// The identity matrix `[n, n]` in the type of `other`: NumPy's `eye`.
  public static func identity(
    _ n: Int, like other: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    record("identity", [other], at: SourceLocation(file: file, line: line)) {
      builder, ids throws(GraphError) in
      try builder.identity(n, like: ids[0])
    }
  }
}

/// The lower triangular L with L · Lᵀ = A for a symmetric positive definite A `[…, n, n]`; zeros above the diagonal.
///
/// Decomposed is the symmetric part (A + Aᵀ)/2, which is A where A is symmetric, so that the derivative is that by
/// symmetric changes of A, as in JAX. One that is not positive definite, up to rounding, is an error of the run.
public func cholesky(_ a: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  linear("cholesky", [a], file, line) { builder, ids throws(GraphError) in
    try builder.factor(ids[0], "cholesky")
  }
}

/// X with T · X = B, where T is the lower or the upper triangle of `a`, or the transpose of that: SciPy's
/// `solve_triangular`.
///
/// What `a` holds in its other triangle is not read, and has the derivative 0. A zero on the diagonal is an error of the
/// run.
///
/// - Parameters:
///   - a: `[…, n, n]`.
///   - b: `[…, n, m]`, or a vector `[n]`.
/// - Returns: `[…, n, m]`, or `[…, n]` for a vector.
public func triangularSolve(
  _ a: Tensor, _ b: Tensor, isLower: Bool, isTransposed: Bool = false, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  linear("triangular_solve", [a, b], file, line) { builder, ids throws(GraphError) in
    try builder.solving("triangular_solve", ids[0], ids[1]) { builder, a, b throws(GraphError) in
      let form = TriangularSolve(isLower: isLower, isTransposed: isTransposed)
      return try builder.append(.structured(.triangularSolve(form)), [a, b])
    }
  }
}

/// X with A · X = B for a symmetric positive definite A: NumPy's `linalg.solve` for those, SciPy's `cho_solve`.
///
/// One that is not positive definite, up to rounding, is an error of the run. The relative error of X grows with A's
/// condition number.
///
/// - Parameters:
///   - a: `[…, n, n]`, of which the symmetric part is taken.
///   - b: `[…, n, m]`, or a vector `[n]`.
/// - Returns: `[…, n, m]`, or `[…, n]` for a vector.
public func solve(
  positiveDefinite a: Tensor, _ b: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  linear("solve", [a, b], file, line) { builder, ids throws(GraphError) in
    let factor = try builder.factor(ids[0], "solve")
    return try builder.solving("solve", factor, ids[1]) { builder, factor, b throws(GraphError) in
      try builder.solve(byFactor: factor, b)
    }
  }
}

/// A⁻¹ for a symmetric positive definite A `[…, n, n]`: NumPy's `linalg.inv` of those.
///
/// To multiply by an inverse, ``solve(positiveDefinite:_:file:line:)`` is faster and more accurate.
public func inverse(positiveDefinite a: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  linear("inverse", [a], file, line) { builder, ids throws(GraphError) in
    let factor = try builder.factor(ids[0], "inverse")
    let n = builder.shape(factor).dimensions.last ?? 0
    let identity = try builder.broadcast(builder.identity(n, like: factor), to: builder.shape(factor))
    return try builder.solve(byFactor: factor, identity)
  }
}

/// log det A for a symmetric positive definite A `[…, n, n]`, without the determinant, which overflows early: the
/// second result of NumPy's `linalg.slogdet`. 0 for n = 0.
public func logDeterminant(positiveDefinite a: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  linear("log_determinant", [a], file, line) { builder, ids throws(GraphError) in
    let factor = try builder.factor(ids[0], "log_determinant")
    let diagonal = try builder.diagonal(factor, offset: 0)
    let logarithms = try builder.unary(.log, diagonal)
    let sum = try builder.reduce(.sum, logarithms, axes: [builder.shape(diagonal).rank - 1])
    return try builder.binary(.multiply, sum, builder.constant(2, like: sum))
  }
}

/// The coefficients w that minimize ‖X w − y‖² + λ ‖w‖²: ordinary least squares, or ridge regression for λ > 0.
///
/// The closed form (XᵀX + λ I)⁻¹ Xᵀy by the Cholesky factor (T. Hastie, R. Tibshirani, J. Friedman, The Elements of
/// Statistical Learning, 2nd ed., 3.2 and 3.4.1). Without λ there must be no fewer rows than columns, and the columns must
/// be linearly independent: dependent ones are an error of the run, or give a result of rounding errors, as the condition
/// number of XᵀX is the square of that of X. In float64 that of X should be below 10⁷, in float32 below 10³.
///
/// For an intercept X holds a column of ones. λ then weighs its coefficient like the others, unless X and y are centred
/// instead.
///
/// - Parameters:
///   - x: `[…, n, p]`, a row for each observation.
///   - y: `[…, n, k]`, or a vector `[n]`.
///   - ridge: λ, at least 0.
/// - Returns: `[…, p, k]`, or `[…, p]` for a vector.
public func leastSquares(
  _ x: Tensor, _ y: Tensor, ridge: Double = 0, file: String = #fileID, line: Int = #line
) -> Tensor {
  linear("least_squares", [x, y], file, line) { builder, ids throws(GraphError) in
    guard ridge >= 0, ridge.isFinite else {
      throw GraphError(
        .invalidAttribute, operation: "least_squares", problem: "the ridge is \(ridge)",
        remedy: "give a number of at least 0")
    }
    let shape = builder.shape(ids[0])
    if ridge == 0, shape.rank >= 2, shape[shape.rank - 2] < shape[shape.rank - 1] {
      throw GraphError(
        .shapeMismatch, operation: "least_squares",
        problem: "\(shape[shape.rank - 2]) rows do not determine \(shape[shape.rank - 1]) coefficients",
        remedy: "give more rows, fewer columns, or a ridge")
    }
    let factor = ridge == 0 ? nil : try builder.literal(ridge, typedLike: ids[0])
    return try builder.leastSquares(ids[0], ids[1], ridge: factor)
  }
}

/// The same for a λ that is a tensor of one number, by which the coefficients can be differentiated.
public func leastSquares(
  _ x: Tensor, _ y: Tensor, ridge: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  linear("least_squares", [x, y, ridge], file, line) { builder, ids throws(GraphError) in
    guard builder.shape(ids[2]).rank == 0 else {
      throw GraphError(
        .shapeMismatch, operation: "least_squares",
        problem: "the ridge has the shape \(builder.shape(ids[2]))",
        remedy: "give a scalar")
    }
    return try builder.leastSquares(ids[0], ids[1], ridge: ids[2])
  }
}

/// What `body` appends for operands of one floating-point type.
private func linear(
  _ operation: String, _ operands: [Tensor], _ file: String, _ line: Int,
  _ body: (inout Builder, [NodeID]) throws(GraphError) -> NodeID
) -> Tensor {
  Tensor.record(operation, operands, at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    let promoted = try builder.promoted(ids)
    for id in promoted { try builder.requireFloatingPoint(id, operation) }
    return try body(&builder, promoted)
  }
}

extension Builder {
  fileprivate mutating func identity(_ n: Int, like other: NodeID) throws(GraphError) -> NodeID {
    let column = try append(.iota(count: n, .int32), [])
    let isDiagonal = try compare(.equal, column, reshape(column, to: [n, 1]))
    return try cast(isDiagonal, to: scalarType(other))
  }

  /// The Cholesky factor of the symmetric part.
  fileprivate mutating func factor(_ id: NodeID, _ operation: String) throws(GraphError) -> NodeID {
    let dimensions = shape(id).dimensions
    guard dimensions.count >= 2, dimensions[dimensions.count - 2] == dimensions[dimensions.count - 1] else {
      throw GraphError(
        .shapeMismatch, operation: operation, problem: "\(shape(id)) is no square matrix",
        remedy: "give [n, n], or matrices [..., n, n]")
    }
    let sum = try binary(.add, id, matrixTransposed(id))
    return try append(.structured(.cholesky), [binary(.multiply, sum, constant(0.5, like: sum))])
  }

  /// (L Lᵀ)⁻¹ B.
  fileprivate mutating func solve(byFactor factor: NodeID, _ rhs: NodeID) throws(GraphError) -> NodeID {
    let half = try append(.structured(.triangularSolve(TriangularSolve(isLower: true))), [factor, rhs])
    return try append(
      .structured(.triangularSolve(TriangularSolve(isLower: true, isTransposed: true))), [factor, half])
  }

  /// What `body` makes of square matrices and right-hand sides with the same leading axes; a vector is a matrix of one
  /// column.
  fileprivate mutating func solving(
    _ operation: String, _ matrix: NodeID, _ rhs: NodeID,
    _ body: (inout Builder, NodeID, NodeID) throws(GraphError) -> NodeID
  ) throws(GraphError) -> NodeID {
    let isVector = shape(rhs).rank == 1
    let column = isVector ? try reshape(rhs, to: [shape(rhs)[0], 1]) : rhs
    let (left, right) = (shape(matrix).dimensions, shape(column).dimensions)
    guard left.count >= 2, right.count >= 2, left[left.count - 2] == left[left.count - 1],
      left[left.count - 1] == right[right.count - 2],
      let batch = Shape(Array(left.dropLast(2))).broadcast(with: Shape(Array(right.dropLast(2))))
    else {
      throw GraphError(
        .shapeMismatch, operation: operation,
        problem: "a right-hand side \(shape(rhs)) for a matrix \(shape(matrix))",
        remedy: "give [..., n, n] and [..., n, m], or [n]; axes before these must be equal or 1")
    }
    let x = try body(
      &self, broadcast(matrix, to: Shape(batch.dimensions + left.suffix(2))),
      broadcast(column, to: Shape(batch.dimensions + right.suffix(2))))
    return isVector ? try reshape(x, to: Shape(shape(x).dimensions.dropLast())) : x
  }

  /// The normal equations.
  fileprivate mutating func leastSquares(_ x: NodeID, _ y: NodeID, ridge: NodeID?) throws(GraphError)
    -> NodeID
  {
    let isVector = shape(y).rank == 1
    let column = isVector ? try reshape(y, to: [shape(y)[0], 1]) : y
    guard shape(x).rank >= 2, shape(column).rank >= 2,
      shape(x)[shape(x).rank - 2] == shape(column)[shape(column).rank - 2]
    else {
      throw GraphError(
        .shapeMismatch, operation: "least_squares",
        problem: "\(shape(x)) and \(shape(y)) are no rows of data",
        remedy: "give x [..., n, p] and y [..., n, k], or [n]")
    }
    let transposed = try matrixTransposed(x)
    var gram = try matmul(transposed, x)
    if let ridge {
      let n = shape(gram).dimensions.last ?? 0
      gram = try binary(.add, gram, binary(.multiply, identity(n, like: gram), ridge))
    }
    let factor = try append(.structured(.cholesky), [gram])
    let w = try solving("least_squares", factor, matmul(transposed, column)) {
      builder, factor, b throws(GraphError) in try builder.solve(byFactor: factor, b)
    }
    return isVector ? try reshape(w, to: Shape(shape(w).dimensions.dropLast())) : w
  }

  fileprivate mutating func matrixTransposed(_ id: NodeID) throws(GraphError) -> NodeID {
    let rank = shape(id).rank
    return try transpose(id, Array(0..<(rank - 2)) + [rank - 1, rank - 2])
  }
}
