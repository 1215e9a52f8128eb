/// What a compiler printed, read for the first error.
struct Diagnostics {
  var output: String
  var source: String
  /// What the compiler calls the text it was given.
  var file: String

  /// The first error of the C, or nil where the output shows none.
  var firstError: CompilationError? {
    for line in output.split(separator: "\n") {
      guard let (prefix, message) = parts(of: line) else { continue }
      for opening in ["undefined symbol '", "unresolved reference to '"] where message.hasPrefix(opening) {
        return .undefinedSymbol(name: String(message.dropFirst(opening.count).prefix { $0 != "'" }))
      }
      return located(prefix, message)
    }
    return nil
  }

  /// Splits `FILE:LINE: error: MESSAGE` before and after `error:`.
  private func parts(of line: Substring) -> (prefix: Substring, message: Substring)? {
    for marker in [": error: ", ": fatal error: "] {
      if let range = line.firstRange(of: marker) {
        return (line[..<range.lowerBound], line[range.upperBound...])
      }
    }
    return nil
  }

  /// An error with its line, from `FILE:LINE` or `FILE:LINE:COLUMN`.
  private func located(_ prefix: Substring, _ message: Substring) -> CompilationError {
    var fields = prefix.split(separator: ":", omittingEmptySubsequences: false)
    var number: Int?
    while fields.count > 1, let last = fields.last, let value = Int(last) {
      number = value
      fields.removeLast()
    }
    guard let number else { return .invalidSource(line: nil, message: String(message), excerpt: nil) }
    let named = fields.joined(separator: ":")
    let full = named == file ? String(message) : "\(named):\(number): \(message)"
    guard let (line, excerpt) = find(number, of: named) else {
      return .invalidSource(line: nil, message: full, excerpt: nil)
    }
    return .invalidSource(line: line, message: full, excerpt: excerpt)
  }

  /// The place in the text of a line as the compiler counts it, that is, after `#line` directives.
  private func find(_ number: Int, of named: String) -> (line: Int, text: String)? {
    var currentFile = file
    var current = 1
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, text) in lines.enumerated() {
      let words = text.split(separator: " ", maxSplits: 2)
      if words.first == "#line", words.count > 1, let next = Int(words[1]) {
        current = next
        if words.count == 3 { currentFile = String(words[2].split(separator: "\"").first ?? words[2]) }
        continue
      }
      if current == number, currentFile == named {
        return (index + 1, String(text.drop { $0 == " " || $0 == "\t" }))
      }
      current += 1
    }
    return nil
  }
}
