/// How a series is drawn.
struct LineStyle {
  let color: String
  let hasLine: Bool
  let hasPoints: Bool
  let hasBand: Bool
  private let width: Double
  private let dashes: String?

  static let bandOpacity = "0.2"
  private static let dotSize = 6.0

  static func all(_ series: [LinePlot.Series]) -> [LineStyle] {
    var turn = 0
    return series.map { series in
      defer { if series.color == nil { turn += 1 } }
      return LineStyle(series, turn: turn)
    }
  }

  /// - Parameter turn: which of the series without a colour of their own it is: beyond the cycle's end the colours come
  ///   again, with other dashes.
  private init(_ series: LinePlot.Series, turn: Int) {
    let cycle = LinePlot.Color.cycle
    let round = series.color == nil ? turn / cycle.count : 0
    color = (series.color ?? cycle[turn % cycle.count]).rawValue
    width = series.lineWidth.isFinite ? max(0.1, min(100, series.lineWidth)) : 2
    hasLine = series.style != .points
    hasPoints = series.style == .points || series.style == .lineAndPoints
    hasBand = series.points.contains { $0.spread.isFinite && $0.spread > 0 }
    dashes = series.style == .dashedLine ? "6 4" : [nil, "2 3", "8 3 2 3", "12 4"][round % 4]
  }

  /// Draws lines through the points of each run.
  func stroke(_ runs: [[Pixel]], in svg: inout SVG) {
    let path = runs.filter { $0.count > 1 }.map { run in
      "M" + run.map { "\(SVG.number($0.x)) \(SVG.number($0.y))" }.joined(separator: "L")
    }.joined()
    guard !path.isEmpty else { return }
    let width = SVG.number(width)
    if let dashes {
      svg.add(
        "path",
        ["d": path, "fill": "none", "stroke": color, "stroke-width": width, "stroke-dasharray": dashes])
    } else {
      svg.add(
        "path",
        [
          "d": path, "fill": "none", "stroke": color, "stroke-width": width, "stroke-linejoin": "round",
          "stroke-linecap": "round",
        ])
    }
  }

  /// Draws a dot at each of the points: lines without a length, whose ends are round.
  func dot(_ points: [Pixel], in svg: inout SVG) {
    guard !points.isEmpty else { return }
    let path = points.map { "M\(SVG.number($0.x)) \(SVG.number($0.y))h0" }.joined()
    svg.add(
      "path",
      [
        "d": path, "fill": "none", "stroke": color, "stroke-width": SVG.number(Self.dotSize),
        "stroke-linecap": "round",
      ])
  }

  /// Fills what lies between both lines of each run.
  func fill(_ runs: [[(upper: Pixel, lower: Pixel)]], in svg: inout SVG) {
    let path = runs.filter { $0.count > 1 }.map { run in
      let outline = run.map(\.upper) + run.reversed().map(\.lower)
      return "M" + outline.map { "\(SVG.number($0.x)) \(SVG.number($0.y))" }.joined(separator: "L") + "Z"
    }.joined()
    guard !path.isEmpty else { return }
    svg.add("path", ["d": path, "fill": color, "fill-opacity": Self.bandOpacity])
  }
}
