import AdjointArray
import AdjointIR
import FuzzSupport
import Testing

/// What the other modules' tests rely on.
@Suite struct RandomGraphTests {
  private static func names(_ graph: Graph) -> Set<String> {
    graph.nodes.reduce(into: []) { result, node in
      result.insert(node.operation.name)
      if case .call(let callee, _) = node.operation {
        for graph in callee.graphs { result.formUnion(names(graph)) }
      }
    }
  }

  @Test func theSameSeedGivesTheSameGraphAndValues() throws {
    let a = try RandomGraph.make(seed: 5)
    let b = try RandomGraph.make(seed: 5)
    #expect(a.graph == b.graph)
    #expect(a.inputs == b.inputs)
    #expect(try RandomGraph.make(seed: 6).graph != a.graph)
  }

  @Test func manySeedsMeetEveryOperation() throws {
    var met: Set<String> = []
    for seed in 0..<200 { met.formUnion(Self.names(try RandomGraph.make(seed: UInt64(seed)).graph)) }
    var missing = Set(try OperationCases.all().flatMap { Self.names($0.graph) })
    missing.formUnion(["parameter", "state", "call"])
    #expect(missing.subtracting(met) == [])
  }

  @Test func theFuzzersGraphsMeetEveryFunctionOnEachOfItsTypes() throws {
    var met: Set<String> = []
    func note(_ graph: Graph) {
      for node in graph.nodes {
        if case .call(let callee, _) = node.operation { callee.graphs.forEach(note) }
        guard let operand = node.operands.last else { continue }
        met.insert("\(node.operation.name) \(graph[operand].type.scalarType)")
        if case .cast(let target) = node.operation {
          met.insert("cast \(graph[operand].type.scalarType) \(target)")
        }
      }
    }
    for seed in 0..<3000 {
      note(try RandomGraph.make(seed: UInt64(seed), options: RandomGraph.options(seed: UInt64(seed))).graph)
    }
    var wanted: [(Operation, Domain)] = []
    wanted += UnaryFunction.allCases.map { (.unary($0), $0.domain) }
    wanted += BinaryFunction.allCases.map { (.binary($0), $0.domain) }
    wanted += Comparison.allCases.map { (.compare($0), $0.domain) }
    wanted += Reduction.allCases.map { (.reduce($0, axes: []), $0.domain) }
    wanted += Cumulative.allCases.map {
      (.structured(.cumulative($0, axis: 0, isReversed: false)), $0.domain)
    }
    wanted.append((.dot(.matmul(rank: 2)), .numbers))
    let types = ScalarType.allCases
    wanted += [.select, .reshape([]), .transpose([]), .broadcast([]), .flip([]), .concatenate(axis: 0)].map {
      ($0, .all)
    }
    for (operation, domain) in wanted {
      for type in types where domain.contains(type) { #expect(met.contains("\(operation.name) \(type)")) }
    }
    for source in types {
      for target in types where source != target { #expect(met.contains("cast \(source) \(target)")) }
    }
  }

  @Test func theFuzzersGraphsHaveEveryFormOfShape() throws {
    var (empty, single, beyondATile, derivatives, broadcasts, steps) = (0, 0, 0, 0, 0, 0)
    for seed in 0..<500 {
      let options = RandomGraph.options(seed: UInt64(seed))
      let graph = try RandomGraph.make(seed: UInt64(seed), options: options).graph
      if options.derivatives { derivatives += 1 }
      if graph.nodes.contains(where: { $0.type.count == 0 }) { empty += 1 }
      if graph.nodes.contains(where: { $0.type.shape.rank > 0 && $0.type.count == 1 }) { single += 1 }
      if graph.nodes.contains(where: { $0.type.count > 1024 }) { beyondATile += 1 }
      if graph.nodes.contains(where: { $0.operation.name == "broadcast" }) { broadcasts += 1 }
      let isStepped = graph.nodes.contains {
        if case .slice(let slice) = $0.operation { slice.steps.contains { $0 > 1 } } else { false }
      }
      if isStepped { steps += 1 }
    }
    for count in [empty, single, beyondATile, derivatives, broadcasts, steps] { #expect(count > 25) }
  }

  @Test(arguments: [ScalarType.float32, .float64])
  func everyArgumentHasAValueOfItsType(_ type: ScalarType) throws {
    for seed in 0..<100 {
      let random = try RandomGraph.make(seed: UInt64(seed), options: .init(scalarType: type))
      #expect(random.inputs.count == random.graph.arguments.count)
      for id in random.graph.arguments {
        guard case .argument(let argument) = random.graph[id].operation else { continue }
        let value = try #require(random.inputs[argument.name])
        #expect(TensorType(value.scalarType, value.shape) == argument.type)
      }
      try random.graph.verify()
    }
  }

  @Test func aDifferentiableGraphHasAScalarLossOfSmoothFunctions() throws {
    let kinked: Set<String> = ["abs", "relu", "sign", "stop_gradient", "reduce_max", "reduce_min"]
    for seed in 0..<100 {
      let graph = try RandomGraph.make(
        seed: UInt64(seed),
        options: .init(scalarType: .float64, scalarOutput: true, smooth: true, calls: false)
      ).graph
      let loss = try #require(graph.outputs.last)
      #expect(loss.name == "loss")
      #expect(graph[loss.node].type == TensorType(.float64, []))
      for node in graph.nodes
      where node.operands.contains(where: { graph[$0].type.scalarType.isFloatingPoint }) {
        #expect(!kinked.contains(node.operation.name))
      }
      #expect(!Self.names(graph).contains("call"))
      #expect(!graph.nodes.contains { $0.type.scalarType == .float32 })
    }
  }

  /// Buffers that replace each other are where a schedule can go wrong.
  @Test func graphsReplaceSeveralArgumentsAndSwapSome() throws {
    var (several, swaps, views, readers) = (0, 0, 0, 0)
    for seed in 0..<100 {
      let graph = try RandomGraph.make(seed: UInt64(seed)).graph
      let next = Dictionary(
        uniqueKeysWithValues: graph.outputs.compactMap { output in output.replaces.map { ($0, output.node) } }
      )
      if next.count > 1 { several += 1 }
      if next.contains(where: { $0.key != $0.value && next[$0.value] == $0.key }) { swaps += 1 }
      if next.values.contains(where: { ["transpose", "reshape"].contains(graph[$0].operation.name) }) {
        views += 1
      }
      if graph.outputs.contains(where: { $0.replaces == nil && next[$0.node] != nil }) { readers += 1 }
    }
    #expect(several > 80)
    #expect(swaps > 10)
    #expect(views > 10)
    #expect(readers > 10)
  }

  @Test func theGeneratorIsTheOneThatWasPublished() {
    // The first outputs for seed 1234567 as Rosetta Code lists them ("Pseudo-random numbers/Splitmix64").
    var random = SplitMix64(seed: 1_234_567)
    #expect(
      [random.next(), random.next(), random.next()]
        == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
  }
}
