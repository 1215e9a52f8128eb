import Adjoint
import AdjointIR
import Foundation
import Testing

/// y′ = tanh(y·w) of a vector, `steps` times; its sum's gradient by start and weights.
private func chain(_ steps: Int, width: Int, keeping memory: LoopMemory) throws -> Function {
  try Function([("y", TensorType(.float64, [width])), ("w", TensorType(.float64, [width]))]) { x in
    let last = iterate(x[0], count: steps, keeping: memory) { tanh($0 * x[1] + 0.1) }
    let cost = sum(square(last))
    return [cost] + gradient(of: cost, withRespectTo: x)
  }
}

private func arena(_ function: Function) throws -> Int {
  try function.compiled().executable.program.memory.arenaBytes
}

private func errors(_ body: (Tensor) -> [Tensor]) -> String {
  do {
    _ = try Function([("x", TensorType(.float64, [4, 3]))]) { body($0[0]) }
    return ""
  } catch {
    return "\(error)"
  }
}

@Suite struct LoopTests {
  @Test func theCodeDoesNotGrowWithTheRuns() throws {
    let programs = try [100, 10_000].map { try chain($0, width: 8, keeping: .values).compiled() }
    #expect(programs[0].executable.program.kernelCount == programs[1].executable.program.kernelCount)
    let lines = programs.map { $0.source.split(separator: "\n").count }
    #expect(lines[0] == lines[1])
    #expect(
      try chain(10_000, width: 8, keeping: .values).graph.nodes.count
        == chain(100, width: 8, keeping: .values).graph.nodes.count)
  }

  /// 10,000 runs of 100 numbers: all values are megabytes, those of 100 segments √ of that.
  @Test func segmentsBoundTheMemoryByTheRoot() throws {
    let slice = 100 * 8
    let all = try arena(chain(10_000, width: 100, keeping: .values))
    #expect(all > 10_000 * slice)
    let long = try arena(chain(10_000, width: 100, keeping: .segments()))
    let short = try arena(chain(2_500, width: 100, keeping: .segments()))
    // Carries between segments, and what one segment keeps: a few times 100 slices.
    #expect(long < 500 * slice, "\(long)")
    #expect(Double(long) / Double(short) < 2.2, "\(long) \(short)")
  }

  @Test(arguments: [LoopMemory.values, .carries, .segments(), .segments(of: 7)])
  func whatIsKeptDoesNotChangeTheDerivative(_ memory: LoopMemory) throws {
    let inputs = [try generic([5]), try generic([5])]
    let expected = try chain(60, width: 5, keeping: .values)(inputs[0], inputs[1])
    let function = try chain(60, width: 5, keeping: memory)
    let found = [try function(inputs[0], inputs[1]), try function.compiled()(inputs[0], inputs[1])]
    for values in found {
      for (a, b) in zip(values, expected) { #expect(isClose(a.doubles, b.doubles, 1e-12)) }
    }
  }

  @Test func aLoopThatStopsDoesNotGoOn() throws {
    // Halved until it is at most 1.
    let halving = try Function([("x", TensorType(.float64, .scalar))]) { x in
      let (values, count) = iterate([x[0]], while: { $0[0] .> 1 }, atMost: 50) { [0.5 * $0[0]] }
      return [values[0], count, gradient(of: values[0], withRespectTo: x[0])]
    }
    for (x, value, count) in [
      (5.0, 0.625, 3.0), (1.0, 1.0, 0.0), (1024.0, 1.0, 10.0), (1e300, 1e300 * 0x1p-50, 50.0),
    ] {
      for results in [try halving(NDArray(x)), try halving.compiled()(NDArray(x))] {
        #expect(results.map { $0.doubles[0] } == [value, count, Foundation.pow(0.5, count)])
      }
    }
    let plain = try Function(.float64) { x in
      iterate([x], while: { $0[0] .> 1 }, atMost: 50) { [0.5 * $0[0]] }.values[0]
    }
    #expect(try plain.compiled().source.contains("break;"))
    #expect(try plain.compiled()(5) == 0.625)
    // Compiled, the runs after the last one do not happen: their index would be out of range.
    let table = try Function([("x", TensorType(.float64, [3]))]) { x in
      let zero = Tensor.constant(0, .int32, in: x[0].trace)
      let total = Tensor.constant(0, like: x[0])
      return iterate([zero, total], while: { $0[0] .< 3 }, atMost: 1_000) { values in
        let row = x[0].gathered(rows: values[0].reshaped(to: [1])).reshaped(to: [])
        return [values[0] + 1, values[1] + row]
      }.values
    }
    #expect(try table.compiled()(NDArray([1.0, 2, 4]))[1].doubles == [7])
  }

  @Test func closedFormsOfIntegrators() throws {
    // y′ = −y by Euler's method: (1 − h)ⁿ.
    let decay = try Function([("y", TensorType(.float64, .scalar))]) { x in
      [integrate(from: x[0], step: 0.1, steps: 40, method: .euler) { y, _ in -y }]
    }
    let path = try decay.compiled()(NDArray(1.0))[0].doubles
    #expect(path.count == 41)
    #expect(zip(path, 0...40).allSatisfy { abs($0 - Foundation.pow(0.9, Double($1))) < 1e-15 })
    // The oscillator to t = 1: 16 times as close with half the step.
    let error = { (steps: Int) in
      let oscillator = try Function([("y", TensorType(.float64, [2]))]) { x in
        [
          integrate(from: x[0], step: 1 / Double(steps), steps: steps) { y, _ in
            stacked([y[1], -y[0]], axis: 0)
          }
        ]
      }
      let end = try oscillator.compiled()(NDArray([1.0, 0]))[0].doubles.suffix(2)
      return hypot(end.first! - Foundation.cos(1), end.last! + Foundation.sin(1))
    }
    let ratio = try error(10) / error(20)
    #expect(15 < ratio && ratio < 17, "\(ratio)")
    // y′ = t³ is integrated without error by the weights of Simpson's rule.
    let cubic = try Function([("y", TensorType(.float64, .scalar))]) { x in
      [integrate(from: x[0], step: 0.25, steps: 8, start: 1) { _, t in t * t * t }]
    }
    #expect(abs(try cubic.compiled()(NDArray(0.0))[0].doubles[8] - 20) < 1e-13)
  }

  /// The energy of an oscillator swings by h²/8 of itself and does not drift; run backwards it comes back.
  @Test func verletKeepsTheEnergy() throws {
    let type = TensorType(.float64, .scalar)
    let motion = { (step: Double) in
      try Function([("x", type), ("v", type)]) { x in
        let path = velocityVerlet(positions: x[0], velocities: x[1], step: step, steps: 5_000) { -$0 }
        return [path.positions, path.velocities]
      }.compiled()
    }
    let path = try motion(0.1)(NDArray(1.0), NDArray(0.0)).map(\.doubles)
    let energy = zip(path[0], path[1]).map { 0.5 * ($0 * $0 + $1 * $1) }
    #expect(energy.allSatisfy { abs($0 - 0.5) < 0.5 * 0.01 / 4 })
    let back = try motion(-0.1)(NDArray(path[0][5_000]), NDArray(path[1][5_000])).map(\.doubles)
    #expect(abs(back[0][5_000] - 1) < 1e-11 && abs(back[1][5_000]) < 1e-11)
  }

  @Test func aWrongLoopSaysWhatIsWrong() throws {
    let message = errors { x in
      scan([x[0]], over: [x]) { c, s in ([sum(c[0])], [s[0]]) }.outputs
    }
    #expect(message.contains("LoopTests.swift"))
    #expect(message.contains("carry 0 is float64[3] before a run and float64[] after it"))
    #expect(
      errors { x in scan([x[0]], over: [x]) { _, _ in ([], []) }.outputs }.contains(
        "a run is given 1 carries and gives 0"))
    #expect(
      errors { x in scan([x[0]]) { c, _ in (c, []) }.carries }.contains("neither sequences nor a length"))
    #expect(
      errors { x in scan([x[0]], over: [x], length: 3) { c, _ in (c, []) }.carries }.contains(
        "runs of 3 and 4"))
    #expect(
      errors { x in scan([x[0]], over: [sum(x)]) { c, _ in (c, []) }.carries }.contains(
        "a sequence is a scalar"))
    #expect(errors { x in [iterate(x, count: -1) { $0 }] }.contains("-1 runs"))
    // What goes wrong in the body is at the body's line.
    #expect(errors { x in [iterate(x, count: 5) { $0 + x[0, ..<2] }] }.contains("[4,3]"))
  }

  /// Kernels are counted through the bodies of loops, so that a failure names its node.
  @Test func whatFailsInALoopIsNamed() throws {
    let types = [("a", TensorType(.float64, [2, 2])), ("i", TensorType(.int32, [1]))]
    let function = try Function(types) { x in
      let path = scan([x[0]], length: 30) { carries, _ in
        let row = tanh(carries[0]).gathered(rows: x[1]).labelled("row")
        let root = cholesky(carries[0] + 0.01 * sum(row)).labelled("root")
        return ([matmul(root, root.transposed()) - 0.1 * Tensor.identity(2, like: root)], [root])
      }
      return [path.outputs[0], path.carries[0]]
    }
    let matrix = try NDArray([4.0, 1, 1, 3], shape: [2, 2])
    let message = { (index: Int32) in
      do {
        _ = try function.compiled()(matrix, NDArray([index]))
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(message(7).contains("'row'") && message(7).contains("out of range"), "\(message(7))")
    #expect(message(1).contains("'root'") && message(1).contains("positive definite"), "\(message(1))")
    #expect(throws: InterpreterError.self) { try function(matrix, NDArray([Int32(1)])) }
  }

  @Test func aLayerOfEachCellTrainsOnBothBackends() throws {
    let x = try NDArray(generic([8, 5, 2]).doubles.map { Float($0) }, shape: [8, 5, 2])
    let y = try NDArray(generic([8, 1]).doubles.map { Float($0) }, shape: [8, 1])
    for cell in [Recurrent.Cell.plain(), .lstm, .gru] {
      let costs = try [Backend.tcc, .interpreter].map { backend in
        let model = Sequential {
          Recurrent(cell, units: 4, returnsSequence: true)
          Recurrent(cell, units: 3)
          Dense(1)
        }
        let trainer = try Trainer(model, optimizer: .adam(learningRate: 0.02), seed: 5, backend: backend) {
          model, batch in mean(square(model(batch["x"]) - batch["y"]))
        }
        return try trainer.fit(["x": x, "y": y], epochs: 12, progress: .silent).epochs.map(\.cost)
      }
      #expect(isClose(costs[0], costs[1], 1e-4))
      #expect(costs[0][11] < costs[0][0])
    }
  }
}
