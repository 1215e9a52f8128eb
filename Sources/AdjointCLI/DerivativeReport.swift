import Adjoint

/// What `diff` says.
struct DerivativeReport: Encodable {
  struct Intermediate: Encodable {
    let name: String
    let expression: String
    let value: Double
    /// `f` and the names of derivatives, where it is one of them.
    let roles: [String]
  }
  struct Coordinate: Encodable {
    let variable: String
    let value: Double
  }
  struct Derivative: Encodable {
    /// As in the C: `d2f_dx_dy`.
    let name: String
    /// In turn.
    let withRespectTo: [String]
    let value: Double
    /// What machine code gives.
    let compiledValue: Double?
    let check: Check
    /// As reverse mode makes it; with the exact rules; with those of algebra, too, as on paper.
    let mechanical: String?
    let simplified: String
    let algebraic: String
    let latex: String
    /// Of the algebraic form.
    let latexSymbol: String
  }
  struct Check: Encodable {
    let centralDifference: Double
    let step: Double
    let relativeDifference: Double
  }
  struct Count: Encodable {
    let name: String
    let flops: Int
  }
  /// What a Hessian is made of: the names of derivatives, and their values, row by row.
  struct Hessian: Encodable {
    let variables: [String]
    let entries: [[String]]
    let values: [[Double]]
    let latex: String
  }

  let expression: String
  let latex: String
  let at: [Coordinate]
  let value: Double
  let compiledValue: Double?
  let derivatives: [Derivative]
  let hessian: Hessian?
  let intermediates: [Intermediate]
  let flops: [Count]
  let c: String?
  /// Why there is no machine code, where there is none.
  let compilationError: String?

  init(_ result: Differentiation) {
    let algebraic = result.algebraic
    func text(_ graph: Graph, _ index: Int, _ style: ExpressionStyle = .text) -> String {
      graph.expression(of: graph.outputs[index].node, style: style)
    }
    expression = result.expression.text
    latex = result.written.expression(of: result.written.outputs[0].node, style: .latex)
    at = zip(result.point.variables, result.point.values).map { Coordinate(variable: $0, value: $1) }
    value = result.value
    var numbers: [Double]?
    switch result.compiled {
    case .success(let found):
      numbers = found
      compilationError = nil
    case .failure(let error): compilationError = "\(error)"
    }
    compiledValue = numbers?[0]
    derivatives = result.entries.enumerated().map { index, entry in
      Derivative(
        name: entry.variables.derivativeName, withRespectTo: entry.variables, value: entry.value,
        compiledValue: numbers?[index + 1],
        check: Check(
          centralDifference: entry.difference, step: entry.step, relativeDifference: entry.relativeDifference),
        mechanical: result.mechanical.map { text($0, index + 1) },
        simplified: text(result.exact, index + 1), algebraic: text(algebraic, index + 1, .paper),
        latex: text(algebraic, index + 1, .latex),
        latexSymbol: entry.variables.derivativeLaTeX(isPartial: result.expression.variables.count > 1))
    }
    if case .hessian(let variables) = result.request {
      hessian = Hessian(variables, derivatives)
    } else {
      hessian = nil
    }
    intermediates = result.steps.map { step in
      Intermediate(
        name: step.line.name, expression: step.line.expression, value: step.value,
        roles: result.exact.outputs.filter { result.exact.shows($0, as: step.line) }.map(\.name))
    }
    flops = result.flops.map { Count(name: $0.name, flops: $0.count) }
    c = result.source
  }
}

extension DerivativeReport.Hessian {
  /// - Parameter derivatives: with the upper triangle among them.
  init?(_ variables: [String], _ derivatives: [DerivativeReport.Derivative]) {
    let known = Dictionary(
      derivatives.map { ($0.withRespectTo, $0) }, uniquingKeysWith: { first, _ in first })
    // Symmetric where the second derivatives are continuous (Schwarz).
    let rows = variables.indices.map { i in
      variables.indices.compactMap { j in known[[variables[min(i, j)], variables[max(i, j)]]] }
    }
    self.variables = variables
    entries = rows.map { $0.map(\.name) }
    values = rows.map { $0.map(\.value) }
    latex = LaTeX.matrix(rows.map { $0.map { ($0.latexSymbol, $0.latex) } })
  }
}

/// Mathematics for LaTeX documents.
enum LaTeX {
  /// A matrix of formulas, each with a symbol to stand for it where it is long.
  static func matrix(_ rows: [[(symbol: String, formula: String)]]) -> String {
    let lines = rows.map { row in
      row.map { $0.formula.contains("\n") ? $0.symbol : $0.formula }.joined(separator: " & ")
    }
    return "\\begin{bmatrix} " + lines.joined(separator: " \\\\ ") + " \\end{bmatrix}"
  }
}

extension Graph {
  /// Whether `line` is what `output` gives.
  fileprivate func shows(_ output: Output, as line: NamedExpression) -> Bool {
    var id = output.node
    while id != line.node, case .broadcast = nodes[id].operation { id = nodes[id].operands[0] }
    return id == line.node
  }
}
