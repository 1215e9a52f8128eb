import AdjointIR
import Testing

@testable import AdjointExpressions

@Suite("Errors in expressions")
struct ErrorTests {
  static let cases: [(String, ExpressionError.Kind, String)] = [
    ("", .emptyExpression, "column 1: the expression is empty; write one, such as sqrt(x^2 + exp(x^2))"),
    ("  ", .emptyExpression, "column 3: the expression is empty; write one, such as sqrt(x^2 + exp(x^2))"),
    ("2x", .missingOperator, "column 2: an operator is missing between 2 and x; to multiply, write 2*x"),
    ("2(x)", .missingOperator, "column 2: an operator is missing between 2 and (; to multiply, write 2*("),
    ("(a)(b)", .missingOperator, "column 4: an operator is missing between ) and (; to multiply, write )*("),
    ("2e", .missingOperator, "column 2: an operator is missing between 2 and e; to multiply, write 2*e"),
    ("x + sqr(x)", .unknownFunction, "column 5: sqr is not a function; did you mean sqrt?"),
    ("Sin(x)", .unknownFunction, "column 1: Sin is not a function; did you mean sin?"),
    ("sigmiod(x)", .unknownFunction, "column 1: sigmiod is not a function; did you mean sigmoid?"),
    (
      "mod(x, y)", .unknownFunction,
      "column 1: mod is not a function; write rem(x, y), which has the sign of x"
    ),
    ("a(x + 1)", .unknownFunction, "column 1: a is not a function; to multiply, write a*("),
    ("pi(x)", .unknownFunction, "column 1: pi is not a function; to multiply, write pi*("),
    ("1 + sin x", .functionWithoutArguments, "column 5: the function sin has no arguments; write sin(x)"),
    ("exp", .functionWithoutArguments, "column 1: the function exp has no arguments; write exp(…)"),
    ("exp()", .wrongArgumentCount, "column 1: exp takes 1 argument, not 0; write exp(x)"),
    ("2*exp(x, y)", .wrongArgumentCount, "column 3: exp takes 1 argument, not 2; write exp(x)"),
    ("max(x)", .wrongArgumentCount, "column 1: max takes 2 arguments, not 1; write max(x, y)"),
    ("max(a, b, c)", .wrongArgumentCount, "column 1: max takes 2 arguments, not 3; write max(max(x, y), z)"),
    ("x +", .missingOperand, "column 4: there is no value after +; write a number, a name or (…)"),
    ("x + * y", .missingOperand, "column 5: there is no value before *; write a number, a name or (…)"),
    ("()", .missingOperand, "column 2: there is no value before ); write a number, a name or (…)"),
    ("max(x,)", .missingOperand, "column 7: there is no value before ); write a number, a name or (…)"),
    ("(x + 1", .unbalancedParenthesis, "column 1: this ( is never closed; add a )"),
    ("1 + exp(x", .unbalancedParenthesis, "column 5: the ( of exp is never closed; add a )"),
    ("x + 1)", .unbalancedParenthesis, "column 6: this ) has no (; remove it, or add a ( before it"),
    (")", .unbalancedParenthesis, "column 1: this ) has no (; remove it, or add a ( before it"),
    (
      "3,14*x", .unexpectedComma,
      "column 2: a comma outside a function's arguments; write a point in decimal numbers, as in 3.14"
    ),
    ("1.2.3", .malformedNumber, "column 1: 1.2.3 is not a number; write numbers like 2, 0.5 or 1e-3"),
    ("x + .", .malformedNumber, "column 5: . is not a number; write numbers like 2, 0.5 or 1e-3"),
    (
      "1e999", .malformedNumber,
      "column 1: 1e999 is too large; numbers go up to 1.8e308; infinity is written inf"
    ),
    ("x²", .unexpectedCharacter, "column 2: “²” has no meaning here; write ^2"),
    (
      "x\u{1b}[2J", .unexpectedCharacter,
      "column 2: U+001B has no meaning here; use numbers, names, parentheses and + - * / ^"
    ),
    ("f = x", .unexpectedCharacter, "column 3: “=” has no meaning here; give only the right-hand side"),
    (
      "x $ y", .unexpectedCharacter,
      "column 3: “$” has no meaning here; use numbers, names, parentheses and + - * / ^"
    ),
  ]

  @Test("say where, what, and what would be right", arguments: cases)
  func messages(_ text: String, _ kind: ExpressionError.Kind, _ message: String) {
    let error = failure(text)
    #expect(error?.kind == kind)
    #expect(error?.message == message)
  }

  @Test("every kind of error but the nesting's has a case above")
  func allKinds() {
    #expect(Set(Self.cases.map(\.1)).union([.nestedTooDeeply]) == Set(ExpressionError.Kind.allCases))
  }

  @Test("point at the place with a caret")
  func caret() {
    #expect(failure("x + sqr(x)")?.excerpt == "x + sqr(x)\n    ^")
    #expect(failure("x +")?.excerpt == "x +\n   ^")
    #expect(failure("")?.excerpt == "\n^")
    let long = String(repeating: "x + ", count: 100) + "2x" + String(repeating: " + x", count: 100)
    let lines = failure(long)?.excerpt.split(separator: "\n") ?? []
    #expect(lines.count == 2 && lines[0].count == 70 && lines[1].count == 41)
    #expect(lines.first?.dropFirst(40).first == "x")
  }

  /// Random bytes, and random words of the language: neither may trap, and what is read must print and read
  /// back.
  @Test("20,000 random texts never trap")
  func fuzz() throws {
    var random = SplitMix64(seed: 20_260_208)
    let words = [
      "x", "y", "2", "0.5", "1e-3", ".", "(", ")", "(", ")", ",", "+", "-", "*", "/", "^", "**", "exp", "max",
      "e",
      "pi", " ", "sqr", "pow", "é", "²", "nan", "tan", "\r\n", "\u{301}",
    ]
    var accepted = 0
    for round in 0..<20_000 {
      let text: String
      if round % 2 == 0 {
        let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
          UInt8.random(in: 0...255, using: &random)
        }
        text = String(decoding: bytes, as: UTF8.self)
      } else {
        text = (0..<Int.random(in: 1...9, using: &random))
          .map { _ in words[Int.random(in: words.indices, using: &random)] }.joined()
      }
      do throws(ExpressionError) {
        let parsed = try ParsedExpression(text)
        accepted += 1
        let graph = try? parsed.graph()
        let again = graph.flatMap { failure($0.expression(of: $0.outputs[0].node)) }
        #expect(graph != nil && again == nil, "\(text)")
      } catch {
        #expect(error.column >= 1 && error.column <= text.count + 1)
        // The excerpt's own line break is the only control character that a message may have.
        let message = error.message + error.excerpt.replacing("\n", with: "", maxReplacements: 1)
        #expect(message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
      }
    }
    #expect(accepted > 500)
  }
}
