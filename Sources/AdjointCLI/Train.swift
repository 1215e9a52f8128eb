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
      "Where to write what is needed to go on: at the ends of epochs, once a second, and when interrupted or failing.",
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

  @Option(
    help: ArgumentHelp(
      "Where to save the model; without it, nothing is saved. A training that is interrupted writes beside a model that was there before.",
      valueName: "file"))
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
    // From here on there are locks and files to be taken back.
    _ = Interrupt.cancellation
    let files = try outputs()
    let parts = try model.parts(recipe)
    try Interrupt.check()
    // Rows to choose by are none to test with.
    let fitted =
      validation > 0 ? try parts.train.split(test: validation, seed: recipe.seed &+ 1) : nil
    let rows = fitted?.train ?? parts.train
    let trainer = try recipe.trainer(for: rows, backend: execution.backend)
    try goOn(trainer, files)
    // Compiled before the clock of the steps starts.
    try trainer.prepare(rows)
    try files.model.check(
      bytes: trainer.modelBytes(of: rows),
      checkpointBytes: files.checkpoint == nil ? 0 : trainer.checkpointBytes)

    var failure: (any Error)?
    let history: History
    do {
      history = try trainer.fit(
        rows, epochs: epochs, validation: fitted?.test,
        stopping: patience.map { EarlyStopping(patience: $0) },
        checkpointing: files.checkpoint.map { Checkpointing($0, leastSeconds: checkpointSeconds) },
        recording: files.folder, cancellation: Interrupt.cancellation,
        progress: execution.quiet ? .silent : .automatic)
    } catch {
      // What was learned before is worth keeping.
      guard let before = trainer.history, !before.epochs.isEmpty else { throw error }
      (history, failure) = (before, error)
    }
    let isWhole = failure == nil && !history.isCancelled
    let trained = try trainer.trained().withDataChecksum(of: model.data ?? "")
    let kept = files.model.save(trained, of: trainer, isWhole: isWhole)
    if let checkpoint = files.checkpoint, !kept.places.isEmpty {
      try? trainer.note(models: kept.places, in: checkpoint)
    }

    do {
      let report = TrainingReport(
        data: model.data ?? "", recipe: recipe, parts: parts, backend: execution.backend, history: history,
        train: try trainer.evaluate(rows), validation: try fitted.map { try trainer.evaluate($0.test) },
        test: try parts.test.map { try trainer.evaluate($0) },
        compileTimes: trainer.compileTimes, model: kept.places.first, failure: failure)
      let json = try Console.json(report)
      // Each is there whatever becomes of the other.
      let writing = Result {
        if let folder = files.folder { try OutputFile(in: folder, "report.json").write(json + "\n") }
      }
      try Console.print(execution.json ? json : report.text)
      try writing.get()
    } catch {
      // The first of several is the one that the others may follow from.
      failure = failure ?? kept.failure ?? error
    }
    if !isWhole { Console.note(ending(history, files, kept, failure)) }
    if let failed = kept.failure {
      Console.note(
        kept.places.isEmpty
          ? "error: the model could be saved nowhere"
          : "note: the model is in \(kept.places.joined(separator: " and "))")
      throw failure ?? failed
    }
    if let failure { throw failure }
    if history.isCancelled { throw Interrupt.exitCode }
  }

  /// What a training says that ended before its time: what is where, and how to go on.
  private func ending(
    _ history: History, _ files: Files, _ kept: ModelKeeper.Outcome, _ failure: (any Error)?
  ) -> String {
    let done = history.epochs.count
    var parts = [
      failure == nil
        ? "interrupted after \(done) of \(epochs) epochs" : "note: ended after \(done) of \(epochs) epochs"
    ]
    if let place = kept.places.first {
      let what = done == 0 ? "the model's first weights are" : "the model so far is"
      let reason = kept.isBeside ? ", as \(out ?? "") was there before" : ""
      parts.append("\(what) in \(place)\(reason)")
    } else if kept.failure == nil {
      parts.append("the model was not saved, as there is no --out")
    }
    let causes: [NotFiniteCause]? =
      if case TrainingError.notFiniteCost(_, _, let causes)? = failure { causes } else { nil }
    if let checkpoint = files.checkpoint {
      let isRate = causes?.contains { if case .learningRate = $0 { true } else { false } } ?? false
      let rate = isRate ? " with a lower --learning-rate" : ""
      parts.append(
        "\(runFolder.map { "--run \($0)" } ?? "--checkpoint \(checkpoint)") --resume goes on from there\(rate)"
      )
    } else if causes != nil {
      parts.append("with --checkpoint or --run one can go on from there")
    }
    return parts.joined(separator: "; ")
  }

  /// Lets the trainer go on from the checkpoint, if there is one.
  private func goOn(_ trainer: Trainer<Sequential>, _ files: Files) throws {
    guard resume, let checkpoint = files.checkpoint else { return }
    guard FileManager.default.fileExists(atPath: checkpoint) else {
      if !execution.quiet { Console.note("note: there is no \(checkpoint) yet; training begins anew") }
      return
    }
    try trainer.restore(from: checkpoint)
    if trainer.completedEpochs > epochs {
      Console.note("note: \(checkpoint) has more than \(epochs) epochs: there is nothing to train")
    }
  }

  private struct Files {
    let folder: RunFolder?
    let checkpoint: String?
    let model: ModelKeeper
  }

  /// Where results go, once it is known that nothing is lost there.
  private func outputs() throws -> Files {
    let exists = { (path: String) in FileManager.default.fileExists(atPath: path) }
    let runFolder = runFolder.map(File.withoutTrailingSlashes)
    let kept = runFolder.map { $0 + "/checkpoint.safetensors" }
    let checkpoint = checkpoint ?? kept
    let holdsRun = runFolder.map(RunFolder.isRun) ?? false
    if resume {
      guard let checkpoint else {
        throw UsageError("--resume needs --checkpoint FILE or --run FOLDER, to go on from")
      }
      if let runFolder, holdsRun, !exists(checkpoint), Self.hasEpochs(runFolder) {
        throw UsageError(
          "--run \(runFolder) holds the epochs of a run, but there is no \(checkpoint) to go on from; give another folder"
        )
      }
    } else {
      if let runFolder, holdsRun {
        throw UsageError(
          "--run \(runFolder) holds a run already; add --resume to go on with it, or give another folder")
      }
      if let checkpoint, checkpoint != kept, exists(checkpoint), File.isRegular(checkpoint) {
        throw UsageError(
          "--checkpoint \(checkpoint) is there already; add --resume to go on from it, or give another name")
      }
    }
    let inputs = model.inputFiles
    if let checkpoint, checkpoint != kept { try check(checkpoint: checkpoint, inputs) }
    if let runFolder { try OutputFile.checkPlace(runFolder) }
    if let runFolder, holdsRun, resume, model.data == nil, !exists(runFolder + "/config.yaml") {
      throw UsageError(
        "--run \(runFolder) holds no config.yaml, which says what was trained; give the run's options again, or another folder"
      )
    }
    let folder = try runFolder.map {
      try RunFolder($0, goesOn: resume, configuration: Configuration.text(settings))
    }
    return Files(
      folder: folder, checkpoint: checkpoint,
      model: try ModelKeeper(
        out: out, folder: folder, inputs: inputs, others: [checkpoint].compactMap { $0 }))
  }

  /// Makes sure that checkpoints can be written outside of the run's folder.
  private func check(checkpoint: String, _ inputs: [String]) throws {
    if let run = RunFolder.run(around: checkpoint), run != runFolder.map(File.absolutePath) {
      throw UsageError(
        "--checkpoint \(checkpoint) is that of the run in \(run); go on with that by --run \(run) --resume, or give another name"
      )
    }
    if FileManager.default.fileExists(atPath: checkpoint), !File.isRegular(checkpoint) {
      throw DataError.unwritable(
        path: checkpoint, reason: "it is no file that can be read again; give another name")
    }
    // One that is there is read first: what is none is told then.
    if !FileManager.default.fileExists(atPath: checkpoint) { _ = try OutputFile(checkpoint, inputs: inputs) }
  }

  /// Whether a run's folder tells of work that was done.
  private static func hasEpochs(_ folder: String) -> Bool {
    do { return try !RunFolder.epochs(of: folder).isEmpty } catch {
      return (error as? DataError)?.kind != .unreadable
    }
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
