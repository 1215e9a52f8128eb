import Foundation
import Testing

@testable import AdjointPlots

@Suite("Colours")
struct ColorTests {
  @Test("The lines' are the published ones, in red, green and blue")
  func okabeIto() {
    // Okabe & Ito, Color Universal Design, the table "Set of colors".
    let published: [(LinePlot.Color, [Double])] = [
      (.black, [0, 0, 0]), (.orange, [230, 159, 0]), (.sky, [86, 180, 233]), (.green, [0, 158, 115]),
      (.blue, [0, 114, 178]), (.vermillion, [213, 94, 0]), (.purple, [204, 121, 167]),
    ]
    #expect(published.count == LinePlot.Color.cycle.count)
    for (color, parts) in published {
      let found = RGB(UInt32(color.rawValue.dropFirst(), radix: 16) ?? 1)
      #expect([found.red, found.green, found.blue] == parts)
      #expect(found.hexadecimal == color.rawValue)
    }
  }

  @Test("Viridis is matplotlib's")
  func viridis() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Reference/viridis.txt")
    let rows = try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
    #expect(rows.count == 256)
    for (index, row) in rows.enumerated() {
      let color = HeatMap.Colors.viridis.color(Double(index) / 255)
      let expected = row.split(separator: " ").compactMap { Double($0) }
      for (part, expected) in zip([color.red, color.green, color.blue], expected) {
        #expect(abs(part - expected) <= 5.5, "\(index)")
      }
      if index % 15 == 0 { #expect([color.red, color.green, color.blue] == expected) }
    }
  }

  @Test("Lightness goes one way, so that maps can be printed in grey", arguments: HeatMap.Colors.allCases)
  func lightness(_ colors: HeatMap.Colors) {
    let luminances = (0...255).map { colors.color(Double($0) / 255).luminance }
    let differences = zip(luminances, luminances.dropFirst()).map { $1 - $0 }
    #expect(differences.allSatisfy { $0 > 0 } || differences.allSatisfy { $0 < 0 })
    #expect(abs(luminances[255] - luminances[0]) > 0.7)
  }

  @Test("Numbers can be read on every colour", arguments: HeatMap.Colors.allCases)
  func ink(_ colors: HeatMap.Colors) {
    for index in 0...255 {
      let color = colors.color(Double(index) / 255)
      #expect(color.contrast(to: color.ink) >= 4.5)
    }
  }

  @Test("Contrast is WCAG's")
  func contrast() {
    let (black, white) = (RGB(0x000000), RGB(0xFFFFFF))
    #expect(isClose(black.contrast(to: white), 21, 1e-9))
    // The greys that just miss and just meet 4.5 on white, as WebAIM's checker has them.
    #expect(isClose(RGB(0x777777).contrast(to: white), 4.48, 0.005))
    #expect(isClose(RGB(0x767676).contrast(to: white), 4.54, 0.005))
    #expect(black.ink == white && white.ink == black)
  }

  @Test("Outside of a range its ends' colours are taken")
  func ends() {
    #expect(HeatMap.Colors.viridis.color(-3).hexadecimal == "#440154")
    #expect(HeatMap.Colors.viridis.color(7).hexadecimal == "#FDE725")
  }
}
