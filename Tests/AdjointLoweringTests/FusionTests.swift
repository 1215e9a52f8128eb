import AdjointArray
import AdjointIR
import AdjointLowering
import Testing

/// Which nodes become one kernel.
@Suite struct FusionTests {
  @Test func aChainOfElementwiseOperationsIsOneKernel() throws {
    let program = try lowered { b in
      let x = b.input("x", [32, 64])
      let y = try b.unary(.tanh, try b.binary(.multiply, x, try b.unary(.exp, try b.unary(.negate, x))))
      return [Output("y", y)]
    }
    #expect(program.kernels.count == 1)
    #expect(program.maps[0].instructions.count == 4)
    #expect(program.maps[0].extents == [2048])
  }

  @Test func broadcastsFuse() throws {
    let program = try lowered { b in
      let x = b.input("x", [32, 10])
      let row = try b.broadcast(b.input("row", [10]), to: [32, 10])
      let column = try b.broadcast(b.input("column", [32, 1]), to: [32, 10])
      return [Output("y", try b.binary(.add, try b.binary(.multiply, x, column), row))]
    }
    #expect(program.kernels.count == 1)
    #expect(program.maps[0].extents == [32, 10])
    #expect(program.maps[0].loads.map(\.strides) == [[10, 1], [1, 0], [0, 1]])
  }

  @Test func aReductionEndsAKernel() throws {
    let program = try lowered { b in
      let x = b.input("x", [32, 10])
      let sum = try b.reduce(.sum, try b.unary(.exp, x), axes: [1])
      return [Output("y", try b.unary(.log, sum))]
    }
    // The sum is of the exponentials in the tile; its logarithm needs all of it.
    #expect(program.kernels.count == 2)
    #expect(program.maps[0].instructions.map(\.code) == [.unary(.exp)])
    #expect(program.maps[0].reductions.map(\.dimension) == [1])
    #expect(program.maps[0].stores.isEmpty)
    #expect(program.maps[1].instructions.map(\.code) == [.unary(.log)])
  }

  @Test func reductionsOfOneSpaceAlongOneAxisShareAKernel() throws {
    let program = try lowered { b in
      let x = b.input("x", [32, 10])
      let e = try b.unary(.exp, x)
      let sum = try b.reduce(.sum, e, axes: [0])
      let largest = try b.reduce(.maximum, e, axes: [0])
      return [Output("sum", sum), Output("max", largest)]
    }
    #expect(program.kernels.count == 1)
    #expect(program.maps[0].reductions.map(\.reduction) == [.sum, .maximum])
    #expect(program.maps[0].reductions.map(\.dimension) == [0, 0])
  }

  /// relu(z) > 0 is z > 0. A product reads relu(z) anyway, so neither z nor the sign is kept, unless that is long before.
  @Test func theDerivativeOfAStoredReluAsksForItsSignWhereItIsUsed() throws {
    enum Reader { case early, late, none }
    func layer(_ product: Reader) throws -> Program {
      try lowered { b in
        let x = b.input("x", [32, 10])
        let w = b.input("w", [10, 10])
        let z = try b.binary(.add, x, try b.broadcast(b.input("bias", [10]), to: [32, 10]))
        let a = try b.unary(.relu, z)
        var g = b.input("g", [32, 10])
        var result = a
        if product == .early {
          result = try b.append(.dot(.matmul(rank: 2)), [a, w])
          g = result
        }
        for _ in 0..<20 { g = try b.unary(.tanh, g) }
        if product == .late { result = try b.append(.dot(.matmul(rank: 2)), [a, w]) }
        let zero = try b.constant(0, like: z)
        let d = try b.select(b.compare(.greater, z, zero), g, zero)
        return [Output("result", result), Output("d", d)]
      }
    }
    let codes = { (program: Program) in program.maps.map { $0.instructions.map(\.code) } }
    let sum: [Instruction.Code] = [.binary(.add), .unary(.relu)]
    let sign: [Instruction.Code] = [.compare(.greater, .float32)]
    let tanhs = [Instruction.Code](repeating: .unary(.tanh), count: 20)
    let late = try layer(.late)
    #expect(codes(late) == [sum, tanhs + sign + [.select]])
    #expect(late.maps[1].loads.map(\.buffer).contains(late.maps[0].stores[0].view.buffer))
    // Each pair is one primitive.
    #expect(late.maps[0].tile.places == [.part(of: 1), .store(0)])
    #expect(late.maps[1].tile.places.suffix(2) == [.part(of: 21), .store(0)])
    // A byte is kept for long rather than a number.
    #expect(codes(try layer(.early)) == [sum + sign, tanhs + [.select]])
    // What only maps read is computed in one.
    let alone = try layer(.none)
    #expect(alone.maps.count == 1)
    #expect(alone.maps[0].instructions.count == 24)
  }

