import Adjoint
import ArgumentParser
import Foundation

/// `adjoint flops`
struct Flops: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Counts the floating-point operations of an expression and its derivatives, or of a training step.",
    discussion: """
      Each + - * / and each function is 1, a square is x*x, names and constants are free; comparing, choosing and \
      moving are 0, a product of matrices is 2 m n k.

        adjoint flops 'sqrt(x^2 + exp(x^2))'
        adjoint flops 'x^2 * sin(y)' --at x=1,y=2
        adjoint flops model.adj
        adjoint flops --inputs 30 --outputs 1 --task binary --layers 64,32 --batch 64

      Of an expression: the function and its derivatives by all variables, by each of the ways in which they are \
      computed, with every operation and the numbers at a point. 'As written' counts formulas in which nothing is \
      used twice, 'shared' counts each value once. The derivative as written is what reverse mode gives, tidied by \
      the rules of canonicalize, specialize and algebra (the shorter of with and without those of algebra). \
      Difference quotients evaluate the function as often as they need it, whether its parts are shared or not.

      Of a training step, which is given as in adjoint dump: forward, backward and update of each layer. The cost \
      has a row of its own, and so has what an optimizer computes once for all layers.
      """)

  @ArgumentParser.Argument(
    help: ArgumentHelp(
      "An expression, or a saved model: a file that exists, or a name that ends in .adj.",
      valueName: "expression or model"))
  var subject: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A value for each variable of the expression: x=1.5 or x=1,y=2 (default: one where all is finite).",
      valueName: "values"))
  var at: [String] = []

  @Option(
    help: ArgumentHelp("The variables to differentiate by: x or x,y (default: all).", valueName: "variables"))
  var wrt: String?

  @OptionGroup var source: StepSource

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  @OptionGroup var memory: MemoryOption

  func run() throws {
    try memory.apply()
    if let subject, !isModel(subject) { return try count(expression: subject) }
    if !at.isEmpty { throw UsageError("--at has no effect on a training step; leave it out") }
    if wrt != nil { throw UsageError("--wrt has no effect on a training step; leave it out") }
    if subject == nil, source.isEmpty {
      throw UsageError(
        "there is nothing to count; give an expression, such as 'sqrt(x^2 + exp(x^2))', a saved model, --data with "
          + "--target, or --inputs with --outputs")
    }
    let report = try StepFlopReport(
      source.step(saved: subject),
      optimizer: subject == nil ? source.model.optimization.optimizer.rawValue : nil)
    try Console.print(json ? try Console.json(report) : report.text)
  }

  private func isModel(_ subject: String) -> Bool {
    subject.hasSuffix(".adj") || FileManager.default.fileExists(atPath: subject)
  }

  private func count(expression: String) throws {
    if let option = try source.firstChosen() {
      throw UsageError("\(option) has no effect on an expression; leave it out")
    }
    let parsed = try ParsedExpression(expression.trimmingCharacters(in: .whitespaces))
    let variables = try parsed.chosenVariables(wrt) ?? parsed.variables
    guard Set(variables).count == variables.count else {
      throw UsageError("--wrt \(wrt ?? "") names a variable twice; name each once")
    }
    let costs = try DerivativeCosts(parsed.graph(), withRespectTo: variables)
    let point = try Point(at, of: parsed.variables, for: costs[.reverseSweep].graph)
    let report = try ExpressionFlopReport(parsed, costs, at: point)
    try Console.print(json ? try Console.json(report) : report.text)
  }
}
