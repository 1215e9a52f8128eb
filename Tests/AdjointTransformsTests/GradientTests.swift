import AdjointArray
import AdjointIR
import AdjointTransforms
import Testing

/// Every operation's derivative against central differences in float64, at points without kinks.
@Suite struct GradientTests {
  @Test(arguments: UnaryFunction.allCases)
  func unary(_ function: UnaryFunction) throws {
    guard function.domain.contains(.float64) else {
      #expect(function == .not)
      return
    }
    let x: NDArray
    switch function {
    case .log, .log2, .log10, .sqrt: x = generic([7], 0.2, 3)
    case .log1p: x = generic([7], -0.8, 3)
    case .acosh: x = generic([7], 1.2, 3)
    case .asin, .acos, .atanh: x = generic([7], -0.8, 0.8)
    case .tan: x = generic([7], -1.2, 1.2)
    case .negate, .absolute, .sign, .exp, .exp2, .expm1, .cbrt, .sin, .cos, .atan, .sinh, .cosh, .tanh,
      .asinh,
      .erf, .erfc, .sigmoid, .relu, .floor, .ceil, .round, .not:
      x = generic([7])
    }
    let error = try gradientError([x]) { b, x in try b.unary(function, x[0]) }
    #expect(error < 1e-6)
  }

  @Test(arguments: BinaryFunction.allCases)
  func binary(_ function: BinaryFunction) throws {
    guard function.domain.contains(.float64) else {
      #expect([.and, .or].contains(function))
      return
    }
    let a = function == .power ? generic([2, 3], 0.3, 2) : generic([2, 3])
    let error = try gradientError([a, generic([2, 3], 0.4, 1.9, seed: 2)]) { b, x in
      try b.binary(function, x[0], x[1])
    }
    #expect(error < 1e-6)
    // The same operand twice, and one that is broadcast.
    // (x rem x jumps everywhere.)
    if function == .remainder { return }
    let twice = try gradientError([generic([3], 0.4, 1.9)]) { b, x in try b.binary(function, x[0], x[0]) }
    #expect(twice < 1e-6)
    let row = try gradientError([a, generic([3], 0.4, 1.9, seed: 4)]) { b, x in
      try b.binary(function, x[0], x[1])
    }
    #expect(row < 1e-6)
  }

  @Test(arguments: [-2.0, -1, 0, 0.5, 1, 2, 3])
  func powerByConstant(_ exponent: Double) throws {
    let error = try gradientError([generic([5], 0.3, 2)]) { b, x in
      try b.binary(.power, x[0], b.constant(exponent, like: x[0]))
    }
    #expect(error < 1e-6)
  }

  @Test(arguments: Reduction.allCases.filter { $0.domain != .truth }, [[0], [1], [2], [0, 2], [0, 1, 2]])
  func reduce(_ reduction: Reduction, _ axes: [Int]) throws {
    let error = try gradientError([generic([2, 3, 5])]) { b, x in try b.reduce(reduction, x[0], axes: axes) }
    #expect(error < 1e-6)
  }

  /// Every case of `Operation`, by name; a new one does not compile until it stands here.
  private func family(_ operation: Operation) -> String {
    switch operation {
    case .argument: "argument"
    case .constant: "constant"
    case .data: "data"
    case .iota: "iota"
    case .unary: "unary"
    case .binary: "binary"
    case .compare: "compare"
    case .select: "select"
    case .cast: "cast"
    case .reduce: "reduce"
    case .dot: "dot"
    case .reshape: "reshape"
    case .transpose: "transpose"
    case .broadcast: "broadcast"
    case .slice: "slice"
    case .flip: "flip"
    case .pad: "pad"
    case .concatenate: "concatenate"
    case .windows: "windows"
    case .addWindows: "addWindows"
    case .structured(let operation): operation.name
    case .scan: "scan"
    case .stopGradient: "stopGradient"
    case .barrier: "barrier"
    case .call: "call"
    }
  }

