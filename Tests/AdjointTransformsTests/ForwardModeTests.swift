import AdjointArray
import AdjointIR
import AdjointInterpreter
import AdjointTransforms
import FuzzSupport
import Testing

/// Forward mode where it could differ from reverse mode: kinks, several targets, calls, names. That it is the transpose
/// of reverse mode, and what differences say, `gradientError` checks for every operation.
@Suite struct ForwardModeTests {
  /// The jvp at the given points.
  private func tangent(
    at inputs: [NDArray], along tangents: [NDArray], _ body: (inout Builder, [NodeID]) throws -> NodeID
  ) throws -> [Double] {
    var traced = try Traced(inputs.map(\.shape), body)
    let seeds = tangents.map { traced.builder.data($0) }
    let result = try traced.builder.jvp(of: [traced.output], withRespectTo: traced.inputs, tangents: seeds)
    return try values(traced.graph(result), inputs)[0].doubles
  }

  @Test func kinksAndTiesAreThoseOfReverseMode() throws {
    let (zero, one) = ([NDArray([0.0])], [NDArray([1.0])])
    for function: UnaryFunction in [.relu, .absolute, .sign] {
      #expect(try tangent(at: zero, along: one) { b, x in try b.unary(function, x[0]) } == [0])
    }
    let pair = [NDArray([1.0, 2, 3]), NDArray([1.0, 3, .nan])]
    let along = [NDArray([1.0, 10, 100]), NDArray([3.0, 30, 300])]
    #expect(try tangent(at: pair, along: along) { b, x in try b.binary(.maximum, x[0], x[1]) } == [2, 30, 0])
    #expect(try tangent(at: pair, along: along) { b, x in try b.binary(.minimum, x[0], x[1]) } == [2, 10, 0])
    let tied = [try NDArray([2.0, 5, 5, 1, .nan, 2], shape: [2, 3])]
    let steps = [try NDArray([7.0, 1, 2, 3, 4, 5], shape: [2, 3])]
    #expect(
      try tangent(at: tied, along: steps) { b, x in try b.reduce(.maximum, x[0], axes: [1]) } == [1.5, 0])
    #expect(
      try tangent(at: tied, along: steps) { b, x in try b.reduce(.minimum, x[0], axes: [1]) } == [7, 0])
  }

  @Test func powersAndProductsWithZeros() throws {
    let points = [NDArray([0.0, 0, 0]), NDArray([0.0, 1, 2])]
    let ones = [NDArray([1.0, 1, 1]), NDArray([1.0, 1, 1])]
    #expect(try tangent(at: points, along: ones) { b, x in try b.binary(.power, x[0], x[1]) } == [0, 1, 0])
    let x = try NDArray([2.0, 0, 5, 0, 3, 0, 1, 2, 4], shape: [3, 3])
    let steps = try NDArray([1.0, 2, 3, 4, 5, 6, 7, 8, 9], shape: [3, 3])
    #expect(
      try tangent(at: [x], along: [steps]) { b, x in try b.reduce(.product, x[0], axes: [1]) } == [
        20, 0, 106,
      ])
  }

  /// y₁ = x₀ x₁ moves by x₀ t₁ + x₁ t₀, y₂ by x₂ (x₀ t₁ + x₁ t₀) + x₀ x₁ t₂, also where x₁ is 0.
  @Test func runningProductsWithZeros() throws {
    let (x, t) = ([NDArray([2.0, 0, 5])], [NDArray([1.0, 3, 7])])
    for (isReversed, expected) in [(false, [1.0, 6, 30]), (true, [30, 15, 7])] {
      let found = try tangent(at: x, along: t) { b, x in
        try b.append(.structured(.cumulative(.product, axis: 0, isReversed: isReversed)), x)
      }
      #expect(found == expected)
    }
  }

  /// h = exp(x) moves by what is given and by what flows in from x.
  @Test func targetsMayDependOnEachOther() throws {
    var traced = try Traced([[3], [3]]) { b, x in try b.unary(.exp, x[0]) }
    let h = traced.output
    let y = try traced.builder.binary(.multiply, h, h)
    let targets = [traced.inputs[0], h, traced.inputs[1], traced.inputs[0]]
    let seeds = try [2.0, 3, 5, 0.5].map { try traced.builder.constant($0, like: h) }
    let found = try traced.builder.jvp(of: [y, h, traced.inputs[1]], withRespectTo: targets, tangents: seeds)
    let x = generic([3])
    let results = try values(traced.graph(found + [h]), [x, x]).map(\.doubles)
    let hs = results[3]
    #expect(deviation(results[1], hs.map { 2.5 * $0 + 3 }) < 1e-15)
    #expect(deviation(results[0], hs.map { 2 * $0 * (2.5 * $0 + 3) }) < 1e-15)
    #expect(results[2] == [5, 5, 5])
  }

  @Test func whatDoesNotMoveHasZeros() throws {
    var traced = try Traced([[3], [3]]) { b, x in try b.unary(.exp, x[0]) }
    let builder = traced.builder
    let ones = try traced.builder.constant(1, like: traced.output)
    let still = try traced.builder.append(.stopGradient, [traced.output])
    let found = try traced.builder.jvp(
      of: [traced.output, still], withRespectTo: [traced.inputs[1]], tangents: [ones])
    #expect(
      try values(traced.graph(found), [generic([3]), generic([3])]).map(\.doubles) == [
        [0, 0, 0], [0, 0, 0],
      ])
    #expect(traced.builder.provenance == builder.provenance)
  }

  @Test func tangentsThroughCallsAreTheSameAsInlined() throws {
    let inner = try Traced([[2, 2], [2, 2]]) { b, x in
      try b.unary(.tanh, b.append(.dot(.matmul(rank: 2)), x))
    }
    let nested = inner.graph([inner.output])
    var traced = try Traced([[2, 2], [2, 2]]) { b, x in
      let once = try b.append(.call(Callee(nested), result: 0), x)
      return try b.append(.call(Callee(nested), result: 0), [once, x[1]])
    }
    let seeds = [generic([2, 2], seed: 5), generic([2, 2], seed: 6)].map { traced.builder.data($0) }
    let d = try traced.builder.jvp(of: [traced.output], withRespectTo: traced.inputs, tangents: seeds)
    let graph = traced.graph(d)
    try graph.verify()
    let inputs = [generic([2, 2]), generic([2, 2], seed: 2)]
    #expect(try values(graph, inputs) == values(graph.inliningCalls(), inputs))
    #expect(try graph.inliningCalls().nodes.count { $0.operation == .unary(.tanh) } == 2)
  }

  /// The vjp (3x + y) ȳ is given, not that of x²: forward mode is its transpose. At x = 2 it is 10, and its derivative
  /// 3 + 10; batched, as a Jacobian asks, it stays that of each element.
  @Test func aGivenVJPIsTransposed() throws {
    let value = try Traced([[2]]) { b, x in try b.binary(.multiply, x[0], x[0]) }
    let vjp = try Traced([[2], [2], [2]]) { b, x in
      let slope = try b.binary(.add, b.binary(.multiply, b.constant(3, like: x[0]), x[0]), x[1])
      return try b.binary(.multiply, slope, x[2])
    }
    let callee = Callee(value.graph([value.output]), derivative: .given(vjp.graph([vjp.output])))
    var traced = try Traced([[2]]) { b, x in try b.append(.call(callee, result: 0), x) }
    let t = [traced.builder.data(NDArray([1.0, 100]))]
    let first = try traced.builder.jvp(of: [traced.output], withRespectTo: traced.inputs, tangents: t)
    let second = try traced.builder.jvp(of: first, withRespectTo: traced.inputs, tangents: t)
    let jacobians = try DerivativeMode.allCases.map { mode in
      try traced.builder.jacobian(of: traced.output, withRespectTo: traced.inputs[0], mode: mode)
    }
    let graph = traced.graph(first + second + jacobians)
    try graph.verify()
    let x = NDArray([2.0, 1])
    let expected: [[Double]] = [[10, 400], [13, 70_000], [10, 0, 0, 4], [10, 0, 0, 4]]
    #expect(try values(graph, [x]).map(\.doubles) == expected)
    #expect(try values(graph.inliningCalls(), [x]).map(\.doubles) == expected)
  }

  @Test func recomputedCallsHaveTheTangentsOfCalls() throws {
    let inner = try Traced([[2, 2], [2, 2]]) { b, x in
      try b.unary(.tanh, b.append(.dot(.matmul(rank: 2)), x))
    }
    let nested = inner.graph([inner.output])
    let inputs = [generic([2, 2]), generic([2, 2], seed: 2)]
    let forms = try [Callee.Derivative.own, .recomputed].map { derivative in
      var traced = try Traced([[2, 2], [2, 2]]) { b, x in
        try b.append(.call(Callee(nested, derivative: derivative), result: 0), x)
      }
      let seeds = inputs.map { traced.builder.data($0) }
      let tangent = try traced.builder.jvp(of: [traced.output], withRespectTo: traced.inputs, tangents: seeds)
      let back = try traced.builder.vjp(of: tangent, withRespectTo: traced.inputs, cotangents: [seeds[0]])
      return try values(traced.graph(tangent + back), inputs)
    }
    #expect(forms[0] == forms[1])
  }

  @Test func everyTangentNodeSaysWhereItComesFrom() throws {
    var traced = try Traced([[4, 3], [3, 3]]) { b, x in
      b.provenance = Provenance(
        labels: ["z"], locations: [AdjointIR.SourceLocation(file: "Tests/model.swift", line: 8)])
      let z = try b.append(.dot(.matmul(rank: 2)), x)
      b.provenance = Provenance(
        labels: ["p"], locations: [AdjointIR.SourceLocation(file: "Tests/model.swift", line: 10)])
      return try b.reduce(.product, b.binary(.multiply, b.unary(.tanh, z), z), axes: [0, 1])
    }
    let seeds = try traced.inputs.map { try traced.builder.constant(1, like: $0) }
    let first = traced.builder.nodes.count
    let tangent = try traced.builder.jvp(of: [traced.output], withRespectTo: traced.inputs, tangents: seeds)
    for node in traced.builder.nodes[first...] {
      #expect(!node.provenance.locations.isEmpty, "\(node.operation.name)")
      if let label = node.provenance.label {
        #expect(label.hasPrefix("t_") || label == "p_slope", "\(node.operation.name) is \(label)")
      }
    }
    #expect(traced.builder.nodes[tangent[0]].provenance.label == "t_p")
    #expect(traced.builder.nodes[first...].contains { $0.provenance.label == "t_z" })
  }

  @Test func whatHasNoDerivativeIsNamed() throws {
    var builder = Builder()
    let number = builder.argument(.input, "n", TensorType(.int32, [3]))
    let x = builder.argument(.input, "x", TensorType(.float32, []))
    let wide = builder.argument(.input, "wide", TensorType(.float64, []))
    func kind(_ outputs: [NodeID], _ targets: [NodeID], _ tangents: [NodeID]) -> GraphError.Kind? {
      let error = #expect(throws: GraphError.self) {
        try builder.jvp(of: outputs, withRespectTo: targets, tangents: tangents)
      }
      #expect(error?.operation == "jvp")
      return error?.kind
    }
    #expect(kind([number], [x], [x]) == .notDifferentiable)
    #expect(kind([x], [number], [number]) == .notDifferentiable)
    #expect(kind([x], [99], [x]) == .foreignTensor)
    #expect(kind([x], [x], []) == .invalidAttribute)
    #expect(kind([x], [x], [wide]) == .typeMismatch)
  }

  /// Graphs whose operations are all smooth: the two modes are transposes, with all arguments as targets.
  @Test(arguments: 0..<60)
  func randomGraphsAreTransposed(_ seed: Int) throws {
    let drawn = try RandomGraph.make(
      seed: UInt64(seed), options: RandomGraph.Options(scalarType: .float64, smooth: true))
    var builder = Builder(drawn.graph)
    let targets = drawn.graph.arguments.filter { builder.scalarType($0) == .float64 }
    let outputs = drawn.graph.outputs.map(\.node).filter { builder.scalarType($0) == .float64 }
    let cotangents = outputs.enumerated().map { generic(builder.shape($1), seed: $0 + 1) }
    let tangents = targets.enumerated().map { generic(builder.shape($1), seed: $0 + 4) }
    let back = try builder.vjp(
      of: outputs, withRespectTo: targets, cotangents: cotangents.map { builder.data($0) })
    let forth = try builder.jvp(
      of: outputs, withRespectTo: targets, tangents: tangents.map { builder.data($0) })
    let graph = builder.graph(outputs: (back + forth).enumerated().map { Output("o\($0)", $1) })
    try graph.verify()
    let results = try Interpreter(graph).run(drawn.inputs)
    let found = graph.outputs.map { results[$0.name]?.doubles ?? [] }
    let right = zip(found.prefix(targets.count), tangents).map { inner($0, $1.doubles) }
    let left = zip(found.dropFirst(targets.count), cotangents).map { inner($0, $1.doubles) }
    let size = (left + right).reduce(1) { $0 + abs($1) }
    #expect(abs(left.reduce(0, +) - right.reduce(0, +)) <= 1e-10 * size)
  }
}
