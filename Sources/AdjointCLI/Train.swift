import Adjoint
import AdjointConfiguration
import ArgumentParser
import Foundation

/// `adjoint train`
struct Train: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a network on the rows of a CSV file, or on arrays.",
    usage: "adjoint train [config.yaml] [options]",
    discussion: """
      Features are standardised with the mean and deviation of the training part, which are saved with the model. \
      The cost follows from the task, unless --loss names one: mean squared error, binary or softmax cross-entropy.

        adjoint train --data wdbc.csv --target benign --layers 64,32 --l2 1e-4 --out model.adj
        adjoint train --data train-images-idx3-ubyte.gz --target train-labels-idx1-ubyte.gz --scale min-max
        adjoint train --data set.npz --target y
        adjoint train wdbc.yaml --epochs 100 --run runs/wdbc
        adjoint train --run runs/wdbc --resume --epochs 200

      A YAML file, which comes first, holds options by their long names, one on a line, such as `learning-rate: 1e-3`; \
      what is on the command line goes over it. A run's folder holds such a file, config.yaml, which --resume reads \
      unless another one is given. Epochs, rates, penalties, the rate of dropout and what runs the steps may be others then; \
      data, network, cost and kind of optimizer may not.
      """)

  @OptionGroup var model: ModelOptions

  @Option(parsing: .unconditional, help: ArgumentHelp("Passes over the training rows.", valueName: "number"))
  var epochs = 50

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The fraction of training rows that is held out to choose the epoch with; 0 for none.",
      valueName: "fraction"))
  var validation = 0.0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Stop after so many epochs without a smaller loss on the validation rows (else on the training rows), and go back to the best one.",
      valueName: "epochs"))
  var patience: Int?

  @Option(
    help: ArgumentHelp(
      "Where to write what is needed to go on: at the ends of epochs, once a second, and when interrupted.",
      valueName: "file"))
  var checkpoint: String?

  @Option(
    name: .customLong("checkpoint-seconds"), parsing: .unconditional,
    help: ArgumentHelp("At least so long from one checkpoint to the next.", valueName: "seconds"))
  var checkpointSeconds = 1.0

  @Flag(help: "Go on from the file of --checkpoint, or the one in the folder of --run, if it is there.")
  var resume = false

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp(
      "A folder that keeps all of the run: config.yaml, run.json (seed, settings, version, the data's checksum), metrics.jsonl, report.json, loss.svg, TensorBoard's events, step.c, a checkpoint and model.adj.",
      valueName: "folder"))
  var runFolder: String?

  @Option(help: ArgumentHelp("Where to save the model; without it, nothing is saved.", valueName: "file"))
  var out: String?

  @OptionGroup var execution: ExecutionOptions

  func run() throws {
    try execution.memory.apply()
    guard epochs >= 1 else { throw UsageError("--epochs is \(epochs); give at least 1") }
    let recipe = try model.recipe(epochs: epochs)
    guard validation >= 0, validation < 1 else {
      throw UsageError(
        "--validation is \(validation); give the held-out fraction, from 0 to less than 1, such as 0.1")
    }
    guard checkpointSeconds >= 0, checkpointSeconds.isFinite else {
      throw UsageError("--checkpoint-seconds is \(checkpointSeconds); give a number of at least 0")
    }
    if let patience, patience < 1 { throw UsageError("--patience is \(patience); give at least 1 epoch") }
    let files = try outputs()
    let (folder, checkpoint) = (files.folder, files.checkpoint)
    let parts = try model.parts(recipe)
    // Rows to choose by are none to test with.
    let fitted =
      validation > 0 ? try parts.train.split(test: validation, seed: recipe.seed &+ 1) : nil
    let rows = fitted?.train ?? parts.train
    let trainer = try recipe.trainer(for: rows, backend: execution.backend)
    if resume, let checkpoint {
      if FileManager.default.fileExists(atPath: checkpoint) {
        try trainer.restore(from: checkpoint)
        if trainer.completedEpochs > epochs {
          Console.note("note: \(checkpoint) has more than \(epochs) epochs: there is nothing to train")
        }
      } else if !execution.quiet {
        Console.note("note: there is no \(checkpoint) yet; training begins anew")
      }
    }
    // Compiled before the clock of the steps starts.
    try trainer.prepare(rows)
    let history = try trainer.fit(
      rows, epochs: epochs, validation: fitted?.test,
      stopping: patience.map { EarlyStopping(patience: $0) },
      checkpointing: checkpoint.map { Checkpointing($0, leastSeconds: checkpointSeconds) },
      recording: folder, cancellation: Interrupt.cancellation,
      progress: execution.quiet ? .silent : .automatic)
    let report = TrainingReport(
      data: model.data ?? "", recipe: recipe, parts: parts, backend: execution.backend, history: history,
      train: try trainer.evaluate(rows), validation: try fitted.map { try trainer.evaluate($0.test) },
      test: try parts.test.map { try trainer.evaluate($0) },
      compileTimes: trainer.compileTimes, model: files.models.first?.path)
    let trained = try trainer.trained().withDataChecksum(of: model.data ?? "")
    for file in files.models { try trained.save(to: file.path) }
    if let folder {
      try OutputFile(folder.file("report.json"), inputs: []).write(Console.json(report) + "\n")
    }
    Console.print(execution.json ? try Console.json(report) : report.text)
    if history.isCancelled {
      Console.note(
        "interrupted after \(history.epochs.count) of \(epochs) epochs"
          + (checkpoint.map { "; --resume goes on from \($0)" } ?? ""))
      throw Interrupt.exitCode
    }
  }

  /// Where results go, once it is known that nothing is lost there.
  private func outputs() throws -> (folder: RunFolder?, checkpoint: String?, models: [OutputFile]) {
    let exists = { (path: String) in FileManager.default.fileExists(atPath: path) }
    let kept = runFolder.map { $0 + "/checkpoint.safetensors" }
    let checkpoint = checkpoint ?? kept
    if resume {
      guard let checkpoint else {
        throw UsageError("--resume needs --checkpoint FILE or --run FOLDER, to go on from")
      }
      if let runFolder, exists(runFolder + "/metrics.jsonl"), !exists(checkpoint) {
        throw UsageError(
          "--run \(runFolder) holds a run, but there is no \(checkpoint) to go on from; give another folder")
      }
    } else {
      if let runFolder, exists(runFolder + "/metrics.jsonl") {
        throw UsageError(
          "--run \(runFolder) holds a run already; add --resume to go on with it, or give another folder")
      }
      if let checkpoint, checkpoint != kept, exists(checkpoint) {
        throw UsageError(
          "--checkpoint \(checkpoint) is there already; add --resume to go on from it, or give another name")
      }
    }
    let folder = try runFolder.map {
      try RunFolder($0, goesOn: resume, configuration: Configuration.text(settings))
    }
    let inputs = model.inputFiles + [AdjointCommand.optionsFile?.path, checkpoint].compactMap { $0 }
    let models = try [out, folder?.file("model.adj")].compactMap { $0 }
      .map { try OutputFile($0, inputs: inputs) }
    return (folder, checkpoint, models)
  }

  /// What a file needs to say for the same training.
  private var settings: [(name: String, value: String)] {
    let own: [(name: String, value: String?)] = [
      ("epochs", "\(epochs)"), ("validation", "\(validation)"), ("patience", patience.map { "\($0)" }),
      ("backend", execution.backend.rawValue),
    ]
    return (model.settings + own).compactMap { name, value in value.map { (name, $0) } }
  }
}
