import Adjoint
import Foundation

/// What `flops` says of an expression: the lecture's table, with the operations behind each count.
struct ExpressionFlopReport: Encodable {
  struct Coordinate: Encodable {
    let variable: String
    let value: Double
  }
  struct Derivative: Encodable {
    let variable: String
    /// As written: the formula that is counted.
    let expression: String
    let latex: String
  }
  /// A value of a shared computation, or a formula.
  struct Operation: Encodable {
    let name: String
    let expression: String
    let flops: Int
    let value: Double
    /// Of which outputs it is the value: `f`, `df/dx`.
    let outputs: [String]
  }
  struct Kind: Encodable {
    let operation: String
    let count: Int
  }
  struct Rule: Encodable {
    let name: String
    let phase: String
    let times: Int
    let reason: String
  }
  struct Result: Encodable {
    let name: String
    let value: Double
    /// From what machine arithmetic gives by the reverse sweep, relative to the greater of both.
    let relativeDifference: Double
  }
  struct Row: Encodable {
    let method: String
    let name: String
    let flops: Int
    /// Of the function itself and of the rest, where they stand apart.
    let functionFlops: Int?
    let derivativeFlops: Int?
    let formulas: [String]
    /// For what is shared: each operation once. For what is written out: how often each occurs.
    let operations: [Operation]
    let kinds: [Kind]
    let rules: [Rule]
    let results: [Result]
    /// The step of a difference quotient.
    let step: Double?
  }

  let expression: String
  let latex: String
  let at: [Coordinate]
  let derivatives: [Derivative]
  let rows: [Row]

  init(_ parsed: ParsedExpression, _ costs: DerivativeCosts, at point: Point) throws {
    expression = parsed.text
    at = zip(point.variables, point.values).map { Coordinate(variable: $0, value: $1) }
    let written = costs[.bothAsWritten].graph
    let sweep = costs[.reverseSweep]
    latex = written.expression(of: written.outputs[0].node, style: .latex)
    derivatives = zip(costs.variables, written.outputs.dropFirst()).map { variable, output in
      Derivative(
        variable: variable, expression: written.expression(of: output.node, style: .paper),
        latex: written.expression(of: output.node, style: .latex))
    }
    let reference = Dictionary(
      zip(sweep.graph.outputs.map(\.name), try Self.values(sweep, sweep.graph.outputs, point).values),
      uniquingKeysWith: { first, _ in first })
    let symbol = costs.variables.count == 1 ? "f'" : "∇f"
    rows = try costs.rows.map { try Self.row($0, symbol, point, reference) }
  }

  private static func row(
    _ row: DerivativeCosts.Row, _ derivative: String, _ point: Point, _ reference: [String: Double]
  ) throws -> Row {
    let graph = row.graph
    let (values, step) = try values(row, graph.outputs, point)
    var operations: [Operation] = []
    if row.method.isShared {
      let lines = graph.operationList(of: graph.outputs.map(\.node))
      let numbers = try self.values(row, lines.map { Output($0.name, $0.node) }, point).values
      operations = zip(lines, numbers).map { line, number in
        Operation(
          name: line.name, expression: line.expression, flops: line.flops, value: number,
          outputs: graph.outputs.filter { $0.node == line.node }.map(\.name))
      }
    }
    return Row(
      method: row.method.rawValue, name: row.method.title(derivative), flops: row.count,
      functionFlops: row.function, derivativeFlops: row.function.map { row.count - $0 },
      formulas: graph.outputs.map { graph.expression(of: $0.node, style: row.method.formulaStyle) },
      operations: operations,
      kinds: row.method.isShared
        ? [] : graph.operationsAsWritten.map { Kind(operation: $0.operation, count: $0.count) },
      rules: RewriteRule.all.compactMap { rule in
        row.rules[rule.name].map {
          Rule(name: rule.name, phase: rule.phase.rawValue, times: $0, reason: rule.reason)
        }
      },
      results: zip(graph.outputs, values).map { output, value in
        let expected = reference[output.name] ?? .nan
        let scale = max(abs(value), abs(expected))
        return Result(
          name: output.name, value: value,
          relativeDifference: value == expected ? 0 : abs(value - expected) / scale)
      },
      step: step)
  }

  /// The values of nodes of a row's graph at the point, and the step where there is one.
  private static func values(_ row: DerivativeCosts.Row, _ outputs: [Output], _ point: Point) throws -> (
    values: [Double], step: Double?
  ) {
    let scale = point.values.map { abs($0) }.filter(\.isFinite).reduce(1, max)
    // Where truncation and rounding are about equal (Nocedal & Wright, Numerical Optimization, 2nd ed., section 8.1).
    let step: Double? =
      switch row.method {
      case .forwardDifference, .forwardDifferenceShared: scale * pow(Double.ulpOfOne, 1 / 2.0)
      case .centralDifference, .centralDifferenceShared: scale * pow(Double.ulpOfOne, 1 / 3.0)
      case .functionAsWritten, .functionShared, .derivativeAsWritten, .bothAsWritten, .bothShared,
        .reverseSweep, .algebra:
        nil
      }
    let arguments = point.values + (step.map { [$0, 2 * $0] } ?? [])
    let graph = Graph(nodes: row.graph.nodes, outputs: outputs)
    let results = try Interpreter(graph).run(
      values: arguments.prefix(graph.arguments.count).map { NDArray($0) })
    // Of NaNs none has a sign.
    return (results.map { $0.doubles[0].isNaN ? .nan : $0.doubles[0] }, step)
  }

