/// A search along a line for a step that satisfies the strong Wolfe conditions
///
///     φ(α) ≤ φ(0) + c₁ α φ′(0)  and  |φ′(α)| ≤ c₂ |φ′(0)|,  c₁ = 10⁻⁴, c₂ = 0.9.
///
/// Nocedal & Wright, Numerical Optimization, 2nd edition, algorithms 3.5 and 3.6, with the minimum of the cubic through both
/// ends (their equation 3.59) as the next trial, kept a tenth of the interval away from either end.
struct LineSearch {
  /// What is known of the function along the line, at one point.
  struct Point {
    var step: Double
    var value: Double
    /// The derivative by the step.
    var slope: Double

    var isFinite: Bool { value.isFinite && slope.isFinite }
  }

  private static let (decrease, curvature) = (1e-4, 0.9)
  private let start: Point
  private let evaluate: (Double) throws -> Point
  private var evaluations: Int

  /// Looks for a step.
  ///
  /// - Parameters:
  ///   - start: at step 0; its slope is below 0.
  ///   - first: the first step to try, above 0.
  ///   - evaluations: how often the function may be asked for.
  /// - Returns: a point that satisfies both conditions; where none was found in so many evaluations the lowest one that
  ///   satisfies the first; `start` where there is none such.
  static func search(
    from start: Point, first: Double, evaluations: Int = 25, _ evaluate: @escaping (Double) throws -> Point
  ) throws -> Point {
    var search = LineSearch(start: start, evaluate: evaluate, evaluations: evaluations)
    return try search.bracket(first)
  }

  private init(start: Point, evaluate: @escaping (Double) throws -> Point, evaluations: Int) {
    (self.start, self.evaluate, self.evaluations) = (start, evaluate, evaluations)
  }

  private mutating func point(at step: Double) throws -> Point {
    evaluations -= 1
    return try evaluate(step)
  }

  private func isLow(_ point: Point) -> Bool {
    point.value <= start.value + Self.decrease * point.step * start.slope
  }

  private func isFlat(_ point: Point) -> Bool { abs(point.slope) <= -Self.curvature * start.slope }

  /// Longer and longer steps, until an interval holds a right one.
  private mutating func bracket(_ first: Double) throws -> Point {
    var (previous, step) = (start, first)
    while evaluations > 0 {
      let point = try point(at: step)
      if !point.isFinite || !isLow(point) || (previous.step > 0 && point.value >= previous.value) {
        return try zoom(previous, point)
      }
      if isFlat(point) { return point }
      if point.slope >= 0 { return try zoom(point, previous) }
      let (least, greatest) = (step + 0.01 * (step - previous.step), 10 * step)
      step = cubicMinimum(previous, point).map { min(max($0, least), greatest) } ?? greatest
      previous = point
    }
    return previous
  }

  /// Smaller and smaller intervals: `low` is the lowest point so far that satisfies the first condition, and the function
  /// falls from there towards `high`.
  private mutating func zoom(_ first: Point, _ second: Point) throws -> Point {
    var (low, high) = (first, second)
    while evaluations > 0 {
      let (left, right) = (min(low.step, high.step), max(low.step, high.step))
      let width = right - left
      // Two steps that are nearly the same give nearly the same point.
      if width <= 1e-12 * right { break }
      let (least, greatest) = (left + 0.1 * width, right - 0.1 * width)
      let middle = left + 0.5 * width
      let step = cubicMinimum(low, high).map { min(max($0, least), greatest) } ?? middle
      let point = try point(at: step)
      if !point.isFinite || !isLow(point) || point.value >= low.value {
        high = point
      } else {
        if isFlat(point) { return point }
        if point.slope * (high.step - low.step) >= 0 { high = low }
        low = point
      }
    }
    return low
  }

  /// Where the cubic with both values and slopes has its minimum; `nil` where it has none, or a number is not finite.
  private func cubicMinimum(_ a: Point, _ b: Point) -> Double? {
    guard a.isFinite, b.isFinite else { return nil }
    let d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step)
    let square = d1 * d1 - a.slope * b.slope
    guard square >= 0 else { return nil }
    let d2 = (b.step > a.step ? 1 : -1) * square.squareRoot()
    let step = b.step - (b.step - a.step) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return step.isFinite ? step : nil
  }
}
