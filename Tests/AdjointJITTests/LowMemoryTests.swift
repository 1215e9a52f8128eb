import Foundation
import Testing

/// A host that compiles under limits of its address space, from the smallest under which it starts.
@Suite("Compiling with little memory")
struct LowMemoryTests {
  /// As many compilations a limit as `make attack-memory` says, else some.
  static let compilations = ProcessInfo.processInfo.environment["ADJOINT_ATTACKS"].flatMap(Int.init)

  /// The smallest limit in KiB under which the program starts.
  private static func smallest() throws -> Int {
    var (low, high) = (8 << 10, 512 << 10)
    while high - low > 16 {
      let middle = (low + high) / 2
      if try attack(middle, 0).hasStarted { high = middle } else { low = middle }
    }
    return high
  }

  private static func attack(_ limit: Int, _ count: Int) throws -> Attack {
    try Attack(["tiny", "\(count)"], after: "ulimit -v \(limit)")
  }

  @Test func theHostSurvivesEveryLimitUnderWhichItStarts() throws {
    let smallest = try Self.smallest()
    // Above the smallest some limits close to each other, then one each MiB up to 200 MiB; or a few.
    let few = Self.compilations == nil
    let close = stride(from: smallest, to: smallest + (4 << 10), by: few ? 1 << 10 : 64)
    let wide = stride(
      from: smallest + (4 << 10), through: max(200, smallest >> 10 + 64) << 10, by: (few ? 16 : 1) << 10)
    var counts = (whole: 0, refused: 0)
    for (number, limit) in (Array(close) + Array(wide)).enumerated() {
      let count = few ? 16 : number.isMultiple(of: 8) ? Self.compilations ?? 0 : 100
      let run = try Self.attack(limit, count)
      #expect(run.hasStarted && !run.isSignal && run.status == 0, "\(limit) KiB: \(run)")
      #expect(run.output.split(separator: "\n").count == 1, "\(limit) KiB: \(run.output)")
      if run.output.contains(" 0 refused") { counts.whole += 1 } else { counts.refused += 1 }
      if !few { print("\(limit) KiB: \(run.output)", terminator: "") }
    }
    // The least have too little, the greatest enough.
    #expect(counts.whole > 0 && counts.refused > 0, "\(counts)")
  }

  @Test func whatIsMissingIsSaid() throws {
    let run = try Self.attack(try Self.smallest() + 1024, 4)
    #expect(run.output.contains("of memory, which is not there"), "\(run)")
  }
}
