import AdjointArray

/// What is wrong with a mathematical expression that a user typed: what, where, and what would be right.
public struct ExpressionError: DocumentedError, Hashable {
  public enum Kind: String, CaseIterable, Sendable {
    case emptyExpression, unexpectedCharacter, malformedNumber
    /// Something to compute with is missing: at the end, between operators, in parentheses.
    case missingOperand
    /// Two values side by side: there is no implicit multiplication.
    case missingOperator
    case unbalancedParenthesis, unexpectedComma
    case unknownFunction
    /// A function's name without arguments.
    case functionWithoutArguments
    case wrongArgumentCount
    case nestedTooDeeply
  }

  public let kind: Kind
  /// Where, counted in characters from 1.
  public let column: Int
  public let problem: String
  /// What would be right.
  public let remedy: String
  /// The part of the expression around `column`, and how many of its characters come before it.
  private let window: String
  private let offset: Int

  init(_ kind: Kind, column: Int, in text: [Character], problem: String, remedy: String) {
    self.kind = kind
    self.column = column
    self.problem = problem
    self.remedy = remedy
    let start = min(text.count, max(0, column - 1 - 40))
    let end = min(text.count, column - 1 + 30)
    window = String(text[start..<end].map { $0.isWhitespace ? " " : $0.isPrintable ? $0 : "?" })
    offset = column - 1 - start
  }

  /// One line: `column 5: sqr is not a function; did you mean sqrt?`
  public var message: String { "column \(column): \(problem); \(remedy)" }

  /// Two lines: the expression (the part around the error where it is long) and a caret below the place.
  public var excerpt: String { window + "\n" + String(repeating: " ", count: offset) + "^" }
}