  // MARK: As text

  var text: String {
    let name = derivatives.count == 1 ? "f'" : "∇f"
    var head = TextTable(nil, [.left, .left])
    head.row("f", expression)
    for item in derivatives {
      head.row(derivatives.count == 1 ? "f'" : "df/d\(item.variable)", item.expression.shownBriefly)
    }
    head.row("at", at.map { "\($0.variable) = \($0.value)" }.joined(separator: ", "))
    for result in rows.first(where: { $0.method == DerivativeCosts.Method.reverseSweep.rawValue })?.results
      ?? []
    {
      head.row(derivatives.count == 1 && result.name != "f" ? "f'" : result.name, "\(result.value)")
    }
    var table = TextTable(["", "FLOPs", "", "numbers at the point"], [.left, .right, .left, .left])
    for (index, row) in rows.enumerated() {
      let split = row.functionFlops.map { "= \(Format.flops($0)) + \(Format.flops(row.flops - $0))" } ?? ""
      table.row("\(index + 1) \(row.name)".paddedNumber, Format.flops(row.flops), split, row.check)
    }
    let sections = rows.enumerated().map { index, row in
      "\(index + 1) \(row.name): \(Format.flops(row.flops))\n\(row.details)"
    }
    return ([head.text, table.text] + sections).joined(separator: "\n\n")
      + "\n\n\(name) as written is what reverse mode gives, tidied by the rules named there (see adjoint flops --help)."
  }
}

extension DerivativeCosts.Method {
  /// What a user wrote stays as it is; formulas of ours are laid out as on paper.
  fileprivate var formulaStyle: ExpressionStyle {
    switch self {
    case .functionAsWritten, .functionShared: .text
    case .derivativeAsWritten, .bothAsWritten, .bothShared, .reverseSweep, .algebra, .forwardDifference,
      .forwardDifferenceShared, .centralDifference, .centralDifferenceShared:
      .paper
    }
  }

  /// What the row is called, where the derivative is called `derivative`.
  fileprivate func title(_ derivative: String) -> String {
    switch self {
    case .functionAsWritten: "f as written"
    case .functionShared: "f shared"
    case .derivativeAsWritten: "\(derivative) as written"
    case .bothAsWritten: "f and \(derivative) as written"
    case .bothShared: "f and \(derivative) as written, shared"
    case .reverseSweep: "f and \(derivative) by the reverse sweep"
    case .algebra: "f and \(derivative) after the rules of algebra"
    case .forwardDifference: "forward difference"
    case .forwardDifferenceShared: "forward difference, f shared"
    case .centralDifference: "central difference"
    case .centralDifferenceShared: "central difference, f shared"
    }
  }
}

extension ExpressionFlopReport.Row {
  /// How the numbers compare with those of the reverse sweep.
  fileprivate var check: String {
    let worst = results.map(\.relativeDifference).max { $0 < $1 || $1.isNaN } ?? 0
    let verdict =
      worst == 0
      ? "equal" : worst.isNaN ? "not comparable" : "within " + Format.number(worst, digits: 2)
    return verdict + (step.map { ", h = " + Format.number($0, digits: 2) } ?? "")
  }

  /// The operations behind the count.
  fileprivate var details: String {
    var lines: [String] = []
    if operations.isEmpty {
      lines += formulas.map { "  " + $0.shownBriefly }
      if !kinds.isEmpty {
        lines.append("  " + kinds.map { "\(Format.flops($0.count)) \($0.symbol)" }.joined(separator: ", "))
      }
    } else {
      var table = TextTable(nil, [.left, .left, .right, .left, .left])
      for item in operations.prefix(Self.limit) {
        table.row(
          "  " + item.name, "= " + item.expression.shownBriefly, "\(item.flops)", "= \(item.value)",
          item.outputs.joined(separator: ", "))
      }
      lines.append(table.text)
      if operations.count > Self.limit {
        lines.append("  … and \(Format.count(operations.count - Self.limit)) more: --json lists all")
      }
    }
    let algebra = rules.filter { $0.phase == RewritePhase.algebra.rawValue }
    if !algebra.isEmpty {
      lines.append("  rules of algebra:")
      var table = TextTable(nil, [.left, .left, .left])
      for rule in algebra { table.row("    " + rule.name, "\(rule.times)×", rule.reason) }
      lines.append(table.text)
    }
    let others = rules.filter { $0.phase != RewritePhase.algebra.rawValue }.map { "\($0.name) \($0.times)×" }
    if !others.isEmpty { lines.append("  exact rules: " + others.joined(separator: ", ")) }
    return lines.joined(separator: "\n")
  }

  /// Lines beyond this are not read by anybody.
  private static var limit: Int { 60 }
}

extension ExpressionFlopReport.Kind {
  fileprivate var symbol: String {
    switch operation {
    case "add": "+"
    case "sub": "−"
    case "neg": "sign"
    case "mul": "×"
    case "div": "÷"
    default: operation
    }
  }
}

extension Format {
  /// A count, of which the greatest stands for all beyond it.
  static func flops(_ count: Int) -> String { count == .max ? "too many" : self.count(count) }
}

extension String {
  /// A formula that fits a line or two; what is longer, or came as several lines, is cut.
  var shownBriefly: String {
    contains("\n") || count > 160 ? "(a long formula; --json gives it)" : self
  }

  fileprivate var paddedNumber: String {
    first?.isNumber == true && dropFirst().first == " " ? " " + self : self
  }
}
