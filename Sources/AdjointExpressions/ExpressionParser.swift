import AdjointIR

/// One operation of an expression; operands are indices of earlier terms, so that no walk recurses.
enum Term: Hashable, Sendable {
  case number(Double)
  /// An index into the variables.
  case variable(Int)
  case unary(UnaryFunction, Int)
  case binary(BinaryFunction, Int, Int)
  /// Base and exponent of `^`.
  case power(Int, Int)
  case composition(Composition, Int)
}

/// Infix mathematics to terms, by operator precedence with a stack of its own (Dijkstra's shunting yard).
///
/// From loosest to tightest: `+ -`, `* /`, signs, `^` (to the right). So −x² is −(x²), and 2^-x is allowed.
struct ExpressionParser {
  /// How deep parentheses may be nested.
  static let depthLimit = 1_000

  private let text: [Character]
  private let tokens: [Token]
  private var position = 0
  private(set) var terms: [Term] = []
  private(set) var variables: [String] = []
  private var variableIndices: [String: Int] = [:]

  /// A term; `isLiteral` where it is a number as written, which a sign before it makes negative.
  private struct Operand {
    let term: Int
    var isLiteral = false
  }
  private enum Symbol {
    case sum(BinaryFunction), product(BinaryFunction), negation, power

    var precedence: Int {
      switch self {
      case .sum: 1
      case .product: 2
      case .negation: 3
      case .power: 4
      }
    }
  }
  private enum Pending {
    case symbol(Symbol)
    case parenthesis(Token)
    case call(ExpressionFunction, Token, arguments: Int)
  }
  private var operands: [Operand] = []
  private var pending: [Pending] = []
  private var depth = 0

  init(_ string: String) throws(ExpressionError) {
    text = Array(string)
    tokens = try Lexer.tokens(text)
    guard tokens.count > 1 else {
      throw failure(
        .emptyExpression, tokens[0], "the expression is empty", "write one, such as sqrt(x^2 + exp(x^2))")
    }
    var expectsOperand = true
    while position < tokens.count {
      let token = tokens[position]
      position += 1
      expectsOperand = expectsOperand ? try readOperand(token) : try readOperator(token)
    }
  }

  private func failure(_ kind: ExpressionError.Kind, _ token: Token, _ problem: String, _ remedy: String)
    -> ExpressionError
  {
    ExpressionError(kind, column: token.column, in: text, problem: problem, remedy: remedy)
  }

  /// Reads a token where a value must begin; whether one must still begin after it.
  private mutating func readOperand(_ token: Token) throws(ExpressionError) -> Bool {
    switch token.kind {
    case .number(let value):
      push(.number(value), isLiteral: true)
      return false
    case .name(let name):
      if tokens[position].kind == .open {
        guard let function = ExpressionFunction.table[name] else {
          throw failure(
            .unknownFunction, token, "\(name.shortened) is not a function",
            ExpressionFunction.remedy(for: name))
        }
        position += 1
        try open(.call(function, token, arguments: 0), token)
        return true
      }
      if ExpressionFunction.table[name] != nil {
        let next = tokens[position]
        throw failure(
          .functionWithoutArguments, token, "the function \(name) has no arguments",
          "write \(name)(\(next.beginsOperand ? next.text.shortened : "…"))")
      }
      if let value = ExpressionFunction.constants[name] {
        push(.number(value), isLiteral: true)
      } else {
        push(.variable(variable(name)))
      }
      return false
    case .plus:
      return true
    case .minus:
      pending.append(.symbol(.negation))
      return true
    case .open:
      try open(.parenthesis(token), token)
      return true
    case .close:
      if case .call(let function, let name, arguments: 0)? = pending.last {
        throw wrongCount(function, name, 0)
      }
      if depth == 0 { throw unopened(token) }
      throw failure(.missingOperand, token, "there is no value before )", "write a number, a name or (…)")
    case .times, .divide, .power, .comma:
      throw failure(
        .missingOperand, token, "there is no value before \(token.text)", "write a number, a name or (…)")
    case .end:
      let last = tokens[position - 2]
      throw failure(
        .missingOperand, token, "there is no value after \(last.text)", "write a number, a name or (…)")
    }
  }