  @Test func aProductThatIsOnlySummedIsNotStored() throws {
    let maps = try lowered { b in
      let (x, y) = (b.input("x", [32, 10]), b.input("y", [32, 10]))
      let sum = try b.binary(.add, x, y)
      let product = try b.binary(.multiply, sum, y)
      return [
        Output("dot", try b.reduce(.sum, product, axes: [1])),
        Output("sum", try b.reduce(.sum, sum, axes: [1])),
      ]
    }.maps
    #expect(maps.count == 1)
    #expect(maps[0].tile.places == [.slot(0), .sum(0)])
  }

  @Test func anAdamStepOfOneParameterIsOneKernelInPlace() throws {
    let program = try lowered { b in
      let shape: Shape = [64, 30]
      let (p, g) = (b.parameter("p", shape), b.input("g", shape))
      let m = b.argument(.state, "m", TensorType(.float32, shape))
      let v = b.argument(.state, "v", TensorType(.float32, shape))
      let rate = try b.broadcast(b.input("rate", []), to: shape)
      func mix(_ old: NodeID, _ new: NodeID, _ beta: Double) throws -> NodeID {
        try b.binary(
          .add, try b.binary(.multiply, old, try b.constant(beta, like: old)),
          try b.binary(.multiply, new, try b.constant(1 - beta, like: new)))
      }
      let m2 = try mix(m, g, 0.9)
      let v2 = try mix(v, try b.binary(.multiply, g, g), 0.999)
      let scale = try b.binary(.add, try b.unary(.sqrt, v2), try b.constant(1e-8, like: v2))
      let step = try b.binary(.multiply, rate, try b.binary(.divide, m2, scale))
      let p2 = try b.binary(.subtract, p, step)
      return [
        Output("p", p2, replaces: p), Output("m", m2, replaces: m), Output("v", v2, replaces: v),
      ]
    }
    #expect(program.kernels.count == 1)
    #expect(Set(program.kernels[0].writes) == Set(["p", "m", "v"].compactMap { program.buffer($0) }))
    #expect(program.memory.placements.isEmpty)
    #expect(program.outputs.map(\.inPlace) == [0, 2, 3])
  }

  @Test func transposesFoldIntoTheFlagsOfAProduct() throws {
    for (left, right) in [(false, false), (true, false), (false, true), (true, true)] {
      let program = try lowered { b in
        let a = b.input("a", left ? [5, 4] : [4, 5])
        let c = b.input("c", right ? [3, 5] : [5, 3])
        let lhs = left ? try b.transpose(a, [1, 0]) : a
        let rhs = right ? try b.transpose(c, [1, 0]) : c
        return [Output("y", try b.append(.dot(.matmul(rank: 2)), [lhs, rhs]))]
      }
      #expect(program.kernels.count == 1)
      let dot = program.contractions[0]
      #expect([dot.m, dot.n, dot.k] == [4, 3, 5])
      #expect([dot.lhs.isTransposed, dot.rhs.isTransposed] == [left, right])
      #expect(dot.lhs.leadingStride == (left ? 4 : 5))
      #expect(dot.rhs.leadingStride == (right ? 5 : 3))
    }
  }

