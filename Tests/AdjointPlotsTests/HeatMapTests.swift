import Foundation
import Testing

@testable import AdjointPlots

/// The corner and the colour of each cell that has a number, from the text in it.
private struct Cells {
  let elements: [Element]

  init(_ map: HeatMap) throws { elements = try AdjointPlotsTests.elements(map.svg) }

  /// The fill of the cell in whose middle `text` stands.
  func color(of text: String) throws -> String? {
    let label = try #require(elements.first { $0.name == "text" && $0.text == text })
    let (x, y) = (try label.number("x"), try label.number("y") - 0.36 * TextSize.tick)
    return try elements.first { element in
      guard element.name == "path", element.attributes["fill"] != "none" else { return false }
      return try Self.rectangles(element).contains {
        isClose($0.x + $0.width / 2, x) && isClose($0.y + $0.height / 2, y)
      }
    }?.attributes["fill"]
  }

  static func rectangles(_ path: Element) throws -> [(x: Double, y: Double, width: Double, height: Double)] {
    try #require(path.attributes["d"]).split(separator: "M").map { cell in
      let numbers = cell.split { !"0123456789.".contains($0) }.compactMap { Double($0) }
      try #require(numbers.count == 5)
      return (numbers[0], numbers[1], numbers[2], numbers[3])
    }
  }

  var hatches: [Element] { elements.filter { $0.attributes["stroke"] == Ink.hatch } }
  /// The frame of the best cell.
  var frame: Element? { elements.first { $0.name == "rect" && $0.attributes["stroke"] == "#000" } }
}

@Suite("Heat maps")
struct HeatMapTests {
  @Test("The least value has the first colour, the greatest the last, and what is between its share")
  func colors() throws {
    let cells = try Cells(HeatMap(values: [[0.5, 2], [1.25, 1.5]]))
    #expect(try cells.color(of: "0.500") == "#440154")
    #expect(try cells.color(of: "2.000") == "#FDE725")
    // Step 128 of 255.
    #expect(try cells.color(of: "1.250") == HeatMap.Colors.viridis.color(128.0 / 255).hexadecimal)
  }

  @Test("Of a logarithmic map colours go by the logarithm")
  func logarithmic() throws {
    let cells = try Cells(HeatMap(values: [[1e-6, 1e-3, 1]], isLogarithmic: true))
    #expect(try cells.color(of: "1.00e−6") == "#440154")
    #expect(try cells.color(of: "0.00100") == HeatMap.Colors.viridis.color(128.0 / 255).hexadecimal)
    #expect(try cells.color(of: "1.00") == "#FDE725")
  }

  @Test("In a given range, what is beyond has the colour of its end")
  func range() throws {
    let cells = try Cells(HeatMap(values: [[-5, 0.25, 7]], range: 0...1, texts: [["a", "b", "c"]]))
    #expect(try cells.color(of: "a") == "#440154" && cells.color(of: "c") == "#FDE725")
    #expect(try cells.color(of: "b") == HeatMap.Colors.viridis.color(64.0 / 255).hexadecimal)
  }

  @Test("Cells without a finite value, and those that are missing, are grey and hatched")
  func missing() throws {
    let cells = try Cells(HeatMap(values: [[1, .nan, 2], [.infinity]], rowLabels: ["a", "b", "c"]))
    let gray = cells.elements.filter { $0.attributes["fill"] == Ink.missing }
    #expect(gray.count == 1)
    #expect(try Cells.rectangles(gray[0]).count == 7)
    #expect(cells.hatches.count == 1)
    #expect(try cells.color(of: "∞") == Ink.missing)
    #expect(try Cells(HeatMap(values: [[1, 2]])).hatches.isEmpty)
    #expect(try Cells(HeatMap(values: [[1, 0]], isLogarithmic: true)).hatches.count == 1)
  }

  @Test("Hatches lie within their cell, at 45 degrees")
  func hatches() throws {
    for (width, height) in [(40.0, 28.0), (28, 40), (9, 9)] {
      let path = Element(name: "path", attributes: ["d": HeatMapDrawing.hatch(100, 200, width, height)])
      let lines = try path.runs()
      #expect(!lines.isEmpty)
      for line in lines {
        #expect(isClose(line[1].x - line[0].x, line[0].y - line[1].y))
        for end in line {
          #expect((100...100 + width).contains(end.x) && (200...200 + height).contains(end.y))
        }
      }
    }
  }

