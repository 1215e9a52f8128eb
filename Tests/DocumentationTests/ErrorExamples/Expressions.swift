import Adjoint

extension ErrorExample {
  static let expressions: [ErrorExample] = [
    ErrorExample("empty-expression") {
      // snippet: empty-expression
      _ = try ParsedExpression(" ")
      // end
    },
    ErrorExample("unexpected-character") {
      // snippet: unexpected-character
      _ = try ParsedExpression("x²")
      // end
    },
    ErrorExample("malformed-number") {
      // snippet: malformed-number
      _ = try ParsedExpression("1.2.3")
      // end
    },
    ErrorExample("missing-operand") {
      // snippet: missing-operand
      _ = try ParsedExpression("x + * y")
      // end
    },
    ErrorExample("missing-operator") {
      // snippet: missing-operator
      _ = try ParsedExpression("2x")
      // end
    },
    ErrorExample("unbalanced-parenthesis") {
      // snippet: unbalanced-parenthesis
      _ = try ParsedExpression("(x + 1")
      // end
    },
    ErrorExample("unexpected-comma") {
      // snippet: unexpected-comma
      _ = try ParsedExpression("3,14*x")
      // end
    },
    ErrorExample("unknown-function") {
      // snippet: unknown-function
      _ = try ParsedExpression("x + sqr(x)")
      // end
    },
    ErrorExample("function-without-arguments") {
      // snippet: function-without-arguments
      _ = try ParsedExpression("1 + sin x")
      // end
    },
    ErrorExample("wrong-argument-count") {
      // snippet: wrong-argument-count
      _ = try ParsedExpression("max(x)")
      // end
    },
    ErrorExample("nested-too-deeply") {
      // snippet: nested-too-deeply
      let text = String(repeating: "(", count: 2_000) + "x" + String(repeating: ")", count: 2_000)
      _ = try ParsedExpression(text)
      // end
    },
  ]
}
