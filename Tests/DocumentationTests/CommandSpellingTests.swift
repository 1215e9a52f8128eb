import Foundation
import Testing

@testable import AdjointCLI

/// Remedies are written for Swift, and must not come out of the command as such.
@Suite("Remedies on the command line")
struct CommandSpellingTests {
  /// What only a program in Swift can meet: the command gives the library no other tables, types or calls.
  private static let programs = [
    "make it with Workspace(for:) of this executable", "make them with emptyResults()",
    "cast one, as in x.cast(to: .",
    "use split(axis:)", "diagonalMatrix() makes a diagonal", "the trace's randomKey()",
    "convert it with converted(to: .",
    "as Dense(", "table.scaled(by: trained.scaling)", "read it with Table(csv:encoding:)",
    "read it with Table(csv:features:)",
    "or use vjp", "make a RunFolder for each call of fit",
  ]

  /// The texts of the sources of the modules whose errors reach the command; `§` for what is put in.
  private static func texts() throws -> [String] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")
      .standardized
    var result: [String] = []
    for module in ["AdjointArray", "AdjointData", "AdjointJIT", "Adjoint"] {
      let files = try #require(
        FileManager.default.enumerator(at: root.appending(path: module), includingPropertiesForKeys: nil))
      for case let file as URL in files where file.pathExtension == "swift" {
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        where !line.drop(while: { $0 == " " }).hasPrefix("//") {
          // An interpolation's own quotes would end the text too soon.
          let bare = line.replacing(/\\\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/, with: "§")
          result += bare.matches(of: /"((?:[^"\\]|\\.)*)"/).map { String($0.output.1) }
        }
      }
    }
    return result
  }

  /// A member, an argument with its label, or a call.
  private static func isSwift(_ text: String) -> Bool {
    text.contains(/(?:^|[ (])\.[a-z§]\w*|\w\((?:\w+:)*\)|\w: (?:true|false)\b|\w\.[a-z]\w+\(|\b[A-Z]\w+\(§/)
      && !text.contains(/^\S+$/)
  }

  @Test("each one that the library's messages have is known here, or said otherwise by the command")
  func everyRemedyIsKnown() throws {
    var found = 0
    for text in try Self.texts() where Self.isSwift(text) {
      found += 1
      if Self.programs.contains(where: text.contains) || text.contains(".npy file")
        || text.contains(".npz file")
      {
        continue
      }
      // What may be put in.
      for name in ["binary", "semicolon"] {
        let message = text.replacing("use §", with: "use .meanSquaredError").replacing("§", with: name)
        let said = CommandSpelling.of(message)
        #expect(!Self.isSwift(said), "\(said)")
      }
    }
    #expect(found > 10)
  }

  @Test(
    "they are options with their values",
    arguments: [
      (
        "read its words as categories (categories: .words)",
        "read its words as categories (--categories words)"
      ),
      ("(for features missing: .mean or .dropRow does so)", "(for features --missing mean or drop does so)"),
      ("(unseen: .zeros)", "(--unseen zeros)"),
      ("(say separator: .semicolon);", "(say --separator semicolon);"),
      (
        "use .meanSquaredError, or say task: .binary when the table is made",
        "use --loss mean-squared-error, or say --task binary"
      ),
    ])
  func options(_ swift: String, _ option: String) {
    #expect(CommandSpelling.of(swift) == option)
  }
}
