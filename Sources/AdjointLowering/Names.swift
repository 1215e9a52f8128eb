/// Gives out C identifiers, each once, derived from the user's labels.
package struct Names {
  /// What C, its library, or our generated code uses itself.
  package static let reserved: Set<String> = [
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern",
    "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short",
    "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile",
    "while", "main", "arguments", "outputs", "arena", "tile", "status", "i", "j", "k", "rows", "cols",
    "exp", "log", "log1p", "expm1", "sqrt", "sin", "cos", "tanh", "pow", "fabs", "abs", "y0", "y1", "yn",
    "j0", "j1", "jn", "gamma", "lanes", "sign", "relu", "sigmoid", "max", "min", "select", "copy",
  ]
  private var taken = Names.reserved

  package init() {}

  package mutating func unique(_ label: String) -> String {
    let base = Names.identifier(label)
    var name = base
    var number = 2
    while !taken.insert(name).inserted {
      name = "\(base)_\(number)"
      number += 1
    }
    return name
  }

  /// `label` with whatever C does not allow replaced by an underscore: `encoder.query.weight` gives
  /// `encoder_query_weight`.
  package static func identifier(_ label: String) -> String {
    var result = ""
    for scalar in label.unicodeScalars.prefix(48) {
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "_": result.unicodeScalars.append(scalar)
      default: if !result.hasSuffix("_") { result += "_" }
      }
    }
    while result.hasSuffix("_") && result.count > 1 { result.removeLast() }
    guard let first = result.unicodeScalars.first, first != "_", !("0"..."9").contains(first) else {
      return "v" + result
    }
    // The runtime's prefix is its own.
    return result.hasPrefix("adj_") ? "u_" + result : result
  }
}
