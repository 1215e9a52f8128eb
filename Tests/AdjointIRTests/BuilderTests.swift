import AdjointArray
import AdjointIR
import Testing

@Suite struct BuilderTests {
  @Test func theSameOperationOnTheSameOperandsIsOneNode() throws {
    var builder = Builder()
    let x = builder.argument(.input, "x", TensorType(.float32, [3]))
    let first = try builder.binary(.multiply, x, x)
    #expect(try builder.binary(.multiply, x, x) == first)
    #expect(try builder.binary(.add, x, x) != first)
    #expect(builder.nodes.count == 3)
  }

  @Test func operandsInAnotherOrderAreAnotherNode() throws {
    var builder = Builder()
    let x = builder.argument(.input, "x", TensorType(.float32, [3]))
    let y = builder.argument(.input, "y", TensorType(.float32, [3]))
    #expect(try builder.binary(.subtract, x, y) != builder.binary(.subtract, y, x))
  }

  @Test func constantsAreToldApartByTheirBits() {
    var builder = Builder()
    #expect(builder.constant(Literal(0.0)) != builder.constant(Literal(-0.0)))
    #expect(builder.constant(Literal(0.0)) != builder.constant(Literal(Float(0))))
    #expect(builder.constant(Literal(Int32(0))) != builder.constant(Literal(Float(0))))
    #expect(builder.constant(Literal(Double.nan)) == builder.constant(Literal(Double.nan)))
    #expect(
      builder.constant(Literal(scalarType: .float32, bits: 0x7fc0_0001))
        != builder.constant(Literal(Float.nan)))
  }

  @Test func argumentsOfOneNameGetDistinctNames() {
    var builder = Builder()
    let type = TensorType(.float32, [2])
    let ids = (0..<3).map { _ in builder.argument(.parameter, "w", type) }
    #expect(Set(ids).count == 3)
    let graph = builder.graph(outputs: [])
    #expect(graph.arguments(of: .parameter).map(\.argument.name) == ["w", "w_2", "w_3"])
  }

  @Test func inputsOfOneTypeAreDifferentNodes() {
    var builder = Builder()
    let type = TensorType(.float32, [2])
    #expect(builder.argument(.input, "a", type) != builder.argument(.input, "b", type))
  }

  @Test func aSharedNodeKeepsTheLabelsAndPlacesOfAll() throws {
    var builder = Builder()
    let x = builder.argument(.input, "x", TensorType(.float32, []))
    builder.provenance = Provenance(labels: ["a"], locations: [SourceLocation(file: "m.swift", line: 1)])
    let first = try builder.unary(.exp, x)
    builder.provenance = Provenance(labels: ["b"], locations: [SourceLocation(file: "m.swift", line: 2)])
    _ = try builder.unary(.exp, x)
    #expect(builder.nodes[first].provenance.labels == ["a", "b"])
    #expect(builder.nodes[first].provenance.locations.map(\.line) == [1, 2])
    #expect(builder.nodes[first].description == "exp(%0) : float32[] @ \"a\" \"b\" m.swift:1 m.swift:2")
  }

  @Test func aBuilderGoesOnFromAGraph() throws {
    var builder = Builder()
    let x = builder.argument(.input, "x", TensorType(.float32, [4]))
    let y = try builder.unary(.tanh, x)
    var next = Builder(builder.graph(outputs: [Output("y", y)]))
    #expect(try next.unary(.tanh, x) == y)
    #expect(next.argument(.input, "x", TensorType(.float32, [4])) == 2)
    #expect(next.nodes[2].provenance.label == "x_2")
  }

  /// NumPy's rules; the results are those of `np.broadcast_shapes`.
  @Test(
    arguments: [
      ([], [3], [3]), ([3], [1], [3]), ([2, 1], [1, 5], [2, 5]), ([4, 3], [3], [4, 3]), ([1], [0], [0]),
      ([8, 1, 6, 1], [7, 1, 5], [8, 7, 6, 5]), ([0, 3], [1, 1], [0, 3]),
    ] as [([Int], [Int], [Int])])
  func elementwiseOperandsBroadcast(_ a: [Int], _ b: [Int], _ result: [Int]) throws {
    var builder = Builder()
    let x = builder.argument(.input, "x", TensorType(.float32, Shape(a)))
    let y = builder.argument(.input, "y", TensorType(.float32, Shape(b)))
    let condition = builder.argument(.input, "c", TensorType(.bool, []))
    let results = [
      try builder.binary(.add, x, y), try builder.binary(.add, y, x), try builder.select(condition, x, y),
    ]
    for id in results { #expect(builder.shape(id) == Shape(result)) }
  }

  @Test func deadNodesGoAndArgumentsStay() throws {
    var builder = Builder()
    let x = builder.argument(.input, "x", TensorType(.float32, [2]))
    _ = builder.argument(.input, "unused", TensorType(.float32, [2]))
    _ = try builder.unary(.exp, x)
    let kept = try builder.unary(.tanh, x)
    let graph = builder.graph(outputs: [Output("y", kept)])
    #expect(graph.nodes.map(\.operation.name) == ["input", "input", "tanh"])
    #expect(graph.outputs.map(\.node) == [2])
  }

  @Test func namesOfOperationsInTheTextFormAreUnique() {
    let names =
      UnaryFunction.allCases.map(\.rawValue) + BinaryFunction.allCases.map(\.rawValue)
      + Comparison.allCases.map(\.rawValue) + Reduction.allCases.map { "reduce_" + $0.rawValue }
      + Argument.Kind.allCases.map(\.rawValue) + [
        "constant", "data", "iota", "select", "cast", "dot", "reshape", "transpose", "broadcast", "slice",
        "pad", "concatenate", "gather_rows", "scatter_add_rows", "stop_gradient", "call",
      ]
    #expect(Set(names).count == names.count)
  }
}
