import Adjoint

/// What `diff` says.
struct DerivativeReport: Encodable {
  struct Intermediate: Encodable {
    let name: String
    let expression: String
    let value: Double
    /// `value` or `derivative`, where it is that.
    let role: String?
  }
  struct Coordinate: Encodable {
    let variable: String
    let value: Double
  }
  struct Derivative: Encodable {
    let value: Double
    /// As reverse mode makes it; with the exact rules; with those of algebra, too.
    let mechanical: String
    let simplified: String
    let algebraic: String
    let latex: String
  }
  struct Check: Encodable {
    let centralDifference: Double
    let step: Double
    let relativeDifference: Double
    let compiledValue: Double?
    let compiledDerivative: Double?
  }
  struct Count: Encodable {
    let name: String
    let flops: Int
  }

  let expression: String
  let latex: String
  let at: [Coordinate]
  let value: Double
  let withRespectTo: String
  let order: Int
  let derivative: Derivative
  let intermediates: [Intermediate]
  let check: Check
  let flops: [Count]
  let c: String?
  /// Why there is no machine code, where there is none.
  let compilationError: String?

  init(_ result: Differentiation) {
    expression = result.expression.text
    latex = result.mechanical.expression(of: result.mechanical.outputs[0].node, style: .latex)
    at = zip(result.expression.variables, result.point).map { Coordinate(variable: $0, value: $1) }
    value = result.value
    withRespectTo = result.variable
    order = result.order
    func text(_ graph: Graph, _ style: ExpressionStyle = .text) -> String {
      graph.expression(of: graph.outputs[1].node, style: style)
    }
    derivative = Derivative(
      value: result.derivative, mechanical: text(result.mechanical), simplified: text(result.exact),
      algebraic: text(result.algebraic), latex: text(result.algebraic, .latex))
    let (valueNode, derivativeNode) = (result.exact.outputs[0].node, result.exact.outputs[1].node)
    intermediates = result.steps.map {
      let role = $0.line.node == valueNode ? "value" : ($0.line.node == derivativeNode ? "derivative" : nil)
      return Intermediate(name: $0.line.name, expression: $0.line.expression, value: $0.value, role: role)
    }
    var numbers: (value: Double, derivative: Double)?
    switch result.compiled {
    case .success(let found):
      numbers = found
      compilationError = nil
    case .failure(let error): compilationError = "\(error)"
    }
    check = Check(
      centralDifference: result.difference, step: result.step, relativeDifference: result.relativeDifference,
      compiledValue: numbers?.value, compiledDerivative: numbers?.derivative)
    flops = result.flops.map { Count(name: $0.name, flops: $0.count) }
    c = result.source
  }

  func text(latex showsLatex: Bool) -> String {
    let point = at.map { "\($0.variable) = \($0.value)" }.joined(separator: ", ")
    let primes = order == 1 ? "d/d\(withRespectTo)" : "d^\(order)/d\(withRespectTo)^\(order)"
    var table = TextTable(nil, [.left, .left])
    table.row("f", expression)
    table.row("at", point)
    table.row("value", "\(value)")
    table.row(primes, "\(derivative.value)")
    table.row("check", checkText)
    table.row("compiled", compiledText)
    var sections = [table.text]
    var steps = TextTable(nil, [.left, .left, .left, .left])
    for item in intermediates {
      let role = item.role.map { "(the \($0))" } ?? ""
      steps.row("  " + item.name, "= " + item.expression, "= \(item.value)", role)
    }
    sections.append("Value and derivative by what they share\n\(steps.text)")
    sections.append(
      """
      Derivative by reverse mode
      \(indented(derivative.mechanical))
      Derivative simplified
      \(indented(derivative.simplified))
      Derivative simplified with the rules of algebra, which change rounding
      \(indented(derivative.algebraic))
      """)
    if showsLatex {
      sections.append(
        "LaTeX\n\(indented("f = " + latex))\n\(indented("f^{(\(order))} = " + derivative.latex))")
    }
    var counts = TextTable(["FLOPs", ""], [.left, .right])
    for item in flops {
      counts.row("  " + item.name, item.flops == .max ? "too many" : Format.count(item.flops))
    }
    sections.append(counts.text)
    if let c {
      sections.append("The C of value and derivative\n\n\(c.hasSuffix("\n") ? String(c.dropLast()) : c)")
    }
    return sections.joined(separator: "\n\n")
  }

  private var checkText: String {
    let number = "\(check.centralDifference) (five-point, h = \(Format.number(check.step, digits: 2)))"
    guard check.relativeDifference.isFinite else { return "the central difference is \(number)" }
    let verdict = check.relativeDifference <= 1e-6 ? "agrees with" : "DIFFERS from"
    return "\(verdict) the central difference \(number), relative difference "
      + Format.number(check.relativeDifference, digits: 2)
  }

  private var compiledText: String {
    guard let value = check.compiledValue, let derivative = check.compiledDerivative else {
      return compilationError ?? ""
    }
    return "value \(value), derivative \(derivative)"
  }

  private func indented(_ text: String) -> String {
    text.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
  }
}
