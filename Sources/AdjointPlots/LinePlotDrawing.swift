extension LinePlot {
  /// The picture of the plot.
  func draw() -> String {
    let (width, height) = (Double(min(max(width, 200), 10_000)), Double(min(max(height, 150), 10_000)))
    let styles = LineStyle.all(series)
    let layout = LinePlotLayout(self, width: width, height: height, styles: styles)
    let frame = layout.frame

    var svg = SVG(width: width, height: height, title: title)
    svg.title(title, left: frame.left, width: width)
    layout.legend.draw(in: &svg, at: Pixel(x: frame.left, y: layout.legendTop))
    drawGrid(layout, in: &svg)
    if x.range == nil && y.range == nil {
      drawSeries(styles, frame, in: &svg)
    } else {
      // An inner picture cuts off what is outside of it.
      let numbers = [frame.left, frame.top, frame.width, frame.height].map(SVG.number)
      svg.group(
        "svg",
        [
          "x": numbers[0], "y": numbers[1], "width": numbers[2], "height": numbers[3],
          "viewBox": numbers.joined(separator: " "),
        ]
      ) { drawSeries(styles, frame, in: &$0) }
    }
    drawAxes(layout, in: &svg)
    drawMarkers(layout, in: &svg)
    return svg.finished()
  }

  private func drawGrid(_ layout: LinePlotLayout, in svg: inout SVG) {
    let frame = layout.frame
    for x in layout.xTicks.marks.compactMap({ frame.column(of: $0.value) }) {
      svg.line(from: Pixel(x: x, y: frame.top), to: Pixel(x: x, y: frame.bottom), Ink.grid)
    }
    for y in layout.yTicks.marks.compactMap({ frame.row(of: $0.value) }) {
      svg.line(from: Pixel(x: frame.left, y: y), to: Pixel(x: frame.right, y: y), Ink.grid)
    }
  }

  private func drawAxes(_ layout: LinePlotLayout, in svg: inout SVG) {
    let frame = layout.frame
    svg.line(
      from: Pixel(x: frame.left, y: frame.top), to: Pixel(x: frame.left, y: frame.bottom), Ink.axis)
    svg.line(
      from: Pixel(x: frame.left, y: frame.bottom), to: Pixel(x: frame.right, y: frame.bottom), Ink.axis)
    for x in layout.xTicks.minor.compactMap({ frame.column(of: $0) }) {
      svg.line(from: Pixel(x: x, y: frame.bottom), to: Pixel(x: x, y: frame.bottom + 2.5), Ink.axis)
    }
    for y in layout.yTicks.minor.compactMap({ frame.row(of: $0) }) {
      svg.line(from: Pixel(x: frame.left - 2.5, y: y), to: Pixel(x: frame.left, y: y), Ink.axis)
    }
    for mark in layout.xTicks.marks {
      guard let x = frame.column(of: mark.value) else { continue }
      svg.line(from: Pixel(x: x, y: frame.bottom), to: Pixel(x: x, y: frame.bottom + 5), Ink.axis)
      svg.label(mark.label, at: Pixel(x: x, y: frame.bottom + 14), .middle, size: TextSize.tick)
    }
    for mark in layout.yTicks.marks {
      guard let y = frame.row(of: mark.value) else { continue }
      svg.line(from: Pixel(x: frame.left - 5, y: y), to: Pixel(x: frame.left, y: y), Ink.axis)
      svg.label(mark.label, at: Pixel(x: frame.left - 8, y: y), .end, size: TextSize.tick)
    }
    if let factor = layout.yTicks.factor {
      svg.label(factor, at: Pixel(x: frame.left - 8, y: frame.top - 10), size: TextSize.tick)
    }
    if let factor = layout.xTicks.factor {
      svg.label(factor, at: Pixel(x: frame.right, y: frame.bottom + 34), .end, size: TextSize.tick)
    }
    let room = layout.xTicks.factor == nil ? frame.width : frame.width - 100
    svg.label(
      Label(x.title).shortened(to: room, TextSize.label),
      at: Pixel(x: frame.left + frame.width / 2, y: frame.bottom + 34), .middle)
    svg.label(
      Label(y.title).shortened(to: frame.height, TextSize.label),
      at: Pixel(x: 16, y: frame.top + frame.height / 2), .middle, turn: -90)
  }

  private func drawSeries(_ styles: [LineStyle], _ frame: Frame, in svg: inout SVG) {
    for (series, style) in zip(series, styles) where style.hasBand {
      style.fill(Self.bands(series.points, frame), in: &svg)
    }
    var isEmpty = true
    for (series, style) in zip(series, styles) {
      let runs = Self.runs(series.points, frame)
      isEmpty = isEmpty && runs.isEmpty
      if style.hasLine {
        style.stroke(runs.map { thinned($0, columns: frame.width) }, in: &svg)
      }
      // A value without a neighbour makes no line.
      style.dot(
        style.hasPoints ? runs.flatMap { $0 } : runs.filter { $0.count == 1 }.flatMap { $0 }, in: &svg)
    }
    if isEmpty {
      svg.label(
        "no values", at: Pixel(x: frame.left + frame.width / 2, y: frame.top + frame.height / 2), .middle,
        color: Ink.pale)
    }
  }

  private func drawMarkers(_ layout: LinePlotLayout, in svg: inout SVG) {
    let frame = layout.frame
    let base = frame.top - (layout.yTicks.factor == nil ? 0 : 16)
    for marker in layout.markers {
      let top = Pixel(x: marker.x, y: frame.top)
      svg.add(
        "line",
        [
          "x1": SVG.number(top.x), "y1": SVG.number(top.y), "x2": SVG.number(top.x),
          "y2": SVG.number(frame.bottom), "stroke": Ink.axis, "stroke-dasharray": "4 3",
        ])
      let y = base - (Double(marker.row) + 0.5) * LinePlotLayout.markerHeight
      svg.label(marker.label, at: Pixel(x: marker.middle, y: y), .middle, size: TextSize.tick)
    }
  }

  /// The points between two that lie nowhere.
  static func runs(_ points: [Point], _ frame: Frame) -> [[Pixel]] {
    points.map { frame.pixel($0) }.split(separator: nil).map { $0.compactMap { $0 } }
  }

  /// As ``runs(_:_:)``. A lower end that lies nowhere on a logarithmic axis is at the bottom.
  static func bands(_ points: [Point], _ frame: Frame) -> [[(upper: Pixel, lower: Pixel)]] {
    let ends = points.map { point -> (upper: Pixel, lower: Pixel)? in
      guard let middle = frame.pixel(point) else { return nil }
      let spread = point.spread > 0 ? point.spread : 0
      guard let upper = frame.row(of: point.y + spread) else { return nil }
      let lower = frame.row(of: point.y - spread) ?? frame.bottom
      return (upper: Pixel(x: middle.x, y: upper), lower: Pixel(x: middle.x, y: lower))
    }
    return ends.split { $0 == nil }.map { $0.compactMap { $0 } }
  }
}

/// Of very many points, as of a loss in each step, those that make the same line: in each column of pixels the first, the
/// lowest, the highest and the last.
///
/// Jugel, Jerzak, Hackenbroich & Markl, "M4: a visualization-oriented time series data aggregation", VLDB 2014.
func thinned(_ run: [Pixel], columns: Double) -> [Pixel] {
  guard Double(run.count) > 4 * columns, zip(run, run.dropFirst()).allSatisfy({ $0.x <= $1.x }) else {
    return run
  }
  var kept: [Pixel] = []
  var start = run.startIndex
  while start < run.endIndex {
    let column = run[start].x.rounded(.down)
    let end = run[start...].firstIndex { $0.x.rounded(.down) != column } ?? run.endIndex
    let indices = start..<end
    let lowest = indices.max { run[$0].y < run[$1].y } ?? start
    let highest = indices.min { run[$0].y < run[$1].y } ?? start
    kept += Set([start, lowest, highest, end - 1]).sorted().map { run[$0] }
    start = end
  }
  return kept
}
