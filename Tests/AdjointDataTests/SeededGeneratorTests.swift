import Testing

@testable import AdjointData

@Suite("A seed determines everything random")
struct SeededGeneratorTests {
  @Test("SplitMix64 gives the published numbers")
  func published() {
    // Seed 1234567: the first five numbers as given on Rosetta Code, "Pseudo-random numbers/Splitmix64".
    var generator = SeededGenerator(seed: 1_234_567)
    let numbers = (0..<5).map { _ in generator.next() }
    #expect(
      numbers == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  @Test("A permutation is the one that the same algorithm gives in Python")
  func permutation() {
    // Fisher and Yates with Lemire's bounded numbers, written in Python integers: seed 1, ten elements.
    var generator = SeededGenerator(seed: 1)
    #expect(generator.permutation(of: 10) == [9, 0, 1, 4, 8, 2, 3, 7, 6, 5])
  }

  @Test("Every number occurs once, also in short permutations")
  func complete() {
    var generator = SeededGenerator(seed: 3)
    for count in 0...50 { #expect(generator.permutation(of: count).sorted() == Array(0..<count)) }
    #expect(generator.permutation(of: -1).isEmpty)
  }

  @Test("All six orders of three come equally often")
  func uniform() {
    var generator = SeededGenerator(seed: 5)
    var seen: [[Int]: Int] = [:]
    for _ in 0..<60_000 { seen[generator.permutation(of: 3), default: 0] += 1 }
    #expect(seen.count == 6)
    // Five standard deviations of a binomial with n = 60,000 and p = 1/6.
    for (order, count) in seen { #expect(abs(count - 10_000) < 457, "\(order)") }
  }
}
