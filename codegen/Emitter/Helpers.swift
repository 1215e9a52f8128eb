import AdjointArray

/// The C functions that generated code may bring with it, each printed only where it is used. They stand in `Helpers/*.c`, as
/// templates of a type.
struct Helpers {
  let function: CFunction
  let text: String
  /// The helpers that it calls.
  let helpers: [CFunction]
  /// The functions of `math.h` that it calls.
  let library: [String]

  /// - Returns: `nil` where there is none of that name.
  init?(_ function: CFunction, _ words: Spelling) {
    guard let type = function.type else { return nil }
    let own = type.isFloatingPoint ? Self.floats : Self.integers
    guard let template = own[function.name] ?? Self.elements[function.name] else { return nil }
    let spelling = TemplateSpelling(type, words)
    self.function = function
    text = spelling.expanded(template)
    let called = template.functionsCalled
    helpers = called.filter { $0.hasSuffix("_SUFFIX") }.map {
      .helper(String($0.dropLast("_SUFFIX".count)), type)
    }
    .filter { $0 != function }
    library = called.filter(TemplateSpelling.library.contains).map(spelling.expanded)
  }

  /// `functions` and what they need, each once and behind what it needs.
  static func ordered(_ functions: Set<CFunction>, _ spelling: Spelling) -> [Helpers] {
    var seen: Set<CFunction> = []
    var result: [Helpers] = []
    func add(_ function: CFunction) {
      guard seen.insert(function).inserted, let helper = Helpers(function, spelling) else { return }
      helper.helpers.forEach(add)
      result.append(helper)
    }
    functions.sorted { $0.spelled < $1.spelled }.forEach(add)
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

  init(_ type: ScalarType, _ spelling: Spelling) {
    let element = { (type: ScalarType) in spelling.elements[type] ?? "" }
    let unsigned = { (type: ScalarType) in spelling.unsigned[type] ?? "" }
    let own = element(type)
    suffix = type.suffix
    words = [
      "TYPE": own, "UNSIGNED": unsigned(type), "ZERO": "0", "ONE": "1", "INDEX": spelling.index,
      "I32": element(.int32), "I64": element(.int64), "U32": unsigned(.int32), "U64": unsigned(.int64),
    ]
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
      words["LEAST"] = isSingle ? "-2147483647 - 1" : spelling.leastWide
      words["GREATEST"] = isSingle ? "2147483647" : spelling.greatestWide
      words["POWER_F64"] = isSingle ? "2147483648.0" : "9223372036854775808.0"
      words["POWER_F32"] = isSingle ? "2147483648.0f" : "9223372036854775808.0f"
      for (name, sign) in [("SUM", "+"), ("PRODUCT", "*")] {
        macros[name] = Macro(
          parameters: ["a", "b"], body: "(\(own))((\(unsigned(type)))a \(sign) (\(unsigned(type)))b)")
      }
      macros["GREATER"] = Macro(parameters: ["x", "y"], body: "x > y")
    }
    // The words x[j], x[j + 1] of a block as one random number.
    words["WORDS"] = type == .int32 || type == .float32 ? "1" : "2"
    let wide = unsigned(.int64)
    words["VALUE"] =
      switch type {
      case .int32, .bool: "(\(element(.int32)))x[j]"
      case .int64: "(\(own))((\(wide))x[j] | (\(wide))x[j + 1] << 32)"
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
