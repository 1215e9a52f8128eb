import Testing

@testable import AdjointPlots

@Suite("Labels")
struct LabelTests {
  @Test("Their widths are DejaVu Sans's")
  func widths() {
    // By fontTools: a digit takes 1303 of 2048 units, `W` 2025, `i` 569, U+2212 1716.
    for (text, expected) in [("100", 3 * 1303.0), ("Wi", 2025 + 569), ("−", 1716)] {
      #expect(isClose(Label(text).width(2048), expected, 0.006 * 2048 * Double(text.count)))
    }
    #expect(Label("10", superscript: "−5").width(10) > Label("10").width(10))
    #expect(Label("漢字").width(10) == 20)
  }

  @Test("What is too long ends in … and fits")
  func shortened() {
    let text = Label("a rather long name of a series")
    #expect(text.shortened(to: 1000, 12) == text)
    for limit in stride(from: 15.0, to: 180, by: 5) {
      let short = text.shortened(to: limit, 12)
      #expect(short.width(12) <= limit && (short.text.hasSuffix("…") || short == text))
    }
    #expect(text.shortened(to: 0, 12).text == "…")
  }
}
