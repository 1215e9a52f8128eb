import Adjoint
import AdjointArray
import AdjointIR
import Foundation
import Testing

@Suite("Costs and penalties")
struct FrontEndLossTests {
  func cost(_ loss: Loss, _ prediction: NDArray, _ target: NDArray) throws -> (value: Double, slope: [Double])
  {
    let results = try evaluate([prediction, target]) {
      let cost = loss($0[0], $0[1])
      return [cost, gradient(of: cost, withRespectTo: $0[0])]
    }
    #expect(results[0].shape == .scalar)
    return (results[0].doubles[0], results[1].doubles)
  }

  @Test("Squared errors are means over the elements")
  func squared() throws {
    let y = try doubles([1, 2, 3, 5], [4, 1])
    let t = try doubles([1, 1, 1, 1], [4, 1])
    #expect(try cost(.meanSquaredError, y, t) == (21.0 / 4, [0, 0.5, 1, 2]))
    #expect(try cost(.halfSquaredError, y, t) == (21.0 / 8, [0, 0.25, 0.5, 1]))
  }

  @Test(
    "Binary cross-entropy at ±80 (float32) and ±700 (float64) is the closed form, and so is its derivative")
  func binaryFarOut() throws {
    for (z, t, value, slope) in [
      (80.0, 1.0, exp(-80.0), -exp(-80.0)), (80, 0, 80, 1), (-80, 1, 80, -1),
      (-80, 0, exp(-80.0), exp(-80.0)),
    ] {
      let result = try cost(.binaryCrossEntropy, NDArray([Float(z)]), NDArray([Float(t)]))
      #expect(Swift.abs(result.value - value) <= 2e-6 * value, "z \(z) t \(t)")
      // σ(80) − 1 rounds to 0 in float32.
      #expect(Swift.abs(result.slope[0] - slope) <= 1e-7, "z \(z) t \(t)")
    }
    for (z, t, value) in [(700.0, 1.0, exp(-700.0)), (700, 0, 700), (-700, 1, 700), (-700, 0, exp(-700.0))] {
      let result = try cost(.binaryCrossEntropy, NDArray([z]), NDArray([t]))
      #expect(Swift.abs(result.value - value) <= 1e-14 * value, "z \(z) t \(t)")
      #expect(result.slope[0].isFinite)
    }
  }

  @Test("Binary cross-entropy is −t log σ(z) − (1 − t) log(1 − σ(z)), with the derivative (σ(z) − t)/n")
  func binary() throws {
    let (z, t) = ([-1.5, 0, 0.3, 2], [0.0, 1, 0.25, 1])
    let sigma = z.map { 1 / (1 + exp(-$0)) }
    let terms = zip(sigma, t).map { -$1 * log($0) - (1 - $1) * log(1 - $0) }
    let result = try cost(.binaryCrossEntropy, doubles(z, [4, 1]), doubles(t, [4, 1]))
    #expect(Swift.abs(result.value - terms.reduce(0, +) / 4) < 1e-15)
    #expect(isClose(result.slope, zip(sigma, t).map { ($0 - $1) / 4 }, 1e-15))
  }

  @Test("The Hessian of logistic regression at weight 0 is ¼ mean(x²), not that of a kink")
  func hessianAtZero() throws {
    let results = try evaluate([NDArray(0.0), doubles([1, 2, -3], [3]), doubles([1, 0, 1], [3])]) {
      let cost = Loss.binaryCrossEntropy($0[0] * $0[1], $0[2])
      return [gradient(of: gradient(of: cost, withRespectTo: $0[0]), withRespectTo: $0[0])]
    }
    #expect(isClose(results[0].doubles, [14.0 / 12], 1e-15))
  }

