/// The text of a picture while it is drawn: elements of SVG 1.1 (w3.org/TR/SVG11), one a line.
struct SVG {
  typealias Attributes = KeyValuePairs<String, String>

  private(set) var text: String

  /// A white picture of so many pixels; viewers show `title` where one points, readers read it out.
  init(width: Double, height: Double, title: String) {
    let (width, height) = (Self.number(width), Self.number(height))
    text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
      font-family="sans-serif" font-size="\(Self.number(TextSize.label))" fill="#333" role="img">

      """
    if !title.isEmpty { text += "<title>\(Self.escaped(title))</title>\n" }
    add("rect", ["width": width, "height": height, "fill": "#fff"])
  }

  mutating func add(_ element: String, _ attributes: Attributes) {
    text += "<\(element)\(Self.joined(attributes))/>\n"
  }

  mutating func group(
    _ element: String = "g", _ attributes: Attributes, _ content: (inout SVG) -> Void
  ) {
    text += "<\(element)\(Self.joined(attributes))>\n"
    content(&self)
    text += "</\(element)>\n"
  }

  mutating func line(from a: Pixel, to b: Pixel, _ stroke: String, width: Double = 1) {
    add(
      "line",
      [
        "x1": Self.number(a.x), "y1": Self.number(a.y), "x2": Self.number(b.x), "y2": Self.number(b.y),
        "stroke": stroke, "stroke-width": Self.number(width),
      ])
  }

  enum Anchor: String { case start, middle, end }

  /// - Parameters:
  ///   - place: of its start, middle or end, at half of its height.
  ///   - turn: degrees clockwise about the place.
  mutating func label(
    _ label: Label, at place: Pixel, _ anchor: Anchor = .start, size: Double = TextSize.label,
    color: String? = nil, isBold: Bool = false, turn: Double = 0
  ) {
    guard !label.text.isEmpty else { return }
    // Letters stand on their base line. Half of a capital's height is 0.36 em.
    let (x, y) = (Self.number(place.x), Self.number(place.y + (turn == 0 ? 0.36 * size : 0)))
    var attributes = " x=\"\(x)\" y=\"\(y)\""
    if turn != 0 {
      attributes += " dy=\"\(Self.number(0.36 * size))\" transform=\"rotate(\(Self.number(turn)) \(x) \(y))\""
    }
    if anchor != .start { attributes += " text-anchor=\"\(anchor.rawValue)\"" }
    if size != TextSize.label { attributes += " font-size=\"\(Self.number(size))\"" }
    if let color { attributes += " fill=\"\(color)\"" }
    if isBold { attributes += " font-weight=\"bold\"" }
    text += "<text\(attributes)>\(Self.escaped(label.text))"
    if !label.superscript.isEmpty {
      let size = Self.number(Label.superscriptSize * size)
      text += "<tspan dy=\"-0.4em\" font-size=\"\(size)\">\(Self.escaped(label.superscript))</tspan>"
    }
    text += "</text>\n"
  }

  func finished() -> String { text + "</svg>\n" }

  /// Pixels to two decimals. What is far outside is cut off, so that every number is a short one.
  static func number(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let hundredths = Int((max(-1e6, min(1e6, value)) * 100).rounded())
    let (whole, rest) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(whole)" }
    return rest % 10 == 0 ? "\(sign)\(whole).\(rest / 10)" : "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// As the content of an element or of an attribute. Characters that XML does not allow (XML 1.0, 2.2) become U+FFFD,
  /// line breaks spaces.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\t", "\n", "\r": result += " "
      case "\0"..<" ", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func joined(_ attributes: Attributes) -> String {
    attributes.map { " \($0)=\"\(escaped($1))\"" }.joined()
  }
}

/// A place in a picture: to the right and downwards from its upper left corner.
struct Pixel: Equatable {
  var x: Double
  var y: Double
}

/// Pixels an em.
enum TextSize {
  static let title = 15.0
  static let label = 12.0
  static let tick = 11.0
}

/// Colours of what is not data.
enum Ink {
  static let title = "#111"
  static let axis = "#666"
  static let grid = "#e6e6e6"
  static let pale = "#888"
  static let missing = "#ececec"
  static let hatch = "#bbb"
}

extension SVG {
  /// The picture's own title, above all and from `left` on.
  mutating func title(_ title: String, left: Double, width: Double) {
    // Bold letters are at most a seventh wider.
    let label = Label(title).shortened(to: (width - left - 10) / 1.15, TextSize.title)
    self.label(label, at: Pixel(x: left, y: 22), size: TextSize.title, color: Ink.title, isBold: true)
  }
}
