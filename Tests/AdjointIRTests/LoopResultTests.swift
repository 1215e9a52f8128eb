import AdjointArray
import AdjointIR
import Testing

/// x' = x + v, y = x · v, with x handed on and v from a stack of four.
private func loop() throws -> Scan {
  var body = Builder()
  let x = body.argument(.input, "x", TensorType(.float32, []))
  let v = body.argument(.input, "v", TensorType(.float32, []))
  let outputs = [
    Output("x", try body.binary(.add, x, v)), Output("y", try body.binary(.multiply, x, v)),
  ]
  return Scan(body.graph(outputs: outputs), carries: 1, stacked: 1, length: 4)
}

/// Results of a loop are nodes of their own that share its operands.
@Suite struct LoopResultTests {
  private let scan: Scan
  private var builder = Builder()
  private let x, z, v: NodeID

  init() throws {
    scan = try loop()
    x = builder.argument(.input, "x", TensorType(.float32, []))
    z = builder.argument(.input, "z", TensorType(.float32, []))
    v = builder.argument(.input, "v", TensorType(.float32, [4]))
  }

  private mutating func result(_ index: Int, _ operands: [NodeID]) throws(GraphError) -> NodeID {
    try builder.append(.scan(scan, result: index), operands)
  }

  @Test mutating func eachKnowsTheFirstOfItsLoop() throws {
    let a = try result(0, [x, v])
    let other = try result(0, [z, v])
    let b = try result(1, [x, v])
    let otherOne = try result(1, [z, v])
    let graph = Graph(nodes: builder.nodes, outputs: [])
    #expect(graph.firstResults() == [x, z, v, a, other, a, other])
    #expect(graph.scanCalls() == [a: [a, b], other: [other, otherOne]])
  }

  @Test mutating func eachHasItsOwnType() throws {
    let results = [try result(0, [x, v]), try result(1, [x, v])]
    #expect(results.map(builder.type) == [TensorType(.float32, []), TensorType(.float32, [4])])
    let again = try result(0, [x, v])
    #expect(again == results[0])
  }

  @Test mutating func oneTheLoopDoesNotHaveIsRefusedBehindOneThatItHas() throws {
    _ = try result(1, [x, v])
    var draft = self
    #expect(throws: GraphError.self) { try draft.result(2, [x, v]) }
    #expect(throws: GraphError.self) { try draft.result(-1, [x, v]) }
  }

  @Test mutating func operandsOfAnotherTypeAreRefusedBehindOnesThatFit() throws {
    _ = try result(0, [x, v])
    var draft = self
    #expect(throws: GraphError.self) { try draft.result(1, [v, x]) }
    #expect(throws: GraphError.self) { try draft.result(1, [x]) }
    let other = try draft.result(1, [x, v])
    #expect(other == 4)
  }

  /// What does not take memory for each result and each operand.
  @Test mutating func theyShareTheirOperandsInTheNextGraphToo() throws {
    let dead = try builder.unary(.exp, x)
    let sum = try builder.binary(.add, x, z)
    let operands = [sum, v]
    let results = [try result(0, operands), try result(1, operands)]
    #expect(dead < sum)
    let graph = builder.graph(outputs: zip(["a", "b"], results).map { Output($0, $1) })
    let places = graph.outputs.map { output in
      graph[output.node].operands.withUnsafeBufferPointer { $0.baseAddress }
    }
    #expect(graph[graph.outputs[0].node].operands == [3, 2])
    #expect(places[0] == places[1])
  }
}
