import Adjoint
import AdjointArray
import AdjointIR
import Foundation
import Testing

/// `gradient(of:)` within a closure differentiates the stable form of what is written.
@Suite("Derivatives within a closure")
struct InnerGradientTests {
  /// The values as recorded, without any rewriting after the derivative.
  func recorded(_ points: [Double], _ body: (Tensor) -> Tensor) throws -> [Double] {
    try evaluate([NDArray(points)]) { [body($0[0])] }[0].doubles
  }

  @Test("log σ(x) has the slope 1 − σ(x) where σ underflows, and so has its derivative")
  func logSigmoid() throws {
    let points = [-800.0, -30, -1, 0, 1, 30, 800]
    let sigma = points.map { 1 / (1 + exp($0)) }
    let first = try recorded(points) { gradient(of: log(sigmoid($0)), withRespectTo: $0) }
    #expect(isClose(first, sigma, 1e-15))
    let second = try recorded(points) { x in
      gradient(of: gradient(of: log(sigmoid(x)), withRespectTo: x), withRespectTo: x)
    }
    #expect(isClose(second, points.map { -1 / (2 + exp(-$0) + exp($0)) }, 1e-15))
  }

  @Test("A target is where the derivative ends: no rule looks through it")
  func targetsAreOpaque() throws {
    // d log s / ds = 1/s at s = σ(2), though log σ(x) could be written without s.
    let s = 1 / (1 + exp(-2.0))
    let slope = try recorded([2]) { x in
      let s = sigmoid(x)
      return gradient(of: log(s), withRespectTo: s)
    }
    #expect(isClose(slope, [1 / s], 1e-15))
    // log(1 + e) becomes log1p(e), which is a target here, and yet no part of it: d(a·b)/da = b.
    let factor = try recorded([2]) { x in
      let e = exp(x)
      let a = log1p(e)
      return gradient(of: a * log(1 + e), withRespectTo: [x, a])[1]
    }
    #expect(isClose(factor, [log(1 + exp(2.0))], 1e-15))
  }

  @Test("Where one target depends on another, that one receives what flows through it")
  func dependentTargets() throws {
    // y = x·h², h = x³, k = 2h: with k² in y, too.
    let x = 1.5
    let results = try evaluate([NDArray(x)]) { inputs in
      let x = inputs[0]
      let h = x * x * x
      let k = 2 * h
      let y = x * h * h + k * k
      return gradient(of: y, withRespectTo: [k, x, h, x])
    }
    let h = x * x * x
    let byH = 2 * x * h + 8 * h
    let byX = h * h + byH * 3 * x * x
    #expect(isClose(results.map { $0.doubles[0] }, [4 * h, byX, byH, byX], 1e-15))
  }

  @Test("The output itself, a target twice, and one that the output does not depend on")
  func degenerateTargets() throws {
    let results = try evaluate([NDArray(3.0), NDArray([1.0, 2])]) { inputs in
      let y = inputs[0] * inputs[0]
      return gradient(of: y, withRespectTo: [y, inputs[0], inputs[1], inputs[0]])
    }
    #expect(results.map(\.doubles) == [[1], [6], [0, 0], [6]])
  }

  @Test("Names that could be taken for those of the inside do no harm")
  func names() throws {
    let trace = Trace()
    let inputs = ["value 1", "value 2", "value 4"].map { trace.input($0, TensorType(.float64, .scalar)) }
    let product = inputs[0] * inputs[1]
    let y = gradient(of: product * product * inputs[2], withRespectTo: product)
    try trace.check()
    let id = try #require(y.id)
    let graph = trace.builder.graph(outputs: [Output("y", id)])
    try graph.verify()
    let values = [2.0, 3, 5].map { NDArray($0) }
    #expect(try Interpreter(graph).run(values: values)[0].doubles == [60])
  }

  @Test("Backward nodes have the lines of what they are the backward of, and are called after it")
  func provenance() throws {
    let trace = Trace()
    let x = trace.input("x", TensorType(.float64, [3]))
    let line = #line + 1
    let z = (x * x).labelled("z")
    let y = sum(log(sigmoid(z)))
    _ = gradient(of: y, withRespectTo: x)
    try trace.check()
    let cotangent = try #require(trace.builder.nodes.first { $0.provenance.labels.contains("d_z") })
    #expect(cotangent.type == TensorType(.float64, [3]))
    let lines = trace.builder.nodes.flatMap { $0.provenance.locations }.map(\.line)
    #expect(lines.allSatisfy { (line...line + 2).contains($0) })
  }

  @Test("What mixes rows is named as it was written")
  func rows() throws {
    let trace = Trace()
    let x = trace.input("x", TensorType(.float64, [4, 3]))
    let line = #line + 1
    let y = log(sum(exp(x), axes: 0))
    _ = gradient(of: y, withRespectTo: x)
    let error = try #require(trace.errors.first)
    #expect(error.kind == .notDifferentiable)
    #expect(error.problem.hasPrefix("reduce_sum: it mixes rows"))
    #expect(error.location?.line == line)
  }
}
