import AdjointArray
import AdjointIR

/// Lays out the nodes of a graph as mathematics, operands before users, and puts the pieces together.
///
/// A node with a name is shown by it wherever another node uses it.
struct ExpressionPrinter {
  private enum Piece {
    case text(String)
    case node(NodeID)
  }
  /// What an expression begins with, which decides parentheses (`a - (-b)`) and LaTeX's dots (`x \cdot 2`).
  private enum Leading { case minus, digit, other }
  private struct Layout {
    var level = Level.atom
    var leading = Leading.other
    var pieces: [Piece] = []
    /// For a product that `^` writes: base and exponent.
    var power: (base: NodeID, exponent: Int)?
    /// The value of numbers joined by + − × ÷.
    var constant: Double?
  }

  private let graph: Graph
  private let style: ExpressionStyle
  private let names: [NodeID: String]
  private let variables: [String: String]
  private var layouts: [Layout]

  /// Lays out what `targets` depend on.
  init(_ graph: Graph, targets: [NodeID], style: ExpressionStyle, names: [NodeID: String] = [:]) {
    self.graph = graph
    self.style = style
    self.names = names
    variables = printableNames(graph.arguments.compactMap { graph[$0].operation.argument })
    layouts = [Layout](repeating: Layout(), count: graph.nodes.count)
    for id in graph.cone(of: targets) { layouts[id] = layout(id) }
  }

  /// The expression of the node, its own name not used; `nil` where it has more than `limit` bytes.
  func expression(of id: NodeID, limit: Int = .max) -> String? {
    var result = ""
    var stack = Array(layouts[graph.resolved(id)].pieces.reversed())
    while let piece = stack.popLast() {
      switch piece {
      case .text(let text):
        result += text
        if result.utf8.count > limit { return nil }
      case .node(let id):
        if let name = names[id] {
          stack.append(.text(style.name(name)))
        } else {
          stack.append(contentsOf: layouts[id].pieces.reversed())
        }
      }
    }
    return result
  }

  private func shown(_ id: NodeID) -> (level: Level, leading: Leading) {
    names[id] == nil ? (layouts[id].level, layouts[id].leading) : (.atom, .other)
  }

  /// The operand, in parentheses where it holds together less than `level` or begins with an unwanted minus.
  private func operand(_ id: NodeID, _ level: Level, afterSign: Bool = false) -> [Piece] {
    let id = graph.resolved(id)
    let shown = shown(id)
    if shown.level < level || (afterSign && shown.leading == .minus) {
      return [.text(style.open), .node(id), .text(style.close)]
    }
    return [.node(id)]
  }

  private func layout(_ id: NodeID) -> Layout {
    var layout = Layout()
    let node = graph[id]
    let operands = node.operands
    switch node.operation {
    case .argument(let argument):
      layout.pieces = [.text(style.name(variables[argument.name] ?? argument.name))]
    case .constant(let literal):
      let (text, level) = style.number(literal)
      layout.level = level
      layout.pieces = [.text(text)]
      layout.constant = literal.doubleValue
    case .unary(let function):
      layoutUnary(function, operands[0], &layout)
    case .binary(let function):
      layoutBinary(function, operands[0], operands[1], &layout)
    case .compare(let comparison):
      layout.level = .comparison
      layout.pieces =
        operand(operands[0], .sum) + [.text(style.symbol(comparison))] + operand(operands[1], .sum)
    case .select where style == .latex:
      layout.level = .comparison
      layout.pieces =
        [.text("\\begin{cases} ")] + operand(operands[1], .comparison) + [.text(" & \\text{if } ")]
        + operand(operands[0], .comparison) + [.text(" \\\\ ")] + operand(operands[2], .comparison)
        + [.text(" & \\text{otherwise} \\end{cases}")]
    case .data(let array):
      layout.pieces = [.text("data\(array.shape)")]
    case .iota(let count, _):
      layout.pieces = [.text("iota(\(count))")]
    case .broadcast:
      // Of a scalar it is transparent: no node shows it.
      layout.pieces = call(style.call(node.operation.name), operands)
    case .call(let callee, let result):
      layout.pieces = call(style.call(callee.graph.outputs[result].name), operands)
    case .select, .cast, .reduce, .structured, .dot, .reshape, .transpose, .slice, .flip, .pad,
      .concatenate, .windows, .addWindows, .scan, .stopGradient, .barrier:
      layout.pieces = call(style.call(node.operation.name), operands)
    }
    layout.leading = leading(layout.pieces)
    return layout
  }

  private func leading(_ pieces: [Piece]) -> Leading {
    switch pieces.first {
    case .text(let text): text.hasPrefix("-") ? .minus : text.first?.isASCIIDigit == true ? .digit : .other
    case .node(let id): shown(id).leading
    case nil: .other
    }
  }

  private func call(_ around: (before: String, after: String), _ operands: [NodeID]) -> [Piece] {
    var pieces: [Piece] = [.text(around.before)]
    for (index, id) in operands.enumerated() {
      if index > 0 { pieces.append(.text(", ")) }
      pieces += operand(id, .comparison)
    }
    return pieces + [.text(around.after)]
  }

