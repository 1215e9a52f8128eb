import Adjoint
import AdjointArray
import AdjointIR
import AdjointTransforms
import Testing

/// A chain of layers tanh(h · W) on float64, every `segment` of them in a checkpoint (none where that is 0): the sum
/// of the last, and its gradient by the input and the weights.
private func chain(_ layers: Int, width: Int, segment: Int) throws -> Function {
  let types = (0...layers).map {
    (name: $0 == 0 ? "x" : "w\($0)", type: TensorType(.float64, [width, width]))
  }
  return try Function(types) { inputs in
    var h = inputs[0]
    let weights = Array(inputs.dropFirst())
    let layer = { (h: Tensor, w: Tensor) in tanh(matmul(h, w)) }
    if segment == 0 {
      h = weights.reduce(h, layer)
    } else {
      for start in stride(from: 0, to: layers, by: segment) {
        let part = weights[start..<min(start + segment, layers)]
        h = checkpoint([h] + part) { [$0.dropFirst().reduce($0[0], layer)] }[0]
      }
    }
    let cost = sum(h)
    return [cost] + gradient(of: cost, withRespectTo: inputs)
  }
}

private struct Deep: Layer {
  let first = Dense(8, activation: .tanh)
  let second = Dense(8, activation: .sigmoid)
  let last = Dense(1)
  let isCheckpointed: Bool

  func callAsFunction(_ x: Tensor) -> Tensor {
    last(isCheckpointed ? checkpoint(x) { second(first($0)) } : second(first(x)))
  }
}

@Suite struct CheckpointTests {
  @Test func aCheckpointHasTheSameBits() throws {
    let inputs = try (0...6).map { number in
      try NDArray(generic([12, 12]).doubles.map { $0 * (0.3 + 0.01 * Double(number)) }, shape: [12, 12])
    }
    let plain = try chain(6, width: 12, segment: 0)
    for segment in [1, 2, 3, 6] {
      let function = try chain(6, width: 12, segment: segment)
      #expect(try function.compiled().executable(inputs) == plain.compiled().executable(inputs))
    }
  }

  /// Of each layer tanh and 1 − tanh² are kept: 128 values of 512 KiB for 64 layers. In 8 checkpoints these are 8
  /// arguments, and the 16 of the one that is computed again.
  @Test func aDeepNetworkNeedsTheMemoryOfItsSegments() throws {
    let value = 256 * 256 * 8
    let kept = { (segment: Int) in
      let function = try chain(64, width: 256, segment: segment)
      let memory = try Executable(function.simplified, strips: nil).program.memory
      return (memory.arenaBytes - memory.workspaceBytes) / value
    }
    let (plain, checkpointed) = (try kept(0), try kept(8))
    #expect(plain <= 132, "\(plain)")
    #expect(checkpointed <= 28, "\(checkpointed)")
    #expect(plain > 3 * checkpointed, "\(plain), \(checkpointed)")
  }

  /// A kernel that makes 0, 1, … into waves for the forward pass must not also compute again what they are added to.
  @Test func whatIsMadeOfNothingIsComputedAgainToo() throws {
    let program = try Function([("x", TensorType(.float64, [64, 64]))]) { inputs in
      let last = (0..<4).reduce(inputs[0]) { x, _ in
        checkpoint(x) { x in
          let waves = sin(Tensor.iota(64 * 64, .float64, in: x.trace)).reshaped(to: [64, 64])
          return tanh(matmul(x, x) + waves)
        }
      }
      let cost = sum(last)
      return [cost, gradient(of: cost, withRespectTo: inputs[0])]
    }.compiled().executable.program
    let cost = try #require(
      program.kernels.firstIndex { kernel in
        kernel.writes.contains { program.buffers[$0].storage == .output(0) }
      })
    let kept = program.memory.placements.filter { $0.firstKernel <= cost && $0.lastKernel > cost }
    // The arguments of the last three checkpoints; that of the first is the input.
    #expect(kept.map(\.byteCount) == [64 * 64 * 8, 64 * 64 * 8, 64 * 64 * 8])
  }

  @Test func recomputationIsCounted() throws {
    let function = { (isCheckpointed: Bool) in
      let body = { (x: Tensor) in exp(sin(x)) }
      return try Function([("x", TensorType(.float64, []))]) { x in
        let y = isCheckpointed ? checkpoint(x[0], body) : body(x[0])
        return [y, gradient(of: y, withRespectTo: x[0])]
      }.graph.inliningCalls().simplified().flops
    }
    // sin, exp, cos and a product; sin and exp once more.
    #expect(try function(false) == 4)
    #expect(try function(true) == 6)
  }

  @Test func parametersAndTensorsFromOutsideHaveTheirDerivatives() throws {
    let losses = try [false, true].map { isCheckpointed in
      let trainer = try Trainer(Deep(isCheckpointed: isCheckpointed), optimizer: .adam(), seed: 3) {
        u, batch in
        mean(square(u(batch["x"]) - batch["y"]))
      }
      let y = try NDArray(generic([16, 3]).doubles.prefix(16).map { $0 * $0 }, shape: [16, 1])
      return try trainer.fit(["x": generic([16, 3]), "y": y], epochs: 5).epochs.map(\.cost)
    }
    #expect(losses[0] == losses[1])
    #expect(losses[0].last ?? .nan < losses[0][0])

    let scale = { (isCheckpointed: Bool) in
      try evaluate([generic([4])]) { x in
        let factor = exp(x[0])
        let y = isCheckpointed ? checkpoint(x[0]) { sin($0) * factor } : sin(x[0]) * factor
        return [gradient(of: y, withRespectTo: x[0])]
      }[0].doubles
    }
    #expect(try scale(true) == scale(false))
  }

  @Test func checkpointsNestAndAreDifferentiatedTwice() throws {
    func inner(_ x: Tensor) -> Tensor { checkpoint(x) { tanh($0 * $0) * $0 } }
    #expect(try gradientError([5]) { x in checkpoint(x) { sin(inner($0)) * inner(exp($0)) } } < 1e-8)
    #expect(
      try gradientError([5]) { x in
        gradient(of: checkpoint(x) { sin(inner($0)) }, withRespectTo: x)
      } < 1e-8)
  }

  @Test func whatIsWrongInsideIsSaidOnceAtItsLine() throws {
    let trace = Trace(at: SourceLocation(file: "Test/Here.swift", line: 7))
    let x = trace.input("x", TensorType(.float32, [2, 3]))
    let y = checkpoint(x) { matmul($0, $0) }
    let line = #line - 1
    #expect(y.isPoisoned)
    #expect(trace.errors.map(\.operation) == ["matmul"])
    #expect(trace.errors.first?.location?.line == line)
  }

  @Test func aTensorOfTheClosureCannotBeUsedOutside() throws {
    let trace = Trace()
    let x = trace.input("x", TensorType(.float32, [2]))
    var leaked = x
    let y = checkpoint(x) { x in
      leaked = exp(x)
      return leaked * 2
    }
    #expect(trace.errors.isEmpty)
    #expect((y + leaked).isPoisoned)
    #expect(trace.errors.map(\.kind) == [.foreignTensor])
  }
}
