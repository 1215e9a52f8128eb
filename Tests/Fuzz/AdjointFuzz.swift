import Adjoint
import ArgumentParser
import FuzzHarness
import Foundation

@main
struct AdjointFuzz: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adjoint-fuzz",
    abstract: "Compares compiled random graphs with interpreted ones.",
    discussion: """
      Every seed's graph is compiled by TinyCC as tile C; an eighth of them also for the other instruction sets, one as \
      portable C, and of one the simplification is compared with what was written. Every hundredth is compiled by the \
      system's compiler, too, \(Self.unitSize) in a translation unit. What fails is shrunk, printed, and written to a folder. \
      A run goes on where the last one stopped.
      """)

  /// Graphs in a translation unit of the system's compiler.
  static let unitSize = 200
  /// One graph of so many is in such a unit.
  static let samplePeriod: UInt64 = 100
  /// Seeds that one job does before it reports.
  static let blockSize: UInt64 = 100

  @Option(
    help: "The range of seeds, such as 0..<300000; otherwise that of the state file, or the one after it.")
  var seeds: String?
  @Option(help: "How many threads; otherwise one a processor.")
  var jobs: Int = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "Where it is kept how far the run has come.")
  var state = ".build/fuzz.state"
  @Option(help: "The folder for what fails.")
  var failures = ".build/fuzz"
  @Option(help: "Stop after so many seconds.")
  var seconds: Double?

  mutating func run() async throws {
    var state = try initialState()
    CrashReport.install()
    say("seeds \(state.next)..<\(state.seeds.upperBound) on \(jobs) threads")
    let run = FuzzRun(failures: failures)
    let start = ContinuousClock.now
    let before = state.tally.count
    var lastReport = start
    var sample: [UInt64] = []
    var done: [UInt64: FuzzState.Tally] = [:]
    var begun = state.next
    var isOpen: Bool {
      begun < state.seeds.upperBound && (seconds.map { ContinuousClock.now - start < .seconds($0) } ?? true)
    }
    await withTaskGroup(of: FuzzRun.Block.self) { group in
      for job in 0..<max(1, jobs) where isOpen {
        let block = nextBlock(&begun, state)
        group.addTask { run.examine(block, job: job) }
      }
      for await block in group {
        done[block.seeds.lowerBound] = block.tally
        sample += block.seeds.filter { $0 % Self.samplePeriod == 0 }
        let job = block.job
        if sample.count >= Self.unitSize || (!isOpen && done.count == 1 && sample.count > 0) {
          let unit = Array(sample.prefix(Self.unitSize))
          sample.removeFirst(unit.count)
          state.tally += run.examineBySystemCompiler(unit)
        }
        while let tally = done.removeValue(forKey: state.next) {
          state.tally += tally
          state.next = min(state.next + Self.blockSize, state.seeds.upperBound)
        }
        if ContinuousClock.now - lastReport > .seconds(10) {
          lastReport = .now
          report(state, since: start, before)
          try? state.write(to: self.state)
        }
        if isOpen {
          let next = nextBlock(&begun, state)
          group.addTask { run.examine(next, job: job) }
        }
      }
    }
    if !sample.isEmpty { state.tally += run.examineBySystemCompiler(sample) }
    try state.write(to: self.state)
    report(state, since: start, before)
    if state.tally.failures > 0 { throw ExitCode.failure }
  }

  private func nextBlock(_ begun: inout UInt64, _ state: FuzzState) -> Range<UInt64> {
    let block = begun..<min(begun + Self.blockSize, state.seeds.upperBound)
    begun = block.upperBound
    return block
  }

  /// The state file's, unless other seeds are asked for.
  private func initialState() throws -> FuzzState {
    let known = FuzzState(contentsOf: state)
    try FileManager.default.createDirectory(
      at: URL(filePath: state).deletingLastPathComponent(), withIntermediateDirectories: true)
    guard let seeds else {
      guard let known else { return FuzzState(0..<300_000) }
      let end = known.seeds.upperBound
      return known.next < end ? known : FuzzState(end..<(end + 300_000))
    }
    let bounds = seeds.split(separator: "..<").compactMap { UInt64($0) }
    guard bounds.count == 2, bounds[0] < bounds[1] else {
      throw ValidationError("'\(seeds)' is no range of seeds; write it as 0..<300000")
    }
    if let known, known.seeds == bounds[0]..<bounds[1], known.next < bounds[1] { return known }
    return FuzzState(bounds[0]..<bounds[1])
  }

  private func report(_ state: FuzzState, since start: ContinuousClock.Instant, _ before: Int) {
    let tally = state.tally
    let duration = (ContinuousClock.now - start) / .seconds(1)
    let rate = (Double(tally.count - before) / max(duration, 1e-3)).formatted(
      .number.precision(.fractionLength(0)))
    say(
      "seed \(state.next): \(tally.count) graphs, \(tally.rejected) rejected, \(tally.sampled) by the system's compiler, "
        + "\(tally.failures) failures, \(rate) a second")
  }
}

/// A line on standard output, at once, whole also from several threads.
func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
