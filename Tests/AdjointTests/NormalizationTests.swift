import Adjoint
import AdjointArray
import AdjointIR
import AdjointTransforms
import Testing

@Suite("Normalization")
struct NormalizationTests {
  @Test("Rows of equal numbers give exactly the bias, however great they are, and finite derivatives")
  func equalNumbers() throws {
    // 0.1 and its like, whose sum of seven is rounded.
    let levels = [0.1, 1e4 / 3, 1e10 / 7, -3e18 / 11]
    for type in [ScalarType.float32, .float64] {
      let x = try NDArray(levels.flatMap { [Double](repeating: $0, count: 7) }, shape: [4, 7]).converted(
        to: type)
      let bias = NDArray([1, 2, 3, 4, 5, 6, 7].map { Double($0) }).converted(to: type)
      for (way, results) in try bothWays(
        [x, bias],
        { x in
          let y = layerNorm(x[0], bias: x[1])
          return [y, gradient(of: sum(y * y), withRespectTo: x[0])]
        })
      {
        for row in 0..<4 {
          #expect(
            Array(results[0].doubles[(7 * row)..<(7 * row + 7)]) == bias.doubles,
            "\(type), \(way), row \(row)")
        }
        #expect(results[1].doubles.allSatisfy { $0.isFinite }, "\(type), \(way)")
      }
    }
  }

  @Test("Deviations of a few units in the last place are normalized as those of the exact numbers")
  func smallDeviations() throws {
    // Around 8192 float32 has steps of 2⁻¹⁰.
    let steps: [Double] = [0, 3, -5, 7, 2, 1, -4, 6, -1]
    let x = NDArray(steps.map { Float(8192 + $0 * 0x1p-9) })
    let mean = steps.reduce(0, +) / 9
    let variance = steps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 9
    let expected = NDArray(steps.map { ($0 - mean) / variance.squareRoot() })
    for (way, results) in try bothWays([x], { [layerNorm($0[0], epsilon: 1e-20)] }) {
      #expect(differences(results[0], expected, 1e-3, floor: 1) == [], "\(way)")
    }
  }

  @Test(
    "Layer norm leaves rows independent; batch norm of a batch does not, and that of kept statistics does")
  func rows() throws {
    let trace = Trace()
    let x = trace.input("x", TensorType(.float64, [4, 3]))
    _ = gradient(of: layerNorm(x), withRespectTo: x)
    _ = gradient(of: rmsNorm(x), withRespectTo: x)
    _ = gradient(of: groupNorm(x, groups: 3), withRespectTo: x)
    let (mean, variance) = (Tensor.constant(1, like: x), Tensor.constant(2, like: x))
    _ = gradient(of: batchNorm(x, mean: mean, variance: variance), withRespectTo: x)
    #expect(trace.errors.isEmpty)
    _ = gradient(of: batchNorm(x).output, withRespectTo: x)
    #expect(trace.errors.count == 1)
  }

  @Test("Forward mode is the transpose of reverse mode")
  func forwardMode() throws {
    let bodies: [(Tensor) -> Tensor] = [
      { layerNorm($0) }, { rmsNorm($0) }, { groupNorm($0, groups: 2) }, { batchNorm($0).output },
    ]
    let x = try generic([3, 4])
    let t = try NDArray(generic([12]).doubles.map { 1 - $0 * $0 }, shape: [3, 4])
    for (number, body) in bodies.enumerated() {
      for (way, results) in try bothWays(
        [x, t],
        { x in
          let y = body(x[0])
          return [
            sum(jvp(of: y, withRespectTo: x[0], tangent: x[1]) * cos(y)),
            sum(x[1] * vjp(of: y, withRespectTo: x[0], cotangent: cos(y))),
          ]
        })
      {
        #expect(isClose(results[0].doubles, results[1].doubles, 1e-13), "\(number), \(way)")
      }
    }
  }

  @Test("What does not fit is said once, at the caller's line")
  func errors() throws {
    let trace = Trace()
    let x = trace.input("x", TensorType(.float32, [2, 6]))
    let mean = Tensor.constant(1, like: x)
    let wide = trace.input("g", TensorType(.float32, [5]))
    let problem = { (y: Tensor) -> String? in
      #expect(y.isPoisoned)
      #expect(trace.errors.last?.location?.file == #fileID)
      return trace.errors.last?.problem
    }
    #expect(problem(layerNorm(x, gain: wide)) == "the gain [5] is not broadcast to [2,6]")
    #expect(
      problem(layerNorm(x, bias: trace.input("b", TensorType(.float32, [3, 2, 6]))))
        == "the bias [3,2,6] is not broadcast to [2,6]")
    #expect(problem(layerNorm(x, axes: 2)) == "axis 2 of 2")
    #expect(problem(rmsNorm(x, epsilon: -1)) == "epsilon is -1.0")
    #expect(problem(groupNorm(x, groups: 4)) == "6 channels do not divide into 4 groups")
    #expect(problem(groupNorm(x, groups: 0)) == "6 channels do not divide into 0 groups")
    #expect(problem(batchNorm(wide).output) == "float32[5] has no axis beside that of the channels")
    #expect(problem(batchNorm(x, mean: wide, variance: mean)) == "the mean [5] is not broadcast to [2,6]")
    #expect(problem(layerNorm(x.cast(to: .int32))) == "it is not defined on int32")
    #expect(trace.errors.count == 9)
  }
}
