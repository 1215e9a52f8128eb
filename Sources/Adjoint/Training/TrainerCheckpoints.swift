import AdjointArray
import AdjointData
import AdjointIR
import Foundation

// Stopping, and going on later.
extension Trainer {
  /// Lets the next `fit` go on from a checkpoint, as if training had never stopped: bit for bit the same. That `fit` is
  /// given the arguments of the first one; its `epochs` count those before the checkpoint, and may be more than at first. So may
  /// rates, λ, rates of dropout, threads and the backend be others; those of this trainer count.
  ///
  /// - Throws: ``DataError`` where the file cannot be read, ``TrainingError/unsuitableCheckpoint(path:problem:remedy:)`` where
  ///   it is no checkpoint, or that of a trainer with other settings; `fit` throws that where model or data are others.
  public func restore(from path: String) throws {
    let seen = File.identity(path)
    let checkpoint = try Checkpoint(path: path)
    for (own, theirs) in zip(identity, checkpoint.progress.settings) where own != theirs {
      throw TrainingError.unsuitableCheckpoint(
        path: path,
        problem:
          "its \(shortened(theirs.name)) is \(shortened(theirs.value)), here it is \(own.value)",
        remedy: "make the trainer with the settings that the checkpoint is of")
    }
    guard identity.count == checkpoint.progress.settings.count else {
      throw TrainingError.unsuitableCheckpoint(
        path: path, problem: "it is of a trainer with other settings",
        remedy: "make the trainer with the settings that the checkpoint is of")
    }
    if let latest { (values, lbfgs) = try checkpoint.state(for: latest, optimizer, path: path) }
    (wholeEpochs, updates) = (checkpoint.progress.epochs, checkpoint.progress.updates)
    restored = Restored(checkpoint: checkpoint, path: path, file: seen)
    models = checkpoint.progress.models ?? [:]
  }

  /// What was read to go on with.
  struct Restored {
    let checkpoint: Checkpoint
    let path: String
    /// Which file that was: another one may have its name by now.
    let file: File.Identity?
  }

  /// Keeps other trainings away from the file of checkpoints, which must be as it was when it was read.
  func lock(_ checkpointing: Checkpointing, _ folder: RunFolder?) throws -> FileLock? {
    // A run's folder has a lock of its own.
    guard folder?.name(of: checkpointing.path) == nil else { return nil }
    try AtomicFile.check(checkpointing.path)
    let lock = try FileLock(for: checkpointing.path)
    if let restored, File.isSame(restored.path, checkpointing.path),
      File.identity(restored.path) != restored.file
    {
      throw TrainingError.unsuitableCheckpoint(
        path: restored.path, problem: "another training has written it since it was read",
        remedy: "read it again, or give another file")
    }
    return lock
  }

  /// About the bytes of a saved model of these rows: its parameters, and the text of its graphs, which is written to know where
  /// that is most of them.
  package func modelBytes(of table: Table) -> Int {
    let weights = parameters.values.reduce(0) { $0 + $1.byteCount }
    if weights < 1 << 22,
      let bytes = try? ModelFile.bytes(trained(TrainedModel.Schema(of: table, loss))).count
    {
      // What is said of the data.
      return bytes + 512
    }
    let nodes = latest.map { $0.graph.nodes.count } ?? 0
    return weights + 512 * nodes + (1 << 16)
  }

  /// About the bytes of a checkpoint without that of a best epoch: parameters and the optimizer's state.
  package var checkpointBytes: Int { values.reduce(0) { $0 + $1.byteCount } + (1 << 13) }

  /// Says in the checkpoint at `path` that these files are models of its training, which going on may replace.
  package func note(models paths: [String], in path: String) throws {
    for path in paths { models[File.absolutePath(path)] = try File.checksum(path) }
    try Checkpoint.note(models: models, in: path)
  }

  /// Whether nobody loses anything where `path` is written: there is no file, or one of this training.
  package func mayReplace(_ path: String) -> Bool {
    guard FileManager.default.fileExists(atPath: path) else { return true }
    // What is no file keeps nothing.
    guard File.isRegular(path) else { return true }
    guard let known = models[File.absolutePath(path)] else { return false }
    return (try? File.checksum(path)) == known
  }

  /// A number for arrays: other rows, or the same rows scaled otherwise, have another one.
  func checksum(_ arrays: [(name: String, array: NDArray)]) -> String {
    var checksum = Checksum()
    for (name, array) in arrays { checksum.add(name, array) }
    return String(checksum.value, radix: 16)
  }

  /// Throws where a checkpoint is of a step that computes something else than this fit's. Those of earlier versions do not say.
  func checkStep(of checkpoint: Checkpoint, _ path: String) throws(TrainingError) {
    guard let theirs = checkpoint.progress.step, theirs != stepChecksum else { return }
    throw .unsuitableCheckpoint(
      path: path,
      problem:
        "it is of another step: of other layers, activations or another loss, or of another version of Adjoint",
      remedy: "make the trainer with the model and the loss that the checkpoint is of")
  }

  /// How many epochs were done, those before a checkpoint included.
  public var completedEpochs: Int { wholeEpochs }

  func checkpoint(_ history: History, _ best: BestEpoch) -> Checkpoint {
    let named = { (arrays: [NDArray]) in zip(self.layout, arrays).map { (name: $0.name, array: $1) } }
    return Checkpoint(
      progress: Checkpoint.Progress(
        epochs: wholeEpochs, updates: updates, settings: identity, history: history,
        epochsSinceBest: best.epochsSince, rows: rowsChecksum, classNames: schema?.classNames,
        step: stepChecksum,
        models: models.isEmpty ? nil : models),
      values: named(values) + (lbfgs?.arrays ?? []), best: best.kept.map(named))
  }

  /// What decides which numbers come next. Rates, λ and settings of layers may be others, and are those of this trainer.
  private var identity: [Checkpoint.Progress.Setting] {
    [
      ("seed", "\(seed)"), ("batch size", batchSize.map { "\($0)" } ?? "that of the data"),
      ("scalar type", "\(scalarType)"), ("optimizer", optimizer.form),
      ("penalty", regularization.hyperparameters.map(\.name).joined(separator: " and ")),
    ].map { Checkpoint.Progress.Setting(name: $0, value: $1) }
  }
}
