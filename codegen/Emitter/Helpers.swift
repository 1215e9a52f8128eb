import AdjointArray

/// The C functions that generated code may bring with it, each printed only where it is used. They stand in `Helpers/*.c`, as
/// templates of a type.
struct Helpers {
  /// With the suffix of its type: `cholesky_f32`.
  let name: String
  let text: String
  /// The helpers that it calls.
  let helpers: [String]
  /// The functions of `math.h` that it calls.
  let library: [String]

  /// - Returns: `nil` where there is none of that name.
  init?(_ name: String) {
    guard let mark = name.lastIndex(of: "_"),
      let type = ScalarType.allCases.first(where: { $0.suffix == name[name.index(after: mark)...] })
    else { return nil }
    let base = String(name[..<mark])
    let own = type.isFloatingPoint ? Self.floats : Self.integers
    guard let template = own[base] ?? Self.elements[base] else { return nil }
    let spelling = TemplateSpelling(type)
    self.name = name
    text = spelling.expanded(template)
    let called = template.functionsCalled
    helpers = called.filter { $0.hasSuffix("_SUFFIX") }.map {
      $0.replacing("SUFFIX", with: type.suffix)
    }
    .filter { $0 != name }
    library = called.filter(TemplateSpelling.library.contains).map(spelling.expanded)
  }

  /// `names` and what they need, each once and behind what it needs.
  static func ordered(_ names: Set<String>) -> [Helpers] {
    var seen: Set<String> = []
    var result: [Helpers] = []
    func add(_ name: String) {
      guard seen.insert(name).inserted, let helper = Helpers(name) else { return }
      helper.helpers.forEach(add)
      result.append(helper)
    }
    names.sorted().forEach(add)
    return result
  }

  private static let floats = templates(PackageResources.floats_c)
  private static let integers = templates(PackageResources.integers_c)
  private static let elements = templates(PackageResources.elements_c)

  /// The functions of a file, by their names without suffix. A function is all that stands between two blank lines.
  private static func templates(_ file: [UInt8]) -> [String: String] {
    var result: [String: String] = [:]
    for text in String(decoding: file, as: UTF8.self).split(separator: "\n\n").map(String.init) {
      // The first is the function itself.
      guard let name = text.functionsCalled.first(where: { $0.hasSuffix("_SUFFIX") }) else {
        continue
      }
      result[String(name.dropLast("_SUFFIX".count))] =
        text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
    return result
  }
}

/// What stands for the capitals of a template, for one type.
private struct TemplateSpelling {
  private struct Macro {
    let parameters: [String]
    let body: String
  }
  /// The functions of `math.h`, in capitals.
  static let library = ["EXP", "FABS", "SQRT"]
  private let suffix: String
  private var words: [String: String]
  private var macros: [String: Macro] = [:]

  init(_ type: ScalarType) {
    suffix = type.suffix
    words = ["TYPE": type.c, "ZERO": "0", "ONE": "1"]
    if type.isFloatingPoint {
      let mark = type == .float32 ? "f" : ""
      words["ZERO"] = "0.0" + mark
      words["ONE"] = "1.0" + mark
      for function in Self.library { words[function] = function.lowercased() + mark }
      macros["SUM"] = Macro(parameters: ["a", "b"], body: "a + b")
      macros["PRODUCT"] = Macro(parameters: ["a", "b"], body: "a * b")
      macros["GREATER"] = Macro(parameters: ["x", "y"], body: "x > y || (x != x && y == y)")
    } else {
      let isSingle = type == .int32
      // Wide constants would overflow their type in C.
      words["LEAST"] = isSingle ? "-2147483647 - 1" : "-9223372036854775807L - 1"
      words["GREATEST"] = isSingle ? "2147483647" : "9223372036854775807L"
      words["POWER_F64"] = isSingle ? "2147483648.0" : "9223372036854775808.0"
      words["POWER_F32"] = isSingle ? "2147483648.0f" : "9223372036854775808.0f"
      for (name, sign) in [("SUM", "+"), ("PRODUCT", "*")] {
        macros[name] = Macro(
          parameters: ["a", "b"],
          body: "(\(type.c))((unsigned \(type.c))a \(sign) (unsigned \(type.c))b)")
      }
      macros["GREATER"] = Macro(parameters: ["x", "y"], body: "x > y")
    }
    // The words x[j], x[j + 1] of a block as one random number.
    let single = type == .int32 || type == .float32
    words["WORDS"] = single ? "1" : "2"
    words["VALUE"] =
      switch type {
      case .int32, .bool: "(int)x[j]"
      case .int64: "(long)((unsigned long)x[j] | (unsigned long)x[j + 1] << 32)"
      case .float32: "(float)(int)(x[j] >> 8) * (1.0f / 16777216.0f)"
      case .float64:
        "((double)(int)(x[j] >> 5) * 67108864.0 + (double)(int)(x[j + 1] >> 6)) * (1.0 / 9007199254740992.0)"
      }
  }

  func expanded(_ template: String) -> String {
    template.mappingNames { name, rest in
      guard let macro = macros[name], rest.first == "(" else {
        return words[name] ?? name.replacing("SUFFIX", with: suffix)
      }
      let arguments = rest.arguments
      rest = rest.dropFirst(arguments.joined(separator: ", ").count + 2)
      let values = Dictionary(zip(macro.parameters, arguments)) { first, _ in first }
      return macro.body.mappingNames { name, _ in values[name] ?? name }
    }
  }
}

extension Character {
  fileprivate var isPartOfName: Bool { isASCII && (isLetter || isNumber || self == "_") }
}

extension Substring {
  /// What stands in the parentheses that this begins with, separated by ", ".
  fileprivate var arguments: [String] {
    var (depth, current) = (0, "")
    var result: [String] = []
    for character in self {
      if "([".contains(character) { depth += 1 }
      if ")]".contains(character) { depth -= 1 }
      if depth == 0 { return result + [String(current.dropFirst())] }
      if depth == 1, character == "," {
        result.append(String(current.dropFirst()))
        current = ""
      } else {
        current.append(character)
      }
    }
    return result
  }
}

extension String {
  /// The names that parentheses follow, in order.
  fileprivate var functionsCalled: [String] {
    let parts = split { !$0.isPartOfName && $0 != "(" }
    let names = parts.flatMap { part in
      part.split(separator: "(" as Character, omittingEmptySubsequences: false).dropLast()
    }
    return names.filter { !$0.isEmpty }.map(String.init)
  }

  /// The same with each name as `map` gives it, which is handed what follows, and may take some of that.
  fileprivate func mappingNames(_ map: (_ name: String, _ rest: inout Substring) -> String)
    -> String
  {
    var result = ""
    var rest = self[...]
    while let start = rest.firstIndex(where: \.isPartOfName) {
      result += rest[..<start]
      let name = String(rest[start...].prefix(while: \.isPartOfName))
      rest = rest[start...].dropFirst(name.count)
      result += map(name, &rest)
    }
    return result + rest
  }
}
