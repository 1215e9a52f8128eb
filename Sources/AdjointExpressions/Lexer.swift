/// A word of an expression and where it stands.
struct Token {
  enum Kind: Equatable {
    case number(Double)
    case name(String)
    case plus, minus, times, divide, power, open, close, comma, end
  }

  let kind: Kind
  /// Counted in characters from 1.
  let column: Int
  let text: String

  /// Whether a value may begin with it, signs apart.
  var beginsOperand: Bool {
    switch kind {
    case .number, .name, .open: true
    case .plus, .minus, .times, .divide, .power, .close, .comma, .end: false
    }
  }
}

/// Cuts the characters of an expression into tokens, of which the last is `end`.
struct Lexer {
  let text: [Character]
  private var position = 0

  init(_ text: [Character]) { self.text = text }

  static func tokens(_ text: [Character]) throws(ExpressionError) -> [Token] {
    var lexer = Lexer(text)
    var tokens: [Token] = []
    while let token = try lexer.next() { tokens.append(token) }
    tokens.append(Token(kind: .end, column: text.count + 1, text: "the end"))
    return tokens
  }

  private mutating func next() throws(ExpressionError) -> Token? {
    while position < text.count, text[position].isWhitespace { position += 1 }
    guard position < text.count else { return nil }
    let start = position
    let character = text[position]
    if character.isASCIIDigit || character == "." { return try number() }
    if character.isLetter || character == "_" { return name() }
    position += 1
    let kind: Token.Kind
    switch character {
    case "+": kind = .plus
    // Also the signs that come with text copied from a document.
    case "-", "−", "–": kind = .minus
    case "*" where peek(0) == "*":
      position += 1
      kind = .power
    case "*", "·", "×", "⋅": kind = .times
    case "/", "÷": kind = .divide
    case "^": kind = .power
    case "(": kind = .open
    case ")": kind = .close
    case ",": kind = .comma
    default:
      throw ExpressionError(
        .unexpectedCharacter, column: start + 1, in: text,
        problem: "\(character.quoted) has no meaning here", remedy: Self.remedy(for: character))
    }
    return Token(kind: kind, column: start + 1, text: String(text[start..<position]))
  }

  private static func remedy(for character: Character) -> String {
    switch character {
    case "²": "write ^2"
    case "³": "write ^3"
    case "√": "write sqrt(x)"
    case "[", "{": "write ("
    case "]", "}": "write )"
    case "|": "write abs(x)"
    case ";": "write a comma between arguments"
    case "=": "give only the right-hand side"
    default: "use numbers, names, parentheses and + - * / ^"
    }
  }

  private func peek(_ offset: Int) -> Character? {
    position + offset < text.count ? text[position + offset] : nil
  }

  private mutating func skipDigits() {
    while let character = peek(0), character.isASCIIDigit { position += 1 }
  }

  /// Digits with an optional point and an optional exponent; an `e` without digits after it is the number e.
  private mutating func number() throws(ExpressionError) -> Token {
    let start = position
    skipDigits()
    if peek(0) == "." {
      position += 1
      skipDigits()
    }
    if peek(0) == "e" || peek(0) == "E" {
      let sign = peek(1) == "+" || peek(1) == "-" || peek(1) == "−" ? 1 : 0
      if let digit = peek(1 + sign), digit.isASCIIDigit {
        position += 1 + sign
        skipDigits()
      }
    }
    // A further point, as in 1.2.3, belongs to the same mistake.
    let wellFormed = peek(0) != "."
    while let character = peek(0), character == "." || (!wellFormed && character.isASCIIDigit) {
      position += 1
    }
    let written = String(text[start..<position])
    guard wellFormed, let value = Double(String(text[start..<position].map { $0 == "−" ? "-" : $0 })) else {
      throw ExpressionError(
        .malformedNumber, column: start + 1, in: text, problem: "\(written.shortened) is not a number",
        remedy: "write numbers like 2, 0.5 or 1e-3")
    }
    guard value.isFinite else {
      throw ExpressionError(
        .malformedNumber, column: start + 1, in: text, problem: "\(written.shortened) is too large",
        remedy: "numbers go up to 1.8e308; infinity is written inf")
    }
    return Token(kind: .number(value), column: start + 1, text: written)
  }

  /// Letters, digits and underscores; points only before a letter, as in `hidden.weight`.
  private mutating func name() -> Token {
    let start = position
    while let character = peek(0) {
      if character.isNamePart {
        position += 1
      } else if character == ".", let following = peek(1), following.isLetter || following == "_" {
        position += 2
      } else {
        break
      }
    }
    let name = String(text[start..<position])
    return Token(kind: .name(name), column: start + 1, text: name)
  }

  /// Whether the whole of `text` is one name.
  static func isName(_ text: String) -> Bool {
    var lexer = Lexer(Array(text))
    guard let first = lexer.text.first, first.isLetter || first == "_" else { return false }
    _ = lexer.name()
    return lexer.position == lexer.text.count
  }
}

extension Character {
  var isASCIIDigit: Bool { ("0"..."9").contains(self) && isASCII }
  var isNamePart: Bool { isLetter || self == "_" || isASCIIDigit }

  /// What a terminal may see: control characters and long stacks of marks as the number of their first scalar.
  var isPrintable: Bool {
    unicodeScalars.count <= 8
      && unicodeScalars.allSatisfy {
        switch $0.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate:
          false
        default: true
        }
      }
  }

  fileprivate var quoted: String {
    guard !isPrintable, let scalar = unicodeScalars.first else { return "“\(self)”" }
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
