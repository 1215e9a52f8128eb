import Adjoint
import Foundation
import FuzzHarness
import Testing

/// What fuzzing found, shrunk, on every backend.
@Suite struct RegressionTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Regressions")
  static let files = Result {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "txt" }.sorted { $0.path < $1.path }
  }

  @Test func whatOnceFailedAgrees() throws {
    let files = try Self.files.get()
    #expect(!files.isEmpty)
    let examination = Examination(
      Backend.tiles + [.strips, .portable, try .system(.portable), try .system(.native)],
      checksSimplification: true)
    for file in files {
      let specimen = try Specimen(text: String(contentsOf: file, encoding: .utf8))
      let verdict = examination.verdict(on: specimen)
      guard case .agrees = verdict else {
        Issue.record("\(file.lastPathComponent): \(verdict)")
        continue
      }
    }
  }
}
