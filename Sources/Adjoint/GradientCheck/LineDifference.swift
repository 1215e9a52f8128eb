/// The slope of a function of one number at 0, from its values nearby.
///
/// The five-point difference (8 (f(h) − f(−h)) − (f(2h) − f(−2h))) / 12h, of error O(h⁴) (Abramowitz & Stegun, 25.3.6).
/// It begins with h = ε^⅕ times the scale of the argument, where that error is about what rounding adds (Nocedal &
/// Wright, Numerical Optimization, 2nd ed., §8.1), and goes on with an eighth of h while the function is not finite so
/// far out, or bends too much.
struct LineDifference {
  private(set) var slope = Double.nan
  /// What `slope` may be wrong by: its difference from the three-point one, whose error O(h²) is larger, and what
  /// rounding f to `digits` adds.
  private(set) var uncertainty = Double.infinity
  /// The slopes to both sides, where they do not come closer with h: at a kink or a jump.
  private(set) var sides: (left: Double, right: Double)?

  /// Roundings that a value of f may be off by.
  private static let roundings = 64.0
  private static let attempts = 8

  /// - Parameters:
  ///   - scale: how far from 0 the function is expected to change its size.
  ///   - f: finite at 0, or there is no slope.
  init(scale: Double, _ f: (Double) throws -> Double) rethrows {
    let middle = try f(0)
    guard middle.isFinite else { return }
    var h = 7.4e-4 * scale
    for _ in 0..<Self.attempts {
      let samples = try Samples(h, middle, f)
      if let found = samples, found.uncertainty < uncertainty {
        (slope, uncertainty) = (found.slope, found.uncertainty)
      }
      if let found = samples, found.truncation <= max(found.rounding, 1e-7 * abs(found.slope)) { break }
      h /= 8
    }
    guard slope.isFinite else { return }
    // One-sided slopes of a smooth function differ by h·f″, those at a kink by the same for every h.
    let near = try Samples(h, middle, f)
    let closer = try Samples(h / 64, middle, f)
    if let near, let closer, near.jump > 4 * near.rounding, closer.jump > 4 * closer.rounding,
      closer.jump > near.jump / 2
    {
      sides = (closer.left, closer.right)
    }
  }

  /// Values of f at ±h and ±2h.
  private struct Samples {
    let slope: Double
    let truncation: Double
    let rounding: Double
    let left: Double
    let right: Double

    var uncertainty: Double { truncation + rounding }
    var jump: Double { abs(right - left) }

    /// `nil` where a value is not finite.
    init?(_ h: Double, _ middle: Double, _ f: (Double) throws -> Double) rethrows {
      let (above, below, farAbove, farBelow) = (try f(h), try f(-h), try f(2 * h), try f(-2 * h))
      let near = (above - below) / (2 * h)
      let far = (farAbove - farBelow) / (4 * h)
      slope = (4 * near - far) / 3
      truncation = abs(near - far) / 3
      let size = [above, below, farAbove, farBelow].reduce(0) { max($0, abs($1)) }
      rounding = LineDifference.roundings * 0x1p-53 * size / h
      left = (middle - below) / h
      right = (above - middle) / h
      guard slope.isFinite, size.isFinite, truncation.isFinite else { return nil }
    }
  }
}
