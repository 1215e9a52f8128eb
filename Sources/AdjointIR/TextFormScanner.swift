import AdjointArray

/// What is wrong with the text of a graph: where, what, and what would be right, on one line.
public struct GraphTextError: DocumentedError, Hashable {
  public enum Kind: String, CaseIterable, Sendable {
    case graphText
  }

  /// Counted from 1.
  public let line: Int
  /// In characters (Unicode scalars), counted from 1.
  public let column: Int
  public let problem: String
  public let remedy: String

  public var kind: Kind { .graphText }
  public var message: String { "line \(line), column \(column): \(problem); \(remedy)" }
}

/// The words, numbers and strings of the text form. It reads bytes and never goes beyond their end.
struct TextScanner {
  private let bytes: [UInt8]
  private(set) var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  /// A letter, digit or one of `_ . + - /`: what names, numbers and plain file names are made of.
  static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "+"),
      UInt8(ascii: "-"), UInt8(ascii: "/"):
      true
    default: false
    }
  }

  /// The next byte, `nil` at the end.
  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  var seesEndOfLine: Bool { next == nil || next == UInt8(ascii: "\n") }

  var isAtEnd: Bool { position >= bytes.count }

  /// Goes back to a place where it has been.
  mutating func rewind(to position: Int) { self.position = position }

  mutating func skipSpace(acrossLines: Bool = true) {
    while let byte = next {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
      case UInt8(ascii: "\n") where acrossLines: position += 1
      default: return
      }
    }
  }

  /// Skips space and says whether `mark` stands there.
  mutating func sees(_ mark: Unicode.Scalar, acrossLines: Bool = true) -> Bool {
    skipSpace(acrossLines: acrossLines)
    return next == UInt8(ascii: mark)
  }

  mutating func takes(_ mark: Unicode.Scalar) -> Bool {
    guard sees(mark) else { return false }
    position += 1
    return true
  }

  mutating func expect(_ mark: Unicode.Scalar, _ remedy: String) throws(GraphTextError) {
    if !takes(mark) { throw error("\(found()) where '\(mark)' is expected", remedy) }
  }

  /// The word that follows, empty where none does.
  mutating func word() -> String {
    skipSpace()
    let start = position
    while let byte = next, Self.isWord(byte) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  mutating func integer(_ remedy: String) throws(GraphTextError) -> Int {
    skipSpace()
    let start = position
    let word = word()
    guard let value = Int(word) else {
      if word.isEmpty { throw error("\(found()) where a number is expected", remedy) }
      throw error("\(AdjointArray.quoted(word)) is no integer", remedy, at: start)
    }
    return value
  }

  /// `[1, 2, 3]`.
  mutating func integers(_ remedy: String) throws(GraphTextError) -> [Int] {
    try expect("[", remedy)
    var result: [Int] = []
    if takes("]") { return result }
    repeat { result.append(try integer(remedy)) } while takes(",")
    try expect("]", remedy)
    return result
  }

  /// A string in quotes, with the escapes `\" \\ \n \t \r \u{…}`.
  mutating func quoted(_ remedy: String) throws(GraphTextError) -> String {
    try expect("\"", remedy)
    let start = position - 1
    var content: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
      case UInt8(ascii: "\n"):
        throw error("the string is not closed on its line", "close it with '\"'", at: start)
      case UInt8(ascii: "\\"): content += Array(String(try escaped()).utf8)
      default: content.append(byte)
      }
    }
    throw error("the string is not closed", "close it with '\"'", at: start)
  }

  private mutating func escaped() throws(GraphTextError) -> Character {
    let start = position - 1
    let remedy = "use \\\" \\\\ \\n \\t \\r or \\u{…}"
    let byte = next
    position = min(position + 1, bytes.count)
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "u"):
      try expect("{", remedy)
      guard let code = UInt32(word(), radix: 16), let scalar = Unicode.Scalar(code) else {
        throw error("the escape names no character", remedy, at: start)
      }
      try expect("}", remedy)
      return Character(scalar)
    default: throw error("an unknown escape", remedy, at: start)
    }
  }

  /// What stands at the position, for a message.
  func found() -> String {
    guard let byte = next else { return "the end of the text" }
    if byte == UInt8(ascii: "\n") { return "the end of the line" }
    if Self.isWord(byte) {
      let word = bytes[position...].prefix(40).prefix(while: Self.isWord)
      return "'\(String(decoding: word, as: UTF8.self))'"
    }
    return byte > 0x20 && byte < 0x7F ? "'\(Unicode.Scalar(byte))'" : "an unexpected character"
  }

  func error(_ problem: String, _ remedy: String, at offset: Int? = nil) -> GraphTextError {
    let before = bytes[..<min(offset ?? position, bytes.count)]
    let lineStart = (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
    return GraphTextError(
      line: before.count { $0 == UInt8(ascii: "\n") } + 1,
      // A continuation byte of UTF-8 starts no scalar.
      column: before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1, problem: problem, remedy: remedy)
  }
}
