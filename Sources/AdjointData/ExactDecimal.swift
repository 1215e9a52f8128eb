/// A decimal number as it is written, to its last digit: 1, 1.0 and 10e-1 are equal, 0.1 and 0.10000000000000001 are not.
struct ExactDecimal: Hashable, Comparable {
  private let isNegative: Bool
  /// The digits d₁d₂… of 0.d₁d₂… · 10^exponent, without zeros at either end; none for 0.
  private let digits: [UInt8]
  private let exponent: Int

  /// nil where `text` is no decimal number, or its exponent is beyond counting.
  init?(_ text: String) {
    var bytes = Array(text.utf8)[...]
    let sign = bytes.first == UInt8(ascii: "-")
    if sign || bytes.first == UInt8(ascii: "+") { bytes.removeFirst() }
    let mark = bytes.firstIndex { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }
    let parts = bytes[..<(mark ?? bytes.endIndex)].split(
      separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    let written = parts.joined()
    guard !written.isEmpty, written.allSatisfy(Self.isDigit) else { return nil }
    var power = 0
    if let mark {
      let text = bytes[(mark + 1)...]
      guard
        text.first.map({ Self.isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }) == true,
        let number = Int(String(decoding: text, as: UTF8.self))
      else { return nil }
      power = number
    }
    let significant = written.drop { $0 == UInt8(ascii: "0") }
    let kept = significant.reversed().drop { $0 == UInt8(ascii: "0") }.reversed()
    let whole = parts[0].count - (written.count - significant.count)
    let (exponent, isBeyond) = power.addingReportingOverflow(whole)
    guard !isBeyond else { return nil }
    digits = Array(kept)
    isNegative = sign && !digits.isEmpty
    self.exponent = digits.isEmpty ? 0 : exponent
  }

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

  static func < (a: ExactDecimal, b: ExactDecimal) -> Bool {
    if a.isNegative != b.isNegative { return a.isNegative }
    return a.isNegative ? isSmaller(b, a) : isSmaller(a, b)
  }

  /// Whether `a` is nearer to 0.
  private static func isSmaller(_ a: ExactDecimal, _ b: ExactDecimal) -> Bool {
    if a.digits.isEmpty || b.digits.isEmpty { return a.digits.isEmpty && !b.digits.isEmpty }
    if a.exponent != b.exponent { return a.exponent < b.exponent }
    return a.digits.lexicographicallyPrecedes(b.digits)
  }
}
