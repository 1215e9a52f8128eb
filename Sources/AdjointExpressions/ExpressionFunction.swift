import AdjointArray
import AdjointIR

/// A function that an expression calls by name.
enum ExpressionFunction: Sendable {
  case unary(UnaryFunction)
  case binary(BinaryFunction)
  case composition(Composition)

  var arity: Int {
    switch self {
    case .unary, .composition: 1
    case .binary: 2
    }
  }

  /// The functions by name: those of the IR that are defined on real numbers and have no symbol of their own.
  static let table: [String: ExpressionFunction] = {
    var table: [String: ExpressionFunction] = [
      "ln": .unary(.log), "arcsin": .unary(.asin), "arccos": .unary(.acos), "arctan": .unary(.atan),
    ]
    for composition in Composition.allCases { table[composition.rawValue] = .composition(composition) }
    for function in UnaryFunction.allCases where function.isCalledByName {
      table[function.rawValue] = .unary(function)
    }
    for function in BinaryFunction.allCases where !function.isOperator {
      table[function.rawValue] = .binary(function)
    }
    return table
  }()

  /// Names that stand for numbers. `inf` and `nan` are here so that every constant of a graph can be printed
  /// and read back.
  static let constants: [String: Double] = [
    "pi": .pi, "π": .pi, "e": 2.718281828459045, "inf": .infinity, "nan": .nan,
  ]

  static func isReserved(_ name: String) -> Bool { table[name] != nil || constants[name] != nil }

  /// How to write functions that other systems have, where the nearest name would mislead.
  private static let substitutes: [String: String] = [
    "power": "did you mean pow?", "maximum": "did you mean max?", "minimum": "did you mean min?",
    "logistic": "did you mean sigmoid?", "ceiling": "did you mean ceil?", "arctan2": "did you mean atan2?",
    "arcsinh": "did you mean asinh?", "arccosh": "did you mean acosh?", "arctanh": "did you mean atanh?",
    "mod": "write rem(x, y), which has the sign of x", "fmod": "did you mean rem?",
    "lg": "write log2(x) or log10(x)",
  ]

  /// What to write instead of a call of `name`, which is not a function.
  static func remedy(for name: String) -> String {
    let lowercase = name.lowercased()
    if table[lowercase] != nil { return "did you mean \(lowercase)?" }
    if let substitute = substitutes[lowercase] { return substitute }
    // A one-letter name is surely a variable; a long one is no typing error.
    if (2...12).contains(name.count), constants[name] == nil {
      let allowed = name.count < 4 ? 1 : 2
      let nearest = table.keys.sorted()
        .map { (name: $0, distance: editDistance(lowercase, $0)) }
        .min { $0.distance < $1.distance }
      if let nearest, nearest.distance <= allowed { return "did you mean \(nearest.name)?" }
    }
    return "to multiply, write \(name.shortened)*("
  }

  /// Insertions, deletions, replacements and exchanges of neighbours that lead from `a` to `b`.
  private static func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a)
    let b = Array(b)
    var rows = [Array(0...b.count)]
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}

/// A function that expressions have a name for and the graph writes with others.
enum Composition: String, Sendable, CaseIterable {
  case square, reciprocal, sec, csc, cot

  func build(into builder: inout Builder, _ x: NodeID) throws(GraphError) -> NodeID {
    switch self {
    case .square:
      return try builder.binary(.multiply, x, x)
    case .reciprocal:
      return try builder.binary(.divide, builder.constant(1, like: x), x)
    case .sec:
      return try builder.binary(.divide, builder.constant(1, like: x), builder.unary(.cos, x))
    case .csc:
      return try builder.binary(.divide, builder.constant(1, like: x), builder.unary(.sin, x))
    case .cot:
      return try builder.binary(.divide, builder.unary(.cos, x), builder.unary(.sin, x))
    }
  }
}

extension UnaryFunction {
  /// Whether expressions call it by its name.
  var isCalledByName: Bool { self != .negate && domain.contains(.float64) }
}

extension String {
  /// At most 24 characters, for messages.
  var shortened: String { AdjointArray.shortened(self, to: 24) }
}
