import Foundation
import Testing

@testable import AdjointPlots

/// Ten by one units, in an inner picture whose attributes say where it lies.
private func plot(_ series: [LinePlot.Series], isLogarithmic: Bool = false) -> LinePlot {
  LinePlot(
    "t", x: .init("x", range: 0...10),
    y: .init("y", isLogarithmic: isLogarithmic, range: isLogarithmic ? 1...100 : 0...1),
    series: series)
}

/// Where x and y from 0 to 1 of the frame lie.
private func place(_ x: Double, _ y: Double, _ elements: [Element]) throws -> Pixel {
  let frame = try #require(elements.dropFirst().first { $0.name == "svg" })
  return Pixel(
    x: try frame.number("x") + x * frame.number("width"),
    y: try frame.number("y") + (1 - y) * frame.number("height"))
}

private func isClose(_ a: Pixel, _ b: Pixel) -> Bool {
  AdjointPlotsTests.isClose(a.x, b.x) && AdjointPlotsTests.isClose(a.y, b.y)
}

private func lines(_ elements: [Element], _ color: LinePlot.Color) -> [Element] {
  elements.filter { $0.name == "path" && $0.attributes["stroke"] == color.rawValue }
}

@Suite("Line plots")
struct LinePlotTests {
  @Test("A point is where its share of the ranges is")
  func position() throws {
    let elements = try elements(plot([.init("", [0.25, 0.75], from: 5, color: .green)]).svg)
    let run = try #require(lines(elements, .green).first).runs()
    #expect(run.count == 1 && run[0].count == 2)
    #expect(isClose(run[0][0], try place(0.5, 0.25, elements)))
    #expect(isClose(run[0][1], try place(0.6, 0.75, elements)))
  }

  @Test("On a logarithmic axis it is the logarithm's share")
  func logarithmicPosition() throws {
    let series = LinePlot.Series("", zip([0.0, 10], [1.0, 10]), color: .green)
    let elements = try elements(plot([series], isLogarithmic: true).svg)
    let run = try #require(lines(elements, .green).first).runs()
    #expect(isClose(run[0][0], try place(0, 0, elements)))
    #expect(isClose(run[0][1], try place(1, 0.5, elements)))
  }

  @Test("What is not finite breaks a line, and a value between two such is a dot")
  func breaks() throws {
    let values = [0.1, 0.2, .nan, 0.3, .infinity, 0.4, 0.5, 0.6]
    let paths = lines(try elements(plot([.init("", values, from: 0, color: .green)]).svg), .green)
    #expect(paths.count == 2)
    #expect(try paths[0].runs().map(\.count) == [2, 3])
    #expect(try paths[1].runs().map(\.count) == [1])
    #expect(paths[1].attributes["stroke-linecap"] == "round")
  }

  @Test("So does what is not positive, on a logarithmic axis")
  func logarithmicBreaks() throws {
    let values = [1, 10, 0, 10, -1, 10, 100.0]
    let paths = lines(
      try elements(plot([.init("", values, from: 0, color: .green)], isLogarithmic: true).svg), .green)
    #expect(try paths.map { try $0.runs().map(\.count) } == [[2, 2], [1]])
  }

