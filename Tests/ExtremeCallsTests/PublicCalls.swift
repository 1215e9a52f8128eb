import Foundation

/// A public function or initialiser that takes numbers, texts, shapes or arrays.
enum PublicCalls {
  /// Those of the modules whose API is made for users, as they are declared, with the labels but `file` and `line`:
  /// `Dense.init(_:activation:initializer:hasBias:)`.
  static func all() throws -> Set<String> {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")
      .standardized
    var names: Set<String> = []
    for module in ["AdjointArray", "AdjointData", "AdjointPlots", "Adjoint"] {
      let files = FileManager.default.enumerator(
        at: root.appending(path: module), includingPropertiesForKeys: nil)
      while let file = files?.nextObject() as? URL {
        guard file.pathExtension == "swift" else { continue }
        names.formUnion(calls(in: try String(contentsOf: file, encoding: .utf8)))
      }
    }
    return names
  }

  private static func calls(in source: String) -> [String] {
    let code = source.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.drop { $0 == " " }.hasPrefix("//") ? "" : $0 }.joined(separator: "\n")
    let owners = code.matches(
      of: /(?m)^(?:[a-z@]\w* )*(?:extension|struct|enum|class|protocol) ([\w.]+)/)
    return code.matches(
      of: /(?m)^( *)(?:@\w+ )?public (?:[a-z]+ )*?(init|func|subscript)\??\s*([^\s(<]*)(?:<[^(]*>)?\(/
    ).compactMap { match in
      let parameters = Self.parameters(of: code[match.range.upperBound...])
      guard parameters.contains(where: { isExtreme($0) }) else { return nil }
      var owner: String?
      if !match.output.1.isEmpty {
        owner = owners.last { $0.range.lowerBound < match.range.lowerBound }.map { String($0.output.1) }
      }
      let base = match.output.2 == "func" ? String(match.output.3) : String(match.output.2)
      let labels = parameters.map { $0.prefix { $0 != ":" && $0 != " " } + ":" }
      return (owner.map { $0 + "." } ?? "") + base + "(" + labels.joined() + ")"
    }
  }

  /// The parameters up to the closing parenthesis, but for those that say where a call stands.
  private static func parameters(of text: Substring) -> [String] {
    var (parts, depth) = ([""], 0)
    var before: Character = " "
    for character in text {
      if character == ")" || character == "]" || (character == ">" && before != "-") { depth -= 1 }
      if depth < 0 { break }
      if character == "(" || character == "[" || (character == "<" && before != ".") { depth += 1 }
      if character == ",", depth == 0 {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
      before = character
    }
    return parts.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
      .filter { !$0.isEmpty && !$0.hasPrefix("file: String") && !$0.hasPrefix("line: Int") }
  }

  private static func isExtreme(_ parameter: String) -> Bool {
    let type = parameter.drop { $0 != ":" }
    return type.contains(
      /\b(?:Int|Int32|Int64|UInt64|Double|Float|String|Shape|Range|ClosedRange|NDArray|Schedule|Clipping)\b/)
      && !type.contains("->")
  }
}
