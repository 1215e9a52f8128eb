import Adjoint
import AdjointArray
import AdjointIR
import Testing

/// sign(x), differentiated as if it were x.
private func straightThrough(_ x: Tensor) -> Tensor {
  customDerivative("quantize", x) {
    sign($0)
  } vjp: { _, _, cotangent in
    cotangent
  }
}

/// x, whose cotangents are held in −1...1.
private func clippingGradients(_ x: Tensor) -> Tensor {
  customDerivative("clip_gradient", x) {
    $0
  } vjp: { _, _, cotangent in
    max(-1.0, min(cotangent, 1.0))
  }
}

private func recorded(_ body: (Trace, Tensor) -> Tensor) throws -> GraphError? {
  let trace = Trace(at: SourceLocation(file: "Test/Here.swift", line: 7))
  let y = body(trace, trace.input("x", TensorType(.float32, [2, 3])))
  #expect(y.isPoisoned)
  #expect(trace.errors.count == 1)
  return trace.errors.first
}

@Suite struct CustomDerivativeTests {
  @Test func aStraightThroughEstimatorPassesTheCotangent() throws {
    let x = try doubles([-2, -0.5, 0.5, 3], [4])
    #expect(try values(x) { straightThrough($0) } == [-1, -1, 1, 1])
    #expect(
      try values(x) { gradient(of: straightThrough($0) * $0, withRespectTo: $0) } == [-3, -1.5, 1.5, 4])
    // The derivative of what is in it is 0.
    #expect(try values(x) { gradient(of: sign($0), withRespectTo: $0) } == [0, 0, 0, 0])
  }

  @Test func gradientsCanBeClipped() throws {
    let x = try doubles([-3, -0.25, 0.25, 3], [4])
    #expect(
      try values(x) { x in gradient(of: square(clippingGradients(x)), withRespectTo: x) } == [
        -1, -0.5, 0.5, 1,
      ])
  }

  /// √(x²) has the derivative 0/0 at 0 as it is written.
  @Test func aDerivativeCanBeStable() throws {
    let x = try doubles([-2, 0, 3], [3])
    let plain = try values(x) { x in gradient(of: sqrt(x * x), withRespectTo: x) }
    #expect(plain[1].isNaN)
    let stable = { (x: Tensor) in
      customDerivative("magnitude", x) {
        sqrt($0 * $0)
      } vjp: { x, _, cotangent in
        cotangent * sign(x)
      }
    }
    #expect(try values(x) { gradient(of: stable($0), withRespectTo: $0) } == [-1, 0, 1])
  }

  @Test func theTrueDerivativeWrittenByHandIsTheDerivative() throws {
    func product(_ x: Tensor, _ y: Tensor) -> Tensor {
      customDerivative("product", [x, y]) {
        exp($0[0]) * sin($0[1])
      } vjp: { x, result, cotangent in
        [cotangent * result, cotangent * exp(x[0]) * cos(x[1])]
      }
    }
    #expect(try gradientError([5]) { product($0, $0 * $0) } < 1e-8)
    #expect(try gradientError([5]) { x in gradient(of: product(x, x * x), withRespectTo: x) } < 1e-8)
  }

  @Test func itIsCompiledAndDifferentiatedAsAFunction() throws {
    let f = try Function(.float64) { x in straightThrough(x) * x }
    #expect(try f(3) == 3)
    #expect(try f.derivative().compiled()(3) == 4)
    #expect(try f.derivative().derivative()(3) == 2)
  }

  @Test func onlyFloatingPointArgumentsHaveCotangents() throws {
    let table = try doubles([1, 2, 3, 4], [4])
    let rows = NDArray([Int32(2), 0, 2])
    let d = try evaluate([table, rows]) { inputs in
      let y = customDerivative("lookup", inputs) {
        $0[0].gathered(rows: $0[1])
      } vjp: { arguments, _, _ in
        [Tensor.ones(like: arguments[0]) * 7]
      }
      return [gradient(of: sum(y), withRespectTo: inputs[0])]
    }
    #expect(d[0].doubles == [7, 7, 7, 7])
  }

  @Test func whatDoesNotFitIsSaidAtTheUsersLine() throws {
    let line = #line + 2
    let count = try recorded { _, x in
      customDerivative("f", [x]) {
        exp($0[0])
      } vjp: { _, _, _ in
        []
      }
    }
    #expect(count?.operation == "f")
    #expect(count?.location?.line == line)
    #expect(count?.problem.contains("gives 0 cotangents for 1 floating-point argument") == true)
    let shape = try recorded { _, x in
      customDerivative("f", x) {
        exp($0)
      } vjp: { _, _, c in
        sum(c)
      }
    }
    #expect(shape?.kind == .shapeMismatch)
    #expect(shape?.problem == "the vjp gives the cotangent float32[] for an argument float32[2,3]")
    let type = try recorded { _, x in
      customDerivative("f", x) {
        $0.cast(to: .int32)
      } vjp: { _, _, c in
        c.cast(to: .float32)
      }
    }
    #expect(type?.kind == .notDifferentiable)
    let outside = try recorded { _, x in
      let scale = exp(x)
      return customDerivative("f", x) {
        $0 * scale
      } vjp: { _, _, c in
        c
      }
    }
    #expect(outside?.kind == .foreignTensor)
    #expect(outside?.operation == "f")
    #expect(outside?.remedy.contains("pass the tensor as an argument") == true)
  }

  @Test func constantsFromOutsideMayBeUsed() throws {
    let x = try doubles([1, 2], [2])
    let y = try evaluate([x]) { x in
      let half = Tensor.constant(0.5, like: x[0])
      return [
        customDerivative("half", x[0]) {
          $0 * half
        } vjp: { _, _, c in
          c * half
        }
      ]
    }
    #expect(y[0].doubles == [0.5, 1])
  }
}
