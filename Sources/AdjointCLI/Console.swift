import Adjoint
import Foundation

/// Where commands write.
enum Console {
  /// A result, on standard output. Where it cannot be written, the command has failed.
  static func print(_ text: String) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    } catch {
      note("error: cannot write to standard output: \(String(cString: strerror(errno)))")
      exit(1)
    }
  }

  /// Anything else, on standard error. Nobody can be told where that fails.
  static func note(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
  }

  /// Writes over the line on which a terminal's standard error stands.
  static func progress(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(text)".utf8))
  }

  /// `value` as one JSON object with snake_case keys; numbers that JSON lacks are the texts `nan`, `inf`, `-inf`.
  static func json(_ value: some Encodable, isOneLine: Bool = false) throws -> String {
    try JSONText.encode(
      value, isOneLine ? .withoutEscapingSlashes : [.withoutEscapingSlashes, .prettyPrinted])
  }
}

/// A file that a command will write at its end.
struct OutputFile {
  let path: String

  /// Makes sure, before any work is done, that the file can be written.
  ///
  /// - Parameter inputs: files that the command reads, and must not replace.
  /// - Throws: ``DataError/unwritable(path:reason:)``
  init(_ path: String, inputs: [String] = []) throws {
    self.path = path
    func fail(_ reason: String) -> DataError { .unwritable(path: path, reason: reason) }
    func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
    if path.isEmpty { throw fail("the name is empty") }
    if inputs.contains(where: { resolved($0) == resolved(path) }) {
      throw fail("it is the file that is read; give another name")
    }
    var isDirectory: ObjCBool = false
    let manager = FileManager.default
    if manager.fileExists(atPath: path, isDirectory: &isDirectory) {
      if isDirectory.boolValue { throw fail("it is a directory") }
      if !manager.isWritableFile(atPath: path) { throw fail("permission denied") }
      // A terminal or a pipe is written to as it is.
      let kind = try? manager.attributesOfItem(atPath: resolved(path))[.type] as? FileAttributeType
      if let kind, kind != .typeRegular { return }
    }
    let folder = (resolved(path) as NSString).deletingLastPathComponent
    guard manager.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw fail("there is no folder \(folder)")
    }
    // Permissions do not tell all (read-only file systems, the superuser), so a file is made.
    let probe = folder + "/.adjoint-\(UUID().uuidString).tmp"
    guard manager.createFile(atPath: probe, contents: nil) else {
      throw fail("no file can be made in \(folder)")
    }
    try? manager.removeItem(atPath: probe)
  }

  /// Replaces the file by `text`, whole or not at all.
  func write(_ text: String) throws { try File.writeAtomically(text, to: path) }
}
