import Testing

@testable import AdjointPlots

@Suite("SVG text")
struct SVGTests {
  @Test(
    "Numbers have at most two decimals",
    arguments: [
      (0, "0"), (-0.001, "0"), (1, "1"), (1.5, "1.5"), (1.05, "1.05"), (-1.25, "-1.25"), (99.999, "100"),
      (-0.004, "0"), (1e300, "1000000"), (-.infinity, "0"), (.nan, "0"),
    ] as [(Double, String)])
  func numbers(_ value: Double, _ expected: String) { #expect(SVG.number(value) == expected) }

  @Test("What means something to XML, or nothing, is replaced")
  func escaping() throws {
    #expect(SVG.escaped("a < b & \"c\" > 'd'") == "a &lt; b &amp; &quot;c&quot; &gt; 'd'")
    #expect(SVG.escaped("a\nb\tc\u{0}\u{1F}\u{FFFF}") == "a b c\u{FFFD}\u{FFFD}\u{FFFD}")
    let scalars = (0...0x2FF).compactMap { Unicode.Scalar($0) } + ["\u{FFFE}", "\u{10FFFF}", "😀"]
    let text = String(String.UnicodeScalarView(scalars))
    var svg = SVG(width: 10, height: 10, title: text)
    svg.label(Label(text), at: Pixel(x: 0, y: 0))
    svg.add("path", ["d": text])
    let elements = try elements(svg.finished())
    #expect(elements.map(\.name) == ["svg", "title", "rect", "text", "path"])
    for found in [elements[1].text, elements[3].text, elements[4].attributes["d"]] {
      #expect(
        found?.hasSuffix("ÿ" + String(text.split(separator: "ÿ")[1].replacing("\u{FFFE}", with: "\u{FFFD}")))
          == true)
    }
  }

  @Test("A picture has its size, a white ground and a title for readers")
  func document() throws {
    let elements = try elements(SVG(width: 640, height: 400, title: "Losses").finished())
    #expect(elements[0].attributes["viewBox"] == "0 0 640 400")
    #expect(elements[0].attributes["width"] == "640" && elements[0].attributes["height"] == "400")
    #expect(elements[1].text == "Losses")
    #expect(elements[2].attributes == ["width": "640", "height": "400", "fill": "#fff"])
  }
}
