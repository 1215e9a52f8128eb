import AdjointArray
import AdjointIR
import AdjointTransforms
import Testing

/// Jacobians and Hessians against closed forms, and derivatives of derivatives in every order of modes.
@Suite struct JacobianTests {
  /// The Jacobian of a function of `inputs` by the first.
  private func jacobian(
    at inputs: [NDArray], _ body: (inout Builder, [NodeID]) throws -> NodeID
  ) throws -> NDArray {
    var traced = try Traced(inputs.map(\.shape), body)
    let result = try traced.builder.jacobian(of: traced.output, withRespectTo: traced.inputs[0])
    return try values(traced.graph([result]), inputs)[0]
  }

  @Test func productsOfMatrices() throws {
    let (w, x) = (generic([2, 3]), generic([3], seed: 2))
    let byVector = try jacobian(at: [x, w]) { b, x in
      try b.append(.dot(DotDimensions(lhsContracting: [1], rhsContracting: [0])), [x[1], x[0]])
    }
    #expect(byVector == w)
    // ∂(Wx)ᵢ/∂Wⱼₖ = δᵢⱼ xₖ.
    let byMatrix = try jacobian(at: [w, x]) { b, x in
      try b.append(.dot(DotDimensions(lhsContracting: [1], rhsContracting: [0])), x)
    }
    #expect(byMatrix.shape == [2, 2, 3])
    let x3 = x.doubles
    #expect(byMatrix.doubles == x3 + [0, 0, 0] + [0, 0, 0] + x3)
  }

  @Test func shapesOfOneElementAndOfNone() throws {
    let x = generic([3])
    let toOne = try jacobian(at: [x]) { b, x in try b.reduce(.sum, x[0], axes: [0], keepingDimensions: true) }
    #expect(toOne.shape == [1, 3])
    #expect(toOne.doubles == [1, 1, 1])
    let fromOne = try jacobian(at: [NDArray(2.0)]) { b, x in
      try b.binary(.multiply, b.broadcast(x[0], to: [2]), b.append(.iota(count: 2, .float64), []))
    }
    #expect(fromOne == NDArray([0.0, 1]))
    #expect(try jacobian(at: [NDArray(2.0)]) { b, x in try b.binary(.multiply, x[0], x[0]) } == NDArray(4.0))
    let none = try jacobian(at: [NDArray(zeros: [0, 2], .float64)]) { b, x in try b.unary(.exp, x[0]) }
    #expect(none.shape == [0, 2, 0, 2])
    let independent = try jacobian(at: [x, generic([2])]) { b, x in try b.unary(.exp, x[1]) }
    #expect(independent == NDArray(zeros: [2, 3], .float64))
  }

  /// A graph of a few batched products, as large for 300 elements as for 3, in the mode with fewer of them.
  @Test func modeAndSizeFollowTheShapes() throws {
    func labels(_ inputs: Int, _ outputs: Int) throws -> (count: Int, prefixes: Set<Substring>) {
      var traced = try Traced([[inputs], [outputs, inputs]]) { b, x in
        b.provenance.labels = ["z"]
        let z = try b.append(.dot(DotDimensions(lhsContracting: [1], rhsContracting: [0])), [x[1], x[0]])
        b.provenance.labels = ["a"]
        return try b.unary(.tanh, z)
      }
      let first = traced.builder.nodes.count
      let result = try traced.builder.jacobian(of: traced.output, withRespectTo: traced.inputs[0])
      let new = traced.builder.nodes[first...].compactMap(\.provenance.label).filter { $0 != "a_slope" }
        .map { $0.prefix(2) }
      return (traced.graph([result]).nodes.count, Set(new).subtracting(["z", "a"]))
    }
    let (narrow, wide) = (try labels(3, 5), try labels(30, 500))
    #expect(narrow.count == wide.count)
    #expect(narrow.prefixes == ["t_"])
    #expect(wide.prefixes == ["t_"])
    #expect(try labels(5, 3).prefixes == ["d_"])
    #expect(try labels(500, 30).count == labels(5, 3).count)
  }

