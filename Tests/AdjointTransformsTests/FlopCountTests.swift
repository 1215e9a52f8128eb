import AdjointArray
import AdjointIR
import AdjointTransforms
import Testing

/// The counts of the course's lecture on automatic differentiation (FYS5429, Oslo, February 2023).
@Suite struct FlopCountTests {
  /// f(x) = √(x² + exp x²).
  static func lecture() throws -> Traced {
    try Traced([[]]) { b, x in
      let square = try b.binary(.multiply, x[0], x[0])
      return try b.unary(.sqrt, b.binary(.add, square, b.unary(.exp, square)))
    }
  }

  @Test func theFunction() throws {
    let f = try Self.lecture()
    let graph = f.graph([f.output])
    #expect(graph.flopsAsWritten == 5)
    #expect(graph.flops == 4)
  }

  @Test func functionAndDerivativeWrittenAsFormulas() throws {
    var f = try Self.lecture()
    let x = f.inputs[0]
    let square = try f.builder.binary(.multiply, x, x)
    let numerator = try f.builder.binary(
      .multiply, x, f.builder.binary(.add, f.builder.constant(1, like: x), f.builder.unary(.exp, square)))
    let derivative = try f.builder.binary(.divide, numerator, f.output)
    #expect(f.graph([derivative]).flopsAsWritten == 10)
    #expect(f.graph([f.output, derivative]).flopsAsWritten == 15)
    #expect(f.graph([f.output, derivative]).flops == 7)
  }

  @Test func functionAndReverseSweep() throws {
    var f = try Self.lecture()
    let derivative = try f.builder.gradient(of: f.output, withRespectTo: f.inputs[0])
    let graph = f.graph([f.output, derivative])
    let mechanical = graph.simplified()
    let count = FlopCount(mechanical, forward: [mechanical.outputs[0].node])
    #expect((count.forward, count.backward) == (4, 6))
    let algebra = graph.simplified(phases: Set(RewritePhase.allCases))
    let best = FlopCount(algebra, forward: [algebra.outputs[0].node])
    #expect((best.forward, best.backward) == (4, 3))
    // x(1 + exp x²)/√(x² + exp x²) at 1.5, evaluated with Python's math module.
    for g in [graph, mechanical, algebra] {
      let found = try values(g, [NDArray(1.5)])
      #expect(
        deviation(found[1].doubles, [1.5 * (1 + 9.487735836358526) / (2.25 + 9.487735836358526).squareRoot()])
          < 1e-15)
    }
  }

  @Test func networks() throws {
    var traced = try Traced([[8, 3], [3, 4], [4]]) { b, x in
      b.provenance.scope = .layer("dense1")
      let z = try b.append(.dot(.matmul(rank: 2)), [x[0], x[1]])
      let a = try b.binary(.add, z, x[2])
      b.provenance.scope = .cost
      return try b.reduce(.sum, b.unary(.tanh, a), axes: [0, 1])
    }
    let forward = 2 * 8 * 4 * 3 + 32 + 32 + 31
    #expect(traced.graph([traced.output]).flops == forward)
    let d = try traced.builder.gradient(
      of: traced.output, withRespectTo: [traced.inputs[1], traced.inputs[2]])
    let graph = traced.graph([traced.output] + d).simplified()
    let count = FlopCount(graph, forward: [graph.outputs[0].node])
    #expect(count.forward == forward)
    // 1 − y·y is 64 (times ones is nothing), the product for W 192, the sum for b 32 − 4.
    #expect(count.backward == 64 + 192 + 28)
    #expect(count.parts.reduce(0) { $0 + $1.total } == count.shared)
    #expect(count.parts.map(\.place) == [.layer("dense1"), .cost])
    #expect(count.parts[0].forward == 192 + 32 && count.parts[0].backward == 192 + 28)
    #expect(count.parts[1].forward == 32 + 31 && count.parts[1].backward == 64)
  }

  @Test func everyOperation() throws {
    let f = try Traced([[4]]) { b, x in try b.binary(.power, x[0], b.unary(.exp, x[0])) }
    let graph = f.graph([f.output])
    let called = try Traced([[4]]) { b, x in try b.append(.call(Callee(graph), result: 0), x) }
    #expect(called.graph([called.output]).flops == 8)
    let free = try Traced([[4]]) { b, x in
      let y = try b.select(b.compare(.less, x[0], b.constant(0, like: x[0])), x[0], b.constant(1, like: x[0]))
      return try b.reshape(b.broadcast(b.cast(y, to: .float32), to: [2, 4]), to: [8])
    }
    #expect(free.graph([free.output]).flops == 0)
    let holds = try Traced([[4]]) { b, x in
      try b.reduce(.any, b.compare(.less, x[0], b.constant(0, like: x[0])), axes: [0])
    }
    #expect(holds.graph([holds.output]).flops == 0)
    for reduction in Reduction.allCases where reduction.domain.contains(.float64) {
      let r = try Traced([[4, 5]]) { b, x in try b.reduce(reduction, x[0], axes: [1]) }
      #expect(r.graph([r.output]).flops == 16)
    }
  }

  /// x, x + x, that plus itself, …: 2ⁿ − 1 as written.
  @Test func treesDoNotOverflow() throws {
    let doubled: (Int) throws -> Graph = { levels in
      let traced = try Traced([[]]) { b, x in
        try (0..<levels).reduce(x[0]) { y, _ in try b.binary(.add, y, y) }
      }
      return traced.graph([traced.output])
    }
    #expect(try doubled(10).flopsAsWritten == 1023)
    #expect(try doubled(100).flopsAsWritten == .max)
    #expect(try doubled(100).flops == 100)
  }
}
