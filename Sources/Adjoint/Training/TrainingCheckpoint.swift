import AdjointArray
import AdjointData
import AdjointIR
import Foundation

/// Where a trainer writes what it would need to go on, and how often.
///
/// The file is in the safetensors format: parameters under their paths, `dense1.weight`; the optimizer's state under theirs,
/// `dense1.weight.mean`; where early stopping keeps the best epoch, its values behind `best/`. All else is in the metadata:
/// how many epochs and updates were made, the history, seed and settings. It is written beside its place and renamed, so that
/// there is always a whole one. While `fit` runs, a lock beside it keeps other trainings away from it.
public struct Checkpointing: Sendable, Hashable {
  public var path: String
  /// A checkpoint is written before the first epoch (where there is no file yet), after each so many epochs, after the last one,
  /// and where training is cancelled or fails.
  public var everyEpochs: Int
  /// But not sooner than so many seconds after the one before: to write safely takes milliseconds, which is more than many an
  /// epoch.
  public var leastSeconds: Double

  /// - Parameter path: a file that `fit` replaces by each checkpoint, whole or not at all.
  public init(_ path: String, everyEpochs: Int = 1, leastSeconds: Double = 0) {
    self.path = path
    self.everyEpochs = everyEpochs
    self.leastSeconds = leastSeconds
  }

  func check() throws(TrainingError) {
    if everyEpochs < 1 {
      throw .invalidSetting(
        name: "the epochs between checkpoints", value: "\(everyEpochs)", remedy: "give at least 1")
    }
    if !(leastSeconds >= 0 && leastSeconds.isFinite) {
      throw .invalidSetting(
        name: "the seconds between checkpoints", value: "\(leastSeconds)",
        remedy: "give a finite number of at least 0")
    }
  }
}

/// All that a trainer needs to go on as if it had never stopped.
struct Checkpoint {
  /// What is no array.
  struct Progress: Codable, Equatable {
    /// What decides which numbers come next, and so must be the same again.
    struct Setting: Codable, Equatable {
      let name: String
      let value: String
    }
    var version = 1
    let epochs: Int
    let updates: Int
    let settings: [Setting]
    let history: History
    /// Since the best one, which the history names.
    let epochsSinceBest: Int
    /// Of the rows that were trained on; see ``Trainer/checksum(_:)``.
    var rows: String?
    /// Of the rows' target, in the order of their indices.
    var classNames: [String]?
    /// Of the step; see ``TrainingGraph/checksum``.
    var step: String?
    /// The checksums of the model files that were written of this training, by their paths.
    var models: [String: String]?
  }
  private(set) var progress: Progress
  let values: [(name: String, array: NDArray)]
  let best: [(name: String, array: NDArray)]?

  private static let bestPrefix = "best/"
  private static let key = "adjoint"

  func write(to path: String) throws { try File.writeAtomically(try bytes(for: path), to: path) }

  /// Adds to the checkpoint at `path` which model files were written of its training.
  static func note(models: [String: String], in path: String) throws {
    var checkpoint = try Checkpoint(path: path)
    checkpoint.progress.models = (checkpoint.progress.models ?? [:]).merging(models) { $1 }
    try checkpoint.write(to: path)
  }

  /// - Parameter path: what errors call the file.
  func bytes(for path: String) throws -> [UInt8] {
    // The loss of validation rows may be infinite where that of training rows is not.
    let text = try JSONText.encode(progress, keys: .useDefaultKeys)
    let kept = (best ?? []).map { (name: Self.bestPrefix + $0.name, array: $0.array) }
    return try SafetensorsFile(values + kept, metadata: [Self.key: text]).bytes(for: path)
  }

  /// - Throws: ``DataError`` where the file cannot be read, ``TrainingError/unsuitableCheckpoint(path:problem:remedy:)`` where
  ///   it is none of a trainer's.
  init(path: String) throws {
    let file = try SafetensorsFile(path: path)
    // Training counts on from them.
    let counts = 0...(1 << 53)
    guard let text = file.metadata[Self.key],
      let progress = try? JSONText.decode(Progress.self, text, keys: .useDefaultKeys), progress.version == 1,
      counts.contains(progress.epochs), counts.contains(progress.updates),
      counts.contains(progress.epochsSinceBest), progress.history.epochs.count <= progress.epochs
    else {
      throw TrainingError.unsuitableCheckpoint(
        path: path, problem: "it holds arrays, but not how far a training was",
        remedy: "give a file that a trainer wrote as its checkpoint")
    }
    self.progress = progress
    values = file.tensors.filter { !$0.name.hasPrefix(Self.bestPrefix) }
    let kept = file.tensors.filter { $0.name.hasPrefix(Self.bestPrefix) }
    best = kept.isEmpty ? nil : kept.map { (String($0.name.dropFirst(Self.bestPrefix.count)), $0.array) }
  }

  init(
    progress: Progress, values: [(name: String, array: NDArray)], best: [(name: String, array: NDArray)]?
  ) {
    (self.progress, self.values, self.best) = (progress, values, best)
  }

  /// Parameters and state for the step of `graph`, and what L-BFGS knows where that is the optimizer.
  ///
  /// - Throws: ``TrainingError/unsuitableCheckpoint(path:problem:remedy:)`` where they are of another model.
  func state(
    for graph: TrainingGraph, _ optimizer: Optimizer, path: String
  ) throws(TrainingError) -> ([NDArray], LBFGS?) {
    let own = values.filter { !$0.name.hasPrefix(LBFGS.arrayPrefix) || optimizer.lbfgsHistory == nil }
    let ordered = try Self.ordered(own, as: graph.values, path: path)
    guard let capacity = optimizer.lbfgsHistory else { return (ordered, nil) }
    let rest = values.filter { $0.name.hasPrefix(LBFGS.arrayPrefix) }
    guard let lbfgs = LBFGS(rest, capacity: capacity, count: graph.trainedCount) else {
      throw .unsuitableCheckpoint(
        path: path, problem: "its '\(LBFGS.arrayPrefix)s' and '\(LBFGS.arrayPrefix)y' are not of this model",
        remedy: "make the trainer with the model and the history that it is of")
    }
    return (ordered, lbfgs)
  }

  /// The arrays of `list` in the order of `layout`.
  ///
  /// - Throws: ``TrainingError/unsuitableCheckpoint(path:problem:remedy:)`` where names, shapes or types are others.
  static func ordered(
    _ list: [(name: String, array: NDArray)], as layout: [TrainingGraph.Value], path: String
  ) throws(TrainingError) -> [NDArray] {
    let known = Dictionary(list.map { ($0.name, $0.array) }, uniquingKeysWith: { first, _ in first })
    var result: [NDArray] = []
    for value in layout {
      guard let array = known[value.name] else {
        throw .unsuitableCheckpoint(
          path: path, problem: "it has no \(quoted(value.name)), which the model and its optimizer have",
          remedy: "make the trainer with the model and the optimizer that the checkpoint is of")
      }
      let found = TensorType(array.scalarType, array.shape)
      guard found == value.type else {
        throw .unsuitableCheckpoint(
          path: path, problem: "its \(quoted(value.name)) is \(found), the model's is \(value.type)",
          remedy: "make the trainer with the model, the data's columns and the precision that it is of")
      }
      result.append(array)
    }
    if known.count > layout.count,
      let more = list.first(where: { item in !layout.contains { $0.name == item.name } })
    {
      throw .unsuitableCheckpoint(
        path: path,
        problem: "its \(quoted(more.name)) is neither a parameter nor state of the optimizer here",
        remedy: "make the trainer with the model and the optimizer that the checkpoint is of")
    }
    return result
  }
}
