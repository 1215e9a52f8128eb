import Adjoint
import AdjointArray
import AdjointIR
import Foundation
import Testing

/// A key, as an argument.
func key(_ seed: Int64, _ step: Int64 = 0) -> NDArray { NDArray([seed, step]) }

/// What `body` draws with the key it is given, compiled.
private func draws(_ key: NDArray, _ body: (Trace, Tensor) -> [Tensor]) throws -> [NDArray] {
  let function = try Function([("key", TensorType(.int64, [2]))]) { body($0[0].trace, $0[0]) }
  #expect(function.graph.arguments.count == 1)
  return try function.compiled()(key)
}

/// How likely other numbers of the distribution would fit worse is below 10⁻³ where these bounds do not hold. As keys are
/// fixed, the tests always do the same.
@Suite("Random numbers have their distribution")
struct RandomDistributionTests {
  static let keys = [key(0, 0), key(0, 1), key(1, 0), key(-9, 1 << 40)]

  /// √n times the distance of Kolmogorov and Smirnov of 10⁶ numbers from a distribution, for two streams.
  private func distances(
    _ key: NDArray, _ type: ScalarType, _ draw: (Trace, Tensor) -> Tensor,
    distribution: (Tensor) -> Tensor
  ) throws -> [Double] {
    let n = 1_000_000
    return try draws(key) { trace, key in
      (0..<2).map { _ in
        let p = distribution(sort(draw(trace, key).cast(to: .float64)))
        let below = Tensor.iota(n, .float64, in: trace) / Double(n)
        return max(max(p - below), max(below + 1 / Double(n) - p)) * Double(n).squareRoot()
      }
    }.map { $0.doubles[0] }
  }

  @Test("Uniform ones, at 10⁶ draws", arguments: [ScalarType.float32, .float64], keys)
  func uniform(_ type: ScalarType, key: NDArray) throws {
    let found = try distances(key, type) { trace, key in
      Tensor.randomUniform([1_000_000], type, in: trace, key: key)
    } distribution: {
      $0
    }
    #expect(found.allSatisfy { $0 < 1.95 }, "\(found)")
  }

  @Test("Normal ones, at 10⁶ draws", arguments: [ScalarType.float32, .float64], keys)
  func normal(_ type: ScalarType, key: NDArray) throws {
    let found = try distances(key, type) { trace, key in
      Tensor.randomNormal([1000, 1000], type, mean: 3, standardDeviation: 0.5, in: trace, key: key)
        .flattened()
    } distribution: {
      0.5 * erfc((3 - $0) * (2 / 2.0.squareRoot()))
    }
    #expect(found.allSatisfy { $0 < 1.95 }, "\(found)")
  }

