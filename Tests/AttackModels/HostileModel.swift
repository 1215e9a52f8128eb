import AdjointData
import FileMutations

/// Makes models of somebody who means harm: their lengths and checksums are right, and most of their parts.
struct HostileModel {
  /// What training wrote, and rows that it predicts for.
  struct Original {
    let parts: ModelParts
    let data: String
  }

  private static let names = [
    "*/ int x; /*", "\\\\", "%s%n%s%n", "??/", "if", "adj_run_epoch", "../../etc/passwd", "$(id)", "a\\nb",
    "\\u{0}", "\\u{1F469}\\u{200D}",
    "\\\"); exit(7); (\\\"", "#define int", String(repeating: "a", count: 70_000), "", " ", "-",
    "x\\u{2028}y",
  ]
  private static let numbers = [
    "9223372036854775807", "-9223372036854775808", "4611686018427387904", "4294967296", "2147483647", "65536",
    "1e308", "1e-320",
    "1e999", "-1", "0", "null", "\"nan\"", "[[]]", "{}", "true",
  ]

  let original: Original
  private var random: SeededGenerator
  private var mutator: FileMutator

  init(_ originals: [Original], number: Int) {
    original = originals[number % originals.count]
    random = SeededGenerator(seed: UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
    mutator = FileMutator(
      seed: UInt64(number),
      pieces: byteStrings(
        "%0", "%99", "float64[", "4611686018427387904", "\"", "{", "}", "[[[[", "\\u{0}", "-1", "1e999",
        "scan", "call"))
  }

  /// The bytes of the file.
  mutating func bytes() -> [UInt8] {
    var parts = original.parts
    for _ in 0..<Int.random(in: 1...2, using: &random) { attack(&parts) }
    return parts.bytes
  }

  private mutating func attack(_ parts: inout ModelParts) {
    switch Int.random(in: 0..<12, using: &random) {
    case 0...4:
      // Mostly the graph that predicts, sometimes the step, which is what is dumped.
      for section in Bool.random(using: &random) ? [1] : [1, 2] {
        guard var graph = HostileGraph(text(parts, section), isForward: section == 1) else { continue }
        graph.attack(&random)
        parts.sections[section] = Array(graph.text.utf8)
      }
    case 5: rename(&parts)
    case 6: resizeBatch(&parts)
    case 7: changeType(&parts)
    case 8: changeNumber(&parts, section: 0)
    case 9: growHeader(&parts)
    case 10: changeWeights(&parts)
    default:
      let section = Int.random(in: 0..<4, using: &random)
      mutator.mutate(&parts.sections[section])
    }
  }

  private func text(_ parts: ModelParts, _ section: Int) -> String {
    String(decoding: parts.sections[section], as: UTF8.self)
  }

  private func replace(
    _ old: String, with new: String, in parts: inout ModelParts, _ sections: ClosedRange<Int>
  ) {
    for section in sections {
      parts.sections[section] = Array(text(parts, section).replacing(old, with: new).utf8)
    }
  }

  /// A name of a parameter, a label or a column becomes one that means something to a compiler, a shell or a terminal.
  private mutating func rename(_ parts: inout ModelParts) {
    let words = (text(parts, 0) + text(parts, 1)).split(separator: "\"").enumerated()
      .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    guard let old = words.randomElement(using: &random), let new = Self.names.randomElement(using: &random)
    else { return }
    replace("\"\(old)\"", with: "\"\(new)\"", in: &parts, 0...2)
  }

  /// Another number of rows than the 64 that a model is saved for.
  private mutating func resizeBatch(_ parts: inout ModelParts) {
    let rows = 1 << Int.random(in: 0...45, using: &random)
    for (old, new) in [("[64,", "[\(rows),"), ("[64]", "[\(rows)]")] {
      replace(old, with: new, in: &parts, 1...2)
    }
  }

  private mutating func changeType(_ parts: inout ModelParts) {
    let types = ["float32", "float64", "int32", "int64", "bool"]
    guard let new = types.randomElement(using: &random) else { return }
    replace("float32", with: new, in: &parts, (Bool.random(using: &random) ? 0 : 1)...2)
  }

  /// One number of many becomes another.
  private mutating func changeNumber(_ parts: inout ModelParts, section: Int) {
    let text = Array(text(parts, section))
    let starts = text.indices.filter { text[$0].isWholeNumber && ($0 == 0 || !text[$0 - 1].isWholeNumber) }
    guard let start = starts.randomElement(using: &random),
      let number = Self.numbers.randomElement(using: &random)
    else { return }
    let end = text[start...].firstIndex { !$0.isWholeNumber && $0 != "." } ?? text.endIndex
    parts.sections[section] = Array((String(text[..<start]) + number + String(text[end...])).utf8)
  }

  /// Very many of what there are a few.
  private mutating func growHeader(_ parts: inout ModelParts) {
    let count = 1 << Int.random(in: 4...17, using: &random)
    let many = (0..<count).map { "\"n\($0)\"" }.joined(separator: ",")
    let deep = String(repeating: "[", count: count)
    let changes = [
      ("\"featureNames\":[", "\"featureNames\":[\(many),"), ("\"classNames\":[", "\"classNames\":[\(many),"),
      ("\"dimensions\":[", "\"dimensions\":[\(String(repeating: "1,", count: count))"),
      (
        "\"weights\":[",
        "\"weights\":["
          + String(
            repeating: "{\"dimensions\":[],\"name\":\"w\",\"scalarType\":\"bool\"},", count: count / 16)
      ),
      ("\"offsets\":[", "\"offsets\":\(deep)"),
      ("{\"schema\":", "{\"more\":\(deep)\(String(repeating: "]", count: count)),\"schema\":"),
      ("\"task\":\"multiclass\"", "\"task\":\"binary\""),
      ("\"task\":\"regression\"", "\"task\":\"multiclass\""),
    ]
    guard let (old, new) = changes.randomElement(using: &random) else { return }
    replace(old, with: new, in: &parts, 0...0)
  }

  private mutating func changeWeights(_ parts: inout ModelParts) {
    let count = parts.sections[3].count
    switch Int.random(in: 0..<4, using: &random) {
    case 0: parts.sections[3] = Array(repeating: 0xFF, count: count)
    case 1: parts.sections[3] = (0..<count).map { $0 % 4 == 3 ? 0x7F : 0x80 }
    case 2: parts.sections[3].removeLast(Int.random(in: 0...count, using: &random))
    default: parts.sections[3] = (0..<count).map { _ in .random(in: 0...255, using: &random) }
    }
  }
}
