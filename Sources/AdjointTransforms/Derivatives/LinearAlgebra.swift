import AdjointArray
import AdjointIR

// The rules of Cholesky factors and of triangular systems, made of triangular systems and products.
//
// I. Murray, Differentiation of the Cholesky decomposition, arXiv:1602.07527; M. B. Giles, An extended collection of
// matrix derivative results for forward and reverse mode algorithmic differentiation, 2008. Φ(M) is the lower triangle
// of M with half its diagonal.

extension DerivativeRule {
  /// Φ(S + Sᵀ) with S = L⁻ᵀ Φ(Lᵀ L̄) L⁻¹: of the lower triangle, which is all that is read; 0 above it.
  func cholesky(_ builder: inout Builder) throws(GraphError) -> NodeID? {
    // What flows into the zeros is no number that counts: it may be infinite.
    let own = try builder.triangle(cotangent, isLower: true)
    let inner = try builder.halved(builder.product(id, own, transposingLeft: true))
    let back = TriangularSolve(isLower: true, isTransposed: true)
    let left = try builder.solve(back, id, inner)
    // Sᵀ.
    let both = try builder.solve(back, id, builder.matrixTransposed(left))
    return try builder.halved(builder.binary(.add, both, builder.matrixTransposed(both)))
  }

  /// Of A X = B: B̄ = A⁻ᵀ X̄ and Ā = −B̄ Xᵀ, of which the triangle that is read.
  func triangularSolve(_ solve: TriangularSolve, _ builder: inout Builder) throws(GraphError) -> [NodeID?] {
    let transposed = TriangularSolve(isLower: solve.isLower, isTransposed: !solve.isTransposed)
    let rhs = try builder.solve(transposed, operands[0], cotangent)
    if !wanted[0] { return [nil, rhs] }
    let product =
      solve.isTransposed
      ? try builder.product(id, rhs, transposingRight: true)
      : try builder.product(rhs, id, transposingRight: true)
    let matrix = try builder.triangle(builder.unary(.negate, product), isLower: solve.isLower)
    return [matrix, wanted[1] ? rhs : nil]
  }
}

extension ForwardRule {
  /// L Φ(L⁻¹ Ȧ L⁻ᵀ), where Ȧ is the symmetric matrix whose lower triangle the tangent holds.
  func cholesky(_ builder: inout Builder) throws(GraphError) -> NodeID? {
    guard let tangent = tangents[0] else { return nil }
    let half = try builder.halved(tangent)
    let symmetric = try builder.binary(.add, half, builder.matrixTransposed(half))
    let forth = TriangularSolve(isLower: true)
    let left = try builder.solve(forth, id, symmetric)
    let both = try builder.solve(forth, id, builder.matrixTransposed(left))
    return try builder.product(id, builder.halved(both))
  }

  /// A⁻¹ (Ḃ − Ȧ X).
  func triangularSolve(_ solve: TriangularSolve, _ builder: inout Builder) throws(GraphError) -> NodeID? {
    var change = tangents[1]
    if let tangent = tangents[0] {
      let matrix = try builder.triangle(tangent, isLower: solve.isLower)
      let product = try builder.product(matrix, id, transposingLeft: solve.isTransposed)
      change =
        if let rhs = change {
          try builder.binary(.subtract, rhs, product)
        } else {
          try builder.unary(.negate, product)
        }
    }
    guard let change else { return nil }
    return try builder.solve(solve, node.operands[0], change)
  }
}

extension Builder {
  fileprivate mutating func solve(_ form: TriangularSolve, _ matrix: NodeID, _ rhs: NodeID)
    throws(GraphError) -> NodeID
  {
    try append(.triangularSolve(form), [matrix, rhs])
  }

  /// The product of matrices along the last two axes, with equal axes before them.
  fileprivate mutating func product(
    _ a: NodeID, _ b: NodeID, transposingLeft: Bool = false, transposingRight: Bool = false
  ) throws(GraphError) -> NodeID {
    let rank = shape(a).rank
    let batch = Array(0..<(rank - 2))
    let dimensions = DotDimensions(
      lhsContracting: [transposingLeft ? rank - 2 : rank - 1],
      rhsContracting: [transposingRight ? rank - 1 : rank - 2], lhsBatch: batch, rhsBatch: batch)
    return try append(.dot(dimensions), [a, b])
  }

  fileprivate mutating func matrixTransposed(_ id: NodeID) throws(GraphError) -> NodeID {
    let rank = shape(id).rank
    return try transpose(id, Array(0..<(rank - 2)) + [rank - 1, rank - 2])
  }

  /// Row and column of each element of a square matrix, to be compared with each other.
  private mutating func places(_ id: NodeID) throws(GraphError) -> (row: NodeID, column: NodeID) {
    let n = shape(id).dimensions.last ?? 0
    let column = try append(.iota(count: n, .int32), [])
    return (try reshape(column, to: [n, 1]), column)
  }

  /// One triangle of each matrix with its diagonal, 0 in the other one.
  fileprivate mutating func triangle(_ id: NodeID, isLower: Bool) throws(GraphError) -> NodeID {
    let (row, column) = try places(id)
    let isKept = try compare(isLower ? .lessOrEqual : .greaterOrEqual, column, row)
    return try select(isKept, id, constant(0, like: id))
  }

  /// Φ: the lower triangle of each matrix with half its diagonal, 0 above it.
  fileprivate mutating func halved(_ id: NodeID) throws(GraphError) -> NodeID {
    let (row, column) = try places(id)
    let half = try binary(.multiply, id, constant(0.5, like: id))
    let upToDiagonal = try select(compare(.equal, column, row), half, constant(0, like: id))
    return try select(compare(.less, column, row), id, upToDiagonal)
  }
}
