import AdjointArray
import AdjointIR
import AdjointTransforms
import Testing

/// What `standard` leaves alone, because another order of terms is another result.
@Suite struct ExactRuleTests {
  /// IEEE 754: 1.7e308 + 1.7e308 is ∞, ∞ − ∞ and ∞ · 0 are NaN. In another order both results are numbers.
  @Test func sumsOfSumsStayNaN() throws {
    let large = try NDArray([1.7e308, 1.7e308, -1.7e308, -1.7e308], shape: [2, 2])
    let factors = try NDArray([1e200, 1e200, 0, 1], shape: [2, 2])
    for (reduction, values) in [(Reduction.sum, large), (.product, factors)] {
      let traced = try Traced([[2, 2]]) { b, x in
        try b.reduce(reduction, b.reduce(reduction, x[0], axes: [1]), axes: [0])
      }
      let graph = traced.graph([traced.output])
      let simplified = graph.simplified()
      #expect(ordered(simplified) == ordered(graph))
      #expect(try AdjointTransformsTests.values(simplified, [values])[0].doubles[0].isNaN)
      #expect(graph.simplified(phases: Set(RewritePhase.allCases)).nodes.count == 2)
    }
  }

  @Test func reductionsWhoseOrderDoesNotMatterAreOne() throws {
    for (reduction, type) in [
      (Reduction.maximum, ScalarType.float64), (.minimum, .float32), (.sum, .int32), (.product, .int32),
      (.maximum, .int32),
    ] {
      var builder = Builder()
      let x = builder.argument(.input, "x0", TensorType(type, [2, 3, 4]))
      let y = try builder.reduce(reduction, builder.reduce(reduction, x, axes: [1]), axes: [0])
      let graph = builder.graph(outputs: [Output("y", y)]).simplified()
      #expect(graph.nodes.last?.operation == .reduce(reduction, axes: [0, 1]))
    }
  }

  @Test func aSumOfNegativeZerosIsPositiveZero() throws {
    let given = try Traced([[]]) { b, x in try b.reduce(.sum, b.broadcast(x[0], to: [3]), axes: [0]) }
    let constant = try Traced([[]]) { b, _ in
      try b.reduce(.sum, b.broadcast(b.constant(Literal(-0.0)), to: [3]), axes: [0])
    }
    for traced in [given, constant] {
      let simplified = traced.graph([traced.output]).simplified()
      #expect(try values(simplified, [NDArray(-0.0)]) == [NDArray(0.0)])
    }
  }

  /// A sum of a repeated constant is one constant exactly where no partial sum is rounded.
  @Test(arguments: [
    (1.0, 1000, true), (-0.375, 1000, true), (0, 7, true), (0.1, 10, false), (-0.0, 3, false),
    (1e308, 2, false),
    (.infinity, 2, false), (.nan, 2, false), (3, 1 << 40, true), (1 + 0x1p-40, 1 << 20, false),
  ])
  func repeatedConstants(number: Double, count: Int, isExact: Bool) throws {
    let traced = try Traced([]) { b, _ in
      try b.reduce(.sum, b.broadcast(b.constant(Literal(number)), to: [count]), axes: [0])
    }
    let graph = traced.graph([traced.output]).simplified()
    if isExact {
      #expect(graph.nodes.map(\.operation) == [.constant(Literal(number * Double(count)))])
    } else {
      #expect(graph.nodes.last?.operation == .reduce(.sum, axes: [0]))
    }
  }

  @Test func singlePrecisionHasFewerExactSums() throws {
    for (number, count, isExact) in [(Float(1), 1 << 23, true), (3, 1 << 23, false), (0x1p127, 2, false)] {
      var builder = Builder()
      let repeated = try builder.broadcast(builder.constant(Literal(number)), to: [count])
      let sum = try builder.reduce(.sum, repeated, axes: [0])
      let graph = builder.graph(outputs: [Output("y", sum)]).simplified()
      #expect((graph.nodes.count == 1) == isExact)
    }
  }

  /// 2^33 · x is 0 modulo 2^32, and (2^32 + 3) · x is 3 · x.
  @Test func integerSumsWrapWithTheirCount() throws {
    for (count, expected) in [(1 << 33, Int32(0)), (1 << 32 + 3, 21), (5, 35)] {
      var builder = Builder()
      let x = builder.argument(.input, "x0", TensorType(.int32, []))
      let sum = try builder.reduce(.sum, builder.broadcast(x, to: [count]), axes: [0])
      let graph = builder.graph(outputs: [Output("o0", sum)]).simplified()
      #expect(try values(graph, [NDArray(Int32(7))])[0] == NDArray(expected))
    }
  }

  @Test func castsBackAreLeftOutWhereTheyAreExact() throws {
    for from in ScalarType.allCases {
      for through in ScalarType.allCases where through != from {
        var builder = Builder()
        let x = builder.argument(.input, "x0", TensorType(from, [2]))
        let y = try builder.cast(builder.cast(x, to: through), to: from)
        let graph = builder.graph(outputs: [Output("y", y)]).simplified()
        // Every bool is a number again, float32 and int32 are within float64, int32 within int64.
        let isExact =
          from == .bool || (through == .float64 && from != .float64 && from != .int64)
          || (from == .int32 && through == .int64)
        #expect((graph.nodes.count == 1) == isExact, "\(from) → \(through) → \(from)")
      }
    }
  }
}
