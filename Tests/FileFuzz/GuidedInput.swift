import Foundation

/// What a guided fuzzer changes: the way of reading, and content from which a file is made whose lengths and checksums are
/// right, as changes would seldom come through these.
package enum GuidedInput {
  /// Stands between the parts of a file. Only as many count as the file has parts, so that any bytes can be the last one.
  package static let separator = Array("\n~~\n".utf8)

  static func content(_ parts: [[UInt8]]) -> [UInt8] { Array(parts.joined(separator: separator)) }

  /// `count` parts; what is not there is empty.
  static func parts(_ content: [UInt8], _ count: Int) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var start = 0
    var position = 0
    while parts.count < count - 1, position + separator.count <= content.count {
      if content[position] == separator[0],
        content[position..<(position + separator.count)].elementsEqual(separator)
      {
        parts.append(Array(content[start..<position]))
        position += separator.count
        start = position
      } else {
        position += 1
      }
    }
    parts.append(Array(content[start...]))
    return parts + Array(repeating: [], count: count - parts.count)
  }
}

extension UInt8 {
  /// Of a way: the content is to be packed, as the format has it.
  var isPacked: Bool { self & 0x80 != 0 }
}

extension FileFormat {
  /// Inputs to begin with.
  package var guidedInputs: [[UInt8]] { originals.flatMap { content, ways in ways.map { [$0] + content } } }

  /// Words that mean something in the format.
  package var words: [[UInt8]] { pieces + [GuidedInput.separator] }

  /// Reads the file of an input in the way that its first byte says; it is removed unless that fails.
  package func examine(guided input: [UInt8], at path: String) throws -> Outcome {
    let (way, content) = (input.first ?? 0, Array(input.dropFirst()))
    return try examine(file(content, way), way, at: path).0
  }
}