  @Test func largeAndWrongOnesAreErrors() throws {
    var builder = Builder()
    let number = builder.argument(.input, "n", TensorType(.int32, [3]))
    let x = builder.argument(.input, "x", TensorType(.float32, [1 << 30]))
    let large = #expect(throws: GraphError.self) { try builder.jacobian(of: x, withRespectTo: x) }
    #expect(large?.operation == "jacobian")
    #expect(throws: GraphError.self) { try builder.jacobian(of: x, withRespectTo: number) }
    #expect(throws: GraphError.self) { try builder.jacobian(of: number, withRespectTo: x) }
    let vector = #expect(throws: GraphError.self) { try builder.hessian(of: x, withRespectTo: [x]) }
    #expect(vector?.kind == .shapeMismatch)
    #expect(throws: GraphError.self) {
      try builder.hessianVectorProduct(of: x, withRespectTo: [x], vectors: [x])
    }
  }

  // MARK: Second derivatives

  /// Rosenbrock's function (1 − x)² + 100 (y − x²)² ("An automatic method for finding the greatest or least value of
  /// a function", 1960).
  private func rosenbrock(_ b: inout Builder, _ x: NodeID, _ y: NodeID) throws -> NodeID {
    let left = try b.binary(.subtract, b.constant(1, like: x), x)
    let right = try b.binary(.subtract, y, b.binary(.multiply, x, x))
    let hundred = try b.constant(100, like: x)
    return try b.binary(
      .add, b.binary(.multiply, left, left),
      b.binary(.multiply, hundred, b.binary(.multiply, right, right)))
  }

  @Test func hessianOfRosenbrock() throws {
    let (x, y) = (-1.2, 1.0)
    var traced = try Traced([[], []]) { b, x in try rosenbrock(&b, x[0], x[1]) }
    let rows = try traced.builder.hessian(of: traced.output, withRespectTo: traced.inputs)
    let vectors = [3.0, -2].map { traced.builder.constant(Literal($0)) }
    let product = try traced.builder.hessianVectorProduct(
      of: traced.output, withRespectTo: traced.inputs, vectors: vectors)
    let found = try values(traced.graph(rows.flatMap { $0 } + product), [NDArray(x), NDArray(y)]).map {
      $0.doubles[0]
    }
    let matrix: [Double] = [1200 * x * x - 400 * y + 2, -400 * x, -400 * x, 200]
    #expect(deviation(Array(found.prefix(4)), matrix) < 1e-14)
    let expected: [Double] = [3 * matrix[0] - 2 * matrix[1], 3 * matrix[2] - 2 * matrix[3]]
    #expect(deviation(Array(found.suffix(2)), expected) < 1e-14)
  }

  /// log Σ exp x has the gradient p = softmax(x) and the Hessian diag p − p pᵀ.
  @Test func hessianOfLogSumExp() throws {
    let x = generic([4])
    // exp by its series.
    let powers = x.doubles.map { (value: Double) -> Double in
      (1...30).reversed().reduce(1.0) { (sum: Double, number: Int) in 1 + value / Double(number) * sum }
    }
    let p = powers.map { $0 / powers.reduce(0, +) }
    var traced = try Traced([[4]]) { b, x in
      try b.unary(.log, b.reduce(.sum, b.unary(.exp, x[0]), axes: [0]))
    }
    let matrix = try traced.builder.hessian(of: traced.output, withRespectTo: traced.inputs)[0][0]
    let found = try values(traced.graph([matrix]), [x])[0]
    #expect(found.shape == [4, 4])
    let expected = (0..<16).map { (place: Int) -> Double in
      let (row, column) = (place / 4, place % 4)
      return (row == column ? p[row] : 0) - p[row] * p[column]
    }
    #expect(deviation(found.doubles, expected) < 1e-15)
  }

  /// xᵀ A x has the Hessian A + Aᵀ by x, and by x and A the blocks are each other's transposes.
  @Test func hessianOfAQuadraticForm() throws {
    let (x, a) = (generic([3]), generic([3, 3], seed: 2))
    var traced = try Traced([[3], [3, 3]]) { b, x in
      let product = try b.append(
        .dot(DotDimensions(lhsContracting: [1], rhsContracting: [0])), [x[1], x[0]])
      return try b.append(.dot(DotDimensions(lhsContracting: [0], rhsContracting: [0])), [x[0], product])
    }
    let rows = try traced.builder.hessian(of: traced.output, withRespectTo: traced.inputs)
    let vectors = [generic([3], seed: 3), generic([3, 3], seed: 4)]
    let seeds = vectors.map { traced.builder.data($0) }
    let products = try traced.builder.hessianVectorProduct(
      of: traced.output, withRespectTo: traced.inputs, vectors: seeds)
    let found = try values(traced.graph(rows.flatMap { $0 } + products), [x, a])
    let m = a.doubles
    let symmetric = (0..<9).map { (place: Int) -> Double in m[place] + m[(place % 3) * 3 + place / 3] }
    #expect(deviation(found[0].doubles, symmetric) < 1e-15)
    #expect(found.prefix(4).map(\.shape) == [[3, 3], [3, 3, 3], [3, 3, 3], [3, 3, 3, 3]])
    let (mixed, turned) = (found[1].doubles, found[2].doubles)
    let turnedBack = (0..<27).map { (place: Int) -> Double in turned[(place % 9) * 3 + place / 9] }
    #expect(deviation(mixed, turnedBack) < 1e-15)
    #expect(found[3].doubles == [Double](repeating: 0, count: 81))
    // The matrix of all blocks times the vector of both.
    let square = found[0].doubles
    let first = (0..<3).map { (row: Int) -> Double in
      let own = inner(Array(square[(row * 3)..<(row * 3 + 3)]), vectors[0].doubles)
      return own + inner(Array(mixed[(row * 9)..<(row * 9 + 9)]), vectors[1].doubles)
    }
    let second = (0..<9).map { (row: Int) -> Double in
      inner(Array(turned[(row * 3)..<(row * 3 + 3)]), vectors[0].doubles)
    }
    #expect(deviation(found[4].doubles, first) < 1e-14)
    #expect(deviation(found[5].doubles, second) < 1e-14)
  }

  /// Forward and reverse mode over each other give the same second derivative; of reverse over reverse
  /// `secondDerivatives` and its like have compared it with differences.
  @Test(arguments: UnaryFunction.allCases.filter { $0.domain.contains(.float64) })
  func secondDerivativesInAllModes(_ function: UnaryFunction) throws {
    let inputs = [function == .acosh ? generic([5], 1.2, 3) : generic([5], 0.2, 0.9)]
    try expectSecondDerivatives(inputs) { b, x in try b.unary(function, x[0]) }
  }

  @Test(arguments: BinaryFunction.allCases.filter { $0.domain.contains(.float64) })
  func secondDerivativesOfTwoOperandsInAllModes(_ function: BinaryFunction) throws {
    let inputs = [generic([5], 0.3, 2), generic([5], 0.4, 1.9, seed: 2)]
    try expectSecondDerivatives(inputs) { b, x in try b.binary(function, x[0], x[1]) }
  }

  @Test(arguments: Reduction.allCases)
  func secondDerivativesOfReductionsInAllModes(_ reduction: Reduction) throws {
    guard reduction.domain.contains(.float64) else { return }
    try expectSecondDerivatives([generic([2, 3])]) { b, x in
      // Squared, so that the reduction's own second derivatives are not all there is.
      let reduced = try b.reduce(reduction, x[0], axes: [1])
      return try b.binary(.multiply, reduced, reduced)
    }
  }

  @Test func secondDerivativesOfLinearAlgebraInAllModes() throws {
    let heavy = { (b: inout Builder, x: NodeID) in
      let place = try b.append(.iota(count: 3, .int32), [])
      let isDiagonal = try b.compare(.equal, place, b.reshape(place, to: [3, 1]))
      return try b.binary(.add, x, b.select(isDiagonal, b.constant(Literal(5.0)), b.constant(Literal(0.0))))
    }
    try expectSecondDerivatives([generic([3, 3])]) { b, x in
      try b.append(.structured(.cholesky), [heavy(&b, x[0])])
    }
    for form in [TriangularSolve(isLower: true), TriangularSolve(isLower: false, isTransposed: true)] {
      try expectSecondDerivatives([generic([3, 3]), generic([3, 2], seed: 2)]) { b, x in
        try b.append(.structured(.triangularSolve(form)), [heavy(&b, x[0]), x[1]])
      }
    }
  }

  /// Σᵢⱼ wᵢ vᵢ ∂²yᵢ… by each nesting of the modes: vᵀ H v for the weighted sum w · y.
  private func expectSecondDerivatives(
    _ inputs: [NDArray], _ body: (inout Builder, [NodeID]) throws -> NodeID
  ) throws {
    var traced = try Traced(inputs.map(\.shape), body)
    let y = traced.output
    let targets = traced.inputs
    let w = [traced.builder.data(generic(traced.builder.shape(y), 0.3, 1.9, seed: 3))]
    let v = inputs.enumerated().map { traced.builder.data(generic($1.shape, -0.9, 1.1, seed: $0 + 5)) }
    func total(_ b: inout Builder, _ a: [NodeID], _ c: [NodeID]) throws -> NodeID {
      var sum = b.constant(Literal(0.0))
      for (a, c) in zip(a, c) {
        let terms = try b.binary(.multiply, a, c)
        sum = try b.binary(.add, sum, b.reduce(.sum, terms, axes: Array(0..<b.shape(a).rank)))
      }
      return sum
    }
    let gradient = try traced.builder.vjp(of: [y], withRespectTo: targets, cotangents: w)
    let tangent = try traced.builder.jvp(of: [y], withRespectTo: targets, tangents: v)
    var forms: [NodeID] = []
    // Reverse over reverse, forward over reverse, reverse over forward, forward over forward.
    forms.append(
      try total(
        &traced.builder, traced.builder.vjp(of: gradient, withRespectTo: targets, cotangents: v), v))
    forms.append(
      try total(&traced.builder, traced.builder.jvp(of: gradient, withRespectTo: targets, tangents: v), v))
    forms.append(
      try total(&traced.builder, traced.builder.vjp(of: tangent, withRespectTo: targets, cotangents: w), v))
    forms.append(
      try total(&traced.builder, traced.builder.jvp(of: tangent, withRespectTo: targets, tangents: v), w))
    let found = try values(traced.graph(forms), inputs).map { $0.doubles[0] }
    #expect(deviation(Array(found.dropFirst()), found.dropLast().map { _ in found[0] }) < 1e-11)
  }

  /// x⁴ has the third derivative 24 x; the Jacobian of the Hessian of Σ x⁴ is that, three times diagonal.
  @Test func thirdDerivatives() throws {
    let x = generic([3])
    var traced = try Traced([[3]]) { b, x in
      let square = try b.binary(.multiply, x[0], x[0])
      return try b.reduce(.sum, b.binary(.multiply, square, square), axes: [0])
    }
    let hessian = try traced.builder.hessian(of: traced.output, withRespectTo: traced.inputs)[0][0]
    var third: [NodeID] = []
    for mode in DerivativeMode.allCases {
      third.append(
        try traced.builder.jacobian(of: hessian, withRespectTo: traced.inputs[0], mode: mode))
    }
    let expected = (0..<27).map { (place: Int) -> Double in
      let (i, j, k) = (place / 9, place / 3 % 3, place % 3)
      return i == j && j == k ? 24 * x.doubles[i] : 0
    }
    for found in try values(traced.graph(third), [x]) {
      #expect(found.shape == [3, 3, 3])
      #expect(deviation(found.doubles, expected) < 1e-14)
    }
  }

  /// The Jacobian of a network's outputs by its weights, through a nested graph, in both modes.
  @Test func jacobiansThroughCalls() throws {
    let inner = try Traced([[2, 3], [3, 2]]) { b, x in
      try b.unary(.tanh, b.append(.dot(.matmul(rank: 2)), x))
    }
    let nested = inner.graph([inner.output])
    let error = try gradientError([generic([2, 3]), generic([3, 2], seed: 2)]) { b, x in
      let once = try b.append(.call(Callee(nested), result: 0), x)
      let turned = try b.append(.dot(.matmul(rank: 2)), [once, b.transpose(x[1], [1, 0])])
      return try b.append(.call(Callee(nested), result: 0), [turned, x[1]])
    }
    #expect(error < 1e-6)
  }
}
