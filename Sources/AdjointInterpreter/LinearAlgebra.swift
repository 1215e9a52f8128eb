import AdjointArray
import AdjointIR

// Every element is its value less one product after the other, rounded each: the sum of the products is never formed,
// nothing is fused, and so the bits are those of compiled code.

/// The Cholesky factor of each matrix [n, n] along the last two axes, of which the lower triangles are read.
///
/// - Throws: ``InterpreterError/notPositiveDefinite`` without a place.
func cholesky(_ operand: NDArray) throws(InterpreterError) -> NDArray {
  switch operand.scalarType {
  case .float32: return try cholesky(operand, Float.self)
  case .float64: return try cholesky(operand, Double.self)
  case .int32, .int64, .bool: throw .undefined(.structured(.cholesky), on: operand.scalarType)
  }
}

/// Column j of L is that of A, less l[j][k] times column k for all k < j, divided by its own root.
private func cholesky<T: Floating>(_ operand: NDArray, _: T.Type)
  throws(InterpreterError) -> NDArray
{
  var result = NDArray(zeros: operand.shape, operand.scalarType)
  let n = operand.shape.dimensions.last ?? 0
  if operand.count == 0 { return result }
  let (out, a) = (result.mutableBuffer(of: T.self), operand.buffer(of: T.self))
  var column = [T](repeating: 0, count: n)
  var isDefinite = true
  for start in stride(from: 0, to: operand.count, by: n * n) {
    for j in 0..<n {
      for i in j..<n { column[i] = a[start + i * n + j] }
      for k in 0..<j {
        let factor = out[start + j * n + k]
        for i in j..<n { column[i] -= factor * out[start + i * n + k] }
      }
      if !(column[j] > 0) { isDefinite = false }
      let root = column[j].squareRoot()
      out[start + j * n + j] = root
      for i in (j + 1)..<max(j + 1, n) { out[start + i * n + j] = column[i] / root }
    }
  }
  withExtendedLifetime((operand, result)) {}
  guard isDefinite else { throw .notPositiveDefinite(operation: "cholesky", label: nil, location: nil) }
  return result
}

/// X with A · X = B for each triangular matrix A [n, n] and each B [n, m] along the last two axes.
///
/// - Throws: ``InterpreterError/singularMatrix`` without a place.
func triangularSolve(_ solve: TriangularSolve, _ matrix: NDArray, _ rhs: NDArray) throws(InterpreterError)
  -> NDArray
{
  switch matrix.scalarType {
  case .float32: return try triangularSolve(solve, matrix, rhs, Float.self)
  case .float64: return try triangularSolve(solve, matrix, rhs, Double.self)
  case .int32, .int64, .bool: throw .undefined(.structured(.triangularSolve(solve)), on: matrix.scalarType)
  }
}

/// Row by row, from the first one where the matrix that is solved with is a lower triangle, else from the last one.
private func triangularSolve<T: Floating>(
  _ solve: TriangularSolve, _ matrix: NDArray, _ rhs: NDArray, _: T.Type
) throws(InterpreterError) -> NDArray {
  var result = rhs.copy()
  let (n, m) = (rhs.shape[rhs.shape.rank - 2], rhs.shape[rhs.shape.rank - 1])
  if rhs.count == 0 { return result }
  let (x, a) = (result.mutableBuffer(of: T.self), matrix.buffer(of: T.self))
  let order = solve.isLower != solve.isTransposed ? Array(0..<n) : (0..<n).reversed()
  let (rowStep, columnStep) = solve.isTransposed ? (1, n) : (n, 1)
  var isSingular = false
  for batch in 0..<(rhs.count / (n * m)) {
    let (from, to) = (batch * n * n, batch * n * m)
    for (number, i) in order.enumerated() {
      let row = to + i * m
      for k in order[..<number] {
        let factor = a[from + i * rowStep + k * columnStep]
        let other = to + k * m
        for j in 0..<m { x[row + j] -= factor * x[other + j] }
      }
      let diagonal = a[from + i * (n + 1)]
      if diagonal == 0 { isSingular = true }
      for j in 0..<m { x[row + j] /= diagonal }
    }
  }
  withExtendedLifetime((matrix, result)) {}
  guard !isSingular else { throw .singularMatrix(operation: "triangular_solve", label: nil, location: nil) }
  return result
}
