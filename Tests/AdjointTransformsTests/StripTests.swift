import AdjointArray
import AdjointIR
import AdjointTransforms
import Testing

/// Strips of rows: the same values as without, and no more than a strip is alive.
@Suite struct StripTests {
  /// Small enough that graphs of tests have strips, and groups of several.
  private static func limits(strip: Int = 256, groups: Int = 4) -> StripLimits {
    var limits = StripLimits()
    (limits.stripBytes, limits.leastBytes, limits.leastRows, limits.mostGroups) = (strip, 512, 2, groups)
    return limits
  }

  /// Two layers, a loss, and its gradients: forward and backward rows, and sums over them.
  private static func network(_ rows: Int) throws -> (Graph, [NDArray]) {
    let shapes: [Shape] = [[rows, 3], [rows, 1], [3, 8], [8], [8, 1]]
    let traced = try Traced(shapes) { b, x in
      let z = try b.binary(
        .add, b.append(.dot(.matmul(rank: 2)), [x[0], x[2]]), b.broadcast(x[3], to: [rows, 8]))
      let y = try b.append(.dot(.matmul(rank: 2)), [b.unary(.tanh, z), x[4]])
      let error = try b.binary(.subtract, y, x[1])
      return try b.reduce(.sum, b.binary(.multiply, error, error), axes: [0, 1])
    }
    var builder = traced.builder
    let gradients = try builder.gradient(of: traced.output, withRespectTo: Array(traced.inputs[2...]))
    let rowGradient = try builder.gradient(of: traced.output, withRespectTo: [traced.inputs[0]])
    let outputs = ([traced.output] + gradients + rowGradient).enumerated().map { Output("o\($0)", $1) }
    return (
      builder.graph(outputs: outputs), shapes.enumerated().map { generic($1, -1, 1, seed: $0 + 1) }
    )
  }

  private static func loops(_ graph: Graph) -> [Scan] {
    let scans = graph.nodes.compactMap { node -> Scan? in
      if case .scan(let scan, 0) = node.operation { scan } else { nil }
    }
    return scans + scans.flatMap { loops($0.body) }
  }

  private static func agree(_ graph: Graph, _ cut: Graph, _ inputs: [NDArray]) throws {
    for (a, b) in zip(try values(graph, inputs), try values(cut, inputs)) {
      #expect(a.shape == b.shape)
      #expect(deviation(b.doubles, a.doubles) < 1e-13)
    }
  }

  /// Rows that are cut evenly, with several strips in a group, and with a rest.
  @Test(arguments: [(8, 4), (64, 4), (1024, 4), (1000, 4), (37, 2), (97, 4), (1021, 3)])
  func aTrainingStepIsTheSame(rows: Int, groups: Int) throws {
    let (graph, inputs) = try Self.network(rows)
    let cut = try graph.inStrips(Self.limits(groups: groups))
    #expect(!Self.loops(cut).isEmpty)
    try Self.agree(graph, cut, inputs)
    #expect(Self.loops(cut)[0].carryCount == 0)
    #expect(Self.loops(cut)[0].length <= groups)
  }

  @Test func whatIsAliveIsAStrip() throws {
    let (graph, _) = try Self.network(1024)
    let cut = try graph.inStrips(Self.limits())
    // Outside of loops nothing computed has all rows but the results with rows, and views.
    for node in cut.nodes where node.type.shape.dimensions.contains(1024) {
      switch node.operation {
      case .argument, .reshape, .broadcast, .transpose: break
      default: Issue.record("\(node.operation.name) has all rows")
      }
    }
    let largest =
      Self.loops(cut).flatMap { $0.body.nodes }.filter { $0.operation != .stopGradient }
      .compactMap { $0.operation.isArgument ? nil : $0.type.byteCount }.max() ?? 0
    #expect(largest <= 8 * 1024)
  }

  /// Also of what is left when groups of equal strips have been cut off.
  @Test(arguments: [1021, 1023, 4093])
  func noStripIsLargerThanTheFirst(rows: Int) throws {
    let cut = try Self.network(rows).0.inStrips(Self.limits())
    let strips = Self.loops(cut).compactMap { $0.body.arguments.isEmpty ? nil : $0.body }
      .filter { body in !body.nodes.contains { if case .scan = $0.operation { true } else { false } } }
      .map { body in body.nodes.compactMap { $0.type.shape.dimensions.first }.max() ?? 0 }
    #expect(strips.allSatisfy { $0 <= 8 })
  }

