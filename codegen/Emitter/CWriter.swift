/// Lines of C with their indentation.
struct CWriter {
  private(set) var lines: [String] = []
  private var depth = 0

  mutating func line(_ text: String) {
    lines.append(text.isEmpty ? "" : String(repeating: "  ", count: depth) + text)
  }

  /// Writes `head {`, what `body` writes, and `}`.
  mutating func block(_ head: String, _ body: (inout CWriter) -> Void) {
    line(head.isEmpty ? "{" : head + " {")
    depth += 1
    body(&self)
    depth -= 1
    line("}")
  }

  /// A comment, wrapped at about 100 columns.
  mutating func comment(_ paragraphs: [String]) {
    var wrapped: [String] = []
    for paragraph in paragraphs {
      var current = ""
      // A comment's end or start inside the text would end or nest the comment.
      let safe = paragraph.replacing("*/", with: "* /").replacing("/*", with: "/ *")
      for word in safe.split(separator: " ", omittingEmptySubsequences: false) {
        if !current.isEmpty, current.utf8.count + word.utf8.count > 96 {
          wrapped.append(current)
          current = "  " + word
        } else {
          current += current.isEmpty ? String(word) : " " + word
        }
      }
      wrapped.append(current)
    }
    for (index, text) in wrapped.enumerated() {
      line((index == 0 ? "/* " : "   ") + text + (index == wrapped.count - 1 ? " */" : ""))
    }
  }

  var text: String { lines.joined(separator: "\n") + "\n" }
}
