/// Reads comma-separated values with a header line.
///
/// The format is RFC 4180: a field may stand in double quotes, and may then contain separators, line breaks
/// and doubled quotes; the last line may or may not end in a line break. Beyond the standard, as most readers
/// do: lines may end in LF, CRLF or CR, a byte order mark is skipped, blank lines are skipped where there is
/// more than one column, and a quote inside an unquoted field is an ordinary character. A file that gzip made is
/// expanded as it is read.
public struct CSVReader: Sendable {
  /// What stands between two fields.
  public enum Separator: Sendable, Hashable, CaseIterable {
    case comma, semicolon, tab

    var byte: UInt8 {
      switch self {
      case .comma: UInt8(ascii: ",")
      case .semicolon: UInt8(ascii: ";")
      case .tab: UInt8(ascii: "\t")
      }
    }
  }

  public let separator: Separator

  public init(separator: Separator = .comma) { self.separator = separator }

  /// Reads the file at `path` into memory; ``Table/init(csv:target:task:labels:missing:categories:separator:)`` and
  /// ``rows(path:)`` read it piece by piece.
  ///
  /// - Throws: ``DataError`` where the file cannot be read, is empty or not UTF-8, a row has another number
  ///   of fields than the header, two columns have the same name, or a quote is not closed.
  public func read(path: String) throws(DataError) -> CSVDocument {
    // Without a line break among so many bytes it is no text of lines, and may have no end.
    var sinceBreak = 0
    let bytes = try FileBytes(path).all { (piece) throws(DataError) in
      let end = piece.lastIndex { $0 == Byte.lineFeed || $0 == Byte.carriageReturn }
      sinceBreak = end.map { piece.count - $0 } ?? sinceBreak + piece.count
      guard sinceBreak <= CSVRowReader.rowLimit else {
        throw .rowTooLong(file: path, line: 1, limit: "\(CSVRowReader.rowLimit) bytes")
      }
    }
    return try read(bytes: bytes, name: path)
  }

  /// Reads a text; errors call it `name`.
  public func read(text: String, name: String = "text") throws(DataError) -> CSVDocument {
    try read(bytes: Array(text.utf8), name: name)
  }

  func read(bytes: [UInt8], name: String) throws(DataError) -> CSVDocument {
    var rows = try CSVRowReader(bytes: bytes, name: name, separator: separator)
    var fields: [Range<Int>] = []
    while try rows.next() {
      try fields.grow(by: rows.fields.count, for: "the fields of \(name)")
      fields += rows.fields
    }
    return CSVDocument(name: name, separator: separator, header: rows.header, bytes: bytes, fields: fields)
  }

  /// The file's rows one after the other, in memory that does not depend on how many there are.
  ///
  /// - Throws: as ``read(path:)``, for the header; ``CSVRows/next()`` throws what is wrong with a row.
  public func rows(path: String) throws(DataError) -> CSVRows {
    CSVRows(try CSVRowReader(path: path, separator: separator))
  }
}

/// The rows of a CSV file, as text, one after the other.
///
///     let rows = try CSVReader().rows(path: "log.csv.gz")
///     while let row = try rows.next() { print(row[0]) }
///
/// In memory are the current row and the piece of the file around it, so that a file may have any length.
public final class CSVRows {
  private var reader: CSVRowReader

  init(_ reader: CSVRowReader) { self.reader = reader }

  /// The names of the columns.
  public var header: [String] { reader.header }

  /// The fields of the next row, spaces included; nil at the end of the file.
  ///
  /// - Throws: ``DataError`` where the row is not well-formed, or the file cannot be read further.
  public func next() throws(DataError) -> [String]? {
    guard try reader.next() else { return nil }
    return reader.fields.indices.map { reader.text($0, trimmed: false) }
  }
}
