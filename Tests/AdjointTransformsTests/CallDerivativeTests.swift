import AdjointArray
import AdjointIR
import AdjointTransforms
import Testing

/// A graph of float64 inputs and one output.
private func graph(_ shapes: [Shape], _ body: (inout Builder, [NodeID]) throws -> NodeID) rethrows -> Graph {
  let traced = try Traced(shapes, body)
  return traced.graph([traced.output])
}

/// tanh of a matrix product.
private func layer() throws -> Graph {
  try graph([[2, 2], [2, 2]]) { b, x in try b.unary(.tanh, b.append(.dot(.matmul(rank: 2)), x)) }
}

/// x², whose vjp is said to be (3x + y)·ȳ: not the true one, so that it is seen to be used.
private func square(_ shape: Shape = []) throws -> Callee {
  let value = try graph([shape]) { b, x in try b.binary(.multiply, x[0], x[0]) }
  let vjp = try graph([shape, shape, shape]) { b, x in
    let slope = try b.binary(.add, b.binary(.multiply, b.constant(3, like: x[0]), x[0]), x[1])
    return try b.binary(.multiply, slope, x[2])
  }
  return Callee(value, derivative: .given(vjp))
}

/// The output of two calls of `callee` in a row, its gradient, and the gradient of the gradient's first entry.
private func twice(_ callee: Callee) throws -> Graph {
  var traced = try Traced([[2, 2], [2, 2]]) { b, x in
    let once = try b.append(.call(callee, result: 0), x)
    return try b.append(.call(callee, result: 0), [once, x[1]])
  }
  let first = try traced.builder.vjp(
    of: [traced.output], withRespectTo: traced.inputs,
    cotangents: [traced.builder.constant(1, like: traced.output)])
  let second = try traced.builder.vjp(
    of: [first[0]], withRespectTo: traced.inputs,
    cotangents: [traced.builder.data(generic([2, 2], seed: 5))])
  return traced.graph([traced.output] + first + second)
}

