/// The rows and columns of a CSV file, as text.
public struct CSVDocument: Sendable {
  /// The path, or what the text was called.
  public let name: String
  public let separator: CSVReader.Separator
  /// The names of the columns.
  public let header: [String]
  private let bytes: [UInt8]
  /// Where each field lies in the bytes, row by row, without the quotes around it.
  private let fields: [Range<Int>]

  init(name: String, separator: CSVReader.Separator, header: [String], bytes: [UInt8], fields: [Range<Int>]) {
    self.name = name
    self.separator = separator
    self.header = header
    self.bytes = bytes
    self.fields = fields
  }

  /// The number of rows below the header.
  public var rowCount: Int { fields.count / header.count }

  /// The fields of one row, spaces included, or an error where there is no such row.
  public subscript(row row: Int) -> [String] {
    get throws(DataError) {
      guard row >= 0, row < rowCount else { throw .rowOutOfRange(index: row, count: rowCount) }
      return header.indices.map { bytes.fieldText(field(row, $0), trimmed: false) }
    }
  }

  /// The text of a field without the spaces around it.
  func label(_ row: Int, _ column: Int) -> String { bytes.fieldText(field(row, column), trimmed: true) }

  /// What a field holds, read as a number.
  func cell(_ row: Int, _ column: Int) -> Cell { Cell(bytes, bytes.trimmed(field(row, column))) }

  /// Where a field stands.
  func place(_ row: Int, _ column: Int) -> DataError.Place {
    DataError.Place(
      file: name, line: bytes.lineNumber(at: field(row, column).lowerBound), column: header[column])
  }

  /// The position of the column called `title`.
  func column(_ title: String) throws(DataError) -> Int {
    if let column = header.firstIndex(of: title) { return column }
    throw .unknownColumn(file: name, name: title, columns: header, hint: hint(for: title))
  }

  private func field(_ row: Int, _ column: Int) -> Range<Int> { fields[row * header.count + column] }

  private func hint(for title: String) -> String? {
    if header.count == 1 {
      for other in CSVReader.Separator.allCases where other != separator {
        if header[0].utf8.contains(other.byte) {
          return "the header looks separated by something else (say separator: .\(other));"
        }
      }
    }
    return nearestName(to: title, in: header).map { "did you mean '\($0)'?" }
  }
}

extension [UInt8] {
  /// The text of a field: where it stood in quotes, two quotes mean one.
  func fieldText(_ range: Range<Int>, trimmed isTrimmed: Bool) -> String {
    let field = self[isTrimmed ? trimmed(range) : range]
    let isQuoted = range.lowerBound > 0 && self[range.lowerBound - 1] == Byte.quote
    guard isQuoted, field.contains(Byte.quote) else { return String(decoding: field, as: UTF8.self) }
    var text: [UInt8] = []
    var previousWasQuote = false
    for byte in field {
      let isSecond = byte == Byte.quote && previousWasQuote
      if !isSecond { text.append(byte) }
      previousWasQuote = byte == Byte.quote && !isSecond
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// The name with the fewest edits from `name` (Levenshtein, case ignored), if that is at most a third of it.
package func nearestName(to name: String, in names: [String]) -> String? {
  // A user's text may be long, and the distance takes time in proportion to the product of the lengths.
  let wanted = Array(name.lowercased().prefix(100))
  let scored = names.map { (name: $0, distance: editDistance(wanted, Array($0.lowercased().prefix(100)))) }
  guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
  return best.distance <= max(1, wanted.count / 3) ? best.name : nil
}

private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let substituted = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = Swift.min(substituted, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
