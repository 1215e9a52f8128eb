import AdjointArray
import Testing

@testable import AdjointIR

@Suite("Memory is asked for while a graph grows")
struct GraphMemoryTests {
  /// A chain of `count` operations on one number.
  static func chain(_ count: Int) throws -> Graph {
    var builder = Builder()
    var id = builder.argument(.input, "x", TensorType(.float64, .scalar))
    for _ in 0..<count { id = try builder.unary(.sin, id) }
    return builder.graph(outputs: [Output("y", id)])
  }

  @Test("A graph that outgrows the limit is an error that says how many nodes need how much")
  func builder() throws {
    let error = try #require(throws: GraphError.self) {
      try Memory.limited(to: 8 << 20) { try Self.chain(10_000) }
    }
    #expect(error.kind == .insufficientMemory && error.operation == "sin")
    #expect(error.problem.hasPrefix("a graph of over 4096 nodes needs 12.0 MiB of memory, and the limit"))
  }

  @Test("A small graph asks for nothing, and a large one is built where there is memory")
  func enough() throws {
    #expect(try Memory.limited(to: 0) { try Self.chain(4000) }.nodes.count == 4001)
    #expect(try Self.chain(100_000).nodes.count == 100_001)
  }

  @Test("A text of many nodes is an error before they are made")
  func text() throws {
    let text = try Self.chain(10_000).text()
    let error = try #require(throws: GraphTextError.self) {
      try Memory.limited(to: 8 << 20) { try Graph(parsing: text) }
    }
    #expect(error.message.contains("a graph of over 4096 nodes needs 12.0 MiB of memory"))
    #expect(try Graph(parsing: text).nodes.count == 10_001)
  }
}
