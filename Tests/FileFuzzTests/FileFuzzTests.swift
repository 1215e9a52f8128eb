import FileFuzz
import Foundation
import Testing

@Suite("Files that were damaged anywhere are read, or refused by an error that helps")
struct FileFuzzTests {
  private static let cases = ["model": 300, "checkpoint": 300]

  @Test("a part of what make fuzz-files does", arguments: FileFormat.names)
  func damagedFiles(name: String) throws {
    let format = try #require(try FileFormat(named: name))
    let folder = FileFormat.temporaryFolder.appending(path: "adjoint-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var (read, refused) = (0, 0)
    for number in 0..<UInt64(Self.cases[name] ?? 3000) {
      switch try format.examine(number, seed: 2026, in: folder).0 {
      case .read: read += 1
      case .refused: refused += 1
      case .failed(let fault): Issue.record("\(name), case \(number): \(fault)")
      }
    }
    // Both ways were taken.
    #expect(read > 3 && refused > 30, "\(read) read, \(refused) refused")
  }

  private static let corpora = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../FuzzCorpus"
  ).standardized

  /// Among them are those that something was found with.
  @Test("what make fuzz-guided came upon", arguments: FileFormat.names)
  func guidedInputs(name: String) throws {
    let format = try #require(try FileFormat(named: name))
    let path = FileFormat.path(name, UInt64.random(in: 0 ... .max), in: FileFormat.temporaryFolder)
    defer { unlink(path) }
    let folder = Self.corpora.appending(path: name)
    let inputs = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(inputs.count > 10)
    for input in inputs.sorted() {
      let bytes = try Data(contentsOf: folder.appending(path: input))
      if case .failed(let fault) = try format.examine(guided: Array(bytes), at: path) {
        Issue.record("\(name), \(input): \(fault)")
      }
    }
  }

  @Test("each format has a corpus, and each corpus a format")
  func corpusOfEachFormat() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpora.path)
    #expect(folders.sorted() == FileFormat.names.sorted())
  }
}
