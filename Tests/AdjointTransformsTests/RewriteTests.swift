import AdjointArray
import AdjointIR
import AdjointTransforms
import Testing

typealias Body = (inout Builder, [NodeID]) throws -> NodeID

/// One rule's left side, right side written out, and points at which both are computed.
struct RewriteFact: Sendable, CustomTestStringConvertible {
  let rule: String
  let shapes: [Shape]
  let low: Double
  let before: @Sendable (inout Builder, [NodeID]) throws -> NodeID
  let after: @Sendable (inout Builder, [NodeID]) throws -> NodeID

  init(
    _ rule: String, _ shapes: [Shape], low: Double = -1.4,
    _ before: @escaping @Sendable (inout Builder, [NodeID]) throws -> NodeID,
    becomes after: @escaping @Sendable (inout Builder, [NodeID]) throws -> NodeID
  ) {
    self.rule = rule
    self.shapes = shapes
    self.low = low
    self.before = before
    self.after = after
  }

  var testDescription: String { rule }
}

/// Each rule three ways: the graph is the one written down, both compute the same numbers and derivatives, and
/// without the rule the graph stays as it was.
@Suite struct RewriteTests {
  @Test(arguments: rewriteFacts)
  func rule(_ fact: RewriteFact) throws {
    let rule = try #require(RewriteRule.all.first { $0.name == fact.rule })
    let phases = RewritePhase.standard.union([rule.phase])
    let left = try Traced(fact.shapes, fact.before)
    let right = try Traced(fact.shapes, fact.after)
    let before = left.graph([left.output])
    let after = right.graph([right.output])
    let result = before.simplification(phases: phases)
    #expect(ordered(result.graph) == ordered(after))
    #expect(result.applied[fact.rule, default: 0] > 0)
    #expect(result.unfinished == [])
    // Again changes nothing.
    #expect(ordered(result.graph.simplified(phases: phases)) == ordered(result.graph))

    let without = before.simplification(phases: phases, disabled: [fact.rule])
    #expect(without.applied[fact.rule] == nil)
    #expect(ordered(without.graph) != ordered(result.graph))

    let inputs = fact.shapes.enumerated().map { generic($0.element, fact.low, 1.6, seed: $0.offset + 1) }
    let exact = try values(before, inputs)[0].doubles
    #expect(deviation(try values(result.graph, inputs)[0].doubles, exact) < 1e-14)
    if left.builder.scalarType(left.output).isFloatingPoint {
      let (d, e) = (try derivative(at: inputs, fact.before), try derivative(at: inputs, fact.after))
      for (a, b) in zip(d, e) { #expect(deviation(b, a) < 1e-13) }
    }
  }

  @Test func everyRuleHasAFact() {
    let names = RewriteRule.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(Set(names) == Set(rewriteFacts.map(\.rule)))
    #expect(RewriteRule.all.allSatisfy { !$0.reason.isEmpty })
  }

  @Test func signsOfZeroStay() throws {
    let added = try Traced([[2]]) { b, x in try b.binary(.add, x[0], b.constant(0, like: x[0])) }
    let graph = added.graph([added.output]).simplified()
    #expect(graph == added.graph([added.output]))
    let result = try values(graph, [NDArray([-0.0, 1])])[0]
    #expect(result == NDArray([0.0, 1]))
  }

  /// x · 0 is no constant: it is NaN where x is.
  @Test func zeroTimesNaNIsNaN() throws {
    let product = try Traced([[1]]) { b, x in try b.binary(.multiply, x[0], b.constant(0, like: x[0])) }
    let graph = product.graph([product.output]).simplified()
    #expect(try values(graph, [NDArray([Double.nan])])[0].doubles[0].isNaN)
  }

  /// Where the expression as written gives an infinity or NaN; the numbers are the limits.
  @Test func stableFormsReachWhereTheOthersFail() throws {
    let far = NDArray([-800.0, 800])
    func both(_ x: NDArray, _ body: Body) throws -> (plain: [Double], stable: [Double], slope: [Double]) {
      let traced = try Traced([x.shape], body)
      let graph = traced.graph([traced.output])
      let stable = graph.simplified()
      var builder = Builder(stable)
      let y = stable.outputs[0].node
      let d = try builder.vjp(
        of: [y], withRespectTo: stable.arguments, cotangents: [builder.constant(1, like: y)])
      return (
        try values(graph, [x])[0].doubles, try values(stable, [x])[0].doubles,
        try values(builder.graph(outputs: [Output("d", d[0])]), [x])[0].doubles
      )
    }
    let softplus = try both(far) { b, x in
      try b.unary(.log, b.binary(.add, b.constant(1, like: x[0]), b.unary(.exp, x[0])))
    }
    #expect(softplus.plain == [0, .infinity])
    #expect(softplus.stable == [0, 800])
    #expect(softplus.slope == [0, 1])
    let logSigmoid = try both(far) { b, x in try b.unary(.log, b.unary(.sigmoid, x[0])) }
    #expect(logSigmoid.plain[0] == -.infinity)
    #expect(logSigmoid.stable == [-800, 0])
    #expect(logSigmoid.slope == [1, 0])
    let sum = try both(NDArray([1000.0, 1000])) { b, x in
      try b.unary(.log, b.reduce(.sum, b.unary(.exp, x[0]), axes: [0]))
    }
    #expect(sum.plain == [.infinity])
    #expect(deviation(sum.stable, [1000 + 0.693_147_180_559_945_3]) < 1e-15)
    #expect(sum.slope == [0.5, 0.5])
    let none = try both(NDArray([-Double.infinity, -.infinity])) { b, x in
      try b.unary(.log, b.reduce(.sum, b.unary(.exp, x[0]), axes: [0]))
    }
    #expect(none.stable == [-.infinity])
    let softmax = try both(NDArray([0.0, 1000])) { b, x in
      let e = try b.unary(.exp, x[0])
      let total = try b.reduce(.sum, e, axes: [0], keepingDimensions: true)
      return try b.unary(.log, b.binary(.divide, e, total))
    }
    #expect(softmax.plain[1].isNaN)
    #expect(softmax.stable == [-1000, 0])
    #expect(softmax.slope == [1, -1])
  }

  /// A softmax that subtracts its maximum already is not shifted a second time.
  @Test func whatIsStableStays() throws {
    let traced = try Traced([[4, 3]]) { b, x in
      let shifted = try b.binary(
        .subtract, x[0], b.reduce(.maximum, x[0], axes: [1], keepingDimensions: true))
      return try b.unary(.log, b.reduce(.sum, b.unary(.exp, shifted), axes: [1]))
    }
    let graph = traced.graph([traced.output])
    #expect(ordered(graph.simplified()) == ordered(graph))
  }

  /// a·b is wanted for itself, so a·(b + 1) would cost a multiplication more.
  @Test func algebraThatCostsMoreIsNotDone() throws {
    var traced = try Traced([[3], [3]]) { b, x in try b.binary(.multiply, x[0], x[1]) }
    let sum = try traced.builder.binary(.add, traced.inputs[0], traced.output)
    let graph = traced.graph([traced.output, sum])
    #expect(ordered(graph.simplified(phases: Set(RewritePhase.allCases))) == ordered(graph))
  }

  @Test func constantsFoldAsTheInterpreterComputes() throws {
    for function in UnaryFunction.allCases where function.domain.contains(.float32) {
      for value: Float in [-1.7, 0.3, 2.5] {
        var builder = Builder()
        let y = try builder.unary(function, builder.constant(Literal(value)))
        let graph = builder.graph(outputs: [Output("o0", y)])
        #expect(try values(graph.simplified(), []) == values(graph, []), "\(function) \(value)")
      }
    }
    for function in BinaryFunction.allCases where function.domain.contains(.int32) {
      for (a, b) in [(7, -2), (Int32.min, -1), (5, 0), (Int32.max, 3)] as [(Int32, Int32)] {
        var builder = Builder()
        let y = try builder.binary(
          function, builder.constant(Literal(a)), builder.constant(Literal(b)))
        let graph = builder.graph(outputs: [Output("o0", y)])
        let folded = graph.simplified()
        #expect(folded.nodes.count == 1)
        #expect(try values(folded, []) == values(graph, []), "\(function) \(a) \(b)")
      }
      for (a, b) in [(0.1, 0.7), (-3, 0), (1e38, 1e38)] as [(Float, Float)] {
        var builder = Builder()
        let y = try builder.binary(function, builder.constant(Literal(a)), builder.constant(Literal(b)))
        let graph = builder.graph(outputs: [Output("o0", y)])
        #expect(try values(graph.simplified(), []) == values(graph, []), "\(function) \(a) \(b)")
      }
    }
  }

  @Test func outputsKeepTheirNamesAndWhatTheyReplace() throws {
    var builder = Builder()
    let w = builder.argument(.parameter, "w", TensorType(.float64, [2]))
    let unused = builder.argument(.input, "unused", TensorType(.float64, []))
    let next = try builder.binary(.multiply, builder.constant(1, like: w), w)
    let graph = builder.graph(outputs: [Output("next", next, replaces: w)]).simplified()
    #expect(graph.nodes.count == 2)
    #expect(graph.arguments == [w, unused])
    #expect(graph.outputs == [Output("next", 0, replaces: 0)])
  }

  @Test func whatARuleMakesComesFromAllThatItReplaces() throws {
    var builder = Builder()
    let x = builder.argument(.input, "x0", TensorType(.float64, []))
    builder.provenance = Provenance(labels: ["inner"], locations: [SourceLocation(file: "a.swift", line: 1)])
    let inner = try builder.binary(.add, x, builder.constant(Literal(1.0)))
    builder.provenance = Provenance(labels: ["outer"], locations: [SourceLocation(file: "a.swift", line: 2)])
    let outer = try builder.unary(.log, inner)
    let graph = builder.graph(outputs: [Output("o0", outer)]).simplified()
    let node = graph[graph.outputs[0].node]
    #expect(node.operation == .unary(.log1p))
    #expect(node.provenance.labels == ["outer", "inner"])
    #expect(node.provenance.locations.map(\.line) == [2, 1])
  }
}

/// No walk recurses along the graph, and none is quadratic.
@Suite struct StretchTests {
  @Test(.timeLimit(.minutes(1)))
  func aChainOfAHundredThousandNodes() throws {
    let length = 100_000
    var traced = try Traced([[2]]) { b, x in
      try (0..<length).reduce(x[0]) { y, step in
        try b.unary(step % 2 == 0 ? .sin : .cos, y)
      }
    }
    let gradient = try traced.builder.gradient(of: traced.output, withRespectTo: traced.inputs[0])
    let graph = traced.graph([traced.output, gradient])
    #expect(graph.flops(of: [graph.outputs[0].node]) == 2 * length)
    // For each sin a cos and a product, for each cos a sin, a product and a sign, half of them shared.
    #expect(graph.nodes.count > 3 * length)
    let simplified = graph.simplified(phases: Set(RewritePhase.allCases))
    #expect(simplified.flops <= graph.flops)
    #expect(try graph.inliningCalls() == graph)
  }
}
