import Adjoint
import ArgumentParser

/// Where a training step comes from: the options that `dump` and `flops` share.
struct StepSource: ParsableArguments {
  @OptionGroup var model: ModelOptions

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Features, where there is no data.", valueName: "number"))
  var inputs: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Outputs, where there is no data; more than one are classes.", valueName: "number"))
  var outputs: Int?

  /// Whether no training step is described.
  var isEmpty: Bool { model.data == nil && inputs == nil && outputs == nil }

  /// The first option that is not as it is by default.
  func firstChosen() throws -> String? {
    let chosen = [
      ("--data", model.data != nil), ("--target", model.target != nil), ("--inputs", inputs != nil),
      ("--outputs", outputs != nil),
    ]
    return try chosen.first { $0.1 }?.0 ?? model.firstChosen()
  }

  /// The training step that the options describe, or that of a saved model.
  ///
  /// - Throws: ``UsageError`` where it is not clear what is meant, and what reading or recording throws.
  func step(saved: String?) throws -> Graph {
    let recipe = try model.recipe()
    let ways = [saved != nil, model.data != nil, inputs != nil || outputs != nil]
    guard ways.count(where: { $0 }) == 1 else {
      throw UsageError(
        "what to show is not clear; give one of a saved model, --data with --target, or --inputs with --outputs"
      )
    }
    if let saved {
      if let option = try model.firstChosen() {
        throw UsageError("\(option) has no effect on a saved model, which is as it was trained; leave it out")
      }
      return try TrainedModel(contentsOf: saved).step
    }
    let table = model.data == nil ? try synthetic(recipe) : try model.parts(recipe).train
    let trainer = try recipe.trainer(for: table, backend: .interpreter)
    try trainer.prepare(table)
    return try trainer.graph
  }

  /// One batch of zeros, which is enough to know all shapes.
  private func synthetic(_ recipe: ModelOptions.Recipe) throws -> Table {
    guard let inputs, let outputs else {
      throw UsageError("--inputs and --outputs go together; give both")
    }
    for (option, count) in [("--inputs", inputs), ("--outputs", outputs)] where !(1...100_000 ~= count) {
      throw UsageError("\(option) is \(count); give a number from 1 to 100000")
    }
    let task = model.task?.task ?? (outputs == 1 ? .regression : .multiclass)
    let needed = task == .binary ? 1 : (task == .multiclass ? 2 : 0)
    if task == .binary, outputs != 1 { throw UsageError("--task binary has 1 output, not \(outputs)") }
    if task == .multiclass, outputs < needed {
      throw UsageError("--task multiclass has an output for each class; give --outputs 2 or more")
    }
    let rows = recipe.batch ?? ModelOptions.usualBatch
    guard 1...1_000_000 ~= rows else {
      throw UsageError("--batch is \(rows); give 1 to 1000000 rows where there is no data")
    }
    let columns = task == .regression ? outputs : 1
    // As a table holds them, and once more as it is made.
    try Memory.require(
      4 * rows * (inputs + columns) * MemoryLayout<Double>.stride, for: "a batch of \(rows) rows",
      remedy: "give a smaller --batch or fewer --inputs")
    return try Table(
      features: NDArray(zeros: [rows, inputs], .float32), targets: NDArray(zeros: [rows, columns], .float32),
      task: task, classNames: task == .multiclass ? (0..<outputs).map(String.init) : nil)
  }
}
