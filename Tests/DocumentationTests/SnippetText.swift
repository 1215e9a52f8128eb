/// A piece of Swift that is shown to readers: a block of a page, or a region of the tests.
struct SnippetText: Equatable, CustomStringConvertible {
  /// The region's name, or the line of the page.
  let name: String
  /// Without the indentation that all lines share, blank lines at either end, and the imports before the rest.
  let lines: [Substring]
  let imports: [Substring]
  /// Whether the line of code before a region opens a `@Test` function.
  let isRun: Bool

  var description: String { name }

  init(name: String, _ raw: [Substring], isRun: Bool = false) {
    var lines = raw.map { line in
      line.allSatisfy(\.isWhitespace) ? "" : line
    }
    let indentation = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
    lines = lines.map { $0.dropFirst(indentation) }
    var imports: [Substring] = []
    while let first = lines.first, first.isEmpty || first.hasPrefix("import ") {
      if !first.isEmpty { imports.append(first) }
      lines.removeFirst()
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    self.name = name
    self.lines = lines
    self.imports = imports
    self.isRun = isRun
  }

  /// The blocks between ```` ```swift ```` and ```` ``` ```` of a page, named by the line on which they open.
  static func blocks(ofPage text: String) -> [SnippetText] {
    var result: [SnippetText] = []
    var open: (line: Int, isSwift: Bool, body: [Substring])?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let trimmed = line.drop { $0 == " " }
      if var block = open {
        if trimmed.hasPrefix("```") {
          if block.isSwift { result.append(SnippetText(name: "line \(block.line)", block.body)) }
          open = nil
        } else {
          block.body.append(line)
          open = block
        }
      } else if trimmed.hasPrefix("```") {
        open = (index + 1, trimmed.dropFirst(3).lowercased().hasPrefix("swift"), [])
      }
    }
    return result
  }

  /// The regions between `// snippet: NAME` and `// end` of a source file.
  static func regions(ofSource text: String) -> [SnippetText] {
    var result: [SnippetText] = []
    var open: (name: String, isRun: Bool, body: [Substring])?
    var previous: Substring = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let trimmed = line.drop { $0 == " " }
      if var region = open {
        if trimmed == "// end" {
          result.append(SnippetText(name: region.name, region.body, isRun: region.isRun))
          open = nil
        } else {
          region.body.append(line)
          open = region
        }
      } else if trimmed.hasPrefix("// snippet: ") {
        let opensTest = previous.contains("@Test") && previous.contains(" func ") && previous.hasSuffix("{")
        open = (String(trimmed.dropFirst("// snippet: ".count)), opensTest, [])
      }
      if !trimmed.isEmpty { previous = line }
    }
    return result
  }
}
