import Foundation

/// JSON as it is written and read here: keys in their order, and `inf`, `-inf` and `nan` as texts, as JSON has no such numbers.
package enum JSONText {
  private static let texts = (infinity: "inf", negativeInfinity: "-inf", nan: "nan")

  package static func encode(
    _ value: some Encodable, keys: JSONEncoder.KeyEncodingStrategy = .convertToSnakeCase,
    _ formatting: JSONEncoder.OutputFormatting = []
  ) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting.union(.sortedKeys)
    encoder.keyEncodingStrategy = keys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: texts.infinity, negativeInfinity: texts.negativeInfinity, nan: texts.nan)
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  package static func decode<T: Decodable>(
    _ type: T.Type, _ text: some StringProtocol,
    keys: JSONDecoder.KeyDecodingStrategy = .convertFromSnakeCase
  ) throws -> T {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = keys
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: texts.infinity, negativeInfinity: texts.negativeInfinity, nan: texts.nan)
    return try decoder.decode(type, from: try data(text.utf8))
  }

  /// The bytes of a text for Foundation's decoder, which ends the process where brackets are nested more than 512 deep.
  ///
  /// - Throws: `DecodingError` where they are deeper than anything of ours.
  static func data(_ text: some Sequence<UInt8>) throws -> Data {
    let bytes = Data(text)
    var (depth, isString, isEscaped) = (0, false, false)
    for byte in bytes {
      if isString {
        if byte == UInt8(ascii: "\""), !isEscaped { isString = false }
        isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): (isString, isEscaped) = (true, false)
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
      if depth > 100 {
        throw DecodingError.dataCorrupted(
          DecodingError.Context(codingPath: [], debugDescription: "it is nested too deeply"))
      }
    }
    return bytes
  }
}
