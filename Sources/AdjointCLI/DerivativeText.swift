import Adjoint

extension DerivativeReport {
  /// The report for people.
  func text(latex showsLatex: Bool) -> String {
    var sections = [head]
    if derivatives.count > 1 { sections.append(gradientText) }
    if let hessian { sections.append(hessianText(hessian)) }
    sections.append("Value and \(noun) by what they share\n\(stepsText)")
    if derivatives.count == 1 { sections.append(formsText(derivatives[0])) }
    if showsLatex { sections.append("LaTeX\n" + latexLines.map(indented).joined(separator: "\n")) }
    var counts = TextTable(["FLOPs", ""], [.left, .right])
    for item in flops { counts.row("  " + item.name, Format.flops(item.flops)) }
    sections.append(counts.text)
    if let c {
      sections.append("The C of value and \(noun)\n\n\(c.hasSuffix("\n") ? String(c.dropLast()) : c)")
    }
    return sections.joined(separator: "\n\n")
  }

  private var noun: String { derivatives.count == 1 ? "derivative" : "derivatives" }

  private var head: String {
    var table = TextTable(nil, [.left, .left])
    table.row("f", expression)
    table.row("at", at.map { "\($0.variable) = \($0.value)" }.joined(separator: ", "))
    table.row("value", "\(value)")
    if derivatives.count == 1 {
      let derivative = derivatives[0]
      table.row(derivative.withRespectTo.derivativeSymbol, "\(derivative.value)")
      let h = Format.number(derivative.check.step, digits: 2)
      table.row(
        "check",
        "\(derivative.check.verdict) the central difference \(derivative.check.centralDifference) "
          + "(five-point, h = \(h))\(derivative.check.distance)")
    }
    table.row("compiled", compiledText)
    return table.text
  }

  private var compiledText: String {
    if let compilationError { return compilationError }
    let isSame = derivatives.allSatisfy { $0.compiledValue == $0.value } && compiledValue == value
    if derivatives.count == 1, let first = compiledValue, let second = derivatives[0].compiledValue {
      return "value \(first), derivative \(second)"
    }
    let worst =
      derivatives.map { item in
        let (a, b) = (item.value, item.compiledValue ?? .nan)
        return a == b ? 0 : abs(a - b) / max(abs(a), abs(b))
      }.max() ?? 0
    return isSame ? "gives the same numbers" : "gives these numbers to " + Format.number(worst, digits: 2)
  }

  private var gradientText: String {
    var table = TextTable(["Gradient", "", "", ""], [.left, .left, .left, .left])
    for item in derivatives where item.withRespectTo.count == 1 {
      table.row(
        "  " + item.withRespectTo.derivativeSymbol, "= " + item.algebraic.shownBriefly, "= \(item.value)",
        item.check.brief)
    }
    return table.text
  }

  private func hessianText(_ hessian: Hessian) -> String {
    let known = Dictionary(derivatives.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let second = derivatives.filter { $0.withRespectTo.count == 2 }
    // Formulas that would make the columns too wide stand below.
    let isWide = second.contains { $0.algebraic.contains("\n") || $0.algebraic.count > 40 }
    func matrix(_ entry: (Int, Int) -> String) -> String {
      var table = TextTable(
        ["  "] + hessian.variables, [.left] + hessian.variables.map { _ in .left })
      for (i, variable) in hessian.variables.enumerated() {
        table.row(["  " + variable] + hessian.variables.indices.map { entry(i, $0) })
      }
      return table.text
    }
    var parts = [
      "Hessian\n"
        + matrix { i, j in
          let name = hessian.entries[i][j]
          return isWide ? name : known[name]?.algebraic ?? name
        }
    ]
    var table = TextTable(nil, [.left, .left, .left])
    for item in second {
      let formula = isWide ? "= " + item.algebraic.shownBriefly : ""
      table.row("  " + item.name, formula, item.check.brief)
    }
    parts.append(table.text)
    parts.append("Hessian at the point\n" + matrix { "\(hessian.values[$0][$1])" })
    return parts.joined(separator: "\n\n")
  }

  private var stepsText: String {
    var steps = TextTable(nil, [.left, .left, .left, .left])
    for item in intermediates.prefix(Self.lineLimit) {
      let roles = item.roles
      steps.row(
        "  " + item.name, "= " + item.expression.shownBriefly, "= \(item.value)",
        roles.joined(separator: ", "))
    }
    let rest = intermediates.count - Self.lineLimit
    return steps.text + (rest > 0 ? "\n  … and \(Format.count(rest)) more: --json lists all" : "")
  }

  private func formsText(_ derivative: Derivative) -> String {
    """
    Derivative by reverse mode
    \(formula(derivative.mechanical))
    Derivative simplified
    \(formula(derivative.simplified))
    Derivative simplified with the rules of algebra, which change rounding
    \(formula(derivative.algebraic))
    """
  }

  /// A formula, or the lines that it came as, up to what is still read.
  private func formula(_ text: String?) -> String {
    guard let text else { return "  (too long to be read)" }
    let lines = text.split(separator: "\n")
    let rest = lines.count - Self.lineLimit
    let shown = lines.prefix(Self.lineLimit).joined(separator: "\n")
    return indented(shown + (rest > 0 ? "\n… and \(Format.count(rest)) more lines: --json has all" : ""))
  }

  private var latexLines: [String] {
    var lines = ["f = " + latex]
    if let hessian {
      lines.append("H = " + hessian.latex)
    }
    let first = derivatives.filter { $0.withRespectTo.count == 1 }
    if derivatives.count > 1 {
      lines.insert("\\nabla f = " + LaTeX.matrix(first.map { [($0.latexSymbol, $0.latex)] }), at: 1)
    }
    // What a matrix names only, and what stands alone.
    for item in derivatives where derivatives.count == 1 || item.latex.contains("\n") {
      lines.append(
        item.latex.contains("\n")
          ? "\(item.latexSymbol):\n\(item.latex)" : "\(item.latexSymbol) = \(item.latex)")
    }
    return lines
  }

  private static let lineLimit = 60

  private func indented(_ text: String) -> String {
    text.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
  }
}

extension DerivativeReport.Check {
  /// The bound within which five points and rounding agree for ordinary functions.
  private static var bound: Double { 1e-6 }

  fileprivate var verdict: String {
    !relativeDifference.isFinite
      ? "not comparable with" : relativeDifference <= Self.bound ? "agrees with" : "DIFFERS from"
  }

  fileprivate var distance: String {
    relativeDifference.isFinite
      ? ", relative difference " + Format.number(relativeDifference, digits: 2) : ""
  }

  /// `agrees with the central difference, relative difference 1e-12`
  fileprivate var brief: String { "\(verdict) the central difference\(distance)" }
}
