import AdjointData
import AdjointPlots
import Foundation
import Synchronization

/// A folder that keeps what a training did: enough to read its course and to draw it, and with a configuration to do it
/// again. It is for one call of `fit`; to go on with what it holds, make one with `goesOn`.
///
/// - `run.json`: seed, settings, version, the data's shapes and checksum, the machine and its instruction set, the time;
/// - `metrics.jsonl`: an object for each epoch, written when it is over;
/// - `events.out.tfevents…`: the same for TensorBoard, `tensorboard --logdir FOLDER`;
/// - `loss.svg`: the losses over the epochs, drawn when the run is over;
/// - `step.c`: the C of the training step;
/// - `config.yaml`, where one is given: how to do it again;
/// - whatever else its user adds, as the command line does with `model.adj` and a checkpoint.
public final class RunFolder: Sendable {
  public let path: String
  /// Whether it held a run when this object was made.
  package let holdsRun: Bool
  private let configuration: String?
  /// What grows with each epoch of the run that is under way.
  private struct Logs: ~Copyable {
    var metrics: AppendedFile
    let events: EventFile
  }
  private let logs = Mutex<Logs?>(nil)
  private let isUsed = Mutex(false)
  /// Keeps others out until this object goes; nil as long as there is no folder.
  private let lock: Mutex<FileLock?>

