import AdjointArray
import AdjointIR
import AdjointInterpreter
import AdjointTransforms
import Testing

/// The lecture's table as graphs; formulas and numbers are tested by the command `adjoint flops`.
@Suite struct DerivativeCostTests {
  @Test func theLecturesCounts() throws {
    let f = try FlopCountTests.lecture()
    let costs = try DerivativeCosts(f.graph([f.output]))
    #expect(costs.rows.map(\.method) == DerivativeCosts.Method.allCases)
    #expect(costs.rows.map(\.count) == [5, 4, 10, 15, 7, 10, 7, 13, 11, 14, 12])
    #expect(costs[.reverseSweep].function == 4 && costs[.algebra].function == 4)
    #expect(costs[.reverseSweep].rules["factor-out"] == nil)
    #expect(costs[.algebra].rules["factor-out"] == 1)
  }

  @Test func everyWayGivesTheSameNumbers() throws {
    let f = try Traced([[], []]) { b, x in
      try b.binary(.divide, b.unary(.sin, b.binary(.multiply, x[0], x[1])), b.unary(.exp, x[1]))
    }
    let (x, y) = (0.7, 1.2)
    // sin(xy)/eʸ and its derivatives y·cos(xy)/eʸ and (x·cos(xy) − sin(xy))/eʸ, by Swift's own arithmetic.
    let s = 0.7446431199708593  // sin(0.84), Python's math module
    let c = 0.6674628258413081  // cos(0.84)
    let e = 3.3201169227365472  // exp(1.2)
    let expected = ["f": s / e, "df/dx0": y * c / e, "df/dx1": (x * c - s) / e]
    let costs = try DerivativeCosts(f.graph([f.output]))
    for row in costs.rows {
      let isQuotient = row.graph.arguments.count > 2
      let arguments = [x, y, 1e-6, 2e-6].prefix(row.graph.arguments.count)
      for (output, value) in zip(
        row.graph.outputs, try Interpreter(row.graph).run(values: arguments.map { NDArray($0) }))
      {
        let exact = try #require(expected[output.name], "\(output.name)")
        #expect(abs(value.doubles[0] - exact) <= (isQuotient ? 1e-5 : 1e-15), "\(row.method) \(output.name)")
      }
    }
  }

  @Test func callsCountTheirBodyAsWritten() throws {
    let f = try FlopCountTests.lecture()
    let graph = f.graph([f.output])
    // f(x + 1): the operand once, though f reads it four times.
    let called = try Traced([[]]) { b, x in
      try b.append(.call(Callee(graph), result: 0), [b.binary(.add, x[0], b.constant(1, like: x[0]))])
    }.asGraph
    #expect(called.flopsAsWritten == 6 && called.flops == 5)
    #expect(called.operationsAsWritten.reduce(0) { $0 + $1.count } == 6)
    #expect(called.operationsAsWritten.first { $0.operation == "mul" }?.count == 2)
  }

  @Test func mistakes() throws {
    let f = try FlopCountTests.lecture()
    let error = #expect(throws: GraphError.self) {
      try DerivativeCosts(f.graph([f.output]), withRespectTo: ["q"])
    }
    #expect(error?.description.contains("there is no variable 'q'") == true)
    #expect(throws: GraphError.self) { try DerivativeCosts(f.graph([f.output, f.output])) }
  }
}

extension Traced {
  fileprivate var asGraph: Graph { graph([output]) }
}