  @Test func movementMakesNoKernelOfItsOwn() throws {
    let program = try lowered { b in
      let x = b.input("x", [6, 8])
      let slice = Slice(starts: [1, 0], ends: [6, 8], steps: [2, 2])
      let part = try b.append(.slice(slice), [x])
      let turned = try b.transpose(part, [1, 0])
      let split = try b.reshape(turned, to: [2, 2, 3])
      let wide = try b.broadcast(split, to: [5, 2, 2, 3])
      return [Output("y", try b.unary(.exp, wide))]
    }
    #expect(program.kernels.count == 1)
    #expect(program.maps[0].loads.count == 1)
    #expect(program.maps[0].loads[0].offset == 8)
  }

  @Test func aValueThatTwoGroupsExchangeMakesNoCycle() throws {
    // e feeds the sum, and both feed y: with y in e's kernel, each would wait for the other.
    let program = try lowered { b in
      let x = b.input("x", [32, 10])
      let e = try b.unary(.exp, x)
      let sum = try b.reduce(.sum, e, axes: [1], keepingDimensions: true)
      return [Output("y", try b.binary(.divide, e, try b.broadcast(sum, to: [32, 10])))]
    }
    #expect(program.kernels.count == 2)
    #expect(program.kernels[1].reads.count == 2)
  }

  @Test func aGroupMovesBehindWhatAnotherOperandWaitsFor() throws {
    // e has a reader early on, which must move with it behind the two products that y needs.
    let program = try lowered { b in
      let (x, w) = (b.input("x", [32, 32]), b.input("w", [32, 32]))
      let e = try b.unary(.exp, x)
      let early = try b.append(.dot(.matmul(rank: 2)), [e, w])
      let deep = try b.append(.dot(.matmul(rank: 2)), [try b.append(.dot(.matmul(rank: 2)), [x, w]), w])
      return [Output("early", early), Output("y", try b.binary(.add, e, try b.unary(.tanh, deep)))]
    }
    #expect(program.kernels.count == 4)
    #expect(program.maps.count == 1)
    #expect(program.maps[0].instructions.count == 3)
  }

  @Test func aGroupThatManyWaitForStaysWhereItIs() throws {
    // With e in the kernel of y, more products would have to move behind `deep` than anybody looks at.
    let readers = 2 * 256
    let program = try lowered { b in
      let (x, w) = (b.input("x", [4, 4]), b.input("w", [4, 4]))
      let e = try b.unary(.exp, x)
      var outputs: [Output] = []
      for reader in 0..<readers {
        let factor = b.input("w\(reader)", [4, 4])
        outputs.append(Output("r\(reader)", try b.append(.dot(.matmul(rank: 2)), [e, factor])))
      }
      let deep = try b.append(.dot(.matmul(rank: 2)), [x, w])
      return outputs + [Output("y", try b.binary(.add, e, try b.unary(.tanh, deep)))]
    }
    #expect(program.kernels.count == readers + 3)
    #expect(program.maps.map(\.instructions.count).sorted() == [1, 2])
  }

  /// Whatever a kernel reads has been written by an earlier one, or came with the call.
  @Test func theScheduleRespectsDependencies() throws {
    for (seed, _, program) in try randomPrograms(300) {
      var written = Set<BufferID>()
      for (id, buffer) in program.buffers.enumerated() {
        if case .argument = buffer.storage { written.insert(id) }
      }
      for kernel in program.kernels {
        let fresh = kernel.reads.filter { !written.contains($0) && program.buffers[$0].count > 0 }
        #expect(fresh.isEmpty, "seed \(seed): \(kernel.name) reads \(fresh)")
        written.formUnion(kernel.writes)
      }
      for (index, output) in program.outputs.enumerated() where output.inPlace == nil {
        let isWritten = program.buffers.indices.contains {
          program.buffers[$0].storage == .output(index) && written.contains($0)
        }
        #expect(isWritten || output.type.count == 0, "seed \(seed): \(output.name)")
      }
    }
  }
}
