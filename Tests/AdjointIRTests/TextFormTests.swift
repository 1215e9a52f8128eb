import AdjointArray
import AdjointIR
import FuzzSupport
import Testing

/// Whether all nodes agree in provenance, nested ones too.
private func agreeInProvenance(_ a: Graph, _ b: Graph) -> Bool {
  a.nodes.count == b.nodes.count
    && zip(a.nodes, b.nodes).allSatisfy { x, y in
      guard x.provenance == y.provenance else { return false }
      if case .call(let left, _) = x.operation, case .call(let right, _) = y.operation {
        return zip(left.graphs, right.graphs).allSatisfy(agreeInProvenance)
      }
      return true
    }
}

@Suite struct TextFormTests {
  static let sample = """
    graph {
      %0 = input "x" : float32[64,30]
      %1 = parameter "dense1.weight" : float32[30,64] @ "dense1.weight"
      %2 = dot(%0, %1) {lhs: [1], rhs: [0]} : float32[64,64] @ "dense1_z" Model/main.swift:12 layer "dense1" forward
      %3 = constant 0x1p-1 : float32[]
      %4 = broadcast(%3) : float32[64,64]
      %5 = mul(%2, %4) : float32[64,64] @ "a" "b \\"\\\\\\n" main.swift:13 "odd file":-1 update "odd \\"layer"
      %6 = data [nan(0x7fc00001), -inf, -0x0p0, 0x1.8p3] : float32[4]
      %7 = iota : int32[3]
      %8 = call(%1, %3) {result: 1} graph {
        %0 = input "w" : float32[30,64]
        %1 = state "s" : float32[]
        %2 = reduce_sum(%0) {axes: [0, 1]} : float32[]
        %3 = call(%0) {result: 0} graph {
          %0 = input "v" : float32[30,64]
          return "v" = %0
        } : float32[30,64] @ "inner" forward
        return "w" = %3, "sum" = %2 replaces %1
      } : float32[] @ main.swift:20 cost forward
      %9 = barrier(%3) : float32[]
      %10 = call(%9) {result: 0} recomputed graph {
        %0 = input "u" : float32[]
        %1 = exp(%0) : float32[]
        return "y" = %1
      } : float32[]
      %11 = call(%10) {result: 0} graph {
        %0 = input "u" : float32[]
        %1 = sign(%0) : float32[]
        return "y" = %1
      } vjp graph {
        %0 = input "u" : float32[]
        %1 = input "y" : float32[]
        %2 = input "d_y" : float32[]
        return "d_u" = %2
      } : float32[] @ "straight_through" forward
      return "y" = %5, "dense1.weight" = %1 replaces %1
    }

    """

  @Test func aTextIsPrintedAsItWasRead() throws {
    #expect(try Graph(parsing: Self.sample).text() == Self.sample)
    #expect(try Graph(parsing: Self.sample).description == Self.sample)
  }

