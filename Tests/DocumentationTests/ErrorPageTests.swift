import Adjoint
import AdjointConfiguration
import Foundation
import Testing

@testable import AdjointCLI

/// A section of docs/errors.md: a heading of the third level and what stands below it.
private struct Section {
  let anchor: String
  let lines: [Substring]

  /// The sections of `page` in order.
  static func all(of page: String) -> [Section] {
    var result: [Section] = []
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("### ") {
        result.append(Section(anchor: anchor(of: line.dropFirst(4)), lines: []))
      } else if !line.hasPrefix("## "), let last = result.popLast() {
        result.append(Section(anchor: last.anchor, lines: last.lines + [line]))
      }
    }
    return result
  }

  /// As GitHub makes it: letters and digits in lower case, hyphens for spaces, nothing else.
  private static func anchor(of heading: Substring) -> String {
    String(
      heading.lowercased().map { $0 == " " ? "-" : $0 }.filter { $0.isLetter || $0.isNumber || $0 == "-" })
  }

  /// The lines between ```` ```language ```` and ```` ``` ````; `nil` where there is no such block.
  func block(_ language: String) -> [Substring]? {
    guard let start = lines.firstIndex(of: "```" + language) else { return nil }
    return Array(lines[(start + 1)...].prefix { $0 != "```" })
  }
}

@Suite("docs/errors.md explains every error")
struct ErrorPageTests {
  /// Every error that the library and the command throw.
  private static let types: [any DocumentedError.Type] = [
    ArrayError.self, MemoryError.self, GraphError.self, GraphTextError.self, TraceError.self,
    InterpreterError.self,
    ExecutionError.self, GradientCheckError.self,
    CompilationError.self, InstructionSetError.self, ThreadCountError.self, TrainingError.self,
    UnknownNameError.self,
    ModelFileError.self,
    DataError.self, ExpressionError.self, UsageError.self, CommandError.self, ConfigurationError.self,
  ]

  private static func anchors<E: DocumentedError>(_ type: E.Type) -> [String] {
    E.Kind.allCases.map { E.anchor(of: $0) }
  }

  private static func text(_ path: String) throws -> String {
    let tests = URL(filePath: #filePath).deletingLastPathComponent()
    return try String(contentsOf: tests.appending(path: path), encoding: .utf8)
  }

  private static func sections() throws -> [Section] { Section.all(of: try text("../../docs/errors.md")) }

  @Test("each kind of error has a section, and each section is about one, and they have no name in common")
  func everyKindHasASection() throws {
    let sections = try Self.sections().map(\.anchor)
    #expect(Set(sections).count == sections.count)
    let kinds = Set(Self.types.flatMap { Self.anchors($0) })
    #expect(kinds.subtracting(sections).sorted() == [], "kinds without a section")
    #expect(Set(sections).subtracting(kinds).sorted() == [], "sections about nothing")
  }

  @Test("the list of errors above is complete: no other type of the sources is an Error")
  func noOtherErrors() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    var found: Set<String> = []
    for folder in ["Sources", "codegen/Emitter"] {
      let files = try #require(
        FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil))
      for case let file as URL in files where file.pathExtension == "swift" {
        let source = try String(contentsOf: file, encoding: .utf8)
        for match in source.matches(
          of: /(?:struct|enum|class|extension) (\w+): [^{]*\b(?:DocumentedError|Error)\b/)
        {
          found.insert(String(match.output.1))
        }
      }
    }
    #expect(found == Set(Self.types.map { "\($0)" }))
  }

  @Test("each section but those of the command has an example, and each example a section")
  func everySectionHasAnExample() throws {
    let anchors = ErrorExample.all.map(\.anchor)
    #expect(Set(anchors).count == anchors.count)
    let command =
      Self.anchors(UsageError.self) + Self.anchors(CommandError.self) + Self.anchors(ConfigurationError.self)
    #expect(Set(anchors) == Set(try Self.sections().map(\.anchor)).subtracting(command))
  }

  @Test("what an example throws is what the page says", arguments: ErrorExample.all)
  func messagesAreTrue(_ example: ErrorExample) throws {
    let section = try #require(try Self.sections().first { $0.anchor == example.anchor })
    let source = try String(contentsOfFile: example.path, encoding: .utf8)
    let region = SnippetText.regions(ofSource: source).first { $0.name == example.anchor }
    #expect(section.block("swift") == region?.lines, "the code of \(example) differs")
    do {
      try example.run()
      Issue.record("\(example) throws nothing")
    } catch {
      let marker = source.split(separator: "\n", omittingEmptySubsequences: false).firstIndex {
        $0.drop { $0 == " " } == "// snippet: \(example.anchor)"
      }
      let message = "\(error)".replacing(/DocumentationTests\/\w+\.swift:(\d+)/) { match in
        "main.swift:\((Int(match.output.1) ?? 0) - (marker ?? 0) - 1)"
      }
      #expect(section.block("text")?.joined(separator: "\n") == message)
    }
  }

  @Test("an anchor is the kind's name in words")
  func anchors() {
    #expect(GraphError.anchor(of: .shapeMismatch) == "shape-mismatch")
    #expect(DataError.anchor(of: .notUTF8) == "not-utf8")
    #expect(ModelFileError.anchor(of: .notAModel) == "not-a-model")
    let error = DataError.emptyFile(file: "t.csv")
    #expect("\(error)" == error.message + " (docs/errors.md#empty-file)")
  }
}
