import AdjointArray
import AdjointIR
import AdjointTransforms
import Testing

@Suite("Memory is asked for while calls are inlined")
struct InliningMemoryTests {
  /// A graph of 15 small ones, each of which calls the next twice: 2¹⁵ nodes where it is written out.
  static func doubling() throws -> Graph {
    let type = TensorType(.float64, .scalar)
    var inner = Builder()
    let x = inner.argument(.input, "x", type)
    let y = try inner.unary(.sin, x)
    var graph = inner.graph(outputs: [Output("y", y)])
    for _ in 0..<15 {
      var outer = Builder()
      var id = outer.argument(.input, "x", type)
      for _ in 0..<2 { id = try outer.append(.call(Callee(graph), result: 0), [id]) }
      graph = outer.graph(outputs: [Output("y", id)])
    }
    return graph
  }

  @Test("A small graph that becomes a large one is refused as it grows")
  func calls() throws {
    let graph = try Self.doubling()
    let error = try #require(throws: GraphError.self) {
      try Memory.limited(to: 8 << 20) { try graph.inliningCalls() }
    }
    #expect(error.kind == .insufficientMemory)
    #expect(try graph.inliningCalls().nodes.count == (1 << 15) + 1)
  }
}
