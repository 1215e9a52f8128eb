import Adjoint
import ArgumentParser
import Foundation

/// `adjoint diff`
struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Differentiates an expression, and shows how.",
    discussion: """
      Operators + - * / ^, functions exp log sqrt sin cos tan tanh sigmoid relu abs max min pow and others, the \
      numbers pi and e; every other name is a variable. All in float64.

        adjoint diff 'sqrt(x^2 + exp(x^2))' --at x=1.5
        adjoint diff 'x^2 * sin(y)' --at x=1,y=2 --wrt y --order 2
        adjoint diff 'x^2 * sin(y)' --wrt x,y
        adjoint diff 'x^2 * sin(y)' --gradient
        adjoint diff 'x^2 * sin(y)' --hessian --latex

      FLOPs are counted as on paper: each + - * / and each function is 1; 'as written' counts an expression that \
      occurs twice twice, 'shared' once. adjoint flops shows the operations behind the counts.
      """)

  @ArgumentParser.Argument(help: "The expression.")
  var expression: String

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A value for each variable: x=1.5 or x=1,y=2 (default: one where all is finite).", valueName: "values"))
  var at: [String] = []

  @Option(
    help: ArgumentHelp(
      "What to differentiate by: a variable (default: the first), or several in turn for a mixed derivative: x,x,y. "
        + "With --gradient and --hessian: which variables they have (default: all).", valueName: "variables"))
  var wrt: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Which derivative by one variable: 1 to 20 (default: 1).", valueName: "number"))
  var order: Int?

  @Flag(help: "All first derivatives.")
  var gradient = false

  @Flag(help: "All first and second derivatives.")
  var hessian = false

  @Flag(help: "Print the expressions as LaTeX, too.")
  var latex = false

  @Flag(help: "Print the graph of value and derivatives for Graphviz instead: | dot -Tsvg.")
  var dot = false

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  private static let orders = 1...20

  func run() throws {
    let parsed = try ParsedExpression(expression.trimmingCharacters(in: .whitespaces))
    let result = try Differentiation(parsed, try request(parsed), at: at)
    if dot { return try Console.print(result.dot) }
    let report = DerivativeReport(result)
    try Console.print(json ? try Console.json(report) : report.text(latex: latex))
  }

  private func request(_ parsed: ParsedExpression) throws -> Differentiation.Request {
    if let order, !Self.orders.contains(order) { throw UsageError("--order is \(order); give 1 to 20") }
    let chosen = try parsed.chosenVariables(wrt)
    guard gradient || hessian else {
      let variables = chosen ?? [parsed.variables[0]]
      guard Self.orders.contains(variables.count) else {
        throw UsageError("--wrt names \(variables.count) variables; give 1 to 20")
      }
      guard variables.count > 1 else {
        return .derivative(Array(repeating: variables[0], count: order ?? 1))
      }
      if let order, order != variables.count {
        throw UsageError(
          "--order \(order) and --wrt \(wrt ?? "") do not fit; name each variable as often as is differentiated by it, "
            + "as in --wrt x,x,y")
      }
      return .derivative(variables)
    }
    if gradient, hessian { throw UsageError("--hessian shows the gradient, too; leave --gradient out") }
    let option = gradient ? "--gradient" : "--hessian"
    if order != nil { throw UsageError("--order has no meaning for \(option); leave it out") }
    let variables = chosen ?? parsed.variables
    guard Set(variables).count == variables.count else {
      throw UsageError("--wrt \(wrt ?? "") names a variable twice; name each once for \(option)")
    }
    return gradient ? .gradient(variables) : .hessian(variables)
  }
}