  /// Of matrices with heavy diagonals, which are not symmetric: what is not read has the derivative 0.
  private var linearAlgebra:
    [(operation: Operation, shapes: [Shape], body: (inout Builder, [NodeID]) throws -> NodeID)]
  {
    func heavy(_ b: inout Builder, _ x: NodeID) throws -> NodeID {
      let place = try b.append(.iota(count: b.shape(x)[b.shape(x).rank - 1], .int32), [])
      let isDiagonal = try b.compare(.equal, place, b.reshape(place, to: [b.shape(place)[0], 1]))
      return try b.binary(.add, x, b.select(isDiagonal, b.constant(Literal(6.0)), b.constant(Literal(0.0))))
    }
    let forms = [false, true].flatMap { isLower in
      [false, true].map { TriangularSolve(isLower: isLower, isTransposed: $0) }
    }
    return [
      (
        .structured(.cholesky), [[4, 4]], { b, x in try b.append(.structured(.cholesky), [heavy(&b, x[0])]) }
      ),
      (
        .structured(.cholesky), [[2, 2, 2]],
        { b, x in try b.append(.structured(.cholesky), [heavy(&b, x[0])]) }
      ),
    ]
      + forms.map { form in
        (
          .structured(.triangularSolve(form)), [[2, 3, 3], [2, 3, 2]],
          { b, x in try b.append(.structured(.triangularSolve(form)), [heavy(&b, x[0]), x[1]]) }
        )
      }
  }

