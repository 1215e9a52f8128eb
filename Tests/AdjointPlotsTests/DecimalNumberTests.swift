import Foundation
import Testing

@testable import AdjointPlots

@Suite("Numbers in labels")
struct DecimalTests {
  private func decimal(_ value: Double) throws -> DecimalNumber { try #require(DecimalNumber(value)) }

  @Test(
    "So many digits behind the point, halves away from zero",
    arguments: [
      (0, 2, "0.00"), (1, 0, "1"), (0.15, 1, "0.2"), (-0.25, 1, "−0.3"), (0.953, 3, "0.953"),
      (99.96, 1, "100.0"),
      (-0.001, 2, "0.00"), (0.7, 0, "1"), (0.4, 0, "0"), (1234.5, 2, "1234.50"), (1e-7, 8, "0.00000010"),
      (1e20, 0, "100000000000000000000"), (.leastNonzeroMagnitude, 3, "0.000"), (-2, 3, "−2.000"),
    ] as [(Double, Int, String)])
  func fixed(_ value: Double, _ decimals: Int, _ expected: String) throws {
    #expect(try decimal(value).fixed(decimals) == expected)
  }

  @Test("Numbers of many digits are rounded as printf does")
  func fixedAgainstFoundation() throws {
    var numbers = Numbers()
    for _ in 0..<2000 {
      let value =
        Double.random(in: -1...1, using: &numbers) * pow(10, Double(Int.random(in: -8...6, using: &numbers)))
      let decimals = Int.random(in: 0...6, using: &numbers)
      let expected = String(format: "%.\(decimals)f", value).replacing("-", with: "−")
      let isZero = !expected.contains { "123456789".contains($0) }
      #expect(try decimal(value).fixed(decimals) == (isZero ? expected.replacing("−", with: "") : expected))
    }
  }

  @Test(
    "Short numbers have an exponent only where they would be long",
    arguments: [
      (0, "0", "0.00"), (1, "1", "1.00"), (0.001, "0.001", "0.00100"), (1e-4, "0.0001", "0.000100"),
      (1e-5, "1e−5", "1.00e−5"), (0.0125, "0.0125", "0.0125"), (350_000, "350000", "350000"),
      (1.25e6, "1.25e6", "1.25e6"), (-1.2345e-7, "−1.23e−7", "−1.23e−7"), (0.99999, "1", "1.00"),
      (1e308, "1e308", "1.00e308"),
    ] as [(Double, String, String)])
  func short(_ value: Double, _ expected: String, _ withZeros: String) throws {
    #expect(try decimal(value).short(3) == expected)
    #expect(try decimal(value).short(3, keepsZeros: true) == withZeros)
  }

  @Test("What is not finite is no number")
  func notFinite() {
    for value in [Double.nan, .infinity, -.infinity] { #expect(DecimalNumber(value) == nil) }
  }

  @Test("The power of ten of the first digit")
  func magnitude() throws {
    let expected: [(Double, Int)] = [(0.0012, -3), (1, 0), (9.99, 0), (10, 1), (-123_456, 5), (0, 0)]
    for (value, magnitude) in expected { #expect(try decimal(value).magnitude == magnitude) }
    #expect(DecimalNumber(25, exponent: -4) == DecimalNumber(0.0025))
  }
}
