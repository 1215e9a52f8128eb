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
  /// What there is for `count` parameters in all: the differences of points, those of gradients, and how many there are.
  static func arrays(capacity: Int, count: Int) -> [(name: String, type: TensorType)] {
    [
      ("lbfgs.s", TensorType(.float64, [capacity, count])),
      ("lbfgs.y", TensorType(.float64, [capacity, count])),
      ("lbfgs.pairs", TensorType(.float64, [1])),
    ]
  }

  /// - Parameter arrays: of the types of ``arrays(capacity:count:)``.
  init(_ arrays: [NDArray]) {
    let (capacity, count) = (arrays[0].shape[0], arrays[0].shape[1])
    self.init(capacity: capacity)
    let known = arrays[2].doubles[0]
    let (s, y) = (arrays[0].doubles, arrays[1].doubles)
    for row in 0..<capacity where Double(row) < known {
      let range = (row * count)..<((row + 1) * count)
      pairs.append((Array(s[range]), Array(y[range])))
    }
  }

  /// - Parameter count: of all parameters.
  func arrays(count: Int) -> [(name: String, array: NDArray)] {
    let missing = [Double](repeating: 0, count: (capacity - pairs.count) * count)
    let values = [pairs.flatMap(\.s) + missing, pairs.flatMap(\.y) + missing, [Double(pairs.count)]]
    return zip(Self.arrays(capacity: capacity, count: count), values).map { item, values in
      (item.name, NDArray(doubles: values, shape: item.type.shape, .float64))
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
