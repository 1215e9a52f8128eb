import Adjoint
import AdjointConfiguration
import ArgumentParser
import Foundation

/// `adjoint cross-validate`
struct CrossValidate: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cross-validate",
    abstract: "Trains a network on several parts of the rows, and says how well it does on the others.",
    usage: "adjoint cross-validate [config.yaml] [options]",
    discussion: """
      By --folds all rows are dealt out to K parts, of classes each with its share in every part; each part is tested \
      with once, by a network that was trained on the others. By --bootstrap as many rows as there are are drawn \
      with replacement, and those that were not drawn are tested with. Features are scaled by the rows that are trained \
      on, and first weights are always the same, as --seed settles them.

        adjoint cross-validate --data wdbc.csv --target benign --folds 10 --epochs 50
        adjoint cross-validate wdbc.yaml --bootstrap 200 --json
      """)

  /// All rows are tested with.
  static func passesOver(_ name: String, value: String) -> Bool { name == "test" }

  @OptionGroup var model: ModelOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Parts that the rows are dealt out to (default: 5).", valueName: "number"))
  var folds: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Draw so many resamples instead.", valueName: "number"))
  var bootstrap: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Passes over the training rows.", valueName: "number"))
  var epochs = 50

  @OptionGroup var execution: ExecutionOptions

  private static let usualFolds = 5

  func run() throws {
    try execution.memory.apply()
    if model.test != nil {
      throw UsageError(
        "--test has no meaning for cross-validation, which tests with all rows in turn; leave it out, or keep rows that nothing looks at in a file of their own"
      )
    }
    if let folds {
      if bootstrap != nil { throw UsageError("--folds and --bootstrap exclude each other; give one of them") }
      guard folds >= 2 else { throw UsageError("--folds is \(folds); give at least 2") }
    }
    if let bootstrap, !(1...100_000 ~= bootstrap) {
      throw UsageError("--bootstrap is \(bootstrap); give 1 to 100000")
    }
    guard epochs >= 1 else { throw UsageError("--epochs is \(epochs); give at least 1") }
    let (report, failure) = try validate()
    if failure == nil || !report.parts.isEmpty {
      try Console.print(execution.json ? try Console.json(report) : report.text)
    }
    if let failure {
      let name = report.method.partName
      Console.note("note: in \(name) \(report.parts.count + 1) of \(report.count):")
      throw failure
    }
    if report.interrupted { throw Interrupt.exitCode }
  }

  /// All trainings, by one trainer: a step is compiled for each size of batch, and parts of nearly the same size have few.
  ///
  /// - Returns: what is known of the parts, and what ended the training of one, if anything did.
  private func validate() throws -> (CrossValidationReport, (any Error)?) {
    let recipe = try model.recipe(epochs: epochs)
    let table = try model.table()
    let isStratified = !table.classNames.isEmpty
    let count = bootstrap ?? folds ?? Self.usualFolds
    let parts =
      bootstrap == nil ? try table.folds(count, seed: recipe.seed, stratified: isStratified) : []
    /// Resamples are drawn one by one, as there may be many.
    func part(_ index: Int) throws -> Table.Split {
      bootstrap == nil ? parts[index] : try table.bootstrap(seed: recipe.seed &+ UInt64(index))
    }

    let trainer = try recipe.trainer(for: table, backend: execution.backend)
    var report = CrossValidationReport(
      method: bootstrap == nil ? .folds : .bootstrap, count: count,
      isStratified: bootstrap == nil && isStratified, data: model.data ?? "", table: table,
      layers: recipe.sizes(for: table), seed: recipe.seed, epochs: epochs)
    var failure: (any Error)?
    let clock = ContinuousClock()
    let start = clock.now
    let isTerminal = isatty(STDERR_FILENO) == 1 && !execution.quiet
    defer { if isTerminal { Console.progress("") } }
    for index in 0..<count {
      if isTerminal { Console.progress("\(report.method.partName) \(index + 1)/\(count)") }
      let part = try part(index)
      trainer.restart(seed: recipe.seed)
      let begin = clock.now
      let history: History
      do {
        history = try trainer.fit(
          part.train, epochs: epochs, cancellation: Interrupt.cancellation, progress: .silent)
      } catch {
        failure = error
        break
      }
      report.interrupted = history.isCancelled
      if history.isCancelled { break }
      report.parts.append(
        CrossValidationReport.Part(
          number: index + 1, trainRows: part.train.count, try trainer.evaluate(part.test),
          seconds: (clock.now - begin).inSeconds))
    }
    report.finish(seconds: (clock.now - start).inSeconds, compilations: trainer.compilations)
    return (report, failure)
  }
}
