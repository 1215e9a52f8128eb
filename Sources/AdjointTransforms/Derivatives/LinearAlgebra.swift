import AdjointArray
import AdjointIR

// The derivatives of Cholesky factors and of triangular systems, made of triangular systems and products.
//
// I. Murray, Differentiation of the Cholesky decomposition, arXiv:1602.07527; M. B. Giles, An extended collection of
// matrix derivative results for forward and reverse mode algorithmic differentiation, 2008. Φ(M) is the lower triangle
// of M with half its diagonal.

extension DerivativeRule {
  /// Φ(S + Sᵀ) with S = L⁻ᵀ Φ(Lᵀ L̄) L⁻¹: of the lower triangle, which is all that is read; 0 above it.
  func cholesky() throws(GraphError) -> Term {
    let back = TriangularSolve(isLower: true, isTransposed: true)
    // What flows into the zeros is no number that counts: it may be infinite.
    let left = try solve(back, y, halved(product(y, triangle(g, isLower: true), transposingLeft: true)))
    // Sᵀ.
    let both = try solve(back, y, matrixTransposed(left))
    return try halved(both + matrixTransposed(both))
  }

  /// Of A X = B: B̄ = A⁻ᵀ X̄ and Ā = −B̄ Xᵀ, of which the triangle that is read.
  func triangularSolve(_ form: TriangularSolve) throws(GraphError) -> [Term?] {
    let transposed = TriangularSolve(isLower: form.isLower, isTransposed: !form.isTransposed)
    let rhs = try solve(transposed, operands[0], g)
    if !wanted[0] { return [nil, rhs] }
    let (a, b) = form.isTransposed ? (y, rhs) : (rhs, y)
    let matrix = try triangle(-product(a, b, transposingRight: true), isLower: form.isLower)
    return [matrix, wanted[1] ? rhs : nil]
  }
}

extension ForwardRule {
  /// L Φ(L⁻¹ Ȧ L⁻ᵀ), where Ȧ is the symmetric matrix whose lower triangle the tangent holds.
  func cholesky() throws(GraphError) -> Term? {
    guard let t = tangents[0] else { return nil }
    let half = try halved(t)
    let symmetric = try half + matrixTransposed(half)
    let forth = TriangularSolve(isLower: true)
    let left = try solve(forth, y, symmetric)
    let both = try solve(forth, y, matrixTransposed(left))
    return try product(y, halved(both))
  }

  /// A⁻¹ (Ḃ − Ȧ X).
  func triangularSolve(_ form: TriangularSolve) throws(GraphError) -> Term? {
    var change = tangents[1]
    if let t = tangents[0] {
      let moved = try product(triangle(t, isLower: form.isLower), y, transposingLeft: form.isTransposed)
      change = if let rhs = change { try rhs - moved } else { try -moved }
    }
    guard let change else { return nil }
    return try solve(form, operands[0], change)
  }
}

private func solve(_ form: TriangularSolve, _ matrix: Term, _ rhs: Term) throws(GraphError) -> Term {
  try matrix.terms(.structured(.triangularSolve(form)), matrix, rhs)
}

/// The product of matrices along the last two axes, with equal axes before them.
private func product(
  _ a: Term, _ b: Term, transposingLeft: Bool = false, transposingRight: Bool = false
) throws(GraphError) -> Term {
  let rank = a.shape.rank
  let batch = Array(0..<(rank - 2))
  let dimensions = DotDimensions(
    lhsContracting: [transposingLeft ? rank - 2 : rank - 1],
    rhsContracting: [transposingRight ? rank - 1 : rank - 2], lhsBatch: batch, rhsBatch: batch)
  return try a.terms(.dot(dimensions), a, b)
}

private func matrixTransposed(_ m: Term) throws(GraphError) -> Term {
  let rank = m.shape.rank
  return try m.transpose(Array(0..<(rank - 2)) + [rank - 1, rank - 2])
}

/// Row and column of each element of a square matrix, to be compared with each other.
private func places(_ m: Term) throws(GraphError) -> (row: Term, column: Term) {
  let n = m.shape.dimensions.last ?? 0
  let column = try m.terms(.iota(count: n, .int32))
  return (try column.reshape(to: [n, 1]), column)
}

/// One triangle of each matrix with its diagonal, 0 in the other one.
private func triangle(_ m: Term, isLower: Bool) throws(GraphError) -> Term {
  let (row, column) = try places(m)
  return try select(isLower ? column .<= row : column .>= row, m, 0)
}

/// Φ: the lower triangle of each matrix with half its diagonal, 0 above it.
private func halved(_ m: Term) throws(GraphError) -> Term {
  let (row, column) = try places(m)
  let upToDiagonal = try select(column .== row, m * 0.5, 0)
  return try select(column .< row, m, upToDiagonal)
}
