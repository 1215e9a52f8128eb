import AdjointIR

/// Gives out C identifiers, each once, derived from the user's labels.
package struct Names {
  /// What C, its library, or our generated code uses itself.
  package static let reserved: Set<String> = keywords.union(mathematics).union(generated)

  private static let keywords: Set<String> = [
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern",
    "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short",
    "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile",
    "while", "main", "asm", "typeof", "unix", "linux", "errno", "signgam",
  ]

  /// `math.h`: what is a function or a macro there cannot be a variable that the generated code means.
  private static let mathematics: Set<String> = {
    let functions = [
      "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "copysign", "cos", "cosh",
      "erf",
      "erfc", "exp", "exp2", "expm1", "fabs", "fdim", "floor", "fma", "fmax", "fmin", "fmod", "frexp",
      "hypot",
      "ilogb", "j0", "j1", "jn", "ldexp", "lgamma", "llrint", "llround", "log", "log10", "log1p", "log2",
      "logb",
      "lrint", "lround", "modf", "nan", "nearbyint", "nextafter", "nexttoward", "pow", "remainder", "remquo",
      "rint", "round", "scalbln", "scalbn", "sin", "sinh", "sqrt", "tan", "tanh", "tgamma", "trunc", "y0",
      "y1",
      "yn", "abs", "gamma",
    ]
    let macros = [
      "NAN", "INFINITY", "HUGE_VAL", "isnan", "isinf", "isfinite", "isnormal", "signbit", "fpclassify",
      "isless",
      "isgreater", "isunordered",
    ]
    return Set(functions + functions.map { $0 + "f" } + macros)
  }()

  /// What the emitter calls its own variables and helpers.
  private static let generated: Set<String> = {
    let variables = [
      "arguments", "outputs", "arena", "tile", "status", "rows", "cols", "i", "j", "k", "lanes",
      "in", "out", "run", "slice", "from", "to", "failure", "failures",
      "table", "context", "piece", "scratch", "first", "last",
      "i_count", "j_count", "k_count", "lhs_form", "rhs_form", "sum_form", "lhs_strip", "rhs_strip",
      "sum_strip", "i_strip", "j_strip", "i_end", "j_end",
      "adjoint_function", "adjoint_imports", "adjoint_link", "functions",
    ]
    let numbered = (0..<64).flatMap { ["i\($0)", "b\($0)", "lanes\($0)"] }
    let helpers =
      StructuredOperation.Name.allCases.map(\.rawValue) + [
        "sign", "relu", "max", "min", "sigmoid", "abs", "div", "rem", "f32_to", "f64_to", "i64_to", "matmul",
        "argsort_before", "pack", "add_strip",
      ]
    let typed = helpers.flatMap { helper in ["f32", "f64", "i32", "i64", "b8"].map { helper + "_" + $0 } }
    return Set(variables + numbered + typed)
  }()

  private var names = NumberedNames(reserved: Names.reserved)

  package init() {}

  package mutating func unique(_ label: String) -> String { names.unique(Names.identifier(label)) }

  /// `label` with whatever C does not allow replaced by an underscore: `encoder.query.weight` gives
  /// `encoder_query_weight`.
  package static func identifier(_ label: String) -> String {
    if isIdentifier(label) { return label }
    // Whatever is no letter, digit or underscore gives one underscore, and so does a row of those.
    var bytes: [UInt8] = []
    for scalar in label.unicodeScalars.prefix(48) {
      let byte = scalar.isASCII ? UInt8(scalar.value) : 0
      if isLetter(byte) || isDigit(byte) || byte == underscore {
        bytes.append(byte)
      } else if bytes.last != underscore {
        bytes.append(underscore)
      }
    }
    while bytes.last == underscore && bytes.count > 1 { bytes.removeLast() }
    let result = String(decoding: bytes, as: UTF8.self)
    guard let first = bytes.first, first != underscore, !isDigit(first) else { return "v" + result }
    // The runtime's prefix is its own.
    return result.hasPrefix("adj_") ? "u_" + result : result
  }

  /// Whether nothing of `label` need be replaced: so it is nearly always.
  private static func isIdentifier(_ label: String) -> Bool {
    let bytes = label.utf8
    guard bytes.count <= 48, let first = bytes.first, isLetter(first), bytes.last != underscore else {
      return false
    }
    return bytes.allSatisfy { isLetter($0) || isDigit($0) || $0 == underscore } && !label.hasPrefix("adj_")
  }

  private static let underscore = UInt8(ascii: "_")

  private static func isLetter(_ byte: UInt8) -> Bool {
    // A bit tells lower case from upper case.
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
  }

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
