import Adjoint

// Bounds of Cholesky factors and of triangular systems: N. J. Higham, Accuracy and Stability of Numerical Algorithms,
// 2nd ed., sections 8.1 and 10.1. What is computed is the exact result for operands that differ by a few roundings of
// each element; these, and the operands' own bounds, go through the inverse of the comparison matrix, whose elements are
// no less than the inverse's magnitudes.
extension Propagation {
  func cholesky() throws -> NDArray? {
    guard measure == .realNumbers || bounds[0] != nil else { return nil }
    let n = node.type.shape.dimensions.last ?? 0
    let (l, own) = (value.doubles.map(Swift.abs), bounds[0]?.doubles)
    let share = 2 * Double(n + 2) * node.type.scalarType.epsilon
    var result = [Double](repeating: 0, count: l.count)
    for start in stride(from: 0, to: l.count, by: max(1, n * n)) {
      let at = { (i: Int, j: Int) in l[start + i * n + j] }
      // How far the matrix is from what has the factor, in both triangles; then G = |L⁻¹| E |L⁻ᵀ|.
      var g = Square(n) { i, j in
        let product = (0...min(i, j)).reduce(0.0) { $0 + at(i, $1) * at(j, $1) }
        return share * product + (own.map { $0[start + max(i, j) * n + min(i, j)] } ?? 0)
      }
      for _ in 0..<2 {
        for j in 0..<n {
          for i in 0..<n {
            let sum = (0..<i).reduce(g[i, j]) { $0 + at(i, $1) * g[$1, j] }
            g[i, j] = sum / at(i, i)
          }
        }
        g = Square(n) { i, j in g[j, i] }
      }
      let norm = (0..<n).map { i in (0..<n).reduce(0.0) { $0 + g[i, $1] } }.max() ?? 0
      guard norm < 0.1 else { throw BoundedRun.Rejection.jump(node.operation.name) }
      // The factor of I + G is I + K with K = Φ(G − K Kᵀ).
      var k = Square(n) { _, _ in 0 }
      for _ in 0..<6 {
        let old = k
        k = Square(n) { i, j in
          if j > i { return 0 }
          let sum = (0...j).reduce(g[i, j]) { $0 + old[i, $1] * old[j, $1] }
          return i == j ? sum / 2 : sum
        }
      }
      for i in 0..<n {
        for j in 0...i {
          result[start + i * n + j] = 1.01 * (j...i).reduce(0.0) { $0 + at(i, $1) * k[$1, j] }
        }
      }
    }
    return array(result)
  }

  func triangularSolve(_ solve: TriangularSolve) throws -> NDArray? {
    guard measure == .realNumbers || bounds.contains(where: { $0 != nil }) else { return nil }
    let shape = node.type.shape
    let (n, m) = (shape[shape.rank - 2], shape[shape.rank - 1])
    let (t, x) = (operands[0].doubles.map(Swift.abs), value.doubles.map(Swift.abs))
    let (ownMatrix, ownRight) = (bounds[0]?.doubles, bounds[1]?.doubles)
    let share = 2 * Double(n + 1) * node.type.scalarType.epsilon
    let order = solve.isLower != solve.isTransposed ? Array(0..<n) : (0..<n).reversed()
    var result = [Double](repeating: 0, count: x.count)
    for batch in 0..<(n * m == 0 ? 0 : x.count / (n * m)) {
      for j in 0..<m {
        let place = { (i: Int) in (batch * n + i) * m + j }
        for (number, i) in order.enumerated() {
          var sum = ownRight?[place(i)] ?? 0
          for k in order[...number] {
            let element = batch * n * n + (solve.isTransposed ? k * n + i : i * n + k)
            let change = share * t[element] + (ownMatrix?[element] ?? 0)
            sum += change * x[place(k)]
            guard k == i else {
              sum += (t[element] + change) * result[place(k)]
              continue
            }
            guard change < t[element] else { throw BoundedRun.Rejection.jump(node.operation.name) }
            result[place(i)] = sum / (t[element] - change)
          }
        }
      }
    }
    return array(result)
  }
}

/// A small matrix.
private struct Square {
  let n: Int
  private var elements: [Double]

  init(_ n: Int, _ element: (Int, Int) -> Double) {
    self.n = n
    elements = (0..<(n * n)).map { element($0 / n, $0 % n) }
  }

  subscript(i: Int, j: Int) -> Double {
    get { elements[i * n + j] }
    set { elements[i * n + j] = newValue }
  }
}