  private func layoutUnary(_ function: UnaryFunction, _ a: NodeID, _ layout: inout Layout) {
    if function == .negate {
      layout.level = .negation
      layout.constant = SpecialPower.fold(function, layouts[graph.resolved(a)].constant)
      // -2 is a constant; the negative of the constant 2 is -(2).
      let isNumber = names[graph.resolved(a)] == nil && graph[graph.resolved(a)].operation.isConstant
      let minimum: Level = isNumber ? .power : style.isFree ? .product : .negation
      layout.pieces =
        [.text("-")]
        + (isNumber && style != .latex
          ? [.text(style.open), .node(graph.resolved(a)), .text(style.close)]
          : operand(a, minimum, afterSign: true))
    } else if style == .latex, function == .log1p {
      layout.pieces =
        [.text("\\log\\left(1 + ")] + operand(a, .sum, afterSign: true) + [.text("\\right)")]
    } else if style == .latex, function == .expm1 {
      layout.level = .sum
      layout.pieces = [.text("\\exp\\left(")] + operand(a, .comparison) + [.text("\\right) - 1")]
    } else {
      // A power in LaTeX, which as a base needs parentheses.
      if style == .latex, function == .exp2 { layout.level = .power }
      layout.pieces = call(style.call(function), [a])
    }
  }

  private func layoutBinary(_ function: BinaryFunction, _ a: NodeID, _ b: NodeID, _ layout: inout Layout) {
    let left = graph.resolved(a)
    let right = graph.resolved(b)
    let latex = style == .latex
    let isFree = style.isFree
    layout.constant = SpecialPower.fold(function, layouts[left].constant, layouts[right].constant)
    func infix(
      _ symbol: String, _ level: Level, _ leftLevel: Level, _ rightLevel: Level, isSwapped: Bool = false
    ) {
      let (first, second) = isSwapped ? (right, left) : (left, right)
      layout.level = level
      layout.pieces =
        operand(first, leftLevel) + [.text(symbol)] + operand(second, rightLevel, afterSign: true)
    }
    switch function {
    // On paper a + (b + c) and a (b c) need no parentheses; in text they are another graph.
    case .add: infix(" + ", .sum, .sum, isFree ? .sum : .product)
    case .subtract: infix(" - ", .sum, .sum, .product)
    case .multiply:
      if let power = power(left, right) {
        layout.power = power
        layout.level = .power
        layout.pieces =
          operand(power.base, .atom) + [.text(latex ? "^{\(power.exponent)}" : "^\(power.exponent)")]
      } else {
        let isSwapped = isFree && isNumber(right) && !isNumber(left)
        let second = shown(isSwapped ? left : right)
        let dot = second.leading == .digit && second.level >= .product
        infix(
          latex ? dot ? " \\cdot " : " " : "*", .product, .product, isFree ? .product : .negation,
          isSwapped: isSwapped)
      }
    case .divide where latex:
      layout.level = .fraction
      layout.pieces =
        [.text("\\frac{")] + operand(left, .comparison) + [.text("}{")] + operand(right, .comparison)
        + [.text("}")]
    case .divide: infix("/", .product, .product, .negation)
    case .power where latex:
      layout.level = .power
      layout.pieces = operand(left, .atom) + [.text("^{")] + operand(right, .comparison) + [.text("}")]
    case .power where SpecialPower(exponent: layouts[right].constant) == nil:
      infix("^", .power, .atom, .negation)
    case .and: infix(latex ? " \\land " : " and ", .comparison, .sum, .sum)
    case .or: infix(latex ? " \\lor " : " or ", .comparison, .sum, .sum)
    // What is no operator is called by its name.
    default: layout.pieces = call(style.call(function.rawValue), [left, right])
    }
  }

  private func isNumber(_ id: NodeID) -> Bool { names[id] == nil && graph[id].operation.isConstant }

  /// Base and exponent of the product of these two, where ``SpecialPower`` builds that power as
  /// this product.
  private func power(_ left: NodeID, _ right: NodeID) -> (base: NodeID, exponent: Int)? {
    let power = names[left] == nil ? layouts[left].power : nil
    if left == right {
      if let power, power.exponent * 2 <= SpecialPower.limit { return (power.base, power.exponent * 2) }
      return (left, 2)
    }
    if let power, power.base == right, power.exponent % 2 == 0, power.exponent < SpecialPower.limit {
      return (power.base, power.exponent + 1)
    }
    // On paper x x^2 is x^3 too; in text it is another graph.
    if style.isFree, names[right] == nil, let power = layouts[right].power, power.base == left {
      return (left, power.exponent + 1)
    }
    return nil
  }
}

extension Operation {
  var argument: Argument? { if case .argument(let argument) = self { argument } else { nil } }
  var isConstant: Bool { if case .constant = self { true } else { false } }
}

extension Graph {
  /// The node itself, or what it repeats where it is the broadcast of a scalar.
  func resolved(_ id: NodeID) -> NodeID {
    var id = id
    while case .broadcast = nodes[id].operation, nodes[nodes[id].operands[0]].type.shape.isScalar {
      id = nodes[id].operands[0]
    }
    return id
  }

  /// What `targets` depend on, themselves included and broadcasts of scalars left out, in node order.
  func cone(of targets: [NodeID]) -> [NodeID] {
    var needed = [Bool](repeating: false, count: nodes.count)
    for id in targets { needed[resolved(id)] = true }
    for id in nodes.indices.reversed() where needed[id] {
      for operand in nodes[id].operands { needed[resolved(operand)] = true }
    }
    return nodes.indices.filter { needed[$0] }
  }
}