  @Test func aTextMeansWhatItSays() throws {
    let graph = try Graph(parsing: Self.sample)
    #expect(graph.nodes.count == 12)
    #expect(graph[2].operation == .dot(.matmul(rank: 2)))
    #expect(graph[2].operands == [0, 1])
    #expect(graph[2].type == TensorType(.float32, [64, 64]))
    #expect(graph[3].operation == .constant(Literal(Float(0.5))))
    #expect(graph[5].provenance.labels == ["a", "b \"\\\n"])
    #expect(
      graph[5].provenance.locations == [
        SourceLocation(file: "main.swift", line: 13), SourceLocation(file: "odd file", line: -1),
      ])
    guard case .data(let array) = graph[6].operation else {
      Issue.record("no array")
      return
    }
    let bits = try array.elements(as: Float.self).map(\.bitPattern)
    #expect(bits == [0x7fc0_0001, 0xff80_0000, 0x8000_0000, 0x4140_0000])
    #expect(graph[7].operation == .iota(count: 3, .int32))
    #expect(graph.outputs[1] == Output("dense1.weight", 1, replaces: 1))
    try graph.verify()
  }

  @Test func spaceAndOrderOfAttributesDoNotMatter() throws {
    let loose = """
      graph{%0=input"x":float32[2,3]%1 = dot( %0 ,
      %0 ) { rhs : [ 1 ] , lhs: [1] }
        : float32[ 2, 2 ]\t@  "z"  \r
      return"y"=%1}
      """
    let tight = """
      graph {
        %0 = input "x" : float32[2,3]
        %1 = dot(%0, %0) {lhs: [1], rhs: [1]} : float32[2,2] @ "z"
        return "y" = %1
      }

      """
    #expect(try Graph(parsing: loose).text() == tight)
  }

  @Test func decimalNumbersAreReadToo() throws {
    let graph = try Graph(parsing: "graph { %0 = data [0.1, -1e-3, -7] : float32[3] return \"y\" = %0 }")
    #expect(graph[0].operation == .data(try NDArray([Float(0.1), -1e-3, -7], shape: [3])))
  }

  @Test func provenanceAndContentsCanBeLeftOut() throws {
    let graph = try Graph(parsing: Self.sample)
    let plain = graph.text(Graph.TextOptions(showsProvenance: false))
    #expect(!plain.contains("@"))
    #expect(try Graph(parsing: plain) == graph)
    let short = graph.text(Graph.TextOptions(showsContents: false))
    #expect(short.contains("data […] : float32[4]"))
    #expect(short.contains("call(%1, %3) {result: 1} graph {…} : float32[] @ main.swift:20"))
  }

  @Test(arguments: ScalarType.allCases)
  func constantsComeBackWithAllBits(_ type: ScalarType) throws {
    var literals = OperationCases.specialValues(type)
    if type.isFloatingPoint {
      var random = SplitMix64(seed: 7)
      let mask: UInt64 = type == .float32 ? 0xffff_ffff : .max
      literals += (0..<2000).map { _ in Literal(scalarType: type, bits: random.next() & mask) }
      // A signalling NaN and one with the sign set.
      literals +=
        (type == .float32 ? [0x7f80_0001, 0xffc1_2345] : [0x7ff0_0000_0000_0001, 0xfff8_0000_0000_0123])
        .map { Literal(scalarType: type, bits: $0) }
    }
    for literal in literals {
      let node = Node(.constant(literal), [], type: TensorType(type, []))
      let graph = Graph(nodes: [node], outputs: [Output("y", 0)])
      #expect(try Graph(parsing: graph.text()) == graph, "\(graph)")
    }
  }

  @Test(arguments: 0..<300)
  func randomGraphsComeBack(_ seed: Int) throws {
    let options = RandomGraph.Options(
      scalarType: seed % 2 == 0 ? .float32 : .float64, nodeCount: 5 + seed % 40,
      scalarOutput: seed % 3 == 0, smooth: seed % 4 == 1)
    let graph = try RandomGraph.make(seed: UInt64(seed), options: options).graph
    let text = graph.text()
    let parsed = try Graph(parsing: text)
    #expect(parsed == graph)
    #expect(agreeInProvenance(parsed, graph))
    #expect(parsed.text() == text)
    try parsed.verify()
  }

  @Test func everyOperationComesBack() throws {
    let cases = try OperationCases.all()
    #expect(cases.count > 1000)
    for one in cases {
      let parsed = try Graph(parsing: one.graph.text())
      #expect(parsed == one.graph, "\(one)")
      try parsed.verify()
    }
  }

  @Test func aChainOfAHundredThousandNodesIsNoTrouble() throws {
    var builder = Builder()
    var last = builder.argument(.input, "x", TensorType(.float32, [4]))
    let dead = try builder.unary(.exp, last)
    for _ in 0..<50_000 {
      last = try builder.unary(.tanh, last)
      last = try builder.binary(.add, last, 0)
    }
    _ = try builder.unary(.exp, dead)
    let whole = Graph(nodes: builder.nodes, outputs: [Output("y", last)])
    try whole.verify(stage: .lowerable)
    let graph = whole.removingDeadNodes()
    #expect(whole.nodes.count == 100_003)
    #expect(graph.nodes.count == 100_001)
    let parsed = try Graph(parsing: graph.text())
    #expect(parsed == graph)
    try parsed.verify()
  }
}
