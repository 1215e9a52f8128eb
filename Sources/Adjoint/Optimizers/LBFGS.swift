import AdjointArray
import AdjointIR

/// The limited-memory quasi-Newton method: what it has seen of the curvature, and the directions that follow from it.
///
/// Liu & Nocedal, On the limited memory BFGS method for large scale optimization, Mathematical Programming 45 (1989); Nocedal
/// & Wright, Numerical Optimization, 2nd edition, algorithms 7.4 (two loops) and 7.5, with the initial matrix γ I,
/// γ = sᵀy / yᵀy of the last pair. All in float64.
struct LBFGS {
  /// The last differences of points s and of gradients y, oldest first.
  private(set) var pairs: [(s: [Double], y: [Double])] = []
  /// How many are kept.
  let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  /// −H g, H the approximate inverse of the Hessian.
  func direction(_ gradient: [Double]) -> [Double] {
    var q = gradient
    var alphas: [Double] = []
    for (s, y) in pairs.reversed() {
      let alpha = dot(s, q) / dot(s, y)
      add(-alpha, y, to: &q)
      alphas.append(alpha)
    }
    if let (s, y) = pairs.last { scale(&q, by: dot(s, y) / dot(y, y)) }
    for ((s, y), alpha) in zip(pairs, alphas.reversed()) {
      add(alpha - dot(y, q) / dot(s, y), s, to: &q)
    }
    scale(&q, by: -1)
    return q
  }

  /// Takes note of a step: the difference of the points, and of the gradients. One along which the slope did not rise says
  /// nothing of a minimum, and is left out.
  mutating func note(s: [Double], y: [Double]) {
    guard dot(s, y) > Double.ulpOfOne * dot(y, y) else { return }
    if pairs.count == capacity { pairs.removeFirst() }
    pairs.append((s, y))
  }

  mutating func forget() { pairs = [] }
}

// As arrays, to be kept beside parameters in a checkpoint.
extension LBFGS {
  static let arrayPrefix = "lbfgs."

  /// The differences of points and those of gradients, `[pairs, count]` each; none where nothing is known.
  var arrays: [(name: String, array: NDArray)] {
    guard let count = pairs.first?.s.count else { return [] }
    return [("s", pairs.flatMap(\.s)), ("y", pairs.flatMap(\.y))].map { name, values in
      (Self.arrayPrefix + name, NDArray(doubles: values, shape: [pairs.count, count], .float64))
    }
  }

  /// - Parameter count: of all parameters.
  /// - Returns: `nil` where the arrays are none of ``arrays``.
  init?(_ arrays: [(name: String, array: NDArray)], capacity: Int, count: Int) {
    self.init(capacity: capacity)
    guard !arrays.isEmpty else { return }
    let known = Dictionary(arrays.map { ($0.name, $0.array) }) { first, _ in first }
    guard let s = known[Self.arrayPrefix + "s"], let y = known[Self.arrayPrefix + "y"], known.count == 2,
      s.shape == y.shape, s.shape.rank == 2, s.shape[0] <= capacity, s.shape[1] == count,
      s.scalarType == .float64, y.scalarType == .float64
    else { return nil }
    let (points, gradients) = (s.doubles, y.doubles)
    for row in 0..<s.shape[0] {
      let range = (row * count)..<((row + 1) * count)
      pairs.append((Array(points[range]), Array(gradients[range])))
    }
  }
}

/// Four sums side by side, which is what a core can do at once; in one order, so that results are the same everywhere.
func dot(_ a: [Double], _ b: [Double]) -> Double {
  a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      let count = min(a.count, b.count)
      var sums = SIMD4<Double>.zero
      var index = 0
      while index + 4 <= count {
        let left = SIMD4<Double>(a[index], a[index + 1], a[index + 2], a[index + 3])
        let right = SIMD4<Double>(b[index], b[index + 1], b[index + 2], b[index + 3])
        sums += left * right
        index += 4
      }
      var rest = 0.0
      while index < count {
        rest += a[index] * b[index]
        index += 1
      }
      return (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
    }
  }
}

private func add(_ factor: Double, _ vector: [Double], to sum: inout [Double]) {
  for index in sum.indices { sum[index] += factor * vector[index] }
}

private func scale(_ vector: inout [Double], by factor: Double) {
  for index in vector.indices { vector[index] *= factor }
}