  @Test(
    "A band is from mean − spread to mean + spread, and at the bottom where a logarithm has no place for it")
  func band() throws {
    let series = LinePlot.Series("", [0.5, 0.6], spread: [0.1, 0.2], from: 0, color: .green)
    let elements = try elements(plot([series]).svg)
    let band = try #require(elements.first { $0.attributes["fill"] == LinePlot.Color.green.rawValue })
    let corners = [(0, 0.6), (0.1, 0.8), (0.1, 0.4), (0, 0.4)]
    let found = try band.runs()[0]
    #expect(found.count == 4)
    for (pixel, corner) in zip(found, corners) {
      #expect(isClose(pixel, try place(corner.0, corner.1, elements)))
    }

    let wide = LinePlot.Series("", [10, 10], spread: [20, 20], from: 0, color: .green)
    let powers = try AdjointPlotsTests.elements(plot([wide], isLogarithmic: true).svg)
    let lower = try #require(powers.first { $0.attributes["fill"] == LinePlot.Color.green.rawValue }).runs()[
      0][2]
    #expect(isClose(lower, try place(0.1, 0, powers)))
  }

  @Test("Awkward values make pictures, of finite numbers that lie within")
  func awkward() throws {
    let end = Double.greatestFiniteMagnitude
    let cases: [[Double]] = [
      [], [1], [0], [.nan], [.nan, .infinity, -.infinity], [0.5, 0.5, 0.5], [-end, end], [end, end],
      [.leastNormalMagnitude, .leastNonzeroMagnitude],
      [.leastNonzeroMagnitude], [1, 1 + 1e-15, 1 - 1e-15], [1e-300, 1e300], [-1, -2], [0, .nan, 1e-5],
      [1e15, 1e15 + 1],
    ]
    for values in cases {
      for isLogarithmic in [false, true] {
        for style in [LinePlot.Series.Style.line, .points, .dashedLine, .lineAndPoints] {
          let axis = LinePlot.Axis("a", isLogarithmic: isLogarithmic)
          let spread = values.map { abs($0) }
          let plot = LinePlot(
            x: axis, y: axis,
            series: [
              .init("a", values, spread: spread, style: style), .init("b", zip(values, values), style: style),
            ], markers: values.map { .init("m", at: $0) }, hasEqualScales: !isLogarithmic)
          let svg = plot.svg
          #expect(!svg.contains("nan") && !svg.contains("inf") && !svg.contains("1000000"))
          let elements = try elements(svg)
          for path in elements where path.name == "path" {
            for pixel in try path.runs().joined() {
              #expect((0...640).contains(pixel.x) && (0...400).contains(pixel.y), "\(values)")
            }
          }
          for line in elements where line.name == "line" {
            for x in ["x1", "x2"] { #expect(try (0...640).contains(line.number(x))) }
            for y in ["y1", "y2"] { #expect(try (0...400).contains(line.number(y))) }
          }
        }
      }
    }
  }

  @Test("Nothing to show is said")
  func empty() throws {
    #expect(try texts(LinePlot(series: []).svg).contains("no values"))
    #expect(try texts(LinePlot(series: [.init("a", [.nan])]).svg).contains("no values"))
    #expect(try !texts(LinePlot(series: [.init("a", [1])]).svg).contains("no values"))
  }

  @Test("Labels of ticks are apart, and within the picture, whatever the size and the range")
  func labelsAreApart() {
    var numbers = Numbers()
    for _ in 0..<1000 {
      let size = pow(10, Double.random(in: -9...9, using: &numbers))
      let values = (0..<3).map { _ in Double.random(in: -1...1, using: &numbers) * size + 3 * size }
      let isLogarithmic = Bool.random(using: &numbers)
      let axis = LinePlot.Axis("a", isLogarithmic: isLogarithmic)
      let (width, height) = (
        Double.random(in: 200...900, using: &numbers), Double.random(in: 150...600, using: &numbers)
      )
      let plot = LinePlot(x: axis, y: axis, series: [.init("s", zip(values, values))])
      let layout = LinePlotLayout(plot, width: width, height: height, styles: LineStyle.all(plot.series))
      let frame = layout.frame
      let across = layout.xTicks.marks.compactMap { mark in
        frame.column(of: mark.value).map { ($0, mark.label.width(TextSize.tick) / 2) }
      }
      for (a, b) in zip(across, across.dropFirst()) { #expect(a.0 + a.1 + 10 <= b.0 - b.1) }
      if let last = across.last { #expect(last.0 + last.1 <= width) }
      let upwards = layout.yTicks.marks.compactMap { frame.row(of: $0.value) }
      for (a, b) in zip(upwards, upwards.dropFirst()) { #expect(a - b >= TextSize.tick) }
      for mark in layout.yTicks.marks { #expect(frame.left - 8 - mark.label.width(TextSize.tick) > 22) }
      #expect(!across.isEmpty && !upwards.isEmpty)
    }
  }

  @Test("With equal scales one unit is as long on both axes, and all points stay visible")
  func equalScales() throws {
    for (x, y) in [([0.0, 100], [0.0, 1]), ([0, 1], [-5, 70])] {
      let plot = LinePlot(series: [.init("s", zip(x, y))], hasEqualScales: true)
      let frame = LinePlotLayout(plot, width: 640, height: 400, styles: LineStyle.all(plot.series)).frame
      let right = try #require(frame.column(of: 1)) - #require(frame.column(of: 0))
      let up = try #require(frame.row(of: 0)) - #require(frame.row(of: 1))
      #expect(isClose(right, up, 1e-9))
      for value in x { #expect(try (frame.left...frame.right).contains(#require(frame.column(of: value)))) }
      for value in y { #expect(try (frame.top...frame.bottom).contains(#require(frame.row(of: value)))) }
    }
  }

  @Test("A marker is a line at its value with its text above, in a row of its own where another is near")
  func markers() throws {
    var plot = plot([.init("", [0.5])])
    plot.markers = [
      .init("first", at: 5), .init("near", at: 5.2), .init("far", at: 9), .init("outside", at: 11),
    ]
    let elements = try elements(plot.svg)
    let dashed = elements.filter { $0.attributes["stroke-dasharray"] != nil && $0.name == "line" }
    #expect(dashed.count == 3)
    for (line, share) in zip(dashed, [0.5, 0.52, 0.9]) {
      #expect(isClose(try line.number("x1"), try place(share, 0, elements).x))
    }
    let heights = try ["first", "near", "far"].map { text in
      try #require(elements.first { $0.text == text && $0.name == "text" }).number("y")
    }
    #expect(heights[1] < heights[0] && heights[2] == heights[0])
    #expect(!elements.contains { $0.text == "outside" })
    #expect(try heights[0] < place(0, 1, elements).y)
  }

  @Test("The legend names series in rows no wider than the plot, and leaves out those without a name")
  func legend() {
    let names = (0..<12).map { "series \($0)" } + ["", String(repeating: "x", count: 300)]
    let styles = LineStyle.all(names.map { .init($0, [1]) })
    let legend = Legend(zip(names, styles).map { (name: $0, style: $1) }, width: 300)
    #expect(legend.entries.count == 13)
    for entry in legend.entries { #expect(entry.x + 30 + entry.label.width(TextSize.label) <= 300) }
    for row in 0..<legend.rows {
      let entries = legend.entries.filter { $0.row == row }
      for (a, b) in zip(entries, entries.dropFirst()) {
        #expect(a.x + 30 + a.label.width(TextSize.label) < b.x)
      }
    }
  }

  @Test(
    "Series get the cycle's colours, then these again with other dashes; a colour of one's own takes no turn")
  func colors() throws {
    let cycle = LinePlot.Color.cycle
    var series = (0..<9).map { LinePlot.Series("s\($0)", [Double($0), 1]) }
    series[1].color = .gray
    let paths = try elements(LinePlot(series: series).svg).filter { $0.name == "path" }
    // A sample and a line each.
    #expect(paths.count == 18)
    let expected = [cycle[0], .gray] + cycle[1...] + [cycle[0]]
    #expect(paths.suffix(9).map { $0.attributes["stroke"] } == expected.map(\.rawValue))
    #expect(
      paths.suffix(9).map { $0.attributes["stroke-dasharray"] != nil } == [Bool](repeating: false, count: 8)
        + [true])
  }

  @Test("Of many points those are kept that make the same picture")
  func thinning() {
    var numbers = Numbers()
    let run = (0..<50_000).map { Pixel(x: Double($0) / 100, y: Double.random(in: 0...300, using: &numbers)) }
    let kept = thinned(run, columns: 500)
    #expect(kept.count <= 4 * 500 && kept.first == run.first && kept.last == run.last)
    for column in stride(from: 0.0, to: 500, by: 7) {
      let before = run.filter { $0.x.rounded(.down) == column }
      let after = kept.filter { $0.x.rounded(.down) == column }
      #expect(before.map(\.y).min() == after.map(\.y).min() && before.map(\.y).max() == after.map(\.y).max())
      #expect(before.first == after.first && before.last == after.last)
    }
    #expect(thinned(Array(run.prefix(2000)), columns: 500) == Array(run.prefix(2000)))
    // A path that goes back and forth is left as it is.
    let backwards = Array(run.reversed())
    #expect(thinned(backwards, columns: 500) == backwards)
  }

  @Test("A line is as wide as it is asked to be, where that is a width")
  func lineWidth() throws {
    for (width, expected) in [(0.75, "0.75"), (4, "4"), (.nan, "2"), (-1, "0.1")] {
      let svg = LinePlot(series: [.init("", [1, 2], color: .green, lineWidth: width)]).svg
      #expect(lines(try elements(svg), .green).map { $0.attributes["stroke-width"] } == [expected])
    }
  }

  @Test("A plot prints its picture, whatever its texts are")
  func prints() throws {
    let name = "<a & \"b\">"
    let plot = LinePlot(
      name, x: .init(name), y: .init(name), series: [.init(name, [1, 2])], markers: [.init(name, at: 1)])
    #expect("\(plot)" == plot.svg)
    #expect(try texts(plot.svg).filter { $0 == name }.count == 5)
  }
}
