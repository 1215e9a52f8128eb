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
    return try decoder.decode(type, from: Data(text.utf8))
  }
}
