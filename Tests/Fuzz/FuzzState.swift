import Foundation

/// How far a run has come: kept in a file, so that the next one goes on.
struct FuzzState {
  var seeds: Range<UInt64>
  /// All seeds before it are done.
  var next: UInt64
  var tally = Tally()

  /// What became of the graphs.
  struct Tally: Sendable {
    var count = 0
    var rejected = 0
    /// Also compiled by the system's compiler.
    var sampled = 0
    var failures = 0

    static func += (a: inout Tally, b: Tally) {
      a.count += b.count
      a.rejected += b.rejected
      a.sampled += b.sampled
      a.failures += b.failures
    }
  }

  init(_ seeds: Range<UInt64>) {
    self.seeds = seeds
    next = seeds.lowerBound
  }

  /// `nil` where there is no such file, or it holds something else.
  init?(contentsOf file: String) {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
    var values: [Substring: [UInt64]] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if let name = words.first { values[name] = words.dropFirst().compactMap { UInt64($0) } }
    }
    guard let range = values["seeds"], range.count == 2, range[0] <= range[1],
      let next = values["next"]?.first,
      range[0] <= next, next <= range[1]
    else { return nil }
    seeds = range[0]..<range[1]
    self.next = next
    let number = { (name: Substring) in Int(values[name]?.first ?? 0) }
    tally = Tally(
      count: number("count"), rejected: number("rejected"), sampled: number("sampled"),
      failures: number("failures"))
  }

  func write(to file: String) throws {
    let text = """
      seeds \(seeds.lowerBound) \(seeds.upperBound)
      next \(next)
      count \(tally.count)
      rejected \(tally.rejected)
      sampled \(tally.sampled)
      failures \(tally.failures)

      """
    try text.write(toFile: file, atomically: true, encoding: .utf8)
  }
}
