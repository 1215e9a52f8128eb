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

  private func field(_ row: Int, _ column: Int) -> Range<Int> { fields[row * header.count + column] }

  /// The rows from the first one on.
  var reader: CSVRowReader {
    get throws(DataError) { try CSVRowReader(bytes: bytes, name: name, separator: separator) }
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
