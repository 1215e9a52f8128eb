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

  /// `range` without the spaces and tabs at its ends.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, self[start] == Byte.space || self[start] == Byte.tab { start += 1 }
    while start < end, self[end - 1] == Byte.space || self[end - 1] == Byte.tab { end -= 1 }
    return start..<end
  }

  /// The ends of lines in `range`; CRLF is one line break, and so is a lone CR.
  func lineBreakCount(in range: Range<Int>) -> Int {
    var count = 0
    for i in range {
      if self[i] == Byte.carriageReturn
        || (self[i] == Byte.lineFeed && (i == range.lowerBound || self[i - 1] != Byte.carriageReturn))
      {
        count += 1
      }
    }
    return count
  }

  /// The start of the first line in `range` that is not UTF-8, or nil where all is. Line breaks never lie inside a
  /// multi-byte character, so the first line that is not valid is where to look.
  func firstInvalidUTF8(in range: Range<Int>) -> Int? {
    if isASCII(range) || String(validating: self[range], as: UTF8.self) != nil { return nil }
    var start = range.lowerBound
    while start < range.upperBound {
      let end = self[start..<range.upperBound].firstIndex { $0 == Byte.lineFeed || $0 == Byte.carriageReturn }
      let lineEnd = end ?? range.upperBound
      if String(validating: self[start..<lineEnd], as: UTF8.self) == nil { return start }
      start = lineEnd + 1
    }
    return range.lowerBound
  }

  /// `end`, or where the character begins that `end` cuts.
  func lastCharacterBoundary(upTo end: Int, from start: Int) -> Int {
    // A character has at most four bytes, of which all but the first begin with 10.
    for i in stride(from: end - 1, through: Swift.max(start, end - 4), by: -1) where self[i] & 0xC0 != 0x80 {
      let length = self[i] < 0x80 ? 1 : self[i] < 0xE0 ? 2 : self[i] < 0xF0 ? 3 : 4
      return i + length > end ? i : end
    }
    return end
  }

  private func isASCII(_ range: Range<Int>) -> Bool {
    withUnsafeBytes { bytes in
      var (i, bits) = (range.lowerBound, UInt64(0))
      while i + 8 <= range.upperBound {
        bits |= bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self)
        i += 8
      }
      while i < range.upperBound {
        bits |= UInt64(bytes[i])
        i += 1
      }
      return bits & 0x8080_8080_8080_8080 == 0
    }
  }
}
