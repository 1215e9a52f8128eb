/// The names of series with samples of them, in rows that are not longer than the plot.
struct Legend {
  struct Entry {
    let label: Label
    let style: LineStyle
    /// From the left end of the rows.
    let x: Double
    let row: Int
  }

  private(set) var entries: [Entry] = []
  var rows: Int { (entries.last?.row ?? -1) + 1 }

  static let rowHeight = 20.0
  private static let sample = 24.0

  init(_ names: [(name: String, style: LineStyle)], width: Double) {
    var (x, row) = (0.0, 0)
    for (name, style) in names where !name.isEmpty {
      let label = Label(name).shortened(to: width - Self.sample - 6, TextSize.label)
      let size = Self.sample + 6 + label.width(TextSize.label)
      if x > 0, x + size > width { (x, row) = (0, row + 1) }
      entries.append(Entry(label: label, style: style, x: x, row: row))
      x += size + 18
    }
  }

  func draw(in svg: inout SVG, at corner: Pixel) {
    for entry in entries {
      let start = Pixel(x: corner.x + entry.x, y: corner.y + (Double(entry.row) + 0.5) * Self.rowHeight)
      let end = Pixel(x: start.x + Self.sample, y: start.y)
      if entry.style.hasBand {
        svg.add(
          "rect",
          [
            "x": SVG.number(start.x), "y": SVG.number(start.y - 5), "width": SVG.number(Self.sample),
            "height": "10", "fill": entry.style.color, "fill-opacity": LineStyle.bandOpacity,
          ])
      }
      if entry.style.hasLine { entry.style.stroke([[start, end]], in: &svg) }
      if entry.style.hasPoints {
        entry.style.dot([Pixel(x: (start.x + end.x) / 2, y: start.y)], in: &svg)
      }
      svg.label(entry.label, at: Pixel(x: end.x + 6, y: end.y))
    }
  }
}
