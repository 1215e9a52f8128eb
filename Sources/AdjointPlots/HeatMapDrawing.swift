/// Where everything of a ``HeatMap`` stands, and the picture.
struct HeatMapDrawing {
  let map: HeatMap
  let rows: Int
  let columns: Int
  let scale: Scale
  let texts: [[String]]
  let cell: (width: Double, height: Double)
  let hasTexts: Bool

  private let rowLabels: [Label]
  private let columnLabels: [Label]
  private let longestColumnLabel: Double
  private let areColumnsTurned: Bool
  let left: Double
  let top: Double

  private static let longestLabel = 140.0

  init(_ map: HeatMap) {
    self.map = map
    rows = max(map.values.count, map.rowLabels.count)
    columns = max(map.values.map(\.count).max() ?? 0, map.columnLabels.count)
    scale = Scale(showing: map.values.flatMap { $0 }, range: map.range, isLogarithmic: map.isLogarithmic)
    texts = map.cellTexts()

    // Cells are as large as few of them need, and many of them allow.
    let text = texts.flatMap { $0 }.map { Label($0).width(TextSize.tick) }.max() ?? 0
    let (acrossSpace, downSpace) = (380 / Double(max(1, columns)), 300 / Double(max(1, rows)))
    let width = max(text + 14, max(40, min(96, acrossSpace)))
    let height = max(28, min(68, downSpace))
    hasTexts = width * Double(columns) <= 960 && height * Double(rows) <= 960
    if hasTexts {
      cell = (width, height)
    } else {
      let side = max(1, min(24, 640 / Double(max(1, columns)), 480 / Double(max(1, rows))))
      cell = (side, side)
    }

    let label = { (text: String) in Label(text).shortened(to: Self.longestLabel, TextSize.tick) }
    rowLabels = map.rowLabels.map(label)
    columnLabels = map.columnLabels.map(label)
    longestColumnLabel = columnLabels.map { $0.width(TextSize.tick) }.max() ?? 0
    areColumnsTurned = hasTexts && longestColumnLabel + 6 > cell.width
    let rowRoom = rowLabels.map { $0.width(TextSize.tick) }.max() ?? 0
    // A turned label reaches to the left.
    let turnedRoom = areColumnsTurned ? longestColumnLabel * 0.71 - cell.width / 2 : 0
    left = max(12 + (map.rowTitle.isEmpty ? 0 : 22) + rowRoom + 8, 12 + turnedRoom)
    top = map.title.isEmpty ? 12 : 42
  }

  private var right: Double { left + Double(columns) * cell.width }
  private var bottom: Double { top + Double(rows) * cell.height }
  private var labelRoom: Double {
    columnLabels.isEmpty ? 6 : areColumnsTurned ? 18 + longestColumnLabel * 0.71 : 24
  }

  /// Nil where there is no value that has one.
  private func color(_ row: Int, _ column: Int) -> RGB? {
    guard row < map.values.count, column < map.values[row].count else { return nil }
    // In 256 steps, which nobody can tell apart.
    return scale.fraction(of: map.values[row][column]).map { map.colors.color(($0 * 255).rounded() / 255) }
  }

  func draw() -> String {
    let bar = ColorBar(map, scale, left: right + 18, top: top, height: max(100, bottom - top))
    let below = labelRoom + (map.columnTitle.isEmpty ? 8 : 30)
    let titleRight = left + Label(map.title).width(TextSize.title) * 1.1 + 12
    let width = max(bar.right + 12, min(titleRight, 960))
    let height = max(bottom + below, bar.bottom + 14)
    var svg = SVG(width: width, height: height, title: map.title)
    svg.title(map.title, left: left, width: width)
    drawCells(in: &svg)
    drawLabels(in: &svg)
    if map.values.contains(where: { $0.contains { scale.fraction(of: $0) != nil } }) {
      bar.draw(in: &svg)
    } else if rows == 0 || columns == 0 {
      svg.label("no values", at: Pixel(x: left, y: top + 12), color: Ink.pale)
    }
    return svg.finished()
  }

