import AdjointArray

/// Reads a CSV file row by row: in memory is the piece of the file around the current row, and nothing else.
struct CSVRowReader {
  let name: String
  let separator: CSVReader.Separator
  /// The names of the columns, without the spaces around them.
  private(set) var header: [String] = []
  /// Where each name stands first in the header.
  private var columns: [String: Int] = [:]
  /// Where the current row's fields lie in ``bytes``, without the quotes around them.
  private(set) var fields: [Range<Int>] = []
  /// The line, from 1, on which the current row begins.
  private(set) var line = 1
  private(set) var bytes: [UInt8]

  /// What follows the bytes; nil at the end.
  private var source: FileBytes?
  /// The bytes that hold something.
  private var end: Int
  /// Where the next row begins, and on which line.
  private var position = 0
  private var nextLine = 1
  private var rowStart = 0
  /// The bytes before this one are UTF-8.
  private var validEnd = 0

  /// The most bytes of a row in a file: without a bound, a file without lines would be read whole.
  static let rowLimit = 1 << 26

  /// Opens a file and reads its header.
  ///
  /// - Parameter pieceSize: the most bytes to have in memory while no row is longer.
  /// - Throws: as ``CSVReader/read(path:)`` for the part of the file that is read, here and in ``next()``.
  init(path: String, separator: CSVReader.Separator, pieceSize: Int = 1 << 18) throws(DataError) {
    name = path
    self.separator = separator
    bytes = [UInt8](repeating: 0, count: max(4, pieceSize))
    end = 0
    source = try FileBytes(path)
    // To know a byte order mark takes three bytes.
    while end < 3, source != nil { try refill() }
    try readHeader()
  }

  /// Reads from memory; places in ``fields`` are places in `bytes`.
  init(bytes: [UInt8], name: String, separator: CSVReader.Separator) throws(DataError) {
    self.name = name
    self.separator = separator
    self.bytes = bytes
    end = bytes.count
    try validate()
    try readHeader()
  }

  /// Goes to the next row; false at the end of the file.
  mutating func next() throws(DataError) -> Bool {
    guard try nextFields() else { return false }
    guard fields.count == header.count else {
      throw .raggedRow(file: name, line: line, expected: header.count, found: fields.count)
    }
    return true
  }

  // MARK: - The current row

  /// The text of a field, with the spaces around it or without.
  func text(_ column: Int, trimmed: Bool = true) -> String {
    bytes.fieldText(fields[column], trimmed: trimmed)
  }

  /// Whether a field's text is a code; see ``ClassLabels/isCode(_:)``.
  func isCode(_ column: Int) -> Bool { ClassLabels.isCode(bytes[bytes.trimmed(fields[column])]) }

  /// What a field holds, read as a number.
  func cell(_ column: Int) -> Cell {
    let field = fields[column]
    return bytes.withUnsafeBufferPointer { Cell(UnsafeBufferPointer(rebasing: $0[field])) }
  }

  /// The line on which a field begins.
  func line(of column: Int) -> Int {
    nextLine - line <= 1 ? line : lineNumber(at: fields[column].lowerBound, from: rowStart)
  }

  /// Where a field stands.
  func place(_ column: Int) -> DataError.Place { place(at: fields[column].lowerBound, column) }

  /// The position of the column called `title`.
  func column(_ title: String) throws(DataError) -> Int {
    if let column = columns[title] { return column }
    throw .unknownColumn(file: name, name: title, columns: header, hint: hint(for: title))
  }

  private func hint(for title: String) -> String? {
    if header.count == 1 {
      for other in CSVReader.Separator.allCases where other != separator {
        if header[0].utf8.contains(other.byte) {
          return "the header looks separated by something else (say separator: .\(other));"
        }
      }
    }
    return nearestName(to: title, in: header).map { "did you mean \(quoted($0))?" }
  }

  // MARK: - Reading

  private mutating func readHeader() throws(DataError) {
    if bytes[..<end].starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    guard try nextFields() else { throw .emptyFile(file: name) }
    header = fields.map { bytes.fieldText($0, trimmed: true) }
    for (column, title) in header.enumerated() {
      if let first = columns[title] {
        if title.isEmpty { continue }
        throw .duplicateColumn(file: name, line: line, column: title, first: first + 1, second: column + 1)
      }
      columns[title] = column
    }
  }

  private mutating func nextFields() throws(DataError) -> Bool {
    while true {
      rowStart = position
      line = nextLine
      switch scanRow() {
      case .row(let end, let lineBreaks):
        position = end
        nextLine += lineBreaks
        return true
      case .blankLine(let end):
        position = end
        nextLine += 1
      case .endOfFile: return false
      case .incomplete: try refill()
      case .unterminatedQuote(let offset): throw .unterminatedQuote(place(at: offset, fields.count))
      case .tooManyFields:
        throw .rowTooLong(file: name, line: line, limit: "\(CSVScanner.fieldLimit) fields")
      case .textAfterQuote(let offset): throw .textAfterQuote(place(at: offset, fields.count - 1))
      }
    }
  }

  private mutating func scanRow() -> CSVScanner.Outcome {
    // Taken out, so that they can change while the bytes are read.
    var fields: [Range<Int>] = []
    swap(&fields, &self.fields)
    defer { swap(&fields, &self.fields) }
    let (start, end, separator, isLast) = (position, end, separator.byte, source == nil)
    let skipsBlankLines = header.count != 1
    return bytes.withUnsafeBufferPointer { bytes in
      CSVScanner(
        bytes: UnsafeBufferPointer(rebasing: bytes[..<end]), separator: separator,
        skipsBlankLines: skipsBlankLines, isLast: isLast
      ).scanRow(at: start, into: &fields)
    }
  }

  /// Reads more of the file behind the row that is not whole, which moves to the front.
  private mutating func refill() throws(DataError) {
    guard let source else { return }
    let start = position
    if start > 0 {
      bytes.withUnsafeMutableBytes { bytes in
        bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      }
      (position, rowStart, end, validEnd) = (0, 0, end - start, validEnd - start)
    }
    guard end <= Self.rowLimit else {
      throw .rowTooLong(file: name, line: line, limit: "\(Self.rowLimit) bytes")
    }
    // A row that is longer than half of what there is room for is read again at most once for each doubling.
    if end > bytes.count / 2 {
      try requireMemory(2 * bytes.count, for: "a row of \(name)")
      bytes.append(contentsOf: repeatElement(0, count: bytes.count))
    }
    let used = end
    let got = try bytes.withUnsafeMutableBufferPointer { (bytes) throws(DataError) in
      try source.read(
        into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[used...])))
    }
    end += got
    if got == 0 { self.source = nil }
    try validate()
  }

  /// Checks that what was read is UTF-8, but for a character at its end that may go on.
  private mutating func validate() throws(DataError) {
    let unchecked = validEnd..<(source == nil ? end : bytes.lastCharacterBoundary(upTo: end, from: validEnd))
    if let offset = bytes.firstInvalidUTF8(in: unchecked) {
      throw .notUTF8(file: name, line: lineNumber(at: offset, from: position))
    }
    validEnd = unchecked.upperBound
  }

  private func place(at offset: Int, _ column: Int) -> DataError.Place {
    let title = column < header.count ? header[column] : "\(column + 1)"
    return DataError.Place(file: name, line: lineNumber(at: offset, from: rowStart), column: title)
  }

  /// - Parameter start: the beginning of the current row, or of the next one where there is none.
  private func lineNumber(at offset: Int, from start: Int) -> Int {
    (start == rowStart ? line : nextLine) + bytes.lineBreakCount(in: start..<max(start, offset))
  }
}
