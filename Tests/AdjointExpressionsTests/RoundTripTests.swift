import AdjointArray
import AdjointIR
import Testing

@testable import AdjointExpressions

@Suite("Printing and reading back")
struct RoundTripTests {
  /// A random scalar graph with much sharing, by the builder alone.
  static func randomGraph(_ random: inout SplitMix64) throws -> Graph {
    var builder = Builder()
    let scalar = TensorType(.float64, .scalar)
    var nodes = ["x", "y", "w1"].map { builder.argument(.input, $0, scalar) }
    for number in [2, -3, 0.5, 1e-7, Double.pi, -0.0] where Bool.random(using: &random) {
      nodes.append(builder.constant(Literal(number)))
    }
    let unary = UnaryFunction.allCases.filter { $0 != .not }
    let binary = BinaryFunction.allCases.filter { $0.domain.contains(.float64) }
    for _ in 0..<Int.random(in: 1...14, using: &random) {
      let a = nodes[Int.random(in: nodes.indices, using: &random)]
      // Now and then a square or a power of what is there, which prints with ^.
      let b =
        Int.random(in: 0..<4, using: &random) == 0 ? a : nodes[Int.random(in: nodes.indices, using: &random)]
      if Int.random(in: 0..<3, using: &random) == 0 {
        nodes.append(try builder.unary(unary[Int.random(in: unary.indices, using: &random)], a))
      } else {
        nodes.append(try builder.binary(binary[Int.random(in: binary.indices, using: &random)], a, b))
      }
    }
    return builder.graph(outputs: [Output("f", nodes[nodes.count - 1])])
  }

  /// The graph of `text` with the arguments of `graph`, used or not.
  static func read(_ text: String, like graph: Graph) throws -> Graph {
    var builder = Builder()
    var variables: [String: NodeID] = [:]
    for (_, argument) in graph.arguments(of: .input) {
      variables[argument.name] = builder.argument(.input, argument.name, argument.type)
    }
    let node = try ParsedExpression(text).build(into: &builder, variables: variables, scalarType: .float64)
    return builder.graph(outputs: [Output("f", node)])
  }

  @Test("1,000 random graphs print and read back to the same graph")
  func randomGraphs() throws {
    var random = SplitMix64(seed: 7)
    for _ in 0..<1_000 {
      let graph = try Self.randomGraph(&random)
      let text = graph.expression(of: graph.outputs[0].node, limit: 1_000_000)
      #expect(try canonical(Self.read(text, like: graph)) == canonical(graph), "\(text)")
    }
  }

  /// Each line becomes a node that the lines after it use by its name.
  @Test("1,000 random graphs read back from their named lines too", arguments: ExpressionNaming.allCases)
  func namedLines(_ naming: ExpressionNaming) throws {
    var random = SplitMix64(seed: 8)
    for _ in 0..<1_000 {
      let graph = try Self.randomGraph(&random)
      var builder = Builder()
      var variables: [String: NodeID] = [:]
      for (_, argument) in graph.arguments(of: .input) {
        variables[argument.name] = builder.argument(.input, argument.name, argument.type)
      }
      var last = 0
      let lines = graph.namedExpressions(of: [graph.outputs[0].node], naming: naming)
      for line in lines {
        last = try ParsedExpression(line.expression)
          .build(into: &builder, variables: variables, scalarType: .float64)
        variables[line.name] = last
      }
      let result = builder.graph(outputs: [Output("f", last)])
      #expect(try canonical(result) == canonical(graph), "\(lines)")
    }
  }

  @Test("LaTeX's braces and \\left, \\right pair up")
  func latexPairs() throws {
    var random = SplitMix64(seed: 9)
    for _ in 0..<300 {
      let graph = try Self.randomGraph(&random)
      let text = graph.expression(of: graph.outputs[0].node, style: .latex)
      var depth = 0
      for character in text {
        depth += character == "{" ? 1 : character == "}" ? -1 : 0
        #expect(depth >= 0)
      }
      #expect(depth == 0)
      #expect(
        text.split(separator: "\\left", omittingEmptySubsequences: false).count
          == text.split(separator: "\\right", omittingEmptySubsequences: false).count)
    }
  }
}
