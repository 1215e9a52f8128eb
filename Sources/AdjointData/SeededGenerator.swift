/// A random number generator that gives the same numbers for the same seed, on every machine and in every
/// version.
///
/// SplitMix64: Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014, with the
/// constants of Java's `SplittableRandom`. Not for secrets.
public struct SeededGenerator: RandomNumberGenerator, Sendable, Hashable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The numbers 0..<count in random order, every order as likely as another (Fisher and Yates).
  ///
  /// Written out, as the standard library does not promise that its `shuffle` stays the same.
  public mutating func permutation(of count: Int) -> [Int] {
    guard count > 1 else { return count == 1 ? [0] : [] }
    var order = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(i, Int(number(below: UInt64(i) + 1)))
    }
    return order
  }

  /// A uniform number in 0..<bound (Lemire, Fast Random Integer Generation in an Interval, 2019).
  mutating func number(below bound: UInt64) -> UInt64 {
    let threshold = (0 &- bound) % bound
    while true {
      let product = next().multipliedFullWidth(by: bound)
      if product.low >= threshold { return product.high }
    }
  }
}
