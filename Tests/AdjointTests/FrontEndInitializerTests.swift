import Adjoint
import AdjointArray
import AdjointData
import Testing

@Suite("How parameters start")
struct FrontEndInitializerTests {
  func values(_ initializer: Initializer, _ scalarType: ScalarType = .float64, seed: UInt64 = 7) -> NDArray {
    var generator = SeededGenerator(seed: seed)
    return initializer.values(
      shape: [200, 100], fanIn: 200, fanOut: 100, scalarType: scalarType, using: &generator)
  }

  /// Mean and variance of 20,000 values; their standard errors are 0.7 % and at most 1 % of the deviation and
  /// variance.
  func moments(_ array: NDArray) -> (mean: Double, variance: Double) {
    let all = array.doubles
    let mean = all.reduce(0, +) / Double(all.count)
    return (mean, all.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(all.count))
  }

  static let formulas: [(Initializer, Double)] = [
    (Initializer.glorotUniform, 2.0 / 300), (.glorotNormal, 2.0 / 300), (.heUniform, 2.0 / 200),
    (.heNormal, 2.0 / 200), (.normal(mean: 0, standardDeviation: 3), 9), (.uniform(low: -3, high: 3), 3),
  ]

  @Test(
    "Variances are those of the formulas",
    arguments: formulas)
  func variances(initializer: Initializer, expected: Double) {
    let (mean, variance) = moments(values(initializer))
    #expect(Swift.abs(mean) < 4 * 0.0071 * expected.squareRoot())
    #expect(Swift.abs(variance / expected - 1) < 0.04)
  }

  @Test("Uniform ones stay within their bounds and come near them")
  func bounds() throws {
    for (initializer, bound) in [(Initializer.glorotUniform, 0.02), (.heUniform, 0.03)] {
      let largest = try #require(values(initializer).doubles.map { $0.magnitude }.max())
      #expect(largest <= bound.squareRoot())
      #expect(largest > 0.999 * bound.squareRoot())
    }
  }

  @Test("The same seed gives the same values, another one others; float32 is float64 rounded")
  func seeds() {
    #expect(values(.glorotNormal) == values(.glorotNormal))
    #expect(values(.glorotNormal) != values(.glorotNormal, seed: 8))
    #expect(values(.heUniform, .float32) == values(.heUniform).converted(to: .float32))
  }

  @Test("Zeros and constants")
  func constants() {
    #expect(Set(values(.zeros).doubles) == [0])
    #expect(Set(values(.constant(0.01), .float32).doubles) == [Double(Float(0.01))])
  }

  @Test("A uniform number is the generator's upper 53 bits")
  func unit() {
    var generator = SeededGenerator(seed: 3)
    let first = Double(generator.next() >> 11) / 9_007_199_254_740_992
    var same = SeededGenerator(seed: 3)
    let drawn = Initializer.uniform(low: 0, high: 1).values(
      shape: [1], fanIn: 1, fanOut: 1, scalarType: .float64, using: &same)
    #expect(drawn.doubles == [first])
  }
}
