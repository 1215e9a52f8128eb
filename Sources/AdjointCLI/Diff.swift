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

      FLOPs are counted as on paper: each + - * / and each function is 1; 'as written' counts an expression that \
      occurs twice twice, 'shared' once.
      """)

  @ArgumentParser.Argument(help: "The expression.")
  var expression: String

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A value for each variable: x=1.5 or x=1,y=2.", valueName: "values"))
  var at: [String] = []

  @Option(help: ArgumentHelp("The variable to differentiate by (default: the first).", valueName: "variable"))
  var wrt: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Which derivative: 1 to 6.", valueName: "number"))
  var order = 1

  @Flag(help: "Print the expressions as LaTeX, too.")
  var latex = false

  @Flag(help: "Print the graph of value and derivative for Graphviz instead: | dot -Tsvg.")
  var dot = false

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func run() throws {
    let parsed = try ParsedExpression(expression.trimmingCharacters(in: .whitespaces))
    guard 1...6 ~= order else { throw UsageError("--order is \(order); give 1 to 6") }
    guard let first = parsed.variables.first else {
      throw UsageError("'\(parsed)' has no variable to differentiate by; write one, such as x")
    }
    let variable = wrt ?? first
    let known = parsed.variables.joined(separator: ", ")
    guard parsed.variables.contains(variable) else {
      throw UsageError("--wrt \(variable) is no variable of '\(parsed)'; it has \(known)")
    }
    let values = try values(for: parsed.variables)
    let result = try Differentiation(parsed, by: variable, order: order, at: values)
    if dot { return Console.print(result.dot) }
    let report = DerivativeReport(result)
    Console.print(json ? try Console.json(report) : report.text(latex: latex))
  }

  /// The numbers of `--at`, in the order of `variables`.
  private func values(for variables: [String]) throws(UsageError) -> [Double] {
    // A drawing needs no point.
    if dot, at.isEmpty { return variables.map { _ in 1 } }
    var values: [String: Double] = [:]
    for part in at.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      guard sides.count == 2, !sides[0].isEmpty, let value = Double(sides[1]) else {
        throw UsageError("--at has '\(part)'; give a name and a number, as in x=1.5")
      }
      guard variables.contains(sides[0]) else {
        throw UsageError(
          "--at gives a value for '\(sides[0])'; the variables are \(variables.joined(separator: ", "))")
      }
      guard values.updateValue(value, forKey: sides[0]) == nil else {
        throw UsageError("--at gives '\(sides[0])' two values; give one")
      }
    }
    return try variables.map { (name) throws(UsageError) in
      guard let value = values[name] else {
        let example = variables.map { "\($0)=1" }.joined(separator: ",")
        throw UsageError("the variable \(name) has no value; say for example --at \(example)")
      }
      return value
    }
  }

  /// Lets an expression begin with a minus, which would be an option otherwise: it gets a space before it.
  static func protectingMinus(in arguments: [String]) -> [String] {
    guard arguments.first == configuration.commandName ?? "diff" else { return arguments }
    var result = arguments
    for index in result.indices.dropFirst() {
      let argument = result[index]
      let isValue = ["--at", "--wrt", "--order"].contains(result[index - 1])
      if argument.hasPrefix("-"), argument.count > 1, !argument.hasPrefix("--"), argument != "-h", !isValue {
        result[index] = " " + argument
      }
    }
    return result
  }
}
