import AdjointArray
import AdjointIR
import FuzzSupport
import Testing

private let vector = TensorType(.float32, [2])
private func argument(_ name: String, _ kind: Argument.Kind = .parameter) -> Node {
  Node(.argument(Argument(kind, name, vector)), [], type: vector)
}
private func exp(_ operand: NodeID) -> Node { Node(.unary(.exp), [operand], type: vector) }

/// A graph that breaks one rule, and what the verifier must say.
struct BrokenGraph: Sendable, CustomTestStringConvertible {
  let nodes: [Node]
  let outputs: [Output]
  let says: String

  init(_ nodes: [Node], _ outputs: [Output], _ says: String) {
    self.nodes = nodes
    self.outputs = outputs
    self.says = says
  }

  init(_ nodes: [Node], _ says: String) { self.init(nodes, [], says) }

  var testDescription: String { says }
}

private let brokenGraphs: [BrokenGraph] = [
  BrokenGraph([exp(0)], "%0 reads %0; operands must be earlier nodes"),
  BrokenGraph([exp(1), argument("x")], "%0 reads %1"),
  BrokenGraph([argument("x"), exp(-1)], "%1 reads %-1"),
  BrokenGraph([argument("x"), Node(.unary(.exp), [0, 0], type: vector)], "%1: 2 operands; it takes 1"),
  BrokenGraph(
    [argument("x"), Node(.unary(.exp), [0], type: TensorType(.float32, [3]))],
    "%1 is said to be float32[3]; its operation gives float32[2]"),
  BrokenGraph([argument("x"), Node(.unary(.not), [0], type: vector)], "%1: it is not defined on float32"),
  BrokenGraph([argument("x"), argument("x", .state)], "%1 is a second argument 'x'"),
  BrokenGraph([argument("x"), exp(0), exp(0)], "%2 is the same as %1"),
  BrokenGraph(
    [Node(.constant(Literal(scalarType: .bool, bits: 2)), [], type: TensorType(.bool, []))],
    "bits beyond those of bool"),
  BrokenGraph([argument("x")], [Output("y", 1)], "output 'y' is %1 of 1 nodes"),
  BrokenGraph([argument("x")], [Output("y", -1)], "output 'y' is %-1"),
  BrokenGraph([argument("x")], [Output("y", 0), Output("y", 0)], "two outputs are named 'y'"),
  BrokenGraph([argument("x")], [Output("y", 0, replaces: 5)], "replaces %5; only parameters and state"),
  BrokenGraph([argument("x", .input)], [Output("y", 0, replaces: 0)], "only parameters and state"),
  BrokenGraph([argument("x"), exp(0)], [Output("y", 0, replaces: 1)], "only parameters and state"),
  BrokenGraph(
    [argument("x"), Node(.cast(.int32), [0], type: TensorType(.int32, [2]))],
    [Output("y", 1, replaces: 0)], "'y' of type int32[2] replaces 'x'; its type must be float32[2]"),
  BrokenGraph(
    [argument("x"), exp(0)], [Output("y", 0, replaces: 0), Output("z", 1, replaces: 0)],
    "'x' is replaced twice"),
  BrokenGraph(
    [
      argument("x"),
      Node(
        .call(Callee(Graph(nodes: [argument("a"), exp(0), exp(0)], outputs: [Output("y", 2)])), result: 0),
        [0],
        type: vector),
    ], "%2 is the same as %1"),
  BrokenGraph(
    [
      argument("x"),
      Node(
        .call(Callee(Graph(nodes: [argument("a")], outputs: [Output("y", 7)])), result: 0), [0], type: vector),
    ], "output 'y' is %7 of 1 nodes"),
]

@Suite struct VerifierTests {
  @Test(arguments: brokenGraphs)
  func aBrokenRuleIsFound(_ broken: BrokenGraph) throws {
    let graph = Graph(nodes: broken.nodes, outputs: broken.outputs)
    let error = try #require(throws: GraphError.self) { try graph.verify() }
    #expect(error.kind == .malformedGraph)
    #expect(error.description.contains(broken.says), "\(error)")
  }

  @Test func theErrorNamesTheUsersLine() throws {
    var second = exp(0)
    second.provenance.locations = [SourceLocation(file: "Model/main.swift", line: 9)]
    let graph = Graph(nodes: [argument("x"), exp(0), second], outputs: [])
    let error = try #require(throws: GraphError.self) { try graph.verify() }
    #expect(error.message == "Model/main.swift:9: exp: %2 is the same as %1; use one node for both")
  }

  @Test func callsAreLegalUntilLowering() throws {
    let callee = Graph(nodes: [argument("a"), exp(0)], outputs: [Output("y", 1)])
    let call = Node(.call(Callee(callee), result: 0), [0], type: vector)
    let graph = Graph(nodes: [argument("x"), call], outputs: [Output("y", 1)])
    try graph.verify(stage: .traced)
    let error = try #require(throws: GraphError.self) { try graph.verify(stage: .lowerable) }
    #expect(error.description.contains("calls a nested graph; inline it"))
  }

  @Test func nestingHasALimit() throws {
    func nested(_ depth: Int) -> Graph {
      var graph = Graph(nodes: [argument("x"), exp(0)], outputs: [Output("y", 1)])
      for _ in 1..<depth {
        let call = Node(.call(Callee(graph), result: 0), [0], type: vector)
        graph = Graph(nodes: [argument("x"), call], outputs: [Output("y", 1)])
      }
      return graph
    }
    let deepest = nested(Graph.nestingLimit)
    try deepest.verify()
    #expect(try Graph(parsing: deepest.text()) == deepest)
    let error = try #require(throws: GraphError.self) { try nested(Graph.nestingLimit + 1).verify() }
    #expect(error.description.contains("nested more than 32 deep"))
  }
}
