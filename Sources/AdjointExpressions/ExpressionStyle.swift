import AdjointArray
import AdjointIR

/// How a graph is printed as mathematics.
public enum ExpressionStyle: String, Hashable, Sendable, CaseIterable {
  /// What ``ParsedExpression`` reads: `sqrt(x^2 + exp(x^2))`.
  case text
  /// The same symbols in the freedom of paper: numbers come first in a product, and what the laws of real numbers let
  /// stand without parentheses has none. `2*x*sin(y)` where the text is `sin(y)*x*2`; it reads back to an equal
  /// function, not always to the same operations.
  case paper
  /// `\sqrt{x^{2} + \exp\left(x^{2}\right)}`
  case latex
}

/// How tightly an expression holds together, loosest first.
enum Level: Int, Comparable {
  case comparison, sum, product, negation, fraction, power, atom

  static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
}

extension ExpressionStyle {
  /// Whether factors and parentheses may be rearranged.
  var isFree: Bool { self != .text }

  var open: String { self == .latex ? "\\left(" : "(" }
  var close: String { self == .latex ? "\\right)" : ")" }

  /// A constant: the shortest text that reads back as the same number; `pi` and `e` by name.
  func number(_ literal: Literal) -> (text: String, level: Level) {
    let value = literal.doubleValue
    let isNegative = value.sign == .minus && !value.isNaN
    for (number, name) in [(Double.pi, self == .latex ? "\\pi" : "pi"), (2.718281828459045, "e")] {
      if literal.scalarType.isFloatingPoint,
        value.magnitude == Literal(number, as: literal.scalarType).doubleValue
      {
        return isNegative ? ("-" + name, .negation) : (name, .atom)
      }
    }
    if value.isNaN { return (self == .latex ? "\\mathrm{NaN}" : "nan", .atom) }
    if value.isInfinite {
      let name = self == .latex ? "\\infty" : "inf"
      return isNegative ? ("-" + name, .negation) : (name, .atom)
    }
    var digits: String
    switch literal.scalarType {
    case .float32: digits = Float(value).description
    case .float64: digits = value.description
    case .int32, .int64: digits = (literal.integerValue ?? 0).description
    case .bool: return (value == 0 ? "false" : "true", .atom)
    }
    if digits.hasSuffix(".0") { digits.removeLast(2) }
    if self == .latex, let mark = digits.firstIndex(of: "e"),
      let exponent = Int(digits[digits.index(after: mark)...])
    {
      let mantissa = digits[..<mark]
      let power = "10^{\(exponent)}"
      switch mantissa {
      case "1": return (power, .power)
      case "-1": return ("-" + power, .negation)
      default: return ("\(mantissa) \\cdot \(power)", isNegative ? .negation : .product)
      }
    }
    return (digits, isNegative ? .negation : .atom)
  }

  private static let greek: Set<String> = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta",
    "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
  ]

  /// A variable; in LaTeX, Greek letters by name, trailing digits and what follows `_` as indices.
  package func name(_ name: String) -> String {
    guard self == .latex else { return name }
    let parts = name.split(separator: "_", omittingEmptySubsequences: true).map(String.init)
    guard let first = parts.first else { return "\\mathrm{" + name.replacing("_", with: "\\_") + "}" }
    let digits = String(first.reversed().prefix { $0.isASCIIDigit }.reversed())
    let stem = String(first.dropLast(digits.count))
    let indices = (digits.isEmpty ? [] : [digits]) + parts.dropFirst()
    let base = stem.isEmpty ? symbol(first) : symbol(stem)
    if indices.isEmpty || stem.isEmpty { return base }
    return base + "_{" + indices.map(symbol).joined(separator: ",") + "}"
  }

  private func symbol(_ word: String) -> String {
    if Self.greek.contains(word) { return "\\" + word }
    return word.count == 1 || word.allSatisfy(\.isASCIIDigit) ? word : "\\mathrm{\(word)}"
  }

  /// What stands before and after the operands of a named function.
  func call(_ function: UnaryFunction) -> (before: String, after: String) {
    guard self == .latex else { return (function.rawValue + "(", ")") }
    switch function {
    case .sqrt: return ("\\sqrt{", "}")
    case .absolute: return ("\\left|", "\\right|")
    case .exp, .log, .sin, .cos, .tan, .sinh, .cosh, .tanh: return ("\\" + function.rawValue + open, close)
    case .sigmoid: return ("\\sigma" + open, close)
    case .not: return ("\\lnot" + open, close)
    case .asin, .acos, .atan: return ("\\arc" + function.rawValue.dropFirst() + open, close)
    case .log2, .log10: return ("\\log_{" + function.rawValue.dropFirst(3) + "}" + open, close)
    case .exp2: return ("2^{", "}")
    case .cbrt: return ("\\sqrt[3]{", "}")
    case .floor: return ("\\left\\lfloor ", "\\right\\rfloor")
    case .ceil: return ("\\left\\lceil ", "\\right\\rceil")
    case .asinh, .acosh, .atanh:
      return ("\\operatorname{ar\(function.rawValue.dropFirst())}" + open, close)
    case .sign, .relu, .negate, .log1p, .expm1, .erf, .erfc, .round:
      return ("\\operatorname{\(function.rawValue)}" + open, close)
    }
  }

  func call(_ name: String) -> (before: String, after: String) {
    if self != .latex { return (name + "(", ")") }
    if name == "max" || name == "min" { return ("\\" + name + open, close) }
    if name.count == 1 { return (name + open, close) }
    return ("\\operatorname{" + name.replacing("_", with: "\\_") + "}" + open, close)
  }

  func symbol(_ comparison: Comparison) -> String {
    let latex = self == .latex
    return switch comparison {
    case .equal: latex ? " = " : " == "
    case .notEqual: latex ? " \\neq " : " != "
    case .less: " < "
    case .lessOrEqual: latex ? " \\leq " : " <= "
    case .greater: " > "
    case .greaterOrEqual: latex ? " \\geq " : " >= "
    }
  }
}

/// The names of arguments as expressions show them: readable back, each different.
func printableNames(_ arguments: [Argument]) -> [String: String] {
  var names: [String: String] = [:]
  var taken: Set<String> = []
  // Names that can stay as they are come first, so that a changed one cannot take theirs.
  for argument in arguments where Lexer.isName(argument.name) && !ExpressionFunction.isReserved(argument.name)
  {
    names[argument.name] = argument.name
    taken.insert(argument.name)
  }
  for argument in arguments where names[argument.name] == nil {
    var name = String(argument.name.map { $0.isNamePart ? $0 : "_" })
    if !Lexer.isName(name) { name = "_" + name }
    while taken.contains(name) || ExpressionFunction.isReserved(name) { name += "_" }
    names[argument.name] = name
    taken.insert(name)
  }
  return names
}
