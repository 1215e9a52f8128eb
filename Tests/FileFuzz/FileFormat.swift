import AdjointArray
import AdjointData
import CAllocationCounter
import FileMutations
import Foundation

/// A kind of file that users give: how to make one that is damaged somewhere, and what a user's program does with it.
package struct FileFormat {
  /// Reads the file at a path, and returns what is then done with what was read.
  package typealias Reading = (String) throws -> () throws -> Void

  package let name: String
  /// The most bytes of memory that reading takes for each byte of a file.
  let ratio: Int
  /// Texts are given as they are: their errors know of no file.
  var isText = false
  /// Makes a damaged file, and says by a number in which way it is to be read.
  let damage: (inout FileMutator) throws -> (bytes: [UInt8], way: UInt8)
  let reading: (_ way: UInt8) throws -> Reading
  let pieces: [[UInt8]]
  /// How content that ``GuidedInput`` holds becomes a file, with lengths and checksums that are right.
  var file: (_ content: [UInt8], _ way: UInt8) -> [UInt8] = { content, _ in content }
  /// What guided changes begin with, each with some ways of reading it.
  let originals: [(content: [UInt8], ways: [UInt8])]

  /// What reading takes for the smallest file: buffers, and, for models, what checking a graph takes.
  static let leastMemory = 8 << 20
  /// No message is longer, whatever is in a file.
  static let longestMessage = 4000

  package enum Outcome: Equatable {
    case read
    case refused
    /// What should not have happened.
    case failed(String)
  }

  /// Writes the damaged file of this number to a folder, reads it there, and removes it unless that fails.
  ///
  /// - Returns: the outcome, and the most bytes of memory that reading took.
  package func examine(_ number: UInt64, seed: UInt64, in folder: URL) throws -> (Outcome, peak: Int) {
    var mutator = FileMutator(seed: (seed &* 0x9E37_79B9) ^ number, pieces: pieces)
    let (bytes, way) = try damage(&mutator)
    return try examine(bytes, way, at: Self.path(name, number, in: folder))
  }

  /// Writes a file, reads it in this way, and removes it unless that fails.
  func examine(_ bytes: [UInt8], _ way: UInt8, at path: String) throws -> (Outcome, peak: Int) {
    let read = try reading(way)
    try Data(bytes).write(to: URL(filePath: path))
    let before = allocated_bytes()
    allocation_peak_reset()
    let outcome = outcome(of: read, path)
    let peak = allocation_peak() - before
    let most = Self.leastMemory + ratio * bytes.count
    let bounded =
      peak <= most
      ? outcome : .failed("\(peak) bytes of memory for \(bytes.count) bytes, at most \(most) were expected")
    if case .failed = bounded { return (bounded, peak) }
    unlink(path)
    return (bounded, peak)
  }

  /// In memory where the system has such a folder: files that are written safely wait for a disk otherwise.
  package static var temporaryFolder: URL {
    let memory = "/dev/shm"
    return access(memory, W_OK) == 0 ? URL(filePath: memory) : FileManager.default.temporaryDirectory
  }

  package static func path(_ name: String, _ number: UInt64, in folder: URL) -> String {
    folder.appending(path: "\(number).\(name)").path
  }

  private func outcome(of read: Reading, _ path: String) -> Outcome {
    let use: () throws -> Void
    do { use = try read(path) } catch {
      return fault(in: error, isText ? nil : path).map { .failed($0) } ?? .refused
    }
    // What was read is used outside of the measured memory's bound only where that is the model's own choice.
    do { try use() } catch {
      return fault(in: error, nil).map { .failed("in use: \($0)") } ?? .read
    }
    return .read
  }

  /// What is wrong with an error: it must be one of ours, on one line, name the file, and say what would be right.
  private func fault(in error: any Error, _ path: String?) -> String? {
    guard let documented = error as? any DocumentedError else {
      return "an error without documentation, \(type(of: error)): \(error)"
    }
    let message = documented.message
    if message.contains(where: \.isNewline) { return "an error of several lines: \(message)" }
    if message.utf8.count > Self.longestMessage { return "an error of \(message.utf8.count) bytes" }
    if let path, !message.contains(path) { return "an error that does not name the file: \(message)" }
    // What would be right stands behind a semicolon.
    let parts = message.split(separator: "; ")
    if parts.count < 2 { return "an error without a remedy: \(message)" }
    return nil
  }
}
