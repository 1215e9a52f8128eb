import AdjointArray

extension Graph {
  /// The graph in the language of Graphviz, to be drawn by `dot -Tsvg`.
  ///
  /// Arguments are blue, what belongs to the backward pass (its labels begin with `d_`) is orange, and outputs have a
  /// double border. Scalar constants stand in the nodes that use them, and broadcasts of them are left out.
  public var dot: String {
    var lines = [
      "digraph graph_ {", "  rankdir=LR;", "  bgcolor=\"transparent\";",
      "  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"Helvetica\", fontsize=11];",
      "  edge [arrowsize=0.6, color=\"#666666\"];",
    ]
    let numbers = inlinedNumbers()
    for (id, node) in nodes.enumerated() where numbers[id] == nil {
      let facts = node.operands.compactMap { numbers[$0] }
      var text = [
        node.provenance.label ?? "",
        node.operation.name + (facts.isEmpty ? "" : " " + facts.joined(separator: ", ")),
      ]
      if node.operation.isArgument { text.removeLast() }
      if !node.type.shape.isScalar { text.append("\(node.type.shape)") }
      var attributes = ["label=\"\(text.filter { !$0.isEmpty }.map(Self.escaped).joined(separator: "\\n"))\""]
      if node.operation.isArgument {
        attributes.append("fillcolor=\"#d6e6f5\"")
      } else if node.provenance.label?.hasPrefix("d_") == true {
        attributes.append("fillcolor=\"#fbe3cc\"")
      }
      if outputs.contains(where: { $0.node == id }) { attributes.append("peripheries=2") }
      lines.append("  n\(id) [\(attributes.joined(separator: ", "))];")
      for operand in node.operands where numbers[operand] == nil { lines.append("  n\(operand) -> n\(id);") }
    }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  /// The nodes that are one number, as such or broadcast, with its text.
  private func inlinedNumbers() -> [NodeID: String] {
    var numbers: [NodeID: String] = [:]
    for (id, node) in nodes.enumerated() where !outputs.contains(where: { $0.node == id }) {
      switch node.operation {
      case .constant(let literal):
        let value = literal.doubleValue
        numbers[id] =
          literal.scalarType == .float32
          ? "\(Float(value))" : (value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)")
      case .broadcast:
        numbers[id] = numbers[node.operands[0]]
      case .argument, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce, .dot, .reshape,
        .transpose, .slice, .pad, .concatenate, .gatherRows, .scatterAddRows, .stopGradient, .call:
        break
      }
    }
    return numbers
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }
}
