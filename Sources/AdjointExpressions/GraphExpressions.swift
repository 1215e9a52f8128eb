import AdjointIR

/// Which intermediate values of an expression get a line and a name of their own.
public enum ExpressionNaming: String, Hashable, Sendable, CaseIterable {
  /// Those that are used more than once.
  case shared
  /// Every operation's result.
  case each
}

/// One line of an expression written with named intermediates: `b = exp(a)`.
public struct NamedExpression: Hashable, Sendable, CustomStringConvertible {
  public let name: String
  /// The value that has the name.
  public let node: NodeID
  /// It in terms of the variables and of the names before it.
  public let expression: String

  public var description: String { "\(name) = \(expression)" }
}

/// One operation of an expression, with its cost.
public struct OperationRow: Hashable, Sendable {
  public let name: String
  public let node: NodeID
  public let expression: String
  /// By the lecture's rule: 1 for each + − × ÷ and each elementary function, an element.
  public let flops: Int
}

extension Graph {
  /// The node as mathematics, fully written out.
  ///
  /// Meant for scalar functions: broadcasts of scalars do not show, operations on arrays show as calls.
  /// Text reads back by ``ParsedExpression`` to the same operations.
  ///
  /// - Parameter limit: where it would have more bytes (a shared value is written at each use, so that the
  ///   length can grow exponentially), it comes as lines with named intermediates instead.
  public func expression(of node: NodeID, style: ExpressionStyle = .text, limit: Int = 4_000) -> String {
    let printer = ExpressionPrinter(self, targets: [node], style: style)
    if let expression = printer.expression(of: node, limit: limit) { return expression }
    let lines = namedExpressions(of: [node], style: style)
    // Where nothing is shared, only names can be long: one line, then, which needs no name.
    return lines.count == 1 ? lines[0].expression : lines.map(\.description).joined(separator: "\n")
  }

  /// The nodes as lines of which each may use the names before it, in the order of computation.
  ///
  /// Names are a, b, c, …, then a1, b1, …, without those of the graph's arguments and
  /// outputs, without `e`, and without `f` where that is called. Each of `nodes`
  /// gets a line, arguments and constants only if they are asked for themselves.
  public func namedExpressions(
    of nodes: [NodeID], naming: ExpressionNaming = .shared, style: ExpressionStyle = .text
  ) -> [NamedExpression] {
    let targets = Set(nodes.map(resolved))
    let cone = cone(of: nodes)
    let counts = useCounts(cone)
    let arguments = arguments.compactMap { self[$0].operation.argument }
    var taken = Set(printableNames(arguments).values).union(outputs.map(\.name))
    // A call is shown as f(…).
    if self.nodes.contains(where: { $0.operation.name == "call" }) { taken.insert("f") }
    var number = 0
    var names: [NodeID: String] = [:]
    var named: [NodeID] = []
    for id in cone {
      let isWorthIt = self[id].operation.arity != 0 && (naming == .each || counts[id] > 1)
      guard isWorthIt || targets.contains(id) else { continue }
      names[id] = Self.nextName(&number, &taken)
      named.append(id)
    }
    let printer = ExpressionPrinter(self, targets: nodes, style: style, names: names)
    return named.compactMap { id in
      guard let name = names[id], let expression = printer.expression(of: id) else { return nil }
      return NamedExpression(name: style.name(name), node: id, expression: expression)
    }
  }

  /// Every operation that the nodes need, with its cost: the table of the lecture's counting.
  public func operationList(of nodes: [NodeID], style: ExpressionStyle = .text) -> [OperationRow] {
    namedExpressions(of: nodes, naming: .each, style: style).map { line in
      OperationRow(
        name: line.name, node: line.node, expression: line.expression,
        flops: flops(at: line.node))
    }
  }

  /// How often each node would be written; a square writes its base once.
  private func useCounts(_ cone: [NodeID]) -> [Int] {
    var counts = [Int](repeating: 0, count: nodes.count)
    for id in cone {
      let operands = self[id].operands.map(resolved)
      if case .binary(.multiply) = self[id].operation, operands[0] == operands[1] {
        counts[operands[0]] += 1
      } else {
        for operand in operands { counts[operand] += 1 }
      }
    }
    return counts
  }

  private static func nextName(_ number: inout Int, _ taken: inout Set<String>) -> String {
    while true {
      let letter = Character(UnicodeScalar(UInt8(ascii: "a") + UInt8(number % 26)))
      let name = number < 26 ? String(letter) : "\(letter)\(number / 26)"
      number += 1
      if !ExpressionFunction.isReserved(name), taken.insert(name).inserted { return name }
    }
  }
}
