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
}
