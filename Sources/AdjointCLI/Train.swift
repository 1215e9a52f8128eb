import Adjoint
import ArgumentParser
import Foundation

/// `adjoint train`
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a network on the rows of a CSV file.",
    discussion: """
      Features are standardised with the mean and deviation of the training part, which are saved with the model. \
      The cost follows from the task: mean squared error, binary or softmax cross-entropy.

        adjoint train --data wdbc.csv --target benign --layers 64,32 --l2 1e-4 --out model.adj
      """)

  @OptionGroup var model: ModelOptions

  @Option(parsing: .unconditional, help: ArgumentHelp("Passes over the training rows.", valueName: "number"))
  var epochs = 50

  @Option(help: "What runs the training step.")
  var backend = Backend.tcc

  @Option(help: ArgumentHelp("Where to save the model; without it, nothing is saved.", valueName: "file"))
  var out: String?

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  func run() throws {
    let recipe = try model.recipe()
    guard epochs >= 1 else { throw UsageError("--epochs is \(epochs); give at least 1") }
    let file = try out.map { try OutputFile($0, inputs: [model.data].compactMap { $0 }) }
    let parts = try model.parts(recipe)
    let trainer = try recipe.trainer(for: parts.train, backend: backend)
    // Compiled before the clock of the steps starts.
    try trainer.prepare(parts.train)
    let history = try trainer.fit(
      parts.train, epochs: epochs, validation: parts.test, progress: quiet ? .silent : .automatic)
    let report = TrainingReport(
      data: model.data ?? "", recipe: recipe, parts: parts, backend: backend, history: history,
      train: try trainer.evaluate(parts.train), test: try parts.test.map { try trainer.evaluate($0) },
      compileTimes: trainer.compileTimes, model: file?.path)
    if let file { try trainer.trained().save(to: file.path) }
    Console.print(json ? try Console.json(report) : report.text)
  }
}