  @Test func everyOtherOperation() throws {
    let product = try Traced([[3], [3]]) { b, x in try b.unary(.tanh, b.binary(.multiply, x[0], x[1])) }
    let nested = product.graph([product.inputs[0], product.output])
    let indices = NDArray([Int32(2), 0, 2, 1])
    let places = try NDArray([Int32(2), 0, 2, 1, 1, 1, 0, 2], shape: [2, 4])
    let windows = Windows(axes: [1, 2], sizes: [2, 3], strides: [2, 1], dilations: [2, 1])
    typealias Body = (inout Builder, [NodeID]) throws -> NodeID
    let cases: [(operation: Operation, shapes: [Shape], body: Body)] = [
      (
        .select, [[4], [4]],
        { b, x in try b.select(b.compare(.less, x[0], x[1]), b.unary(.sin, x[0]), b.unary(.exp, x[1])) }
      ),
      (.cast(.float64), [[4]], { b, x in try b.append(.cast(.float64), [b.unary(.sin, x[0])]) }),
      (.reshape([3, 2]), [[2, 3]], { b, x in try b.reshape(x[0], to: [3, 2]) }),
      (.transpose([2, 0, 1]), [[2, 3, 4]], { b, x in try b.transpose(x[0], [2, 0, 1]) }),
      (.broadcast([4, 2, 3]), [[2, 1]], { b, x in try b.broadcast(x[0], to: [4, 2, 3]) }),
      (
        .slice(Slice(starts: [1, 0], ends: [6, 3], steps: [2, 1])), [[7, 3]],
        { b, x in try b.append(.slice(Slice(starts: [1, 0], ends: [6, 3], steps: [2, 1])), x) }
      ),
      (
        .pad(Padding(low: [1, 0], high: [2, 1], interior: [2, 0])), [[3, 2]],
        { b, x in try b.append(.pad(Padding(low: [1, 0], high: [2, 1], interior: [2, 0])), x) }
      ),
      (
        .concatenate(axis: 1), [[2, 3], [2, 1]],
        { b, x in try b.append(.concatenate(axis: 1), [x[0], x[1], x[0]]) }
      ),
      (
        .structured(.gatherRows), [[3, 2]],
        { b, x in try b.append(.structured(.gatherRows), [x[0], b.data(indices)]) }
      ),
      (
        .structured(.scatterAddRows(rows: 3)), [[4, 2]],
        { b, x in try b.append(.structured(.scatterAddRows(rows: 3)), [x[0], b.data(indices)]) }
      ),
      (.flip([0, 2]), [[2, 3, 4]], { b, x in try b.append(.flip([0, 2]), x) }),
      (
        .structured(.cumulative(.sum, axis: 1, isReversed: true)), [[2, 5, 3]],
        { b, x in try b.append(.structured(.cumulative(.sum, axis: 1, isReversed: true)), x) }
      ),
      (
        .structured(.gather(axis: 1)), [[2, 3]],
        { b, x in try b.append(.structured(.gather(axis: 1)), [x[0], b.data(places)]) }
      ),
      (
        .structured(.argsort(axis: 1, isDescending: true)), [[2, 5]],
        { b, x in
          let order = try b.append(.structured(.argsort(axis: 1, isDescending: true)), x)
          return try b.append(.structured(.gather(axis: 1)), [b.unary(.sin, x[0]), order])
        }
      ),
      (
        .structured(.randomBits(RandomBits(TensorType(.float64, [3]), stream: 1))), [[3]],
        { b, x in
          let bits = RandomBits(TensorType(.float64, [3]), stream: 1)
          let draw = try b.append(.structured(.randomBits(bits)), [b.data(NDArray([Int64(4), 2]))])
          return try b.binary(.multiply, x[0], draw)
        }
      ),
      (
        .structured(.scatterAdd(axis: 1, extent: 3)), [[2, 4]],
        { b, x in try b.append(.structured(.scatterAdd(axis: 1, extent: 3)), [x[0], b.data(places)]) }
      ),
      (
        .structured(.searchSorted(isRight: false)), [[2, 4]],
        { b, x in
          let knots = b.data(try NDArray([-9.0, 0.0123, 9, -9, 0.0456, 9], shape: [2, 3]))
          let places = try b.append(.structured(.searchSorted(isRight: false)), [knots, x[0]])
          return try b.binary(.multiply, x[0], b.cast(places, to: .float64))
        }
      ),
      (.windows(windows), [[2, 5, 6]], { b, x in try b.append(.windows(windows), [b.unary(.sin, x[0])]) }),
      (
        .addWindows(windows, extents: [5, 6]), [[2, 2, 4, 2, 3]],
        { b, x in try b.append(.addWindows(windows, extents: [5, 6]), x) }
      ),
      (.barrier, [[3]], { b, x in try b.unary(.sin, b.append(.barrier, [b.unary(.exp, x[0])])) }),
      (
        .call(Callee(nested), result: 1), [[3], [3]],
        { b, x in try b.append(.call(Callee(nested), result: 1), x) }
      ),
      (
        .iota(count: 3, .float64), [[3]],
        { b, x in try b.binary(.multiply, x[0], b.append(.iota(count: 3, .float64), [])) }
      ),
      (.data(generic([3])), [[3]], { b, x in try b.binary(.multiply, x[0], b.data(generic([3]))) }),
      (.constant(Literal(2.0)), [[3]], { b, x in try b.binary(.multiply, x[0], b.constant(2, like: x[0])) }),
      (
        .compare(.less), [[3]],
        { b, x in try b.cast(b.compare(.less, x[0], b.constant(0.1, like: x[0])), to: .float64) }
      ),
    ]
    for (operation, shapes, body) in cases + linearAlgebra {
      let inputs = shapes.enumerated().map { generic($0.element, seed: $0.offset + 1) }
      #expect(try gradientError(inputs, body) < 1e-6, "\(operation.name)")
      #expect(
        try Traced(shapes, body).builder.nodes.contains { $0.operation == operation }, "\(operation.name)")
    }
    let elsewhere = ["argument", "unary", "binary", "reduce", "dot", "stopGradient", "scan", "cumprod"]
    #expect(
      Set((cases + linearAlgebra).map { family($0.operation) } + elsewhere).count
        == 24 + StructuredOperation.Name.allCases.count)
  }

  /// Zeros are factors like any other.
  @Test(arguments: [false, true], [[0], [1], [2], [0, 3], [0, 1, 2, 3, 4, 5, 6]])
  func cumulativeProductWithZeros(_ isReversed: Bool, _ zeros: [Int]) throws {
    let numbers = generic([7]).doubles
    let x = NDArray(numbers.indices.map { zeros.contains($0) ? 0 : numbers[$0] })
    let error = try gradientError([x]) { b, x in
      try b.append(.structured(.cumulative(.product, axis: 0, isReversed: isReversed)), x)
    }
    #expect(error < 1e-6)
  }

  @Test func cumulativeProductAlongAnyAxis() throws {
    for (shape, axis) in [([3, 8, 2], 1), ([5, 3], 0), ([2, 1], 1), ([9], 0)] as [(Shape, Int)] {
      let error = try gradientError([generic(shape)]) { b, x in
        try b.append(.structured(.cumulative(.product, axis: axis, isReversed: false)), x)
      }
      #expect(error < 1e-6, "\(shape)")
    }
  }

  @Test func stopGradientStops() throws {
    let d = try derivative(at: [generic([3])]) { b, x in
      try b.binary(.multiply, x[0], b.append(.stopGradient, [x[0]]))
    }
    #expect(d[0] == generic([3]).doubles)
  }

  @Test func dotOfAnyAxes() throws {
    let cases: [(DotDimensions, Shape, Shape)] = [
      (.matmul(rank: 2), [2, 3], [3, 4]),
      (.matmul(rank: 4), [2, 3, 2, 4], [2, 3, 4, 2]),
      (DotDimensions(lhsContracting: [1], rhsContracting: [1]), [2, 3], [4, 3]),
      (DotDimensions(lhsContracting: [0], rhsContracting: [1]), [3, 2], [4, 3]),
      (DotDimensions(lhsContracting: [0], rhsContracting: [0]), [3], [3]),
      (DotDimensions(lhsContracting: [], rhsContracting: []), [3], [2]),
      (
        DotDimensions(lhsContracting: [3, 0], rhsContracting: [1, 3], lhsBatch: [2], rhsBatch: [0]),
        [2, 3, 5, 4], [5, 4, 3, 2]
      ),
    ]
    for (dimensions, left, right) in cases {
      let error = try gradientError([generic(left), generic(right, seed: 2)]) { b, x in
        try b.append(.dot(dimensions), x)
      }
      #expect(error < 1e-6, "\(dimensions)")
    }
  }

  /// Both backward products of a matrix product are products that read the matrices as they lie.
  @Test func matrixProductsNeedNoTranspose() throws {
    var traced = try Traced([[8, 3], [3, 4]]) { b, x in try b.append(.dot(.matmul(rank: 2)), x) }
    let y = traced.output
    let ones = try traced.builder.constant(1, like: y)
    let gradients = try traced.builder.vjp(of: [y], withRespectTo: traced.inputs, cotangents: [ones])
    let nodes = gradients.map { traced.builder.nodes[$0] }
    #expect(nodes[0].operation == .dot(DotDimensions(lhsContracting: [1], rhsContracting: [1])))
    #expect(nodes[0].operands == [ones, traced.inputs[1]])
    #expect(nodes[1].operation == .dot(DotDimensions(lhsContracting: [0], rhsContracting: [0])))
    #expect(nodes[1].operands == [traced.inputs[0], ones])
  }

  /// A target that is an inner node, and one that another target depends on: derivatives are total.
  @Test func targetsMayDependOnEachOther() throws {
    var traced = try Traced([[3], [3]]) { b, x in try b.unary(.exp, x[0]) }
    let h = traced.output
    let y = try traced.builder.binary(.multiply, h, h)
    let targets = [traced.inputs[0], h, traced.inputs[1]]
    let gradients = try traced.builder.gradient(of: y, withRespectTo: targets)
    let x = generic([3])
    let found = try values(traced.graph(gradients), [x, x])
    let (hs, expected) = (try values(traced.graph([h]), [x, x])[0].doubles, found.map(\.doubles))
    #expect(deviation(expected[1], hs.map { 2 * $0 }) < 1e-15)
    #expect(deviation(expected[0], hs.map { 2 * $0 * $0 }) < 1e-15)
    #expect(expected[2] == [0, 0, 0])
  }

  @Test func severalOutputsAddUp() throws {
    var traced = try Traced([[]]) { b, x in try b.unary(.sin, x[0]) }
    let cosine = try traced.builder.unary(.cos, traced.inputs[0])
    let (two, three) = (traced.builder.constant(Literal(2.0)), traced.builder.constant(Literal(3.0)))
    let gradients = try traced.builder.vjp(
      of: [traced.output, cosine, traced.output], withRespectTo: traced.inputs, cotangents: [two, three, two])
    let found = try values(traced.graph(gradients), [NDArray(0.0)])
    #expect(found[0].doubles == [4])  // 2·cos 0 + 2·cos 0 − 3·sin 0
  }

  @Test func whatHasNoDerivativeIsNamed() throws {
    var builder = Builder()
    let number = builder.argument(.input, "n", TensorType(.int32, [3]))
    let x = builder.argument(.input, "x", TensorType(.float32, []))
    #expect(throws: GraphError.self) { try builder.gradient(of: number, withRespectTo: x) }
    #expect(throws: GraphError.self) { try builder.gradient(of: x, withRespectTo: number) }
    #expect(throws: GraphError.self) { try builder.vjp(of: [x], withRespectTo: [99], cotangents: [x]) }
    #expect(throws: GraphError.self) { try builder.vjp(of: [x], withRespectTo: [x], cotangents: []) }
    // Through integers nothing flows.
    let there = try builder.cast(builder.cast(x, to: .int32), to: .float32)
    let d = try builder.gradient(of: there, withRespectTo: x)
    #expect(builder.nodes[d].operation == .constant(Literal(Float(0))))
  }
}
