import Foundation
import Testing

@testable import AdjointPlots

private func ticks(_ low: Double, _ high: Double, _ count: Int, isLogarithmic: Bool = false) -> Ticks {
  Ticks(Scale(showing: [low, high], isLogarithmic: isLogarithmic), count: count)
}

private func labels(_ ticks: Ticks) -> [String] {
  ticks.marks.map {
    $0.label.superscript.isEmpty ? $0.label.text : "\($0.label.text)^\($0.label.superscript)"
  }
}

/// What a label says: `−2.5`, `2×10^−7`.
private func value(_ label: Label) throws -> Double {
  let factors = label.text.replacing("−", with: "-").split(separator: "×").compactMap { Double($0) }
  let power = Double(label.superscript.replacing("−", with: "-")) ?? 1
  let last = try #require(factors.last)
  return factors.dropLast().reduce(1, *) * (label.superscript.isEmpty ? last : pow(last, power))
}

@Suite("Ticks")
struct TicksTests {
  @Test("Known ranges have the ticks that one would draw")
  func known() {
    #expect(labels(ticks(0, 1, 5)) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(labels(ticks(-1, 1, 4)) == ["−1.0", "−0.5", "0.0", "0.5", "1.0"])
    #expect(labels(ticks(0, 60, 6)) == ["0", "10", "20", "30", "40", "50", "60"])
    #expect(labels(ticks(0.03, 0.61, 3)) == ["0.2", "0.4", "0.6"])
    #expect(labels(ticks(98, 312, 5)) == ["100", "150", "200", "250", "300"])
  }

  @Test("Numbers that would be long share a power of ten")
  func factor() {
    let small = ticks(0, 1.2e-5, 3)
    #expect(labels(small) == ["0.0", "0.5", "1.0"])
    #expect(small.factor == Label("×10", superscript: "−5"))
    #expect(small.marks.map(\.value) == [0, 5e-6, 1e-5])
    let large = ticks(-2e6, 2e6, 4)
    #expect(labels(large) == ["−2", "−1", "0", "1", "2"] && large.factor == Label("×10", superscript: "6"))
    #expect(ticks(0, 900_000, 3).factor == nil)
  }

  @Test(
    "Steps are 1, 2 or 5 times a power of ten, as few as asked for, within the range, and labels say their values"
  )
  func niceSteps() throws {
    var numbers = Numbers()
    for _ in 0..<3000 {
      let size = pow(10, Double(Int.random(in: -250...250, using: &numbers)))
      let low = Double.random(in: -1...1, using: &numbers) * size
      let high = low + Double.random(in: 1e-4...2, using: &numbers) * size
      let count = Int.random(in: 1...12, using: &numbers)
      let ticks = ticks(low, high, count)
      let values = ticks.marks.map(\.value)
      #expect(values.count <= count + 1 && (count < 5 || values.count >= 2))
      #expect(values.allSatisfy { low - 1e-8 * size <= $0 && $0 <= high + 1e-8 * size })
      let factor = try ticks.factor.map {
        try value(Label(String($0.text.dropFirst()), superscript: $0.superscript))
      }
      for mark in ticks.marks {
        #expect(isClose(try value(mark.label) * (factor ?? 1), mark.value, 1e-9 * size))
      }
      for (a, b) in zip(values, values.dropFirst()) {
        let step = (b - a) / pow(10, log10(b - a).rounded(.down))
        #expect([1, 2, 5, 10].contains { isClose(step, $0, 1e-6) }, "\(a) \(b)")
      }
      #expect(Set(labels(ticks)).count == values.count)
    }
  }

  @Test("Counts have whole ticks")
  func whole() {
    let scale = Scale(showing: [1, 3], margin: 0.03, areWhole: true)
    #expect(labels(Ticks(scale, count: 10, areWhole: true)) == ["1", "2", "3"])
    let one = Scale(showing: [1], areWhole: true)
    #expect(labels(Ticks(one, count: 10, areWhole: true)) == ["1"])
  }

  @Test("Logarithmic ticks are powers of ten, thinned by equal steps")
  func decades() {
    #expect(labels(ticks(1e-3, 10, 8, isLogarithmic: true)) == ["0.001", "0.01", "0.1", "1", "10"])
    let many = ticks(1e-12, 1, 5, isLogarithmic: true)
    #expect(labels(many) == ["10^−12", "10^−9", "10^−6", "10^−3", "10^0"])
    #expect(many.minor.count == 13)
    #expect(labels(ticks(1e-300, 1e300, 7, isLogarithmic: true)).contains("10^−200"))
    let four = ticks(1, 1000, 8, isLogarithmic: true)
    #expect(four.minor == [1, 10, 100].flatMap { decade in (2...9).map { Double($0) * decade } })
  }

  @Test("Less than two decades have multiples of 1, 2 and 5, and less than that even steps")
  func partsOfDecades() {
    #expect(labels(ticks(0.15, 3, 8, isLogarithmic: true)) == ["0.2", "0.5", "1", "2"])
    #expect(
      labels(ticks(1.5e-7, 2.5e-6, 8, isLogarithmic: true)) == ["2×10^−7", "5×10^−7", "10^−6", "2×10^−6"])
    #expect(labels(ticks(0.31, 0.37, 4, isLogarithmic: true)) == ["0.32", "0.34", "0.36"])
  }

  @Test("All logarithmic ticks lie within the range, and their labels say their values")
  func logarithmicLabels() throws {
    var numbers = Numbers()
    for _ in 0..<2000 {
      let low = pow(10, Double.random(in: -200...200, using: &numbers))
      let high = low * pow(10, Double.random(in: 0.05...80, using: &numbers))
      let ticks = ticks(low, high, Int.random(in: 1...10, using: &numbers), isLogarithmic: true)
      let factor = try ticks.factor.map {
        try value(Label(String($0.text.dropFirst()), superscript: $0.superscript))
      }
      for mark in ticks.marks {
        #expect(low * (1 - 1e-8) <= mark.value && mark.value <= high * (1 + 1e-8))
        #expect(isClose(try value(mark.label) * (factor ?? 1) / mark.value, 1, 1e-9))
      }
    }
  }
}
