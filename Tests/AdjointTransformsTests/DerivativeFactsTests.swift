import AdjointArray
import AdjointIR
import AdjointTransforms
import Testing

/// Values at kinks, second derivatives, provenance, rows.
@Suite struct DerivativeFactsTests {
  @Test func kinksHaveTheStatedValues() throws {
    let zero = [NDArray([0.0])]
    #expect(try derivative(at: zero) { b, x in try b.unary(.relu, x[0]) } == [[0]])
    #expect(try derivative(at: zero) { b, x in try b.unary(.absolute, x[0]) } == [[0]])
    #expect(try derivative(at: zero) { b, x in try b.unary(.sign, x[0]) } == [[0]])
    let pair = [NDArray([1.0, 2, 3]), NDArray([1.0, 3, .nan])]
    #expect(
      try derivative(at: pair) { b, x in try b.binary(.maximum, x[0], x[1]) } == [[0.5, 0, 0], [0.5, 1, 0]])
    #expect(
      try derivative(at: pair) { b, x in try b.binary(.minimum, x[0], x[1]) } == [[0.5, 1, 0], [0.5, 0, 0]])
    let tied = [NDArray([2.0, 5, 5, 5, 5])]
    #expect(
      try derivative(at: tied) { b, x in try b.reduce(.maximum, x[0], axes: [0]) }
        == [[0, 0.25, 0.25, 0.25, 0.25]])
    #expect(
      try derivative(at: tied) { b, x in try b.reduce(.minimum, x[0], axes: [0]) } == [[1, 0, 0, 0, 0]])
  }

  /// ∂(aᵇ) at a = 0 for b = 0, 1, 2: b·aᵇ⁻¹ is 0, 1, 0, and the derivative by the exponent is 0.
  @Test func powersOfZero() throws {
    let points = [NDArray([0.0, 0, 0]), NDArray([0.0, 1, 2])]
    #expect(
      try derivative(at: points) { b, x in try b.binary(.power, x[0], x[1]) } == [[0, 1, 0], [0, 0, 0]])
    for (exponent, first, second) in [(0.0, 0.0, 0.0), (1, 1, 0), (2, 0, 2), (3, 0, 0)] {
      let power: (inout Builder, [NodeID]) throws -> NodeID = { b, x in
        try b.binary(.power, x[0], b.constant(exponent, like: x[0]))
      }
      #expect(try derivative(at: [NDArray([0.0])], power) == [[first]])
      #expect(try derivative(at: [NDArray([0.0])], order: 2, power) == [[second]])
    }
  }

  @Test func productsWithZeros() throws {
    let product: (inout Builder, [NodeID]) throws -> NodeID = { b, x in
      try b.reduce(.product, x[0], axes: [1])
    }
    let x = try NDArray([2.0, 0, 5, 0, 3, 0, 1, 2, 4], shape: [3, 3])
    #expect(try derivative(at: [x], product) == [[0, 10, 0, 0, 0, 0, 8, 4, 2]])
    // Σᵢ ∂(xyz)/∂xᵢ = yz + xz + xy, whose derivatives are the sums of the two others: also at zeros.
    #expect(try derivative(at: [x], order: 2, product) == [[5, 7, 2, 3, 0, 3, 6, 5, 3]])
  }

  @Test(arguments: UnaryFunction.allCases.filter { $0.domain.contains(.float64) })
  func secondDerivatives(_ function: UnaryFunction) throws {
    let x =
      switch function {
      case .asin, .acos, .atanh: generic([5], -0.8, 0.8)
      case .acosh: generic([5], 1.2, 3)
      default: generic([5], 0.3, 1.4)
      }
    let error = try gradientError([x]) { b, x in
      let y = try b.unary(function, x[0])
      return try b.gradient(of: y, withRespectTo: x[0])
    }
    #expect(error < 1e-6)
  }

  @Test func secondDerivativesOfTwoOperands() throws {
    for function: BinaryFunction in [.add, .subtract, .multiply, .divide, .power] {
      let error = try gradientError([generic([5], 0.3, 2), generic([5], 0.4, 1.9, seed: 2)]) { b, x in
        let y = try b.binary(function, x[0], x[1])
        let d = try b.gradient(of: y, withRespectTo: x)
        return try b.binary(.multiply, d[0], d[1])
      }
      #expect(error < 1e-6, "\(function)")
    }
  }

  /// u(x) = tanh(x W + b) v: the second derivative by x, and its derivative by W, as a differential equation's
  /// cost needs them.
  @Test func derivativesOfANetworkInItsCost() throws {
    let inputs = [
      generic([4, 1]), generic([1, 3], seed: 2), generic([3], seed: 3), generic([3, 1], seed: 4),
    ]
    let error = try gradientError(inputs) { b, x in
      let z = try b.binary(.add, b.append(.dot(.matmul(rank: 2)), [x[0], x[1]]), x[2])
      let u = try b.append(.dot(.matmul(rank: 2)), [b.unary(.tanh, z), x[3]])
      let ux = try b.gradient(of: u, withRespectTo: x[0])
      let uxx = try b.gradient(of: ux, withRespectTo: x[0])
      return try b.binary(.multiply, uxx, b.binary(.add, ux, u))
    }
    #expect(error < 1e-6)
  }

  @Test func derivativesThroughCallsAreTheSameAsInlined() throws {
    let inner = try Traced([[2, 2], [2, 2]]) { b, x in
      try b.unary(.tanh, b.append(.dot(.matmul(rank: 2)), x))
    }
    let nested = inner.graph([inner.output])
    var traced = try Traced([[2, 2], [2, 2]]) { b, x in
      let once = try b.append(.call(Callee(nested), result: 0), x)
      return try b.append(.call(Callee(nested), result: 0), [once, x[1]])
    }
    let d = try traced.builder.vjp(
      of: [traced.output], withRespectTo: traced.inputs,
      cotangents: [traced.builder.constant(1, like: traced.output)])
    let graph = traced.graph(d)
    let inlined = try graph.inliningCalls()
    let inputs = [generic([2, 2]), generic([2, 2], seed: 2)]
    let (a, b) = (try values(graph, inputs), try values(inlined, inputs))
    #expect(a == b)
    #expect(!inlined.nodes.contains { $0.operation.name == "call" })
    #expect(inlined.nodes.count { $0.operation == .unary(.tanh) } == 2)
  }

  @Test func everyBackwardNodeSaysWhereItComesFrom() throws {
    var traced = try Traced([[4, 3], [3, 3]]) { b, x in
      b.provenance = Provenance(
        labels: ["z"], locations: [SourceLocation(file: "Tests/model.swift", line: 8)])
      let z = try b.append(.dot(.matmul(rank: 2)), x)
      b.provenance = Provenance(
        labels: ["a"], locations: [SourceLocation(file: "Tests/model.swift", line: 9)])
      let a = try b.unary(.tanh, z)
      b.provenance = Provenance(
        labels: ["p"], locations: [SourceLocation(file: "Tests/model.swift", line: 10)])
      return try b.reduce(.product, b.binary(.multiply, a, z), axes: [0, 1])
    }
    let first = traced.builder.nodes.count
    let outer = traced.builder.provenance
    let gradients = try traced.builder.gradient(of: traced.output, withRespectTo: traced.inputs)
    #expect(traced.builder.provenance == outer)
    for node in traced.builder.nodes[(first + 1)...] {
      #expect(!node.provenance.locations.isEmpty, "\(node.operation.name)")
    }
    // Each cotangent is called after its node, what is part of one is not, and what else is made has another name or none.
    let labels = traced.builder.nodes[(first + 1)...].compactMap(\.provenance.label)
    for name in ["d_a", "d_z", "d_x0", "d_x1"] { #expect(labels.count { $0 == name } == 1, "\(name)") }
    #expect(labels.filter { $0 == "d_z_part" }.count == 2 && labels.contains("a_slope"))
    #expect(gradients.map { traced.builder.nodes[$0].provenance.label } == ["d_x0", "d_x1"])
    let simplified = traced.graph(gradients).simplified(phases: Set(RewritePhase.allCases))
    for node in simplified.nodes where !node.operands.isEmpty {
      #expect(!node.provenance.locations.isEmpty, "\(node.operation.name)")
    }
  }

  @Test func rowsThatMixAreNamed() throws {
    let softmax: (inout Builder, NodeID, Int) throws -> NodeID = { b, z, axis in
      let e = try b.unary(.exp, z)
      b.provenance.labels = ["total"]
      return try b.binary(.divide, e, b.reduce(.sum, e, axes: [axis], keepingDimensions: true))
    }
    var along = try Traced([[4, 3]]) { b, x in try softmax(&b, x[0], 1) }
    #expect(throws: Never.self) {
      try along.builder.gradient(of: along.output, withRespectTo: along.inputs[0])
    }
    var across = try Traced([[3, 3]]) { b, x in try softmax(&b, x[0], 0) }
    let error = #expect(throws: GraphError.self) {
      try across.builder.gradient(of: across.output, withRespectTo: across.inputs[0])
    }
    #expect(error?.kind == .notDifferentiable)
    #expect(error?.problem.hasPrefix("total (reduce_sum)") == true)
    // By the identity of the axis: a square matrix times its transpose mixes rows though the shapes fit.
    var gram = try Traced([[3, 3]]) { b, x in
      try b.append(.dot(DotDimensions(lhsContracting: [1], rhsContracting: [1])), [x[0], x[0]])
    }
    #expect(throws: GraphError.self) {
      try gram.builder.gradient(of: gram.output, withRespectTo: gram.inputs)
    }
    // A scalar has a gradient whatever mixes.
    let sum = try across.builder.reduce(.sum, across.output, axes: [0, 1])
    #expect(throws: Never.self) { try across.builder.gradient(of: sum, withRespectTo: across.inputs) }
    // Weights are no rows.
    var layer = try Traced([[4, 3], [3, 2]]) { b, x in try b.append(.dot(.matmul(rank: 2)), x) }
    #expect(throws: Never.self) {
      try layer.builder.gradient(of: layer.output, withRespectTo: layer.inputs[0])
    }
    #expect(throws: GraphError.self) {
      try layer.builder.gradient(of: layer.output, withRespectTo: layer.inputs[1])
    }
  }

  @Test func rowsAreFollowedThroughMovementAndCalls() throws {
    let inner = try Traced([[4, 3]]) { b, x in try b.reduce(.sum, b.unary(.sin, x[0]), axes: [1]) }
    let nested = inner.graph([inner.output])
    var fine = try Traced([[4, 3]]) { b, x in
      let rows = try b.append(.call(Callee(nested), result: 0), [x[0]])
      let moved = try b.transpose(
        b.reshape(b.broadcast(b.reshape(rows, to: [4, 1]), to: [4, 6]), to: [4, 2, 3]), [1, 0, 2])
      return try b.append(.slice(Slice(starts: [1, 0, 0], ends: [2, 4, 3], steps: [1, 1, 2])), [moved])
    }
    #expect(throws: Never.self) { try fine.builder.gradient(of: fine.output, withRespectTo: fine.inputs[0]) }
    var cut = try Traced([[4, 3]]) { b, x in
      try b.append(.slice(Slice(starts: [1, 0], ends: [4, 3], steps: [1, 1])), [x[0]])
    }
    #expect(throws: GraphError.self) {
      try cut.builder.gradient(of: cut.output, withRespectTo: cut.inputs[0])
    }
  }
}
