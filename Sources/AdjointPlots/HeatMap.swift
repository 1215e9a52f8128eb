/// A table of numbers as a picture that prints as SVG, each cell in the colour of its number: what a grid of
/// hyper-parameters gave, a confusion matrix, a field.
///
/// ```swift
/// let map = HeatMap(
///   "Test accuracy", values: accuracies, rows: rates, columns: penalties, rowTitle: "learning rate", columnTitle: "λ",
///   best: .greatest)
/// print(map)
/// ```
///
/// Cells without a finite value are grey and hatched. The same map gives the same text.
public struct HeatMap: Sendable, Hashable, CustomStringConvertible {
  /// Which cell gets a frame: the first one with such a value.
  public enum Best: Sendable, Hashable { case greatest, least }

  public enum Colors: Sendable, Hashable, CaseIterable {
    /// Dark blue to yellow, even in lightness. van der Walt & Smith, 2015 (bids.github.io/colormap), which matplotlib has.
    case viridis
    /// Nearly white to dark blue: for shares and counts, of which most are zero.
    case blues
  }

  public var title: String
  /// The rows, the uppermost first; what is missing of a row has no value.
  public var values: [[Double]]
  public var rowLabels: [String]
  public var columnLabels: [String]
  public var rowTitle: String
  public var columnTitle: String
  /// What the values are, beside the bar of colours.
  public var valueTitle: String
  /// The values of the first and the last colour; from the values where it is nil, or cannot be shown.
  public var range: ClosedRange<Double>?
  /// Colours go by the logarithm: for losses over several powers of ten.
  public var isLogarithmic: Bool
  public var colors: Colors
  public var best: Best?
  /// What stands in the cells instead of the values, such as counts.
  public var texts: [[String]]?

  public init(
    _ title: String = "", values: [[Double]], rowLabels: [String] = [], columnLabels: [String] = [],
    rowTitle: String = "", columnTitle: String = "", valueTitle: String = "",
    range: ClosedRange<Double>? = nil,
    isLogarithmic: Bool = false, colors: Colors = .viridis, best: Best? = nil, texts: [[String]]? = nil
  ) {
    self.title = title
    self.values = values
    self.rowLabels = rowLabels
    self.columnLabels = columnLabels
    self.rowTitle = rowTitle
    self.columnTitle = columnTitle
    self.valueTitle = valueTitle
    self.range = range
    self.isLogarithmic = isLogarithmic
    self.colors = colors
    self.best = best
    self.texts = texts
  }

  /// Values over two hyper-parameters, whose own values are the labels: `0.001`, `1e−5`.
  public init(
    _ title: String = "", values: [[Double]], rows: [Double], columns: [Double], rowTitle: String = "",
    columnTitle: String = "", valueTitle: String = "", range: ClosedRange<Double>? = nil,
    isLogarithmic: Bool = false, colors: Colors = .viridis, best: Best? = nil
  ) {
    self.init(
      title, values: values, rowLabels: rows.map { Self.text($0, digits: 6) },
      columnLabels: columns.map { Self.text($0, digits: 6) }, rowTitle: rowTitle, columnTitle: columnTitle,
      valueTitle: valueTitle, range: range, isLogarithmic: isLogarithmic, colors: colors, best: best)
  }

  /// How often each class was taken for which: a row for each true class, a column for each predicted one, in the colour
  /// of the share of its row.
  ///
  /// - Parameter counts: `counts[true][predicted]`.
  public static func confusion(
    _ counts: [[Int]], classes: [String], title: String = "Confusion matrix"
  ) -> HeatMap {
    let shares = counts.map { row in
      let total = row.reduce(0.0) { $0 + Double($1) }
      return row.map { Double($0) / total }
    }
    return HeatMap(
      title, values: shares, rowLabels: classes, columnLabels: classes, rowTitle: "true class",
      columnTitle: "predicted class", valueTitle: "share of the row", range: 0...1, colors: .blues,
      texts: counts.map { $0.map { DecimalNumber($0).fixed(0) } })
  }

  /// The picture as SVG, as large as its cells make it: text that is a file's content, or a part of a page.
  public var svg: String { HeatMapDrawing(self).draw() }
  public var description: String { svg }
}
