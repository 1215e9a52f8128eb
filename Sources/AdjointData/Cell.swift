/// What a field holds, read as a number.
enum Cell: Equatable {
  case number(Double)
  /// Nothing, or one of the words that other programs write where a value is missing.
  case missing
  /// An infinity, or a number too large for a double.
  case notFinite
  case text

  /// - Parameter field: its bytes; spaces around what it holds do not matter.
  init(_ field: UnsafeBufferPointer<UInt8>) {
    let field = field.trimmed
    if field.isEmpty {
      self = .missing
    } else if let value = parseDecimal(field) {
      self = value.isFinite ? .number(value) : .notFinite
    } else {
      let word = String(decoding: field, as: UTF8.self)
      if missingWords.contains(word) {
        self = .missing
      } else {
        self = infiniteWords.contains(word.lowercased()) ? .notFinite : .text
      }
    }
  }

  init(_ text: String) { self = Array(text.utf8).withUnsafeBufferPointer { Cell($0) } }
}

extension UnsafeBufferPointer<UInt8> {
  /// Without the spaces and tabs at the ends.
  fileprivate var trimmed: UnsafeBufferPointer<UInt8> {
    var (start, end) = (0, count)
    while start < end, self[start] == Byte.space || self[start] == Byte.tab { start += 1 }
    while start < end, self[end - 1] == Byte.space || self[end - 1] == Byte.tab { end -= 1 }
    return UnsafeBufferPointer(rebasing: self[start..<end])
  }
}

/// After pandas' list, without `None`, which may well be the name of a class; `?` is the UCI repository's.
private let missingWords: Set<String> = [
  "?", "NA", "<NA>", "N/A", "n/a", "#N/A", "NaN", "nan", "-NaN", "-nan", "NULL", "null",
]

private let infiniteWords: Set<String> = [
  "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity",
]

/// The double nearest to a decimal number such as `-12.5e3`, or nil where the text is none.
///
/// Hexadecimal numbers, `nan` and `inf` are not decimal. A significand below 2⁵³ times or divided by a power
/// of ten up to 10²² is correctly rounded by one operation on exact doubles (Clinger, How to Read Floating
/// Point Numbers Accurately, 1990); the rest is left to the standard library.
///
/// - Precondition: there is a byte.
private func parseDecimal(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
  var i = 0
  let end = bytes.count
  let isNegative = bytes[i] == UInt8(ascii: "-")
  if isNegative || bytes[i] == UInt8(ascii: "+") { i += 1 }

  var significand: UInt64 = 0
  var significantDigits = 0
  var hasDigits = false
  var exponent = 0
  var isFraction = false
  while i < end {
    let byte = bytes[i]
    if byte == UInt8(ascii: "."), !isFraction {
      isFraction = true
    } else if let digit = decimalDigit(byte) {
      hasDigits = true
      if isFraction { exponent -= 1 }
      if significantDigits > 0 || digit > 0 { significantDigits += 1 }
      if significantDigits <= 19 { significand = significand * 10 + UInt64(digit) }
    } else {
      break
    }
    i += 1
  }
  guard hasDigits else { return nil }
  if i < end {
    guard bytes[i] == UInt8(ascii: "e") || bytes[i] == UInt8(ascii: "E"), i + 1 < end else { return nil }
    i += 1
    let isDownward = bytes[i] == UInt8(ascii: "-")
    if isDownward || bytes[i] == UInt8(ascii: "+") { i += 1 }
    guard i < end else { return nil }
    var written = 0
    while i < end {
      guard let digit = decimalDigit(bytes[i]) else { return nil }
      if written < 100_000 { written = written * 10 + digit }
      i += 1
    }
    exponent += isDownward ? -written : written
  }
  if significantDigits <= 19, significand < 1 << 53, abs(exponent) < powersOfTen.count {
    let value = Double(significand)
    let magnitude = exponent < 0 ? value / powersOfTen[-exponent] : value * powersOfTen[exponent]
    return isNegative ? -magnitude : magnitude
  }
  return Double(String(decoding: bytes, as: UTF8.self))
}

private func decimalDigit(_ byte: UInt8) -> Int? {
  byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? Int(byte - UInt8(ascii: "0")) : nil
}

/// 10⁰ to 10²², each exact.
private let powersOfTen: [Double] = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
  1e19,
  1e20, 1e21, 1e22,
]