  private func drawCells(in svg: inout SVG) {
    // All cells of a colour are one path. Those with numbers have a gap between them.
    let gap = hasTexts ? 1.0 : 0
    let size = (width: SVG.number(cell.width - gap), height: SVG.number(cell.height - gap))
    var paths: [String: String] = [:]
    var order: [String] = []
    for row in 0..<rows {
      for column in 0..<columns {
        let color = color(row, column)?.hexadecimal ?? Ink.missing
        if paths[color] == nil { order.append(color) }
        let (x, y) = (left + Double(column) * cell.width, top + Double(row) * cell.height)
        paths[color, default: ""] +=
          "M\(SVG.number(x + gap / 2)) \(SVG.number(y + gap / 2))h\(size.width)v\(size.height)h-\(size.width)z"
      }
    }
    svg.group("g", ["shape-rendering": "crispEdges"]) { svg in
      for color in order { svg.add("path", ["d": paths[color] ?? "", "fill": color]) }
    }
    drawHatches(in: &svg)
    drawTexts(in: &svg)
    if let best = map.bestCell {
      let (x, y) = (left + Double(best.column) * cell.width, top + Double(best.row) * cell.height)
      // Dark between light, to be seen on all colours.
      for (stroke, width) in [("#fff", 5.0), ("#000", 2.5)] {
        svg.add(
          "rect",
          [
            "x": SVG.number(x), "y": SVG.number(y), "width": SVG.number(cell.width),
            "height": SVG.number(cell.height), "fill": "none", "stroke": stroke,
            "stroke-width": SVG.number(width), "stroke-linejoin": "round",
          ])
      }
    }
  }

  private func drawHatches(in svg: inout SVG) {
    guard cell.width >= 4, cell.height >= 4 else { return }
    var path = ""
    for row in 0..<rows {
      for column in 0..<columns where color(row, column) == nil {
        path += Self.hatch(
          left + Double(column) * cell.width, top + Double(row) * cell.height, cell.width, cell.height)
      }
    }
    if !path.isEmpty { svg.add("path", ["d": path, "fill": "none", "stroke": Ink.hatch]) }
  }

  /// Lines at 45 degrees through a rectangle, 8 pixels apart from its lower left corner on.
  static func hatch(_ x: Double, _ y: Double, _ width: Double, _ height: Double) -> String {
    let (inset, step) = (1.0, 8.0)
    let (x, y, width, height) = (x + inset, y + inset, width - 2 * inset, height - 2 * inset)
    return stride(from: step, to: width + height, by: step).map { sum in
      // From the left or the lower edge to the upper or the right one.
      let start = sum <= height ? (0, sum) : (sum - height, height)
      let end = sum <= width ? (sum, 0) : (width, sum - width)
      return "M\(SVG.number(x + start.0)) \(SVG.number(y + start.1))"
        + "L\(SVG.number(x + end.0)) \(SVG.number(y + end.1))"
    }.joined()
  }

  private func drawTexts(in svg: inout SVG) {
    guard hasTexts else { return }
    for (row, texts) in texts.enumerated() where row < rows {
      for (column, text) in texts.enumerated() where column < columns {
        let ink = (color(row, column) ?? RGB(0xFFFFFF)).ink
        svg.label(
          Label(text),
          at: Pixel(
            x: left + (Double(column) + 0.5) * cell.width, y: top + (Double(row) + 0.5) * cell.height),
          .middle, size: TextSize.tick, color: ink.hexadecimal)
      }
    }
  }

  private static func niceStride(_ least: Double) -> Int {
    [1, 2, 5, 10, 20, 50, 100, 200, 500].first { Double($0) >= least } ?? 1000
  }

  private func drawLabels(in svg: inout SVG) {
    // Every so many-th, where cells are smaller than labels.
    let rowStride = Self.niceStride(14 / cell.height)
    for row in stride(from: 0, to: rowLabels.count, by: rowStride) {
      let y = top + (Double(row) + 0.5) * cell.height
      svg.label(rowLabels[row], at: Pixel(x: left - 8, y: y), .end, size: TextSize.tick)
    }
    let columnStride = areColumnsTurned ? 1 : Self.niceStride((longestColumnLabel + 6) / cell.width)
    for column in stride(from: 0, to: columnLabels.count, by: columnStride) {
      let x = left + (Double(column) + 0.5) * cell.width
      if areColumnsTurned {
        svg.label(
          columnLabels[column], at: Pixel(x: x + 3, y: bottom + 10), .end, size: TextSize.tick, turn: -45)
      } else {
        svg.label(columnLabels[column], at: Pixel(x: x, y: bottom + 14), .middle, size: TextSize.tick)
      }
    }
    svg.label(
      Label(map.columnTitle).shortened(to: right, TextSize.label),
      at: Pixel(x: (left + right) / 2, y: bottom + labelRoom + 14), .middle)
    svg.label(
      Label(map.rowTitle).shortened(to: bottom, TextSize.label),
      at: Pixel(x: 16, y: (top + bottom) / 2), .middle, turn: -90)
  }
}