  @Test func smallBatchesStayWhole() throws {
    let (graph, _) = try Self.network(1024)
    #expect(Self.loops(try graph.inStrips(StripLimits())).isEmpty)
  }

  /// What needs a sum over all rows is done in a second pass, as batch normalization is.
  @Test func aMeanOverRowsEndsAPass() throws {
    let traced = try Traced([[64, 4]]) { b, x in
      let mean = try b.binary(
        .multiply, b.reduce(.sum, x[0], axes: [0]), b.broadcast(b.constant(Literal(1.0 / 64)), to: [4]))
      let centred = try b.binary(.subtract, b.unary(.exp, x[0]), b.broadcast(mean, to: [64, 4]))
      return try b.reduce(.sum, b.binary(.multiply, centred, centred), axes: [0])
    }
    let graph = traced.graph([traced.output])
    let cut = try graph.inStrips(Self.limits())
    #expect(
      Self.loops(cut).count { $0.carryCount == 0 } == 1 || Self.loops(cut).count { $0.carryCount == 0 } == 2)
    try Self.agree(graph, cut, [generic([64, 4])])
  }

  /// The gradient of an embedding: each strip adds to a table of its own, where that is small.
  @Test(arguments: [(8, true), (100, false)])
  func scatteredRowsAreAddedUp(words: Int, isInStrips: Bool) throws {
    let traced = try Traced([[256, 4], [words, 5]]) { b, x in
      let vectors = try b.append(.structured(.gatherRows), [x[1], b.cast(x[0], to: .int32)])
      let y = try b.unary(.tanh, b.binary(.multiply, vectors, b.unary(.sin, vectors)))
      return try b.reduce(.sum, y, axes: [0, 1, 2])
    }
    var builder = traced.builder
    let gradient = try builder.gradient(of: traced.output, withRespectTo: traced.inputs[1])
    let graph = builder.graph(outputs: [Output("y", traced.output), Output("d", gradient)])
    let cut = try graph.inStrips(Self.limits())
    let isScatter = { (node: Node) in node.operation == .structured(.scatterAddRows(rows: words)) }
    #expect(graph.nodes.contains(where: isScatter) && !Self.loops(cut).isEmpty)
    #expect(cut.nodes.contains(where: isScatter) != isInStrips)
    #expect(Self.loops(cut).contains { $0.body.nodes.contains(where: isScatter) } == isInStrips)
    let indices = try NDArray((0..<1024).map { Double($0 * $0 % words) }, shape: [256, 4])
    try Self.agree(graph, cut, [indices, generic([words, 5])])
  }

  /// Rows along another axis, other reductions than sums, and rows that are equal.
  @Test func rowsMayMove() throws {
    let traced = try Traced([[40, 6], [6], [40, 6]]) { b, x in
      let moved = try b.transpose(b.binary(.multiply, x[0], b.broadcast(x[1], to: [40, 6])), [1, 0])
      let other = try b.transpose(x[2], [1, 0])
      return try b.binary(.add, b.unary(.sin, moved), other)
    }
    var builder = traced.builder
    let greatest = try builder.reduce(.maximum, traced.output, axes: [1])
    let least = try builder.reduce(.minimum, traced.output, axes: [0, 1])
    let flat = try builder.reshape(builder.transpose(traced.output, [1, 0]), to: [40, 2, 3])
    let graph = builder.graph(
      outputs: [traced.output, greatest, least, flat].enumerated().map { Output("o\($0)", $1) })
    let inputs = [generic([40, 6]), generic([6], seed: 2), generic([40, 6], seed: 3)]
    for groups in [1, 4] {
      let cut = try graph.inStrips(Self.limits(groups: groups))
      #expect(!Self.loops(cut).isEmpty)
      try Self.agree(graph, cut, inputs)
    }
  }

  /// Two batches of different sizes, each with strips of its own.
  @Test func eachBatchHasItsStrips() throws {
    let traced = try Traced([[128, 4], [96, 4], [4, 4]]) { b, x in
      func part(_ rows: NodeID) throws -> NodeID {
        let y = try b.unary(.tanh, b.append(.dot(.matmul(rank: 2)), [rows, x[2]]))
        return try b.reduce(.sum, b.binary(.multiply, y, y), axes: [0, 1])
      }
      return try b.binary(.add, part(x[0]), part(x[1]))
    }
    let graph = traced.graph([traced.output])
    let cut = try graph.inStrips(Self.limits())
    #expect(Self.loops(cut).count { $0.carryCount == 0 } == 2)
    try Self.agree(graph, cut, [generic([128, 4]), generic([96, 4], seed: 2), generic([4, 4], seed: 3)])
  }
}
