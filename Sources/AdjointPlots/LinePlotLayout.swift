/// Where everything of a ``LinePlot`` stands.
struct LinePlotLayout {
  let frame: Frame
  let xTicks: Ticks
  let yTicks: Ticks
  let legend: Legend
  let legendTop: Double
  let markers: [MarkerLabel]
  /// What the labels need beside the frame.
  private let left: Double
  private let right: Double

  /// A marker's text. It stands above the frame, in a row where it is over no other.
  struct MarkerLabel {
    let label: Label
    /// The line's place, and that of the text's middle.
    let x: Double
    let middle: Double
    /// From 0, the lowest.
    let row: Int
  }

  static let markerHeight = 16.0

  init(_ plot: LinePlot, width: Double, height: Double, styles: [LineStyle]) {
    let points = plot.series.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
    let areWhole = points.allSatisfy { $0.x == $0.x.rounded() }
    let x = Scale(
      showing: points.map(\.x), range: plot.x.range, isLogarithmic: plot.x.isLogarithmic, margin: 0.03,
      areWhole: areWhole)
    let values = points.flatMap { $0.spread > 0 ? [$0.y - $0.spread, $0.y, $0.y + $0.spread] : [$0.y] }
    let y = Scale(showing: values, range: plot.y.range, isLogarithmic: plot.y.isLogarithmic, margin: 0.05)

    // What an axis shows depends on the frame's size (equal scales), and that on how long the labels are.
    self.init(plot, styles, x, y, areWhole, size: (width, height), margins: (56, 16))
    for _ in 0..<2 {
      self.init(plot, styles, x, y, areWhole, size: (width, height), margins: (left, right))
    }
  }

  private init(
    _ plot: LinePlot, _ styles: [LineStyle], _ x: Scale, _ y: Scale, _ areWhole: Bool,
    size: (width: Double, height: Double), margins: (left: Double, right: Double)
  ) {
    let width = max(20, size.width - margins.left - margins.right)
    legend = Legend(zip(plot.series, styles).map { (name: $0.name, style: $1) }, width: width)
    var frame = Frame(left: margins.left, top: 0, width: width, height: 0, x: x, y: y)
    markers = Self.rows(plot.markers, frame, pictureWidth: size.width)

    legendTop = plot.title.isEmpty ? 10 : 38
    frame.top = legendTop + Double(legend.rows) * Legend.rowHeight + (legend.rows > 0 ? 4 : 2)
    frame.top += Double((markers.map(\.row).max() ?? -1) + 1) * Self.markerHeight
    if Ticks(y, count: 2).factor != nil { frame.top += 16 }
    let hasRowBelow = !plot.x.title.isEmpty || Ticks(x, count: 2).factor != nil
    frame.height = max(20, size.height - frame.top - (hasRowBelow ? 50 : 30))
    if plot.hasEqualScales { frame = frame.withEqualScales() }
    self.frame = frame

    var yTicks = Ticks(frame.y, count: max(2, Int(frame.height / 30)))
    yTicks.keep(apart: 2) {
      frame.row(of: $0.value)
    } length: { _ in
      TextSize.tick
    }
    self.yTicks = yTicks
    xTicks = Self.horizontalTicks(frame, areWhole: areWhole)

    let labels = yTicks.marks.map { $0.label.width(TextSize.tick) }.max() ?? 0
    left = 10 + (plot.y.title.isEmpty ? 0 : 22) + labels + 8
    right =
      xTicks.marks.map { mark in
        (frame.column(of: mark.value) ?? 0) - frame.right + mark.label.width(TextSize.tick) / 2 + 6
      }.reduce(18, max)
  }

  /// As many as have room for their labels.
  private static func horizontalTicks(_ frame: Frame, areWhole: Bool) -> Ticks {
    let length = { (mark: Ticks.Mark) in mark.label.width(TextSize.tick) }
    var ticks = Ticks(frame.x, count: 2, areWhole: areWhole)
    for count in stride(from: max(2, Int(frame.width / 55)), through: 2, by: -1) {
      ticks = Ticks(frame.x, count: count, areWhole: areWhole)
      var kept = ticks
      kept.keep(apart: 12) {
        frame.column(of: $0.value)
      } length: {
        length($0)
      }
      if kept.marks.count == ticks.marks.count { return ticks }
    }
    ticks.keep(apart: 12) {
      frame.column(of: $0.value)
    } length: {
      length($0)
    }
    return ticks
  }

  private static func rows(
    _ markers: [LinePlot.Marker], _ frame: Frame, pictureWidth: Double
  ) -> [MarkerLabel] {
    // Where each row ends so far.
    var ends: [Double] = []
    let visible = markers.compactMap { marker in
      frame.x.fraction(of: marker.x).map { (marker: marker, fraction: $0) }
    }.filter { (0...1).contains($0.fraction) }.sorted { $0.fraction < $1.fraction }
    return visible.map { marker, fraction in
      let label = Label(marker.label).shortened(to: frame.width, TextSize.tick)
      let half = label.width(TextSize.tick) / 2
      let x = frame.left + fraction * frame.width
      let middle = max(half + 4, min(pictureWidth - half - 4, x))
      let row = label.text.isEmpty ? 0 : ends.firstIndex { $0 + 10 < middle - half } ?? ends.count
      if !label.text.isEmpty {
        if row == ends.count { ends.append(0) }
        ends[row] = middle + half
      }
      return MarkerLabel(label: label, x: x, middle: middle, row: row)
    }
  }
}
