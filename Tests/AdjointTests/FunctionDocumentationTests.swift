import Foundation
import Testing

@Suite("Every public function of tensors is documented and in the table")
struct FunctionDocumentationTests {
  /// The files of Sources/Adjoint/Tensors that hold functions.
  static let files = [
    "ActivationFunctions", "ArgumentReductions", "Attention", "AxisRange", "Contraction", "Convolution",
    "CumulativeFunctions", "Einsum",
    "ElementwiseFunctions",
    "ExponentialFunctions", "GatedActivations", "Indexing", "LinearAlgebra", "LogicalFunctions", "Movement",
    "MultiHeadAttention",
    "NormFunctions", "Normalization",
    "DifferentialEquations", "RecurrentCells", "Scan",
    "Padding", "Pooling", "PowerFunctions", "Rearrangement", "ReductionFunctions", "Replacing", "Slicing",
    "Softmax",
    "Sorting",
    "Triangles", "TrigonometricFunctions",
  ]
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  struct Declaration {
    let name: String
    let place: String
    let hasDocstring: Bool
  }

  /// The public functions of a file. One that is overloaded has a docstring where its first form has one.
  static func functions(in file: String) throws -> [Declaration] {
    let url = root.appending(path: "Sources/Adjoint/Tensors/\(file).swift")
    let lines = try String(contentsOf: url, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    var documented: Set<String> = []
    var result: [Declaration] = []
    for (index, line) in lines.enumerated() {
      let words = line.trimmingCharacters(in: .whitespaces)
      guard words.hasPrefix("public func ") else { continue }
      let name = String(words.dropFirst("public func ".count).prefix { $0.isLetter || $0.isNumber })
      if index > 0, lines[index - 1].trimmingCharacters(in: .whitespaces).hasPrefix("///") {
        documented.insert(name)
      }
      let place = "\(file).swift:\(index + 1) \(name)"
      result.append(Declaration(name: name, place: place, hasDocstring: documented.contains(name)))
    }
    return result
  }

  static func all() throws -> [Declaration] { try files.flatMap { try functions(in: $0) } }

  @Test("The sources are found")
  func sources() throws { #expect(try Self.all().count > 100) }

  @Test("Each has a docstring")
  func docstrings() throws { #expect(try Self.all().filter { !$0.hasDocstring }.map(\.place) == []) }

  @Test("Each is in the table, with values and derivatives that are checked")
  func table() throws {
    let tried = Set(TableEntry.table.map { $0.name.prefix { $0 != " " } }.map(String.init))
    #expect(try Self.all().filter { !tried.contains($0.name) }.map(\.place) == [])
  }

  @Test("Each is in docs/functions.md")
  func page() throws {
    let page = try String(contentsOf: Self.root.appending(path: "docs/functions.md"), encoding: .utf8)
    #expect(
      try Self.all().filter { !page.contains("`\($0.name)(") && !page.contains(".\($0.name)(") }.map(\.place)
        == [])
  }
}
