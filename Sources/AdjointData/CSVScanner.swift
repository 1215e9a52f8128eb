/// The bytes that the format is made of.
enum Byte {
  static let quote = UInt8(ascii: "\"")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let tab = UInt8(ascii: "\t")
}

/// Finds the fields of a row in a part of a file.
struct CSVScanner {
  let bytes: UnsafeBufferPointer<UInt8>
  let separator: UInt8
  let skipsBlankLines: Bool
  /// Whether the file ends where the bytes do.
  let isLast: Bool

  enum Outcome {
    /// A row, the place behind it, and the line breaks from its beginning to there.
    case row(end: Int, lineBreaks: Int)
    case blankLine(end: Int)
    /// The row goes on, or may go on, beyond the bytes.
    case incomplete
    case endOfFile
    case unterminatedQuote(at: Int)
    case textAfterQuote(at: Int)
    case tooManyFields
  }

  /// More than a table has columns. A row of separators alone would take 16 times its length.
  static let fieldLimit = 1_000_000

  /// Reads the row at `start`.
  ///
  /// - Parameter fields: becomes where the fields lie, without the quotes around them.
  func scanRow(at start: Int, into fields: inout [Range<Int>]) -> Outcome {
    fields.removeAll(keepingCapacity: true)
    guard start < bytes.count else { return isLast ? .endOfFile : .incomplete }
    if skipsBlankLines, isLineBreak(bytes[start]) {
      return lineBreakEnd(start).map { .blankLine(end: $0) } ?? .incomplete
    }
    var (i, lineBreaks) = (start, 0)
    while true {
      guard fields.count < Self.fieldLimit else { return .tooManyFields }
      let first = i
      if i < bytes.count, bytes[i] == Byte.quote {
        i += 1
        while true {
          guard i < bytes.count else { return isLast ? .unterminatedQuote(at: first) : .incomplete }
          let byte = bytes[i]
          if byte == Byte.quote {
            guard i + 1 < bytes.count || isLast else { return .incomplete }
            guard i + 1 < bytes.count, bytes[i + 1] == Byte.quote else { break }
            i += 1
          } else if byte == Byte.carriageReturn
            || (byte == Byte.lineFeed && bytes[i - 1] != Byte.carriageReturn)
          {
            lineBreaks += 1
          }
          i += 1
        }
        fields.append(first + 1..<i)
        i += 1
        if i < bytes.count, bytes[i] != separator, !isLineBreak(bytes[i]) { return .textAfterQuote(at: i) }
      } else {
        while i < bytes.count, bytes[i] != separator, !isLineBreak(bytes[i]) { i += 1 }
        fields.append(first..<i)
      }
      guard i < bytes.count else { return isLast ? .row(end: i, lineBreaks: lineBreaks) : .incomplete }
      guard bytes[i] == separator else {
        return lineBreakEnd(i).map { .row(end: $0, lineBreaks: lineBreaks + 1) } ?? .incomplete
      }
      i += 1
    }
  }

  private func isLineBreak(_ byte: UInt8) -> Bool { byte == Byte.lineFeed || byte == Byte.carriageReturn }

  /// The place behind the line break at `start`; nil where that is not known yet.
  private func lineBreakEnd(_ start: Int) -> Int? {
    guard bytes[start] == Byte.carriageReturn else { return start + 1 }
    guard start + 1 < bytes.count else { return isLast ? start + 1 : nil }
    return bytes[start + 1] == Byte.lineFeed ? start + 2 : start + 1
  }
}
