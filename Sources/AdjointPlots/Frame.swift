/// The part of a picture in which values lie, and where they lie in it.
struct Frame {
  var left: Double
  var top: Double
  var width: Double
  var height: Double
  var x: Scale
  var y: Scale

  var right: Double { left + width }
  var bottom: Double { top + height }

  /// Nil where the value lies nowhere.
  func column(of value: Double) -> Double? { x.fraction(of: value).map { left + $0 * width } }
  func row(of value: Double) -> Double? { y.fraction(of: value).map { bottom - $0 * height } }

  func pixel(_ point: LinePlot.Point) -> Pixel? {
    guard let x = column(of: point.x), let y = row(of: point.y) else { return nil }
    return Pixel(x: x, y: y)
  }

  /// With scales of which one unit has the same length on both.
  func withEqualScales() -> Frame {
    guard !x.isLogarithmic, !y.isLogarithmic else { return self }
    let (unitX, unitY) = (width / (x.high / 2 - x.low / 2), height / (y.high / 2 - y.low / 2))
    var result = self
    result.x = x.widened(unitX / unitY)
    result.y = y.widened(unitY / unitX)
    return result
  }
}
