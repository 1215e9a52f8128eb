/// Lines of C with their indentation.
struct CWriter {
  private var entries: [(indent: Int, text: String)] = []
  private var depth = 0

  /// No line is longer than this, if it has a place to be broken at.
  static let width = 100

  /// Writes a statement or declaration; what is too long goes on, indented, after a comma or before an operator.
  mutating func line(_ text: String) {
    if text.isEmpty { return append("", indent: 0) }
    var indent = 2 * depth
    if indent + text.utf8.count <= Self.width { return append(text, indent: indent) }
    var rest = Array(text.utf8)[...]
    while indent + rest.count > Self.width, let end = place(toBreak: rest.prefix(Self.width - indent)) {
      append(String(decoding: rest[..<end], as: UTF8.self), indent: indent)
      rest = rest[(end + 1)...]
      indent = 2 * depth + 4
    }
    append(String(decoding: rest, as: UTF8.self), indent: indent)
  }

  private mutating func append(_ text: String, indent: Int) {
    entries.append((indent, text))
  }

  /// The last space after a comma or, without one, before an operator.
  private func place(toBreak text: ArraySlice<UInt8>) -> Int? {
    let space = UInt8(ascii: " ")
    let spaces = text.indices.dropFirst().dropLast(2).filter { text[$0] == space }
    return spaces.last { text[$0 - 1] == UInt8(ascii: ",") }
      ?? spaces.last { text[$0 + 2] == space && "+-*/?:&|".utf8.contains(text[$0 + 1]) }
  }

  /// Writes `head {`, what `body` writes, and `}`.
  mutating func block(_ head: String, _ body: (inout CWriter) -> Void) {
    open(head)
    body(&self)
    close()
  }

  /// Begins a block that `close` ends.
  mutating func open(_ head: String) {
    line(head.isEmpty ? "{" : head + " {")
    depth += 1
  }

  mutating func close() {
    depth -= 1
    line("}")
  }

  /// A comment, wrapped like lines of code.
  mutating func comment(_ paragraphs: [String]) {
    var wrapped: [String] = []
    for paragraph in paragraphs.map(Self.harmless) {
      if paragraph.utf8.count <= Self.width - 6 - 2 * depth {
        wrapped.append(paragraph)
        continue
      }
      var current = ""
      for word in paragraph.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false) {
        if !current.isEmpty {
          if current.utf8.count + word.count > Self.width - 6 - 2 * depth {
            wrapped.append(current)
            current = "  "
          } else {
            current += " "
          }
        }
        current += Substring(word)
      }
      wrapped.append(current)
    }
    for (index, text) in wrapped.enumerated() {
      append(
        (index == 0 ? "/* " : "   ") + text + (index == wrapped.count - 1 ? " */" : ""), indent: 2 * depth)
    }
  }

  /// What a comment may hold: a name in it, as that of a file, could end or nest the comment, or show another order of the text
  /// than the compiler's.
  private static func harmless(_ text: String) -> String {
    let (star, slash) = (UInt8(ascii: "*"), UInt8(ascii: "/"))
    var last = UInt8(ascii: " ")
    let isPlain = text.utf8.allSatisfy { byte in
      defer { last = byte }
      return 0x20...0x7E ~= byte && (last, byte) != (star, slash) && (last, byte) != (slash, star)
    }
    if isPlain { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch (scalar, result.unicodeScalars.last) {
      case ("/", "*"), ("*", "/"): result.unicodeScalars.append(contentsOf: [" ", scalar])
      case (_, _) where scalar.properties.generalCategory == .control || scalar.isOfDirection:
        result.unicodeScalars.append(" ")
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// How many lines were written.
  var count: Int { entries.count }

  var lines: [String] { entries.map { String(repeating: " ", count: $0.indent) + $0.text } }

  var text: String {
    var result = ""
    result.reserveCapacity(entries.reduce(0) { $0 + $1.indent + $1.text.utf8.count + 1 })
    for (indent, text) in entries {
      for _ in 0..<(indent / 2) { result += "  " }
      result += text
      result += "\n"
    }
    return result
  }
}

extension Unicode.Scalar {
  /// Whether it changes lines, or the direction in which text is shown.
  fileprivate var isOfDirection: Bool {
    switch value {
    case 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
