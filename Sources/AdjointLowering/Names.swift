import AdjointIR

/// Gives out C identifiers, each once, derived from the user's labels.
package struct Names {
  /// What C or its library uses itself.
  package static let reserved: Set<String> = keywords.union(mathematics)

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

  /// The function of the program, which no other function calls: so a variable may have its name.
  package let program: String
  private var names = NumberedNames(reserved: Names.reserved)

  package init(program: String) {
    var own = NumberedNames(reserved: Names.reserved)
    self.program = own.unique(Names.identifier(program))
  }

  package mutating func unique(_ label: String) -> String { names.unique(Names.identifier(label)) }

  package mutating func uniqueFunction(_ label: String) -> String {
    let name = unique(label)
    return name == program ? unique(label) : name
  }

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
    return isFunction(result) ? "u_" + result : result
  }

  /// Whether nothing of `label` need be replaced: so it is nearly always.
  private static func isIdentifier(_ label: String) -> Bool {
    let bytes = label.utf8
    guard bytes.count <= 48, let first = bytes.first, isLetter(first), bytes.last != underscore else {
      return false
    }
    return bytes.allSatisfy { isLetter($0) || isDigit($0) || $0 == underscore } && !isFunction(label)
  }

  /// Whether a function may be called so: those of the runtime have a prefix, and all are marked with their type behind.
  private static func isFunction(_ label: String) -> Bool {
    ["adj_", "adjoint_"].contains(where: label.hasPrefix)
      || ["_f32", "_f64", "_i32", "_i64", "_b8"].contains(where: label.hasSuffix)
  }

  private static let underscore = UInt8(ascii: "_")

  private static func isLetter(_ byte: UInt8) -> Bool {
    // A bit tells lower case from upper case.
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
  }

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