  /// Where there is no folder yet, `fit` makes it; it appears with all that is known before the first epoch, a checkpoint included
  /// where that lies in it. One that is there is kept from other processes for as long as this object lives.
  ///
  /// - Parameters:
  ///   - goesOn: whether it may hold a run already, which is gone on with.
  ///   - configuration: what is written as `config.yaml` when the run begins.
  /// - Throws: ``DataError/Kind/unwritable``, ``DataError/Kind/inUse`` where another process trains with it.
  public init(_ path: String, goesOn: Bool = false, configuration: String? = nil) throws {
    let path = File.withoutTrailingSlashes(path)
    self.path = path
    self.configuration = configuration
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      do {
        try FileManager.default.createDirectory(
          atPath: File.directory(of: path), withIntermediateDirectories: true)
      } catch {
        throw DataError.unwritable(
          path: path, reason: "no folder can be made there: \(error.localizedDescription)")
      }
      try AtomicFile.check(path)
      lock = Mutex(nil)
      holdsRun = false
      return
    }
    guard isFolder.boolValue else { throw DataError.unwritable(path: path, reason: "it is no folder") }
    let lock = try AtomicFolder.lock(path)
    // One that was never finished is as good as new.
    let known =
      AtomicFolder.isUnfinished(path)
      ? nil : Self.files.first { FileManager.default.fileExists(atPath: path + "/" + $0) }
    holdsRun = known != nil && Self.isRun(path)
    if let known, !(goesOn && holdsRun) {
      throw DataError.unwritable(
        path: path,
        reason: goesOn
          ? "it holds \(known) already, but no \(Self.facts), by which a run is known; give another folder"
          : "it holds \(known) already; go on with that run (goesOn: true), or give another folder")
    }
    self.lock = Mutex(lock)
  }

  /// Whether there is a run in a folder: one of files that only have the same names is nobody's.
  package static func isRun(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path + "/" + facts) && !AtomicFolder.isUnfinished(path)
  }

  /// The folder of a run that a path lies in, if any.
  package static func run(around path: String) -> String? {
    var folder = File.directory(of: File.absolutePath(path))
    while folder != "/", folder != "." {
      if isRun(folder) { return folder }
      folder = File.directory(of: folder)
    }
    return nil
  }

  /// The path of a file in it.
  public func file(_ name: String) -> String { path + "/" + name }

  private static let (facts, metrics) = ("run.json", "metrics.jsonl")
  /// What is written there, by the command line, too.
  private static let files = [
    facts, metrics, "step.c", "loss.svg", "config.yaml", "model.adj", "report.json", "checkpoint.safetensors",
  ]

  private struct Facts: Encodable {
    let started: String
    let host: String
    let task: Table.Task?
    /// What the step takes, with its shape.
    let data: [String: String]
    /// Of these arrays.
    let dataChecksum: String?
    let seed: UInt64
    let epochs: Int
    let batchSize: Int?
    let scalarType: String
    let optimizer: String
    let schedule: String
    let hyperparameters: [String: Double]
    let parameters: Int
    let backend: String
    let instructionSet: String?
    let version: String
  }

  /// What is known before the first epoch of a run.
  ///
  /// - Parameter first: the checkpoint that a new run begins with, and where it belongs; it is written here if that is in the
  ///   folder.
  func begin<Model>(
    _ trainer: Trainer<Model>, _ plan: TrainingPlan, after history: History,
    first: (checkpoint: Checkpoint, path: String)?
  ) throws {
    let wasUsed = isUsed.withLock { isUsed in
      defer { isUsed = true }
      return isUsed
    }
    if wasUsed {
      throw DataError.unwritable(
        path: path, reason: "it keeps a run already; make a RunFolder for each call of fit")
    }
    let settings = trainer.optimizer.hyperparameters + trainer.regularization.hyperparameters
    let facts = Facts(
      started: Date().ISO8601Format(), host: ProcessInfo.processInfo.hostName, task: plan.task,
      data: Dictionary(plan.arrays.map { ($0.name, "\($0.array.scalarType)\($0.array.shape)") }) { first, _ in
        first
      },
      dataChecksum: trainer.rowsChecksum, seed: trainer.seed, epochs: plan.epochs,
      batchSize: trainer.batchSize,
      scalarType: trainer.scalarType.rawValue, optimizer: trainer.optimizer.form,
      schedule: "\(trainer.optimizer.schedule)",
      hyperparameters: Dictionary(settings.map { ($0.name, $0.value) }) { first, _ in first }
        .merging(trainer.settings) { first, _ in first },
      parameters: trainer.parameters.values.reduce(0) { $0 + $1.count }, backend: trainer.backend.rawValue,
      instructionSet: trainer.backend == .interpreter ? nil : try InstructionSet.selected().rawValue,
      version: Version.adjoint)
    var files: [(name: String, bytes: [UInt8])] = [
      (Self.facts, Array((try JSONText.encode(facts, .prettyPrinted) + "\n").utf8)),
      ("step.c", Array(try trainer.source.utf8)),
    ]
    if let configuration { files.append(("config.yaml", Array(configuration.utf8))) }
    // What a checkpoint knows is kept, what came after it is done again.
    let lines = try history.epochs.map { try JSONText.encode($0) + "\n" }
    files.append((Self.metrics, Array(lines.joined().utf8)))
    if let first, let name = name(of: first.path) {
      files.append((name, try first.checkpoint.bytes(for: first.path)))
    }
    if holdsRun {
      for (name, bytes) in files { try File.writeAtomically(bytes, to: file(name)) }
    } else {
      var folder = try AtomicFolder(path, lock: lock.withLock { $0 }, names: Self.files)
      for (name, bytes) in files { try folder.write(bytes, to: name) }
      let made = try folder.commit()
      lock.withLock { $0 = made }
    }
    for old in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    where old.hasPrefix("events.out.tfevents.") {
      try? FileManager.default.removeItem(atPath: file(old))
    }
    let events = try EventFile(in: path)
    for epoch in history.epochs { Self.add(epoch, to: events) }
    try logs.withLock { logs in
      logs = Logs(metrics: try AppendedFile(goingOn: file(Self.metrics)), events: events)
    }
  }

  /// The name of a file that lies in the folder; nil where it lies elsewhere.
  func name(of file: String) -> String? {
    let name = File.name(of: file)
    return File.absolutePath(self.file(name)) == File.absolutePath(file) ? name : nil
  }

  /// An epoch is over.
  func record(_ epoch: History.Epoch) throws {
    let line = Array((try JSONText.encode(epoch) + "\n").utf8)
    try logs.withLock { logs in
      try logs?.metrics.append(line)
      if let events = logs?.events { Self.add(epoch, to: events) }
      try logs?.events.flush()
    }
  }

  private static func add(_ epoch: History.Epoch, to events: EventFile) {
    let curves: [(String, Double?)] = [
      ("loss/training", epoch.loss), ("loss/cost", epoch.cost), ("loss/validation", epoch.validationLoss),
      ("metric/training", epoch.metric), ("metric/validation", epoch.validationMetric),
      ("learning rate", epoch.learningRate),
    ]
    for (tag, value) in curves { if let value { events.add(tag, value, step: epoch.epoch) } }
  }

  /// The run is over.
  func end(_ history: History) throws {
    logs.withLock { $0 = nil }
    try File.writeAtomically(history.lossPlot.svg, to: file("loss.svg"))
  }

  /// The epochs that the `metrics.jsonl` of a run's folder tells of.
  ///
  /// - Throws: ``DataError`` where the file is missing, ``TrainingError/unsuitableData(problem:remedy:)`` where a line is none
  ///   of a run's.
  public static func epochs(of path: String) throws -> [History.Epoch] {
    let name = path + "/" + metrics
    var result: [History.Epoch] = []
    for (index, line) in String(decoding: try File.read(name), as: UTF8.self).split(separator: "\n")
      .enumerated()
    {
      guard let epoch = try? JSONText.decode(History.Epoch.self, line),
        1...(1 << 40) ~= epoch.epoch
      else {
        throw TrainingError.unsuitableData(
          problem: "\(name), line \(index + 1), is no epoch of a run", remedy: "give the folder of a run")
      }
      result.append(epoch)
    }
    return result
  }
}
