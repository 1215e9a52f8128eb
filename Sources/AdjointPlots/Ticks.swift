#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The values at which an axis has marks.
struct Ticks {
  typealias Mark = (value: Double, label: Label)

  var marks: [Mark]
  /// Shorter marks without numbers.
  var minor: [Double] = []
  /// What all numbers are to be multiplied by: `×10⁶`.
  var factor: Label?

  /// At most about `count` of them.
  init(_ scale: Scale, count: Int, areWhole: Bool = false) {
    self = scale.isLogarithmic ? .decades(scale, count) : .even(scale, count, areWhole: areWhole)
  }

  private init(_ marks: [Mark], minor: [Double] = [], factor: Label? = nil) {
    self.marks = marks
    self.minor = minor
    self.factor = factor
  }

  /// Leaves out the labels that would be closer than `gap` to the one before, in the order of their places.
  mutating func keep(apart gap: Double, place: (Mark) -> Double?, length: (Mark) -> Double) {
    var last: (place: Double, half: Double)?
    marks = marks.filter { mark in
      guard let place = place(mark) else { return false }
      let half = length(mark) / 2
      if let last, abs(place - last.place) < last.half + half + gap { return false }
      last = (place, half)
      return true
    }
  }

  /// Multiples of 1, 2 or 5 times a power of ten.
  ///
  /// Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990.
  private static func even(_ scale: Scale, _ count: Int, areWhole: Bool) -> Ticks {
    let count = max(1, count)
    let rough = scale.high / Double(count) - scale.low / Double(count)
    guard rough.isFinite, rough > 0 else { return Ticks([]) }
    var exponent = Int(log10(rough).rounded(.down))
    if areWhole { exponent = max(0, exponent) }
    let steps = [1, 2, 5, 10]
    var step = steps.first { power($0, exponent) >= rough * (1 - 1e-9) } ?? 10
    if step == 10 { (step, exponent) = (1, exponent + 1) }
    let size = power(step, exponent)
    let (first, last) = ((scale.low / size - 1e-9).rounded(.up), (scale.high / size + 1e-9).rounded(.down))
    // A scale's ends differ in their tenth digit or before.
    guard let first = Int(exactly: first), let last = Int(exactly: last), first <= last else {
      return Ticks([])
    }
    // Numbers that are long without it have a common power of ten.
    let greatest = DecimalNumber(max(abs(scale.low), abs(scale.high)))?.magnitude ?? 0
    let common = (-4...5).contains(greatest) ? 0 : greatest
    let decimals = max(0, common - exponent)
    let marks = (first...last).map { index in
      (
        value: power(index * step, exponent),
        label: Label(DecimalNumber(index * step, exponent: exponent - common).fixed(decimals))
      )
    }
    var factor = Label(timesTenTo: common)
    factor.text = "×" + factor.text
    return Ticks(marks, factor: common == 0 ? nil : factor)
  }

  /// Powers of ten; on less than two of them also their multiples by 2 and 5; on less than that even steps.
  private static func decades(_ scale: Scale, _ count: Int) -> Ticks {
    let (low, high) = (log10(scale.low) - 1e-9, log10(scale.high) + 1e-9)
    let (first, last) = (Int(low.rounded(.down)), Int(high.rounded(.up)))
    let visible = { (value: Double) in value > 0 && low <= log10(value) && log10(value) <= high }
    let all = { (factors: [Int]) in
      (first...last).flatMap { exponent in factors.map { (factor: $0, exponent: exponent) } }
        .filter { visible(power($0.factor, $0.exponent)) }
    }
    let decades = all([1])
    if decades.count >= 3 || (decades.count == 2 && count < 4) {
      let least = Double(decades.count) / Double(max(1, count))
      let stride = [1, 2, 3, 5, 10, 20, 50, 100].first { Double($0) >= least } ?? 200
      let shown = decades.filter { $0.exponent % stride == 0 }
      let isPlain = shown.allSatisfy { abs($0.exponent) <= 3 }
      let marks = shown.map { tick in
        (
          value: power(1, tick.exponent),
          label: isPlain ? plain(1, tick.exponent) : Label(timesTenTo: tick.exponent)
        )
      }
      let between = stride > 1 ? (stride <= 10 ? decades : []) : decades.count <= 6 ? all(Array(2...9)) : []
      let minor = between.map { power($0.factor, $0.exponent) }
      return Ticks(marks, minor: minor)
    }
    let nice = all([1, 2, 5])
    guard nice.count >= 3 else {
      return even(scale, min(count, 5), areWhole: false)
    }
    let isPlain = nice.allSatisfy { (-4...5).contains($0.exponent) }
    let marks = nice.map { tick in
      (
        value: power(tick.factor, tick.exponent),
        label: isPlain
          ? plain(tick.factor, tick.exponent) : Label(tick.factor, timesTenTo: tick.exponent)
      )
    }
    return Ticks(marks, minor: all([3, 4, 6, 7, 8, 9]).map { power($0.factor, $0.exponent) })
  }

  private static func plain(_ factor: Int, _ exponent: Int) -> Label {
    Label(DecimalNumber(factor, exponent: exponent).fixed(max(0, -exponent)))
  }

  /// `factor` × 10^`exponent`, to the last bit where the power is exact.
  private static func power(_ factor: Int, _ exponent: Int) -> Double {
    (-300 ... -1).contains(exponent)
      ? Double(factor) / pow(10, Double(-exponent)) : Double(factor) * pow(10, Double(exponent))
  }
}
