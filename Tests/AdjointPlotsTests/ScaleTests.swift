import Foundation
import Testing

@testable import AdjointPlots

@Suite("Scales")
struct ScaleTests {
  @Test("Values lie evenly between the ends, or their logarithms do")
  func fractions() throws {
    let even = Scale(showing: [-2, 6])
    #expect([-2, 0, 6, 14].map { even.fraction(of: $0) } == [0, 0.25, 1, 2])
    let powers = Scale(showing: [0.01, 100], isLogarithmic: true)
    for (value, expected) in [(0.01, 0.0), (1, 0.5), (10, 0.75), (100, 1)] {
      #expect(isClose(try #require(powers.fraction(of: value)), expected, 1e-12))
    }
  }

  @Test("What is not finite, or not positive on a logarithmic scale, lies nowhere and changes nothing")
  func nowhere() {
    let scale = Scale(showing: [.nan, 1, .infinity, 3, -.infinity])
    #expect(scale == Scale(showing: [1, 3]))
    for value in [Double.nan, .infinity, -.infinity] { #expect(scale.fraction(of: value) == nil) }
    let powers = Scale(showing: [0, 1, -5, 10], isLogarithmic: true)
    #expect(powers == Scale(showing: [1, 10], isLogarithmic: true))
    #expect(powers.fraction(of: 0) == nil && powers.fraction(of: -1) == nil)
  }

  @Test("A margin is a share of what is shown, at both ends")
  func margins() {
    let scale = Scale(showing: [10, 20], margin: 0.05)
    #expect(scale.low == 9.5 && scale.high == 20.5)
    let powers = Scale(showing: [1, 100], isLogarithmic: true, margin: 0.5)
    #expect(isClose(powers.low, 0.1, 1e-12) && isClose(powers.high, 1000, 1e-9))
  }

  @Test("One value lies in the middle, and so do values that differ in their last digits")
  func oneValue() throws {
    let cases: [[Double]] = [
      [0.5, 0.5], [0], [-3], [1, 1 + 1e-15], [.leastNonzeroMagnitude], [1e300, 1e300],
      [-.greatestFiniteMagnitude],
    ]
    for values in cases {
      let scale = Scale(showing: values, margin: 0.05)
      #expect(scale.low < scale.high && scale.low.isFinite && scale.high.isFinite)
      if abs(values[0]) < 1e308 {
        #expect(scale.fraction(of: values[0]).map { isClose($0, 0.5, 1e-6) } == true)
      }
    }
    let powers = Scale(showing: [7], isLogarithmic: true)
    #expect(isClose(try #require(powers.fraction(of: 7)), 0.5, 1e-12))
    let whole = Scale(showing: [1], areWhole: true)
    #expect(whole.low == 0.5 && whole.high == 1.5)
  }

  @Test("Nothing at all is shown from 0 to 1, or from 0.1 to 10")
  func noValues() {
    #expect(Scale(showing: [.nan]) == Scale(showing: [0, 1]))
    #expect(Scale(showing: [-1, 0], isLogarithmic: true) == Scale(showing: [0.1, 10], isLogarithmic: true))
  }

  @Test("Ranges beyond what floating point can subtract")
  func hugeRange() {
    let end = Double.greatestFiniteMagnitude
    let scale = Scale(showing: [-end, end], margin: 0.05)
    #expect(scale.fraction(of: 0) == 0.5)
    #expect(scale.fraction(of: end) == 1)
    #expect(Scale(showing: [-end, end]) == scale)
    let powers = Scale(showing: [1e-300, end], isLogarithmic: true, margin: 0.05)
    #expect(powers.low > 0 && powers.high == end)
  }

  @Test("A given range is taken where it can be shown")
  func givenRange() {
    let scale = Scale(showing: [5, 6], range: 0...10, margin: 0.05)
    #expect(scale.low == 0 && scale.high == 10)
    let fallback = Scale(showing: [5, 6])
    let infinity = Double.infinity
    let ranges: [ClosedRange<Double>] = [0...infinity, 1...1, 1e300...(1e300).nextUp, -infinity...infinity]
    for range in ranges {
      #expect(Scale(showing: [5, 6], range: range) == fallback)
    }
    #expect(
      Scale(showing: [5, 6], range: 0...10, isLogarithmic: true)
        == Scale(showing: [5, 6], isLogarithmic: true))
  }

  @Test("Widening keeps the middle")
  func widened() {
    let scale = Scale(showing: [2, 6]).widened(3)
    #expect(scale.low == -2 && scale.high == 10)
    #expect(Scale(showing: [2, 6]).widened(0.5) == Scale(showing: [2, 6]))
  }
}
