/// A line of text in a picture, which may end in a power: `2×10` and `−5`.
struct Label: Equatable, ExpressibleByStringLiteral {
  var text: String
  var superscript = ""

  /// Of the size of the text.
  static let superscriptSize = 0.75

  init(_ text: String, superscript: String = "") {
    self.text = text
    self.superscript = superscript
  }

  init(stringLiteral text: String) { self.init(text) }

  /// 10^`exponent`, or a multiple of it.
  init(_ factor: Int = 1, timesTenTo exponent: Int) {
    self.init(
      factor == 1 ? "10" : "\(factor)×10",
      superscript: exponent < 0 ? "\(minus)\(-exponent)" : "\(exponent)")
  }

  /// About how long it is, at so many pixels an em.
  func width(_ size: Double) -> Double {
    (Self.ems(text) + Self.ems(superscript) * Self.superscriptSize) * size
  }

  /// What fits into so many pixels, with … for the rest.
  func shortened(to limit: Double, _ size: Double) -> Label {
    guard width(size) > limit else { return self }
    // In one pass: a text may be of any length, and a letter of any number of accents.
    var (kept, left) = ("", limit / size - Self.ems("…"))
    for character in text {
      left -= Self.ems(String(character))
      if left < 0 { break }
      kept.append(character)
    }
    // The parts' lengths do not add up to the last digit.
    while !kept.isEmpty, Label(kept + "…").width(size) > limit { kept.removeLast() }
    return Label(kept + "…")
  }

  /// In ems. The viewer picks the font: these are the widths of DejaVu Sans, wider than those of Helvetica and Arial; of
  /// letters beyond ASCII about as much, of Chinese ones a square.
  private static func ems(_ text: String) -> Double {
    text.unicodeScalars.reduce(0) { sum, scalar in
      let index = Int(scalar.value) - 0x20
      if widths.indices.contains(index) { return sum + Double(widths[index]) / 100 }
      switch scalar {
      case "\u{2E80}"..., "…": return sum + 1
      case "\u{2000}"..., "×": return sum + 0.84
      default: return sum + 0.7
      }
    }
  }

  /// Of U+0020 to U+007E, in hundredths of an em.
  private static let widths: [UInt8] = [
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    34, 34,
    84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73,
    68, 99,
    69, 61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63,
    41, 52,
    39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84,
  ]
}
