import AdjointArray

extension Graph {
  /// The graph in the language of Graphviz, to be drawn by `dot -Tsvg`.
  ///
  /// Arguments are blue, nodes of the backward pass orange, those of updates green, and outputs have a double border. Scalar
  /// constants stand in the nodes that use them, and broadcasts of them are left out.
  /// - Parameters:
  ///   - titles: what stands in a node instead of its label and its operation.
  ///   - backward: the nodes of the backward pass; without it those whose provenance says so.
  public func dot(titles: [NodeID: String] = [:], backward: Set<NodeID>? = nil) -> String {
    var lines = [
      "digraph graph_ {", "  rankdir=LR;", "  bgcolor=\"transparent\";",
      "  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"Helvetica\", fontsize=11];",
      "  edge [arrowsize=0.6, color=\"#666666\"];",
    ]
    let results = Set(outputs.map(\.node))
    let numbers = inlinedNumbers(besides: results)
    for (id, node) in nodes.enumerated() where numbers[id] == nil {
      let facts = node.operands.compactMap { numbers[$0] }
      var text: [String] = []
      if let title = titles[id] {
        text = [title]
      } else if node.operation.isArgument {
        text = [node.provenance.label ?? ""]
      } else {
        let operation =
          facts.isEmpty ? node.operation.name : "\(node.operation.name) \(facts.joined(separator: ", "))"
        text = [node.provenance.label, operation].compactMap { $0 }
      }
      if !node.type.shape.isScalar { text.append("\(node.type.shape)") }
      var attributes = ["label=\"\(text.map(Self.escaped).joined(separator: "\\n"))\""]
      if node.operation.isArgument {
        attributes.append("fillcolor=\"#d6e6f5\"")
      } else if node.provenance.isOfUpdate {
        attributes.append("fillcolor=\"#dcefdc\"")
      } else if backward?.contains(id) ?? (node.provenance.backwardOf != nil) {
        attributes.append("fillcolor=\"#fbe3cc\"")
      }
      if results.contains(id) { attributes.append("peripheries=2") }
      lines.append("  n\(id) [\(attributes.joined(separator: ", "))];")
      for operand in node.operands where numbers[operand] == nil { lines.append("  n\(operand) -> n\(id);") }
    }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  /// The nodes that are one number, as such or broadcast, with its text.
  private func inlinedNumbers(besides results: Set<NodeID>) -> [NodeID: String] {
    var numbers: [NodeID: String] = [:]
    for (id, node) in nodes.enumerated() where !results.contains(id) {
      switch node.operation {
      case .constant(let literal):
        let value = literal.doubleValue
        if let integer = literal.integerValue {
          numbers[id] = "\(integer)"
          continue
        }
        numbers[id] =
          literal.scalarType == .float32
          ? "\(Float(value))" : (value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)")
      case .broadcast:
        numbers[id] = numbers[node.operands[0]]
      case .argument, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce, .dot, .reshape,
        .transpose, .slice, .flip, .pad, .concatenate, .windows, .addWindows, .structured, .scan,
        .stopGradient, .barrier, .call:
        break
      }
    }
    return numbers
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }
}
