import Foundation
import Testing

@Suite("The README shows code that is compiled and run")
struct ReadmeTests {
  private static func text(_ path: String) throws -> String {
    let tests = URL(filePath: #filePath).deletingLastPathComponent()
    return try String(contentsOf: tests.appending(path: path), encoding: .utf8)
  }

  @Test("every Swift block is a region of Snippets.swift")
  func blocksAreRegions() throws {
    let blocks = SnippetText.blocks(ofPage: try Self.text("../../README.md"))
    let regions = SnippetText.regions(ofSource: try Self.text("Snippets.swift"))
    #expect(!blocks.isEmpty, "README.md has no Swift block")
    for block in blocks {
      #expect(
        regions.contains { $0.lines == block.lines },
        "README.md, \(block): this block is no region of Tests/DocumentationTests/Snippets.swift")
    }
    for region in regions {
      #expect(
        blocks.contains { $0.lines == region.lines },
        "the region '\(region)' of Snippets.swift is not in README.md")
    }
  }

  @Test("what the blocks import is what Snippets.swift imports")
  func importsAreMade() throws {
    let source = try Self.text("Snippets.swift")
    for block in SnippetText.blocks(ofPage: try Self.text("../../README.md")) {
      for line in block.imports {
        #expect(source.contains("\(line)\n"), "README.md, \(block): '\(line)' is not in Snippets.swift")
      }
    }
  }

  @Test("every region is the beginning of a test, so it runs")
  func regionsRun() throws {
    for region in SnippetText.regions(ofSource: try Self.text("Snippets.swift")) {
      #expect(region.isRun, "'// snippet: \(region)' does not follow the line '@Test … func … {'")
      #expect(!region.lines.isEmpty)
    }
  }
}

@Suite("Blocks and regions are read as written")
struct SnippetTextTests {
  @Test("a page's Swift blocks, without imports and indentation, and no other blocks")
  func page() {
    let page = """
      # Title
      ```swift
      import Adjoint

      let x = 1
        print(x)
      ```
      ```sh
      make demo
      ```
      1. A list:
         ```swift
         let y = 2
         ```
      """
    let blocks = SnippetText.blocks(ofPage: page)
    #expect(blocks.map(\.name) == ["line 2", "line 12"])
    #expect(blocks.map(\.lines) == [["let x = 1", "  print(x)"], ["let y = 2"]])
    #expect(blocks.map(\.imports) == [["import Adjoint"], []])
  }

  @Test("a file's regions, and whether a test opens before them")
  func source() {
    let source = """
      @Test("one") func one() {
        // snippet: first
        let x = 1

        print(x)
        // end
      }
      func two() {
        // snippet: second
        let y = 2
        // end
      }
      """
    let regions = SnippetText.regions(ofSource: source)
    #expect(regions.map(\.name) == ["first", "second"])
    #expect(regions.map(\.lines) == [["let x = 1", "", "print(x)"], ["let y = 2"]])
    #expect(regions.map(\.isRun) == [true, false])
  }
}
