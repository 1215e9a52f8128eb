#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How values become lengths: from 0 at `low` to 1 at `high`, evenly or by the logarithm.
struct Scale: Equatable {
  private(set) var low: Double
  private(set) var high: Double
  let isLogarithmic: Bool

  /// - Precondition: low < high, both finite, and positive where it is logarithmic.
  private init(_ low: Double, _ high: Double, isLogarithmic: Bool) {
    (self.low, self.high) = (low, high)
    self.isLogarithmic = isLogarithmic
  }

  /// The scale that shows `values`, or `range` where it can be shown.
  ///
  /// - Parameters:
  ///   - margin: is left at both ends, as a share of what the values take.
  ///   - areWhole: the values are counts: a single one takes a whole step.
  init(
    showing values: some Sequence<Double>, range: ClosedRange<Double>? = nil, isLogarithmic: Bool = false,
    margin: Double = 0, areWhole: Bool = false
  ) {
    if let range, let scale = Scale(range, isLogarithmic: isLogarithmic) {
      self = scale
      return
    }
    var (low, high) = (Double.infinity, -Double.infinity)
    for value in values where value.isFinite && (!isLogarithmic || value >= Self.smallest) {
      (low, high) = (min(low, value), max(high, value))
    }
    if isLogarithmic {
      if low > high { (low, high) = (0.1, 10) }
      var (a, b) = (log10(low), log10(high))
      // One value, or as good as one, is shown in the middle of a decade.
      if b - a < 1e-9 { (a, b) = (a - 0.5, b + 0.5) }
      let margin = (b - a) * margin
      let (least, greatest) = (pow(10, a - margin), pow(10, b + margin))
      self.init(
        max(least, Self.smallest), min(greatest, .greatestFiniteMagnitude), isLogarithmic: true)
      return
    }
    if low > high { (low, high) = (0, 1) }
    let size = max(abs(low), abs(high))
    let half = high / 2 - low / 2
    // Where the values differ only in their last digits, ticks could not be told apart.
    if half <= max(1e-10 * size, Self.smallest) {
      let room = areWhole && size < 1e6 ? 0.5 : size <= Self.smallest ? 1 : 0.1 * size
      (low, high) = (low - room, high + room)
    } else {
      (low, high) = (low - half * margin * 2, high + half * margin * 2)
    }
    self.init(
      max(low, -.greatestFiniteMagnitude), min(high, .greatestFiniteMagnitude), isLogarithmic: false)
  }

  /// Nil where the ends are not two numbers that the scale can tell apart.
  private init?(_ range: ClosedRange<Double>, isLogarithmic: Bool) {
    let (low, high) = (range.lowerBound, range.upperBound)
    guard low.isFinite, high.isFinite else { return nil }
    if isLogarithmic {
      guard low >= Self.smallest, log10(high) - log10(low) > 1e-9 else { return nil }
    } else {
      guard high / 2 - low / 2 > max(1e-10 * max(abs(low), abs(high)), Self.smallest) else { return nil }
    }
    self.init(low, high, isLogarithmic: isLogarithmic)
  }

  /// Less than this is zero, as powers of ten end there.
  private static let smallest = 1e-300

  /// Where `value` lies; nil where it lies nowhere: it is not finite, or not positive on a logarithmic scale.
  func fraction(of value: Double) -> Double? {
    guard value.isFinite, !isLogarithmic || value >= Self.smallest else { return nil }
    let (a, b, v) =
      isLogarithmic ? (log10(low), log10(high), log10(value)) : (low / 2, high / 2, value / 2)
    // No length is that long, and sums of lengths stay finite.
    return max(-1e6, min(1e6, (v - a) / (b - a)))
  }

  /// The same middle, and `factor` times as much to both sides.
  func widened(_ factor: Double) -> Scale {
    let (middle, half) = (low / 2 + high / 2, (high / 2 - low / 2) * factor)
    guard !isLogarithmic, factor > 1, (middle - half).isFinite, (middle + half).isFinite else { return self }
    return Scale(middle - half, middle + half, isLogarithmic: false)
  }
}