  @Test("Draws of other streams, steps and seeds, and neighbours of one, are not correlated")
  func independence() throws {
    let n = 20_000
    var samples: [[Double]] = []
    for key in [key(0, 0), key(0, 1), key(1, 0), key(1 << 32, 0), key(0, 1 << 32)] {
      for array in try draws(
        key,
        { trace, key in
          (0..<2).map { _ in Tensor.randomUniform([n], .float64, in: trace, key: key) - 0.5 }
        })
      {
        samples.append(array.doubles)
        samples.append(Array(array.doubles.dropFirst() + array.doubles.prefix(1)))
      }
    }
    for (number, a) in samples.enumerated() {
      for b in samples[(number + 1)...] {
        // Of variance 1/12 each; 190 pairs, of which the worst of as many normal numbers stays below 4.5.
        let correlation = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } * 12 / Double(n)
        #expect(abs(correlation) * Double(n).squareRoot() < 4.5)
      }
    }
  }

  @Test("Uniform numbers stay below the upper bound, also where rounding would reach it")
  func range() throws {
    for (range, type) in [
      (1.0..<2, ScalarType.float32), (-1e6..<1e6, .float32), (100..<100.001, .float32), (1..<2, .float64),
    ] {
      let found = try draws(key(3)) { trace, key in
        let x = Tensor.randomUniform([1_000_000], type, range: range, in: trace, key: key)
        return [min(x), max(x), mean(x.cast(to: .float64))]
      }.map { $0.doubles[0] }
      #expect(found[0] >= Double(Literal(range.lowerBound, as: type).doubleValue))
      #expect(found[1] < range.upperBound)
      let length = range.upperBound - range.lowerBound
      #expect(abs((found[2] - range.lowerBound) / length - 0.5) < (type == .float32 ? 0.02 : 0.002))
    }
  }

  @Test("Truth values hold as often as said")
  func bernoulli() throws {
    let n = 100_000
    let found = try draws(key(5)) { trace, key in
      let p = Tensor.constant(NDArray([0.0, 1, 0.25]), in: trace).broadcast(to: [n, 3])
      let count = { (x: Tensor) in sum(x.cast(to: .float64), axes: 0) }
      return [
        count(Tensor.randomBernoulli([n], probability: 0.3, in: trace, key: key)),
        count(Tensor.randomBernoulli([n], probability: 0, in: trace, key: key)),
        count(Tensor.randomBernoulli([n], probability: 1, in: trace, key: key)),
        count(Tensor.randomBernoulli(probability: p, key: key)),
      ]
    }.map(\.doubles)
    let deviation = { (p: Double, count: Double) in
      abs(count - p * Double(n)) / (Double(n) * p * (1 - p)).squareRoot()
    }
    #expect(deviation(0.3, found[0][0]) < 3.3)
    #expect(found[1] == [0])
    #expect(found[2] == [Double(n)])
    #expect(found[3][..<2] == [0, Double(n)])
    #expect(deviation(0.25, found[3][2]) < 3.3)
  }

  /// Σ (count − n p)² / (n p), of values that are equally likely.
  private func chiSquare(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  @Test("Integers are of their range, each as likely as another")
  func integers() throws {
    for type in [ScalarType.int32, .int64] {
      let found = try draws(key(8)) { trace, key in
        [Tensor.randomIntegers([70_000], -3..<4, type, in: trace, key: key)]
      }[0]
      #expect(found.scalarType == type)
      var counts = [Int](repeating: 0, count: 7)
      for value in found.doubles { counts[Int(value) + 3] += 1 }
      // Six degrees of freedom: 22.5 is exceeded once in a thousand times.
      #expect(chiSquare(counts) < 22.5, "\(counts)")
    }
    let wide = try draws(key(9)) { trace, key in
      [
        Tensor.randomIntegers([10_000], Int(Int32.min)..<Int(Int32.max) + 1, in: trace, key: key),
        Tensor.randomIntegers([10_000], Int.max - 2..<Int.max, .int64, in: trace, key: key),
      ]
    }
    #expect(try #require(wide[0].doubles.min()) < -2e9)
    #expect(try #require(wide[0].doubles.max()) > 2e9)
    wide[1].withUnsafeElements(of: Int64.self) { #expect(Set($0) == [Int64.max - 2, Int64.max - 1]) }
  }

  @Test("A permutation is one; each of four elements is as likely as another")
  func permutations() throws {
    let long = try draws(key(2)) { trace, key in [Tensor.randomPermutation(1000, in: trace, key: key)] }[0]
    #expect(long.doubles.sorted() == (0..<1000).map(Double.init))
    #expect(long.doubles != (0..<1000).map(Double.init))
    let four = try Function([("key", TensorType(.int64, [2]))]) { x in
      [Tensor.randomPermutation(4, in: x[0].trace, key: x[0])]
    }.compiled()
    var counts: [[Double]: Int] = [:]
    for seed in 0..<4800 as Range<Int64> { counts[try four(key(seed))[0].doubles, default: 0] += 1 }
    #expect(counts.count == 24)
    // 23 degrees of freedom.
    #expect(chiSquare(Array(counts.values)) < 49.7, "\(counts)")
  }

  @Test("Shuffling keeps what is along the other axes together")
  func shuffling() throws {
    let x = try NDArray((0..<300).map(Double.init), shape: [3, 50, 2])
    let function = try Function([("x", TensorType(.float64, [3, 50, 2]))]) { [$0[0].shuffled(axis: 1)] }
    let found = try function.compiled()(x, seed: 3)[0].doubles
    let rows = (0..<50).map { found[2 * $0] / 2 }
    #expect(rows.sorted() == (0..<50).map(Double.init))
    #expect(rows != rows.sorted())
    for part in 0..<3 {
      for row in 0..<50 {
        for column in 0..<2 {
          #expect(found[part * 100 + 2 * row + column] == Double(part * 100 + column) + 2 * rows[row])
        }
      }
    }
    #expect(try function(x, seed: 3)[0].doubles == found)
    #expect(try function(x, seed: 4)[0].doubles != found)
  }

  @Test("What cannot be drawn is an error that says so")
  func errors() throws {
    let wrong: [(String, (Trace) -> Tensor)] = [
      ("random_bits", { .randomBits([2], .float32, in: $0) }),
      ("random_uniform", { .randomUniform([2], .int32, in: $0) }),
      ("random_uniform", { .randomUniform([2], range: 3..<3, in: $0) }),
      ("random_uniform", { .randomUniform([2], .float64, range: -1e308..<1e308, in: $0) }),
      ("random_uniform", { .randomUniform([2], range: 0..<(.infinity), in: $0) }),
      ("random_normal", { .randomNormal([2], standardDeviation: -1, in: $0) }),
      ("random_normal", { .randomNormal([2], .int64, in: $0) }),
      ("random_normal", { .randomNormal([-2], in: $0) }),
      ("random_bernoulli", { .randomBernoulli([2], probability: 1.5, in: $0) }),
      ("random_bernoulli", { .randomBernoulli([2], probability: .nan, in: $0) }),
      ("random_integers", { .randomIntegers([2], 0..<(1 << 40), in: $0) }),
      ("random_integers", { .randomIntegers([2], 2..<2, in: $0) }),
      ("random_integers", { .randomIntegers([2], Int.min..<Int.max, .int64, in: $0) }),
      ("random_integers", { .randomIntegers([2], 0..<2, .float32, in: $0) }),
      ("random_permutation", { .randomPermutation(-1, in: $0) }),
      ("shuffle", { Tensor.constant(1, .float32, in: $0).shuffled() }),
      ("dropout", { dropout(.constant(1, .float32, in: $0), rate: -0.1) }),
      ("dropout", { dropout(.constant(1, .int32, in: $0), rate: 0.1) }),
      ("fold_in", { foldIn(.randomKey(seed: 1, in: $0), .constant(1, .float32, in: $0)) }),
      ("random_bits", { .randomBits([2], in: $0, key: .constant(1, .float32, in: $0)) }),
    ]
    for (operation, body) in wrong {
      let trace = Trace(at: SourceLocation(file: "Test/Here.swift", line: 7))
      let result = body(trace)
      #expect(result.isPoisoned && trace.errors.count == 1, "\(operation)")
      #expect(trace.errors.first?.operation == operation)
    }
  }
}
