/// Which colour is which value, beside a heat map.
struct ColorBar {
  private let map: HeatMap
  private let scale: Scale
  private let left: Double
  private let top: Double
  private let height: Double
  private let ticks: Ticks

  private static let width = 14.0

  init(_ map: HeatMap, _ scale: Scale, left: Double, top: Double, height: Double) {
    self.map = map
    self.scale = scale
    self.left = left
    var ticks = Ticks(scale, count: max(2, Int(height / 45)))
    let shift = ticks.factor == nil ? 0.0 : 16
    (self.top, self.height) = (top + shift, height - shift)
    ticks.keep(apart: 2) {
      scale.fraction(of: $0.value).map { $0 * (height - shift) }
    } length: { _ in
      TextSize.tick
    }
    self.ticks = ticks
  }

  var bottom: Double { top + height }
  private var labelsRight: Double {
    left + Self.width + 8 + (ticks.marks.map { $0.label.width(TextSize.tick) }.max() ?? 0)
  }
  var right: Double {
    max(labelsRight + (map.valueTitle.isEmpty ? 0 : 24), left + (ticks.factor?.width(TextSize.tick) ?? 0))
  }

  func draw(in svg: inout SVG) {
    let count = 64
    svg.group("g", ["shape-rendering": "crispEdges"]) { svg in
      for index in 0..<count {
        // Each begins at its upper edge and is covered by the next.
        let y = top + height * Double(index) / Double(count)
        let color = map.colors.color(1 - (Double(index) + 0.5) / Double(count))
        svg.add(
          "rect",
          [
            "x": SVG.number(left), "y": SVG.number(y), "width": SVG.number(Self.width),
            "height": SVG.number(bottom - y), "fill": color.hexadecimal,
          ])
      }
    }
    svg.add(
      "rect",
      [
        "x": SVG.number(left), "y": SVG.number(top), "width": SVG.number(Self.width),
        "height": SVG.number(height), "fill": "none", "stroke": Ink.axis, "stroke-width": "0.5",
      ])
    for mark in ticks.marks {
      guard let fraction = scale.fraction(of: mark.value) else { continue }
      let start = Pixel(x: left + Self.width, y: bottom - fraction * height)
      svg.line(from: start, to: Pixel(x: start.x + 4, y: start.y), Ink.axis)
      svg.label(mark.label, at: Pixel(x: start.x + 8, y: start.y), size: TextSize.tick)
    }
    if let factor = ticks.factor {
      svg.label(factor, at: Pixel(x: left, y: top - 10), size: TextSize.tick)
    }
    svg.label(
      Label(map.valueTitle).shortened(to: height, TextSize.label),
      at: Pixel(x: labelsRight + 14, y: top + height / 2), .middle, turn: -90)
  }
}
