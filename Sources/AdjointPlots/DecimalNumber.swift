/// A number in decimal, for labels: rounded as one rounds what stands on paper, and the same on every machine.
struct DecimalNumber: Equatable {
  private(set) var isNegative: Bool
  /// 0.d₁d₂d₃… × 10^exponent, the first digit not zero; none for zero.
  private(set) var digits: [UInt8]
  private(set) var exponent: Int

  /// The shortest decimal that is read as `value`; nil where it is not finite.
  init?(_ value: Double) {
    guard value.isFinite else { return nil }
    // What Swift prints: `-12.5`, `1e-05`, `5e-324`.
    let parts = abs(value).description.split(separator: "e")
    guard let mantissa = parts.first else { return nil }
    let power = parts.dropFirst().first.flatMap { Int($0) } ?? 0
    let whole = mantissa.prefix { $0 != "." }
    self.init(
      isNegative: value < 0, digits: mantissa.utf8.filter { $0 != 0x2E }.map { $0 - 0x30 },
      exponent: whole.utf8.count + power)
  }

  /// `mantissa` × 10^`exponent`.
  init(_ mantissa: Int, exponent: Int = 0) {
    let digits = mantissa.magnitude.description.utf8.map { $0 - 0x30 }
    self.init(isNegative: mantissa < 0, digits: digits, exponent: digits.count + exponent)
  }

  private init(isNegative: Bool, digits: [UInt8], exponent: Int) {
    let zeros = digits.prefix { $0 == 0 }.count
    self.digits = Array(digits.dropFirst(zeros))
    while self.digits.last == 0 { self.digits.removeLast() }
    let isZero = self.digits.isEmpty
    self.isNegative = isNegative && !isZero
    self.exponent = isZero ? 0 : exponent - zeros
  }

  /// The power of ten of the first digit: −3 for 0.0012; 0 for zero.
  var magnitude: Int { digits.isEmpty ? 0 : exponent - 1 }

  /// With at most `count` digits; halves go away from zero.
  func rounded(toDigits count: Int) -> DecimalNumber {
    guard count < digits.count else { return self }
    guard count >= 0 else { return DecimalNumber(0) }
    var kept = [0] + digits.prefix(count)
    if digits[count] >= 5 {
      var index = count
      while kept[index] == 9 {
        kept[index] = 0
        index -= 1
      }
      kept[index] += 1
    }
    return DecimalNumber(isNegative: isNegative, digits: kept, exponent: exponent + 1)
  }

  /// Without an exponent, with so many digits behind the point: `−0.250`.
  func fixed(_ decimals: Int) -> String {
    let number = rounded(toDigits: exponent + decimals)
    let digit = { (power: Int) -> String in
      let index = number.exponent - 1 - power
      return number.digits.indices.contains(index) ? "\(number.digits[index])" : "0"
    }
    let whole = stride(from: max(0, number.exponent - 1), through: 0, by: -1).map(digit).joined()
    let fraction = stride(from: -1, through: -decimals, by: -1).map(digit).joined()
    return (number.isNegative ? minus : "") + whole + (fraction.isEmpty ? "" : "." + fraction)
  }

  /// At most `count` digits: `0.0125`, `1.2e−5`, `350000`.
  ///
  /// - Parameter keepsZeros: `1.00` instead of `1`.
  func short(_ count: Int, keepsZeros: Bool = false) -> String {
    let number = rounded(toDigits: count)
    let shown = keepsZeros ? count : number.digits.count
    if (-4...5).contains(number.magnitude) { return number.fixed(max(0, shown - number.magnitude - 1)) }
    var mantissa = number
    mantissa.exponent = 1
    let power = number.magnitude < 0 ? "\(minus)\(-number.magnitude)" : "\(number.magnitude)"
    return "\(mantissa.fixed(max(0, shown - 1)))e\(power)"
  }
}

/// The sign, as long as a plus.
let minus = "\u{2212}"
