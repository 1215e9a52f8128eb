/// Curves and points over two axes, as a picture that prints as SVG: losses over epochs, fits, ROC curves.
///
/// ```swift
/// let plot = LinePlot(
///   "Training", x: .init("epoch"), y: .init("loss", isLogarithmic: true),
///   series: [.init("training", losses), .init("validation", validationLosses)],
///   markers: [.init("best", at: 37)])
/// print(plot)
/// ```
///
/// Values that are not finite break a line, and so do those that are not positive on a logarithmic axis. The same plot gives
/// the same text.
public struct LinePlot: Sendable, CustomStringConvertible {
  public var title: String
  public var x: Axis
  public var y: Axis
  /// Drawn in this order, one over the other.
  public var series: [Series]
  public var markers: [Marker]
  /// One unit to the right is as long as one upwards, as for the path of a body. Ranges grow where need be.
  public var hasEqualScales: Bool
  /// Pixels, at least 200 and 150.
  public var width: Int
  public var height: Int

  public init(
    _ title: String = "", x: Axis = Axis(), y: Axis = Axis(), series: [Series], markers: [Marker] = [],
    hasEqualScales: Bool = false, width: Int = 640, height: Int = 400
  ) {
    self.title = title
    self.x = x
    self.y = y
    self.series = series
    self.markers = markers
    self.hasEqualScales = hasEqualScales
    self.width = width
    self.height = height
  }

  /// The picture as SVG: text that is a file's content, or a part of a page.
  public var svg: String { draw() }
  public var description: String { svg }

  public struct Axis: Sendable, Hashable {
    public var title: String
    public var isLogarithmic: Bool
    /// What is shown; from the values where it is nil, or cannot be shown.
    public var range: ClosedRange<Double>?

    public init(_ title: String = "", isLogarithmic: Bool = false, range: ClosedRange<Double>? = nil) {
      self.title = title
      self.isLogarithmic = isLogarithmic
      self.range = range
    }
  }

  public struct Point: Sendable, Hashable {
    public var x: Double
    public var y: Double
    /// The band around the curve is from y − spread to y + spread.
    public var spread: Double

    public init(x: Double, y: Double, spread: Double = 0) {
      self.x = x
      self.y = y
      self.spread = spread
    }
  }

  public struct Series: Sendable, Hashable {
    public enum Style: Sendable, Hashable { case line, dashedLine, points, lineAndPoints }

    /// In the legend; none where it is empty.
    public var name: String
    public var points: [Point]
    public var style: Style
    /// The next of ``Color/cycle`` where it is nil.
    public var color: Color?
    /// Pixels.
    public var lineWidth: Double

    public init(
      _ name: String, points: [Point], style: Style = .line, color: Color? = nil, lineWidth: Double = 2
    ) {
      self.name = name
      self.points = points
      self.style = style
      self.color = color
      self.lineWidth = lineWidth
    }

    /// Values at `first`, `first` + 1, …: one an epoch.
    ///
    /// - Parameter spread: of each value, such as a standard deviation over seeds; values without one have none.
    public init(
      _ name: String, _ values: [Double], spread: [Double] = [], from first: Int = 1, style: Style = .line,
      color: Color? = nil, lineWidth: Double = 2
    ) {
      let points = values.enumerated().map { index, value in
        Point(
          x: Double(first) + Double(index), y: value, spread: index < spread.count ? spread[index] : 0)
      }
      self.init(name, points: points, style: style, color: color, lineWidth: lineWidth)
    }

    /// Points (x, y), such as `zip(rates, losses)`.
    public init(
      _ name: String, _ pairs: some Sequence<(Double, Double)>, style: Style = .line, color: Color? = nil,
      lineWidth: Double = 2
    ) {
      let points = pairs.map { Point(x: $0.0, y: $0.1) }
      self.init(name, points: points, style: style, color: color, lineWidth: lineWidth)
    }
  }

  /// A vertical line with a text above it: the best epoch.
  public struct Marker: Sendable, Hashable {
    public var label: String
    public var x: Double

    public init(_ label: String, at x: Double) {
      self.label = label
      self.x = x
    }
  }

  /// Colours that are told apart with all kinds of colour vision.
  ///
  /// Okabe & Ito, Color Universal Design, 2008 (jfly.uni-koeln.de/color); without their yellow, which white paper swallows.
  public enum Color: String, Sendable, Hashable, CaseIterable {
    case blue = "#0072B2"
    case vermillion = "#D55E00"
    case green = "#009E73"
    case purple = "#CC79A7"
    case orange = "#E69F00"
    case sky = "#56B4E9"
    case black = "#000000"
    /// For what others are compared with. Not one of theirs.
    case gray = "#999999"

    /// What series get that name no colour, from the first on.
    public static let cycle: [Color] = [.blue, .vermillion, .green, .purple, .orange, .sky, .black]
  }
}
