import AdjointIR
import Testing

@Suite("Pictures for Graphviz")
struct DotFormTests {
  /// The colour of each node.
  private func colours(_ graph: Graph) -> [String] {
    let lines = graph.dot().split(separator: "\n").filter { $0.contains(" [label=") }
    let known = ["#d6e6f5": "argument", "#fbe3cc": "backward", "#dcefdc": "update"]
    return lines.map { line in known.first { line.contains($0.key) }?.value ?? "forward" }
  }

  @Test("Of a step the whole backward pass is coloured, named or not, and updates are told from it")
  func step() throws {
    let graph = try Graph(
      parsing: """
        graph {
          %0 = parameter "w" : float32[3]
          %1 = input "x" : float32[3]
          %2 = mul(%0, %1) : float32[3] @ "z" forward
          %3 = reduce_sum(%2) {axes: [0]} : float32[] @ "loss" cost
          %4 = sin(%1) : float32[3] @ backward "z"
          %5 = mul(%4, %1) : float32[3] @ "d_w" backward "z"
          %6 = sub(%0, %5) : float32[3] @ "new" update "dense1"
          return "loss" = %3, "w" = %6 replaces %0
        }
        """)
    #expect(
      colours(graph) == ["argument", "argument", "forward", "forward", "backward", "backward", "update"])
    let text = "\(graph)"
    #expect(text.contains(#"@ "z" forward"#) && text.contains(#"@ "loss" cost forward"#))
    #expect(text.contains(#"@ backward "z""#) && text.contains(#"@ "new" update "dense1"\#n"#))
    #expect(try "\(Graph(parsing: text))" == text)
  }

  @Test("Scalar constants stand in the nodes that use them, and outputs have a double border")
  func constants() throws {
    let graph = try Graph(
      parsing: """
        graph {
          %0 = input "x" : float64[2]
          %1 = constant 0x1p1 : float64[]
          %2 = broadcast(%1) : float64[2]
          %3 = mul(%0, %2) : float64[2] @ "say \\"twice\\""
          return "y" = %3
        }
        """)
    let dot = graph.dot()
    #expect(dot.contains(#"n3 [label="say \"twice\"\nmul 2\n[2]", peripheries=2];"#))
    #expect(!dot.contains("n1") && !dot.contains("n2") && dot.contains("n0 -> n3;"))
    #expect(dot.hasPrefix("digraph graph_ {\n") && dot.hasSuffix("}\n"))
  }
}
