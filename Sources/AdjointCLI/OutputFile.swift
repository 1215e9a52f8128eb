import Adjoint
import Foundation

/// A file that a command will write at its end.
struct OutputFile {
  let path: String

  /// Makes sure, before any work is done, that the file can be written, and that nothing is lost by it that is needed.
  ///
  /// - Parameters:
  ///   - inputs: files that the command reads, and must not replace.
  ///   - others: files that it writes for other options.
  /// - Throws: ``DataError/Kind/unwritable``
  init(_ path: String, inputs: [String] = [], others: [String] = []) throws {
    self.path = path
    let read = inputs + [AdjointCommand.optionsFile?.path].compactMap { $0 }
    if !path.isEmpty, read.contains(where: { File.isSame($0, path) }) {
      throw DataError.unwritable(path: path, reason: "it is the file that is read; give another name")
    }
    if others.contains(where: { File.isSame($0, path) }) {
      throw DataError.unwritable(path: path, reason: "another option names the same file; give another name")
    }
    try Self.checkPlace(path)
    try AtomicFile.check(path)
  }

  /// A run's folder holds what belongs together; nothing else is written there.
  static func checkPlace(_ path: String) throws {
    guard let run = RunFolder.run(around: path) else { return }
    throw DataError.unwritable(
      path: path,
      reason: "it lies in \(run), the folder of a run, which keeps its own files; give another place")
  }

  /// Makes sure that so many bytes can be written.
  ///
  /// - Throws: ``DataError/Kind/unwritable``
  func check(bytes: Int) throws { try AtomicFile.check(path, bytes: bytes) }

  /// Makes sure that the file's disk has room for so many bytes, in several files.
  ///
  /// - Throws: ``DataError/Kind/unwritable``
  func checkRoom(bytes: Int) throws { try AtomicFile.checkRoom(path, bytes: bytes) }

  /// Replaces the file by `text`, whole or not at all.
  func write(_ text: String) throws { try File.writeAtomically(text, to: path) }

  /// Writes what an interrupted command has come to: beside the file, where there is one.
  ///
  /// - Returns: where it is.
  func writeUnfinished(_ text: String) throws -> String {
    let place = unfinishedPath { !FileManager.default.fileExists(atPath: $0) || !File.isRegular($0) }
    try File.writeAtomically(text, to: place)
    return place
  }

  /// The file, or the first name beside it that may be written.
  func unfinishedPath(_ mayBeWritten: (String) -> Bool) -> String {
    if mayBeWritten(path) { return path }
    return Self.beside(path, ".interrupted", mayBeWritten)
  }

  /// `path` with a suffix, and a number behind it where such files are there already.
  static func beside(_ path: String, _ suffix: String, _ mayBeWritten: (String) -> Bool) -> String {
    var number = 1
    while true {
      let name = File.beside(path, suffix: number == 1 ? suffix : "\(suffix).\(number)")
      if mayBeWritten(name) { return name }
      number += 1
    }
  }
}
