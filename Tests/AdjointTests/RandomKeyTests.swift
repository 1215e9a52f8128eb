import Adjoint
import AdjointArray
import AdjointIR
import Testing

private let vector = TensorType(.float64, [6])

/// Where the key of random numbers comes from, in functions and within closures.
@Suite("Keys of random numbers")
struct RandomKeyTests {
  @Test("A function takes a seed, 0 unless it is said, interpreted and compiled")
  func seeds() throws {
    let noisy = try Function([("x", vector)]) { [$0[0] + .randomUniform(like: $0[0])] }
    #expect(noisy.graph.arguments.count == 2)
    let (compiled, x) = (try noisy.compiled(), NDArray(zeros: [6], .float64))
    #expect(try noisy(x) == noisy(x, seed: 0))
    #expect(try noisy(x, seed: 7) == compiled(x, seed: 7))
    #expect(try noisy(x, seed: .max) == compiled(x, seed: .max))
    #expect(try noisy(x, seed: 7) != noisy(x, seed: 8))
    // The key may be given like any other argument.
    #expect(try noisy(x, key(7)) == noisy(x, seed: 7))
    // Nothing drawn, nothing to be given.
    #expect(try Function([("x", vector)]) { [$0[0] * 2] }.graph.arguments.count == 1)
  }

  @Test("A function of numbers, and derivatives with further arguments, take it too")
  func derived() throws {
    let f = try Function(.float64) { x in x * .randomUniform(like: x) }
    #expect(try f.compiled()(2, seed: 5) == f(2, seed: 5))
    #expect(try f.compiled().map([2, 4], seed: 5) == [f(2, seed: 5), f(4, seed: 5)])
    #expect(try f.derivative()(2, seed: 5) == f(2, seed: 5) / 2)
    let vjp = try f.vjp()
    #expect(vjp.graph.arguments.count == 3)
    #expect(try vjp(NDArray(2.0), NDArray(3.0), seed: 5)[0].doubles[0] == 3 * f(1, seed: 5))
    #expect(try vjp.compiled()(2, 3, seed: 5) == 3 * f(1, seed: 5))
    let report = try checkGradient(of: f, at: [NDArray(0.7)])
    #expect(report.isRight)
  }

  @Test("Each draw has a stream of its own, also in closures; the numbers follow the key")
  func streams() throws {
    let all = try Function([("x", vector)]) { x in
      let a = Tensor.randomUniform(like: x[0])
      let b = checkpoint(x[0]) { .randomUniform(like: $0) }
      let c = checkpoint(x[0]) { x in checkpoint(x) { .randomUniform(like: $0) } }
      let own = Tensor.randomKey(seed: 1, in: x[0].trace)
      let d = customDerivative("noisy", [x[0], own.cast(to: .float64)]) { x in
        Tensor.randomUniform(like: x[0], key: x[1].cast(to: .int64))
      } vjp: { _, _, g in
        [g, Tensor.constant(NDArray([0.0, 0]), in: g.trace)]
      }
      return [a, b, c, d, .randomUniform(like: x[0], key: own)]
    }
    let x = NDArray(zeros: [6], .float64)
    let results = try [0, 1].map { try all(x, seed: $0) }
    #expect(Set(results.flatMap { $0[..<3].map(\.doubles) }).count == 6)
    #expect(results[0][3...] == results[1][3...])
    #expect(results[0][3] != results[0][4])
    #expect(try all.compiled()(x, seed: 1) == results[1])
  }

  @Test("A key of one's own is found by folding numbers in")
  func folding() throws {
    let function = try Function([("n", TensorType(.int32, [3]))]) { n in
      let key = n[0].trace.randomKey()
      let keys = foldIn(key, n[0])
      return [keys] + (0..<3).map { foldIn(key, n[0][$0]) }
    }
    let found = try function.compiled()(NDArray([Int32(4), 9, 4]), seed: 2)
    #expect(found[0].shape == [3, 2])
    #expect(found[0].doubles == found[1].doubles + found[2].doubles + found[3].doubles)
    #expect(found[1] == found[3])
    #expect(found[1] != found[2])
    #expect(try function(NDArray([Int32(4), 9, 4]), seed: 3)[0] != found[0])
  }

  @Test("In a closure that may use nothing from outside the trace's key is an error that says what to do")
  func closedClosures() throws {
    let error = try #require(throws: TraceError.self) {
      try Function([("x", vector)]) { x in
        [
          customDerivative("noisy", x[0]) {
            $0 + .randomUniform(like: $0)
          } vjp: { _, _, g in
            g
          }
        ]
      }
    }
    #expect(error.description.contains("draws random numbers with a key that it is not given"))
    #expect(error.description.contains("randomKey()"))
  }

  @Test("What a checkpoint computes again is drawn again the same")
  func checkpoints() throws {
    let cost = { (isCheckpointed: Bool) in
      try Function([("x", vector)]) { x in
        let body = { (x: Tensor) in square(dropout(sin(x), rate: 0.5)) * Tensor.randomNormal(like: x) }
        let y = sum(isCheckpointed ? checkpoint(x[0], body) : body(x[0]))
        return [y, gradient(of: y, withRespectTo: x[0])]
      }
    }
    let x = NDArray([0.3, 1, -2, 0.7, -0.1, 2])
    for seed in 0..<4 as Range<UInt64> {
      let plain = try cost(false)(x, seed: seed)
      #expect(try cost(true)(x, seed: seed) == plain)
      #expect(try cost(true).compiled()(x, seed: seed) == cost(false).compiled()(x, seed: seed))
    }
  }

  /// 40 runs, so that none is written out.
  @Test("A loop draws anew in each run, one in it likewise, and its derivative draws the same")
  func loops() throws {
    let number = { (x: Tensor) in Tensor.randomUniform([], .float64, in: x.trace) }
    let nested = try Function([("x", vector)]) { x in
      let all = scan([x[0]], length: 40) { carries, _ in
        let inner = scan(carries, length: 30) { inner, _ in (inner, [number(inner[0])]) }
        return (carries, [inner.outputs[0], number(carries[0])])
      }
      return all.outputs + [Tensor.randomUniform(like: x[0])]
    }
    let x = NDArray(zeros: [6], .float64)
    let found = try nested.compiled()(x, seed: 4)
    #expect(found[0].shape == [40, 30])
    #expect(Set(found.flatMap(\.doubles)).count == 40 * 30 + 40 + 6)
    #expect(try nested(x, seed: 4) == found)
    #expect(try nested(x, seed: 5) != found)

    for memory in [LoopMemory.values, .carries, .segments(of: 7)] {
      let chain = try Function([("x", vector)]) { x in
        [sum(iterate(x[0], count: 40, keeping: memory) { sin(dropout($0, rate: 0.1) + 0.2) })]
      }
      #expect(try checkGradient(of: chain, at: [NDArray([0.3, 1, -2, 0.7, -0.1, 2])]).isRight)
    }
    // Nothing is drawn, so nothing is asked for.
    let plain = try Function([("x", vector)]) { [iterate($0[0], count: 40) { sin($0) }] }
    #expect(plain.graph.arguments.count == 1)
  }
}