  /// Reads a token after a value; whether a value must begin after it.
  private mutating func readOperator(_ token: Token) throws(ExpressionError) -> Bool {
    switch token.kind {
    case .plus: shift(.sum(.add))
    case .minus: shift(.sum(.subtract))
    case .times: shift(.product(.multiply))
    case .divide: shift(.product(.divide))
    case .power: shift(.power)
    case .comma:
      reduceAll()
      guard case .call(let function, let name, let arguments)? = pending.popLast() else {
        throw failure(
          .unexpectedComma, token, "a comma outside a function's arguments",
          "write a point in decimal numbers, as in 3.14")
      }
      pending.append(.call(function, name, arguments: arguments + 1))
    case .close:
      reduceAll()
      switch pending.popLast() {
      case .call(let function, let name, let arguments):
        try apply(function, name, arguments + 1)
      case .parenthesis, .symbol:
        if let operand = operands.popLast() { operands.append(Operand(term: operand.term)) }
      case nil:
        throw unopened(token)
      }
      depth -= 1
      return false
    case .end:
      reduceAll()
      switch pending.last {
      case .parenthesis(let opening), .call(_, let opening, _):
        throw failure(
          .unbalancedParenthesis, opening,
          opening.kind == .open ? "this ( is never closed" : "the ( of \(opening.text) is never closed",
          "add a )")
      case .symbol, nil: return false
      }
    case .number, .name, .open:
      let previous = tokens[position - 2].text.shortened
      throw failure(
        .missingOperator, token, "an operator is missing between \(previous) and \(token.text.shortened)",
        "to multiply, write \(previous)*\(token.text.shortened)")
    }
    return true
  }

  private func unopened(_ token: Token) -> ExpressionError {
    failure(.unbalancedParenthesis, token, "this ) has no (", "remove it, or add a ( before it")
  }

  private func wrongCount(_ function: ExpressionFunction, _ name: Token, _ count: Int) -> ExpressionError {
    let remedy =
      function.arity == 1
      ? "write \(name.text)(x)"
      : count > 2 && name.text != "pow"
        ? "write \(name.text)(\(name.text)(x, y), z)" : "write \(name.text)(x, y)"
    return failure(
      .wrongArgumentCount, name,
      "\(name.text) takes \(function.arity) argument\(function.arity == 1 ? "" : "s"), not \(count)", remedy)
  }

  private mutating func variable(_ name: String) -> Int {
    if let index = variableIndices[name] { return index }
    variableIndices[name] = variables.count
    variables.append(name)
    return variables.count - 1
  }

  private mutating func push(_ term: Term, isLiteral: Bool = false) {
    operands.append(Operand(term: terms.count, isLiteral: isLiteral))
    terms.append(term)
  }

  private mutating func open(_ opening: Pending, _ token: Token) throws(ExpressionError) {
    depth += 1
    guard depth <= Self.depthLimit else {
      throw failure(
        .nestedTooDeeply, token, "parentheses are nested more than \(Self.depthLimit) deep",
        "give parts of the expression names of their own")
    }
    pending.append(opening)
  }

  /// Applies what binds at least as tightly as `symbol`, then lets it wait for its right operand.
  private mutating func shift(_ symbol: Symbol) {
    while case .symbol(let top)? = pending.last {
      if case .power = symbol { break }
      guard top.precedence >= symbol.precedence else { break }
      pending.removeLast()
      reduce(top)
    }
    pending.append(.symbol(symbol))
  }

  /// Applies all symbols back to the innermost parenthesis.
  private mutating func reduceAll() {
    while case .symbol(let top)? = pending.last {
      pending.removeLast()
      reduce(top)
    }
  }

  private mutating func reduce(_ symbol: Symbol) {
    // The grammar above pushes a value for each operand of a symbol; the guards keep that out of traps.
    guard let right = operands.popLast() else { return }
    if case .negation = symbol {
      if right.isLiteral, case .number(let value) = terms[right.term] {
        terms[right.term] = .number(-value)
        operands.append(right)
      } else {
        push(.unary(.negate, right.term))
      }
      return
    }
    guard let left = operands.popLast() else { return }
    switch symbol {
    case .sum(let function), .product(let function): push(.binary(function, left.term, right.term))
    case .power, .negation: push(.power(left.term, right.term))
    }
  }

  private mutating func apply(_ function: ExpressionFunction, _ name: Token, _ count: Int)
    throws(ExpressionError)
  {
    guard count == function.arity, operands.count >= count else { throw wrongCount(function, name, count) }
    let arguments = operands.suffix(count).map(\.term)
    operands.removeLast(count)
    switch function {
    case .unary(let function): push(.unary(function, arguments[0]))
    case .binary(let function): push(.binary(function, arguments[0], arguments[1]))
    case .composition(let composition): push(.composition(composition, arguments[0]))
    }
  }
}
