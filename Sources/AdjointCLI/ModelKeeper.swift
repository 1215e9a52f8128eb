import Adjoint
import Foundation

/// Where the model of a training goes: none is lost, and none is replaced by the beginning of another.
struct ModelKeeper {
  /// What `--out` names.
  private let out: OutputFile?
  /// Keeps other trainings away from it.
  private let lock: FileLock?
  /// The model in a run's folder.
  private let own: OutputFile?

  /// Makes sure that the files can be written.
  ///
  /// - Parameters:
  ///   - inputs: files that the command reads.
  ///   - others: files that it writes for other options.
  /// - Throws: ``DataError/Kind/unwritable``, ``DataError/Kind/inUse``.
  init(out: String?, folder: RunFolder?, inputs: [String], others: [String]) throws {
    self.out = try out.map { out in
      let place = File.absolutePath(out)
      if let folder, (place + "/").hasPrefix(File.absolutePath(folder.path) + "/") {
        throw DataError.unwritable(
          path: out,
          reason:
            "\(folder.path) is the folder of the run, which keeps model.adj by itself; give another place")
      }
      return try OutputFile(out, inputs: inputs, others: others)
    }
    // What is no file (a pipe, a terminal) has no folder for a lock.
    let isFile = out.map { !FileManager.default.fileExists(atPath: $0) || File.isRegular($0) } ?? false
    lock = isFile ? try out.map { try FileLock(for: $0) } : nil
    own = folder.map { OutputFile(in: $0, "model.adj") }
  }

  /// Where the model will be if all goes well.
  var path: String? { (out ?? own)?.path }

  /// Makes sure that there is room for the model beside the checkpoints, of which two are there while one is written.
  ///
  /// - Throws: ``DataError/Kind/unwritable``
  func check(bytes: Int, checkpointBytes: Int) throws {
    try out?.check(bytes: bytes)
    // One that the limit of a file's size allows each may together be more than there is room for.
    if checkpointBytes > 0 { try out?.checkRoom(bytes: bytes + 2 * checkpointBytes) }
  }

  /// What became of a model.
  struct Outcome {
    /// Where it is, the place that the user named first.
    var places: [String] = []
    /// What did not go as it should.
    var failure: (any Error)?
    /// Whether it stands beside a file that was there before.
    var isBeside = false
  }

  /// Writes the model to all places. Where that fails it goes beside, else to a file of the temporary folder.
  ///
  /// - Parameter isWhole: whether the training came to its end. If not, only files of this training are replaced.
  func save<Model>(_ model: TrainedModel, of trainer: Trainer<Model>, isWhole: Bool) -> Outcome {
    var outcome = Outcome()
    for file in [out, own].compactMap({ $0 }) {
      let isOwn = file.path == own?.path
      let place = isWhole || isOwn ? file.path : file.unfinishedPath(trainer.mayReplace)
      outcome.isBeside = outcome.isBeside || place != file.path
      do {
        try model.save(to: place)
        outcome.places.append(place)
      } catch {
        outcome.failure = outcome.failure ?? error
        if let fallback = Self.saveElsewhere(model, insteadOf: place) { outcome.places.append(fallback) }
      }
    }
    return outcome
  }

  /// - Returns: where the model is; `nil` where it could be written nowhere.
  private static func saveElsewhere(_ model: TrainedModel, insteadOf path: String) -> String? {
    // Nobody looks for it beside a device.
    if !File.absolutePath(path).hasPrefix("/dev/") {
      let beside = OutputFile.beside(path, ".saved") { !FileManager.default.fileExists(atPath: $0) }
      if (try? model.save(to: beside)) != nil { return beside }
    }
    // Anybody may write in the temporary folder, but nobody else reads this file.
    let folder = NSTemporaryDirectory()
    var name = Array("\(folder)\(folder.hasSuffix("/") ? "" : "/")adjoint-model-XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    guard descriptor >= 0 else { return nil }
    close(descriptor)
    let file = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if (try? model.save(to: file)) != nil { return file }
    unlink(file)
    return nil
  }
}

extension OutputFile {
  /// A file in the folder of the run that is under way.
  init(in folder: RunFolder, _ name: String) { path = folder.file(name) }
}