  @Test("Softmax cross-entropy: from indices and from one-hot targets, with the derivative (softmax − t)/b")
  func softmax() throws {
    let z = [1.0, 2, 0.5, -1, 0, 3]
    let rows = [Array(z[0..<3]), Array(z[3..<6])]
    let sums = rows.map { $0.map { exp($0) }.reduce(0, +) }
    let value = ((log(sums[0]) - 2) + (log(sums[1]) - 3)) / 2
    let oneHot = [0.0, 1, 0, 0, 0, 1]
    let slope = z.indices.map { (exp(z[$0]) / sums[$0 / 3] - oneHot[$0]) / 2 }
    for target in [NDArray([1, 2] as [Int32]), try doubles(oneHot, [2, 3])] {
      let result = try cost(.softmaxCrossEntropy, doubles(z, [2, 3]), target)
      #expect(Swift.abs(result.value - value) < 1e-15)
      #expect(isClose(result.slope, slope, 1e-15))
    }
  }

  @Test("Softmax cross-entropy far out")
  func softmaxFarOut() throws {
    let target = NDArray([1] as [Int32])
    let single = try NDArray([80, -80] as [Float], shape: [1, 2])
    #expect(try cost(.softmaxCrossEntropy, single, target) == (160, [1, -1]))
    let wide = try doubles([700, -700], [1, 2])
    #expect(try cost(.softmaxCrossEntropy, wide, target) == (1400, [1, -1]))
    #expect(try cost(.softmaxCrossEntropy, doubles([-700, 700], [1, 2]), target) == (0, [0, 0]))
  }

  @Test("A cost does not broadcast: [m, 1] against [m] names both")
  func shapes() throws {
    for loss in [Loss.meanSquaredError, .halfSquaredError, .binaryCrossEntropy] {
      let trace = Trace()
      let y = trace.input("y", TensorType(.float32, [8, 1]))
      #expect(loss(y, trace.input("t", TensorType(.float32, [8]))).isPoisoned)
      let error = try #require(trace.errors.first)
      #expect(error.kind == .shapeMismatch)
      #expect(error.problem == "the prediction float32[8,1] and the target float32[8] differ")
      #expect(error.location == SourceLocation(file: #fileID, line: #line - 4))
      #expect(trace.errors.count == 1)
    }
    let trace = Trace()
    let z = trace.input("z", TensorType(.float32, [8, 3]))
    _ = Loss.softmaxCrossEntropy(z, trace.input("t", TensorType(.int32, [8, 1])))
    _ = Loss.softmaxCrossEntropy(sum(z, axes: 1), trace.input("u", TensorType(.int32, [8])))
    #expect(
      trace.errors.map(\.problem) == [
        "logits [8,3] and class indices [8,1] do not fit", "the logits are float32[8]",
      ])
  }

  @Test("A cost of one's own must be a scalar")
  func custom() throws {
    let absolute = Loss.custom("absolute error") { mean(abs($0 - $1)) }
    #expect(try cost(absolute, NDArray([1.0, 4]), NDArray([2.0, 2])).value == 1.5)
    let trace = Trace()
    let y = trace.input("y", TensorType(.float32, [2]))
    #expect(Loss.custom { $0 - $1 }(y, y).isPoisoned)
    #expect(trace.errors.map(\.problem) == ["the cost is float32[2]"])
  }

  @Test("Penalties are λ Σ|w| and λ Σw² over all weights, with λ given at run time")
  func penalties() throws {
    let regularization = Regularization.combined(l1: 0.1, l2: 0.01)
    #expect(regularization.hyperparameters.map(\.name) == ["l1", "l2"])
    #expect(Regularization.l2(0).hyperparameters.map(\.name) == ["l2"])
    let arguments = [NDArray([1.0, -2]), NDArray([3.0]), NDArray(0.1), NDArray(0.01)]
    let results = try evaluate(arguments) {
      let penalty = try #require(
        regularization.penalty([$0[0], $0[1]], hyperparameters: ["l1": $0[2], "l2": $0[3]]))
      return [penalty, gradient(of: penalty, withRespectTo: $0[0])]
    }
    #expect(isClose(results[0].doubles, [0.6 + 0.14], 1e-15))
    #expect(isClose(results[1].doubles, [0.1 + 0.02, -0.1 - 0.04], 1e-15))
    #expect(Regularization.none.penalty([], hyperparameters: [:]) == nil)
  }
}
