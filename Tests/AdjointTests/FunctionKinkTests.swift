import Adjoint
import AdjointArray
import Testing

@Suite("Derivatives at kinks, ties and edges are as the docstrings say")
struct FunctionKinkTests {
  /// The derivative of the sum of `function` by each element of `x`, interpreted and compiled.
  func slopes(_ x: [Double], _ function: ([Tensor]) -> Tensor) throws -> [Double] {
    let both = try bothWays([NDArray(x)]) { x in [gradient(of: sum(function(x)), withRespectTo: x[0])] }
    let found = both.map { $0.values[0].doubles }
    #expect(found[0].description == found[1].description)
    return found[0]
  }

  @Test("Elementwise functions")
  func elementwise() throws {
    #expect(try slopes([0, -0.0]) { abs($0[0]) } == [0, 0])
    #expect(try slopes([0, 3, -2]) { sign($0[0]) } == [0, 0, 0])
    #expect(try slopes([-0.5, 0.5, 0, 2]) { clip($0[0], min: -0.5, max: 0.5) } == [0.5, 0.5, 1, 0])
    #expect(try slopes([0]) { sqrt($0[0]) } == [.infinity])
    #expect(try slopes([0, -0.0]) { reciprocal($0[0]) } == [-.infinity, -.infinity])
    #expect(try slopes([0]) { rsqrt($0[0]) } == [-.infinity])
    #expect(try slopes([0]) { pow($0[0], 0) } == [0])
    #expect(try slopes([0]) { cbrt($0[0]) } == [.infinity])
    #expect(try slopes([0.5, 1, -2]) { floor($0[0]) + ceil($0[0]) + round($0[0]) } == [0, 0, 0])
    #expect(try slopes([6, -6, 7]) { remainder($0[0], 3) + truncatingRemainder($0[0], 3) } == [2, 2, 2])
    #expect(try slopes([4, -4, 6]) { remainder(6 * $0[0] / $0[0], $0[0]) } == [-1, 2, -1])
    #expect(try slopes([0]) { hypot($0[0], 0) } == [0])
    #expect(try slopes([0, -0.0, 2, -2]) { copySign($0[0], -1) } == [0, 0, -1, 1])
    #expect(try slopes([2, -3]) { copySign(4, $0[0]) } == [0, 0])
    let line = { (x: [Tensor]) in
      let numbers = { (values: [Double]) in Tensor.constant(NDArray(values), in: x[0].trace) }
      return interpolate(x[0], points: numbers([-1, 0.25, 1]), values: numbers([0, 5, 2]))
    }
    #expect(try slopes([-2, -1, 0.25, 1, 2], line) == [0, 4, -4, 0, 0])
    #expect(try slopes([0]) { atan2($0[0], 0) } == [0])
    #expect(try slopes([1, -1]) { asin($0[0]) } == [.infinity, .infinity])
    #expect(try slopes([1, -1]) { acos($0[0]) } == [-.infinity, -.infinity])
    #expect(try slopes([1]) { acosh($0[0]) } == [.infinity])
    #expect(try slopes([1, -1]) { atanh($0[0]) } == [.infinity, .infinity])
    #expect(try slopes([2, 5]) { max($0[0], $0[0] * 1) } == [1, 1])
  }

  @Test("Activations have the derivative from the left, relu 0")
  func activations() throws {
    #expect(try slopes([0]) { relu($0[0]) } == [0])
    #expect(try slopes([0]) { leakyRelu($0[0], slope: 0.25) } == [0.25])
    #expect(try slopes([0]) { elu($0[0], alpha: 0.5) } == [0.5])
    let selu0 = try slopes([0]) { selu($0[0]) }[0]
    #expect(Swift.abs(selu0 - 1.0507009873554805 * 1.6732632423543772) < 1e-15)
    #expect(try slopes([-3, 3]) { hardSigmoid($0[0]) } == [0, 1.0 / 6])
    #expect(try slopes([0, 1, -1]) { softsign($0[0]) } == [1, 0.25, 0.25])
    #expect(try slopes([0]) { silu($0[0]) } == [0.5])
    #expect(try slopes([0]) { gelu($0[0]) } == [0.5])
  }

  @Test("Norms and the standard deviation are flat at 0, in the second derivative too")
  func norms() throws {
    for kind in [Norm.one, .two, .infinity, .p(3), .p(0.5)] {
      #expect(try slopes([0, 0]) { norm($0[0], kind) } == [0, 0])
      #expect(
        try slopes([0, 0]) { x in gradient(of: norm(x[0], kind), withRespectTo: x[0]) } == [0, 0])
    }
    #expect(isClose(try slopes([0, 2]) { norm($0[0], .p(3)) }, [0, 1], 1e-15))
    #expect(try slopes([2, -2, 1]) { norm($0[0], .infinity) } == [0.5, -0.5, 0])
    #expect(try slopes([3, 3, 3]) { standardDeviation($0[0]) } == [0, 0, 0])
  }

  @Test("Equal extremes share, and of a product each element has the product of the others")
  func ties() throws {
    #expect(try slopes([1, 3, 3, 3]) { max($0[0]) }.map { ($0 * 3).rounded() } == [0, 1, 1, 1])
    #expect(try slopes([1, 1, 3]) { min($0[0]) } == [0.5, 0.5, 0])
    #expect(try slopes([0, 2, 3]) { product($0[0]) } == [6, 0, 0])
    #expect(try slopes([0, 2, 0]) { product($0[0]) } == [0, 0, 0])
    #expect(try slopes([0, 2, 3]) { cumulativeProduct($0[0], axis: 0) } == [9, 0, 0])
  }

  @Test("Of no elements: sums 0, products 1, norms 0, means NaN")
  func nothing() throws {
    for (_, found) in try bothWays(
      [NDArray([] as [Double])],
      { x in
        [sum(x[0]), product(x[0]), max(x[0]), min(x[0]), norm(x[0]), norm(x[0], .infinity), logSumExp(x[0])]
      })
    {
      #expect(found.map { $0.doubles[0] } == [0, 1, -.infinity, .infinity, 0, 0, -.infinity])
    }
    for (_, found) in try bothWays([NDArray([] as [Double])], { [mean($0[0]), variance($0[0])] }) {
      #expect(found.allSatisfy { $0.doubles[0].isNaN })
    }
  }

  @Test("softsign and mish are smooth at 0: their second derivatives are 0 and those of mpmath")
  func secondDerivatives() throws {
    func second(_ x: Double, _ function: (Tensor) -> Tensor) throws -> Double {
      try slopes([x]) { x in gradient(of: function(x[0]), withRespectTo: x[0]) }[0]
    }
    // mpmath: diff(lambda x: x*tanh(log(1+exp(x))), x, 2)
    #expect(Swift.abs(try second(0) { mish($0) } - 0.64) < 1e-14)
    #expect(Swift.abs(try second(-2) { mish($0) } - 0.03502708185265924) < 1e-13)
    // Of x Φ(x) approximated by tanh, and of x σ(x), at 0: √(2/π) and ½.
    #expect(Swift.abs(try second(0) { gelu($0) } - (2 / Double.pi).squareRoot()) < 1e-14)
    #expect(try second(0) { silu($0) } == 0.5)
  }
}