@Suite struct CallDerivativeTests {
  @Test func aRecomputedCallHasTheValuesAndDerivativesOfACall() throws {
    let inputs = [generic([2, 2]), generic([2, 2], seed: 2)]
    let own = try values(try twice(Callee(layer())), inputs)
    let recomputed = try twice(Callee(layer(), derivative: .recomputed))
    #expect(try values(recomputed, inputs) == own)
    #expect(try values(recomputed.inliningCalls(), inputs) == own)
    #expect(
      try gradientError(inputs) { b, x in
        try b.append(.call(Callee(layer(), derivative: .recomputed), result: 0), x)
      } < 1e-8)
  }

  @Test func recomputedNodesStayApartWhenCallsAreInlined() throws {
    func tanhs(_ derivative: Callee.Derivative) throws -> Int {
      var traced = try Traced([[2, 2], [2, 2]]) { b, x in
        let callee = Callee(try layer(), derivative: derivative)
        return try b.append(.call(callee, result: 0), [b.append(.call(callee, result: 0), x), x[1]])
      }
      let d = try traced.builder.vjp(
        of: [traced.output], withRespectTo: traced.inputs,
        cotangents: [traced.builder.data(generic([2, 2]))])
      let graph = try traced.graph([traced.output] + d).simplified().inliningCalls().simplified()
      return graph.nodes.count { $0.operation == .unary(.tanh) }
    }
    #expect(try tanhs(.own) == 2)
    #expect(try tanhs(.recomputed) == 4)
  }

  @Test func recomputedCallsNest() throws {
    let inner = Callee(try layer(), derivative: .recomputed)
    let outer = try graph([[2, 2], [2, 2]]) { b, x in
      try b.unary(.sin, b.append(.call(inner, result: 0), [b.append(.call(inner, result: 0), x), x[1]]))
    }
    let inputs = [generic([2, 2]), generic([2, 2], seed: 2)]
    let plain = try values(try twice(Callee(outer.inliningCalls())), inputs).map(\.doubles)
    let nested = try twice(Callee(outer, derivative: .recomputed))
    for graph in [nested, try nested.inliningCalls()] {
      let found = try values(graph, inputs).map(\.doubles)
      #expect(zip(found, plain).allSatisfy { deviation($0, $1) < 1e-12 })
    }
  }

  @Test func aBarrierIsTheIdentityAndRewritingDoesNotLookThroughIt() throws {
    let x = generic([3])
    #expect(
      try derivative(at: [x]) { b, x in
        try b.binary(.multiply, x[0], b.append(.barrier, [x[0]]))
      } == [x.doubles.map { 2 * $0 }])
    let graph = try graph([[3]]) { b, x in
      try b.unary(.negate, b.append(.barrier, [b.unary(.negate, x[0])]))
    }
    #expect(graph.simplified() == graph)
  }

  @Test func aGivenVJPIsUsedInsteadOfTheGraphs() throws {
    let body = { (b: inout Builder, x: [NodeID]) in try b.append(.call(square(), result: 0), x) }
    let two = NDArray(repeating: Literal(2.0), shape: .scalar)
    #expect(try values(graph([[]], body), [two])[0].doubles == [4])
    // 3x + y at x = 2, and its own derivative 3 + ∂y/∂x, where ∂y/∂x is 10 again.
    #expect(try derivative(at: [two], body) == [[10]])
    #expect(try derivative(at: [two], order: 2, body) == [[13]])
  }

  @Test func aGivenVJPSurvivesRewriting() throws {
    var traced = try Traced([[]]) { b, x in try b.append(.call(square(), result: 0), x) }
    var builder = Builder(traced.graph([traced.output]).simplified())
    let y = try #require(builder.nodes.indices.last)
    let d = try builder.gradient(of: y, withRespectTo: 0)
    traced.builder = builder
    let two = NDArray(repeating: Literal(2.0), shape: .scalar)
    #expect(try values(traced.graph([d]), [two])[0].doubles == [10])
    #expect(try values(traced.graph([d]).inliningCalls().simplified(), [two])[0].doubles == [10])
  }

  /// The derivative of log σ(x) as it is written is ∞ · 0 at −800.
  @Test(arguments: [Callee.Derivative.own, .recomputed])
  func nestedGraphsAreMadeStableBeforeTheirDerivativeIsTaken(_ kind: Callee.Derivative) throws {
    let logistic = try graph([[]]) { b, x in try b.unary(.log, b.unary(.sigmoid, x[0])) }
    let call = try graph([[]]) { b, x in try b.append(.call(Callee(logistic, derivative: kind), result: 0), x)
    }
    var traced = Traced([[]]) { _, x in x[0] }
    traced.builder = Builder(call.simplified())
    let d = try traced.builder.gradient(of: traced.builder.nodes.count - 1, withRespectTo: 0)
    let low = NDArray(repeating: Literal(-800.0), shape: .scalar)
    #expect(try values(traced.graph([d]), [low])[0].doubles == [1])
  }

  @Test func rowsOfAGivenVJPMustBeIndependent() throws {
    var traced = try Traced([[4]]) { b, x in try b.append(.call(square([4]), result: 0), x) }
    let d = try traced.builder.gradient(of: traced.output, withRespectTo: traced.inputs[0])
    let x = generic([4])
    #expect(try values(traced.graph([d]), [x])[0].doubles == x.doubles.map { 3 * $0 + $0 * $0 })

    let mixing = try graph([[4], [4], [4]]) { b, x in
      try b.broadcast(b.reduce(.sum, x[2], axes: [0], keepingDimensions: true), to: [4])
    }
    let callee = Callee(try square([4]).graph, derivative: .given(mixing))
    var mixed = try Traced([[4]]) { b, x in try b.append(.call(callee, result: 0), x) }
    let error = #expect(throws: GraphError.self) {
      _ = try mixed.builder.gradient(of: mixed.output, withRespectTo: mixed.inputs[0])
    }
    #expect(error?.kind == .notDifferentiable)
    #expect(error?.problem.contains("call): it mixes rows") == true)
  }

  @Test func resultsOfOneCallCountTheirOperationsOnce() throws {
    let traced = try Traced([[4]]) { b, x in try b.unary(.exp, b.unary(.sin, x[0])) }
    let both = traced.graph([traced.output - 1, traced.output])
    let calls = try Traced([[4]]) { b, x in
      try b.binary(
        .add, b.append(.call(Callee(both), result: 0), x), b.append(.call(Callee(both), result: 1), x))
    }
    #expect(calls.graph([calls.output]).flops == 12)
  }
}
