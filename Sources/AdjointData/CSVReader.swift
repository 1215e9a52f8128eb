/// Reads comma-separated values with a header line.
///
/// The format is RFC 4180: a field may stand in double quotes, and may then contain separators, line breaks
/// and doubled quotes; the last line may or may not end in a line break. Beyond the standard, as most readers
/// do: lines may end in LF, CRLF or CR, a byte order mark is skipped, blank lines are skipped where there is
/// more than one column, and a quote inside an unquoted field is an ordinary character.
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

  /// Reads the file at `path`.
  ///
  /// - Throws: ``DataError`` where the file cannot be read, is empty or not UTF-8, a row has another number
  ///   of fields than the header, two columns have the same name, or a quote is not closed.
  public func read(path: String) throws(DataError) -> CSVDocument {
    try read(bytes: File.read(path), name: path)
  }

  /// Reads a text; errors call it `name`.
  public func read(text: String, name: String = "text") throws(DataError) -> CSVDocument {
    try read(bytes: Array(text.utf8), name: name)
  }

  func read(bytes: [UInt8], name: String) throws(DataError) -> CSVDocument {
    if let offset = firstInvalidUTF8(in: bytes) {
      throw .notUTF8(file: name, line: bytes.lineNumber(at: offset))
    }
    var scanner = Scanner(bytes: bytes, name: name, separator: separator)
    while try scanner.scanRow() {}
    guard !scanner.header.isEmpty else { throw .emptyFile(file: name) }
    return CSVDocument(
      name: name, separator: separator, header: scanner.header, bytes: bytes, fields: scanner.fields)
  }

  /// Line breaks never lie inside a multi-byte character, so the first line that is not valid is where to
  /// look.
  private func firstInvalidUTF8(in bytes: [UInt8]) -> Int? {
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: Byte.lineFeed) ?? bytes.count
      if String(validating: bytes[start..<end], as: UTF8.self) == nil { return start }
      start = end + 1
    }
    return 0
  }
}

/// The bytes that the format is made of.
enum Byte {
  static let quote = UInt8(ascii: "\"")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let tab = UInt8(ascii: "\t")
}

extension [UInt8] {
  /// The line, from 1, on which the byte at `offset` stands; CRLF is one line break, and so is a lone CR.
  func lineNumber(at offset: Int) -> Int {
    var line = 1
    for i in 0..<Swift.min(offset, count) {
      if self[i] == Byte.carriageReturn
        || (self[i] == Byte.lineFeed && (i == 0 || self[i - 1] != Byte.carriageReturn))
      {
        line += 1
      }
    }
    return line
  }

  /// `range` without the spaces and tabs at its ends.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, self[start] == Byte.space || self[start] == Byte.tab { start += 1 }
    while start < end, self[end - 1] == Byte.space || self[end - 1] == Byte.tab { end -= 1 }
    return start..<end
  }
}

/// Walks the bytes once and notes where each field lies.
private struct Scanner {
  let bytes: [UInt8]
  let name: String
  let separator: UInt8
  var position: Int
  var header: [String] = []
  var fields: [Range<Int>] = []

  init(bytes: [UInt8], name: String, separator: CSVReader.Separator) {
    self.bytes = bytes
    self.name = name
    self.separator = separator.byte
    position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// Reads one line's fields; the first are the header. False at the end of the text.
  mutating func scanRow() throws(DataError) -> Bool {
    guard position < bytes.count else { return false }
    if isLineBreak(bytes[position]), header.count != 1 {
      skipLineBreak()
      return true
    }
    let rowStart = position
    let firstField = fields.count
    while true {
      try scanField(column: fields.count - firstField)
      guard position < bytes.count, bytes[position] == separator else { break }
      position += 1
    }
    skipLineBreak()
    if header.isEmpty {
      try setHeader(at: rowStart)
    } else if fields.count - firstField != header.count {
      throw .raggedRow(
        file: name, line: bytes.lineNumber(at: rowStart), expected: header.count,
        found: fields.count - firstField)
    }
    return true
  }

  private mutating func scanField(column: Int) throws(DataError) {
    guard position < bytes.count, bytes[position] == Byte.quote else {
      let start = position
      while position < bytes.count, bytes[position] != separator, !isLineBreak(bytes[position]) {
        position += 1
      }
      fields.append(start..<position)
      return
    }
    let opening = position
    position += 1
    while true {
      guard position < bytes.count else { throw .unterminatedQuote(place(opening, column)) }
      if bytes[position] == Byte.quote {
        if position + 1 < bytes.count, bytes[position + 1] == Byte.quote {
          position += 1
        } else {
          break
        }
      }
      position += 1
    }
    fields.append(opening + 1..<position)
    position += 1
    if position < bytes.count, bytes[position] != separator, !isLineBreak(bytes[position]) {
      throw .textAfterQuote(place(position, column))
    }
  }

  /// Takes what was read so far as the names of the columns, without the spaces around them.
  private mutating func setHeader(at rowStart: Int) throws(DataError) {
    header = fields.map { bytes.fieldText($0, trimmed: true) }
    fields.removeAll()
    var columns: [String: Int] = [:]
    for (column, title) in header.enumerated() where !title.isEmpty {
      if let first = columns.updateValue(column, forKey: title) {
        throw .duplicateColumn(
          file: name, line: bytes.lineNumber(at: rowStart), column: title, first: first + 1,
          second: column + 1)
      }
    }
  }

  private func place(_ offset: Int, _ column: Int) -> DataError.Place {
    let title = column < header.count ? header[column] : "\(column + 1)"
    return DataError.Place(file: name, line: bytes.lineNumber(at: offset), column: title)
  }

  private func isLineBreak(_ byte: UInt8) -> Bool { byte == Byte.lineFeed || byte == Byte.carriageReturn }

  private mutating func skipLineBreak() {
    if position < bytes.count, bytes[position] == Byte.carriageReturn {
      position += 1
      if position < bytes.count, bytes[position] == Byte.lineFeed { position += 1 }
    } else if position < bytes.count {
      position += 1
    }
  }
}