  @Test("The first of the best cells has a frame, missing ones aside")
  func best() throws {
    let values = [[.nan, 0.5, 0.9], [0.9, .infinity, 0.1], [0.1]]
    func cell(_ best: HeatMap.Best?) -> [Int]? {
      HeatMap(values: values, best: best).bestCell.map { [$0.row, $0.column] }
    }
    #expect(cell(.greatest) == [0, 2] && cell(.least) == [1, 2] && cell(nil) == nil)
    #expect(HeatMap(values: [[.nan]], best: .least).bestCell == nil)
    let map = HeatMap(values: values, best: .greatest)
    let drawing = HeatMapDrawing(map)
    let frame = try #require(Cells(map).frame)
    #expect(isClose(try frame.number("x"), drawing.left + 2 * drawing.cell.width))
    #expect(isClose(try frame.number("y"), drawing.top))
    #expect(try Cells(HeatMap(values: values)).frame == nil)
  }

  @Test(
    "Numbers have the same decimals where that shows three digits of each, and exponents where they would be long"
  )
  func numbers() {
    #expect(
      HeatMap(values: [[0.95, 1], [0.8125, .nan]]).cellTexts() == [["0.950", "1.000"], ["0.813", ""]])
    #expect(HeatMap(values: [[3, 12], [-1, 0]]).cellTexts() == [["3", "12"], ["−1", "0"]])
    #expect(HeatMap(values: [[1e-7, 0.0215, 12.34, 0]]).cellTexts() == [["1.00e−7", "0.0215", "12.3", "0"]])
    #expect(HeatMap(values: [[0, 0], [-.infinity, .nan]]).cellTexts() == [["0", "0"], ["−∞", ""]])
  }

  @Test("Hyper-parameters are labels")
  func hyperparameters() throws {
    let map = HeatMap(values: [[1]], rows: [1e-5, 0.001, 10], columns: [0, 0.0001])
    #expect(map.rowLabels == ["1e−5", "0.001", "10"] && map.columnLabels == ["0", "0.0001"])
    #expect(try Set(texts(map.svg)).isSuperset(of: map.rowLabels + map.columnLabels))
  }

  @Test("A confusion matrix shows counts in the colour of the share of their row")
  func confusion() throws {
    let map = HeatMap.confusion([[30, 10], [0, 0], [7, 21]], classes: ["a", "b", "c"])
    #expect(map.values[0] == [0.75, 0.25] && map.values[2] == [0.25, 0.75])
    let cells = try Cells(map)
    let share = { (share: Double) in HeatMap.Colors.blues.color((share * 255).rounded() / 255).hexadecimal }
    #expect(try cells.color(of: "30") == share(0.75) && cells.color(of: "7") == share(0.25))
    // A class that does not occur has no shares.
    #expect(map.values[1].allSatisfy(\.isNaN) && cells.hatches.count == 1)
    let huge = HeatMap.confusion([[.max, .max]], classes: [])
    #expect(huge.values == [[0.5, 0.5]])
  }

  @Test("Labels of columns are turned where they are wider than cells, and left out where cells are narrow")
  func columnLabels() throws {
    func labels(_ count: Int, _ text: String) throws -> [Element] {
      let row = (0..<count).map { Double($0) }
      let map = HeatMap(values: [row], columnLabels: (0..<count).map { "\(text)\($0)" })
      return try elements(map.svg).filter { $0.name == "text" && $0.text.hasPrefix(text) }
    }
    #expect(try labels(3, "x").allSatisfy { $0.attributes["transform"] == nil })
    let turned = try labels(10, "ankle boot ")
    #expect(turned.count == 10)
    #expect(turned.allSatisfy { $0.attributes["transform"]?.hasPrefix("rotate(-45 ") == true })
    let few = try labels(200, "x")
    let places = try few.map { try $0.number("x") }
    #expect(
      few.count == 10 && zip(places, places.dropFirst()).allSatisfy { $1 - $0 >= Label("x190").width(11) })
  }

  @Test("Awkward tables make pictures of finite numbers")
  func awkward() throws {
    let end = Double.greatestFiniteMagnitude
    let cases: [[[Double]]] = [
      [], [[]], [[], [1]], [[.nan]], [[0]], [[-end, end]], [[.leastNonzeroMagnitude, .leastNormalMagnitude]],
      [[1, 1], [1, 1]],
      [[Double](repeating: 1, count: 2000)], [[Double]](repeating: [2], count: 2000),
    ]
    for values in cases {
      for isLogarithmic in [false, true] {
        let map = HeatMap(
          "<&>", values: values, rowTitle: "<&>", columnTitle: "<&>", valueTitle: "<&>",
          isLogarithmic: isLogarithmic,
          best: .least)
        #expect("\(map)" == map.svg)
        let elements = try elements(map.svg)
        #expect(!map.svg.contains("nan") && !map.svg.contains("1000000"))
        let (width, height) = (try elements[0].number("width"), try elements[0].number("height"))
        for rectangle in elements where rectangle.name == "rect" {
          #expect(try rectangle.number("width") <= width && rectangle.number("height") <= height)
        }
      }
    }
  }
}
