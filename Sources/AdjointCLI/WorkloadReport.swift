import Adjoint
import ArgumentParser

/// A workload measured: one line of JSON.
struct WorkloadReport: Encodable {
  let workload: String
  let backend: String
  let threads: Int
  /// From nothing to the end of the first run.
  let firstS: Double
  let compile: [Measurement.Stage]
  let stepUsMin: Double
  let stepUsMedian: Double
  let chunks: Int
  let perChunk: Int
  let arenaBytes: Int
  /// What no plan of the same kernels could do with less of.
  let arenaLowerBoundBytes: Int
  /// The largest value between kernels.
  let largestBufferBytes: Int
  /// The most memory that the process has had.
  let peakMb: Double
  let flopsPerStep: Int
  let kernels: Int
  /// By how much results differ from the reference's, relative to it: the first one, and the worst.
  let errFirst: Double
  let err: Double
  let ok: Bool
  /// The C that ran.
  let source: String

  private enum CodingKeys: CodingKey {
    case workload, backend, threads, firstS, compile, stepUsMin, stepUsMedian, chunks, perChunk, arenaBytes
    case arenaLowerBoundBytes, largestBufferBytes, peakMb, flopsPerStep, kernels, errFirst, err, ok
  }

  /// - Parameter seconds: how long to measure, at least in five chunks.
  init(_ workload: Workload, _ data: WorkloadData, seconds: Double) throws {
    let clock = ContinuousClock()
    let start = clock.now
    var run = try workload.prepare(data)
    try run.first()
    firstS = (clock.now - start).inSeconds
    let check = try run.check()
    (errFirst, err, ok) = (check.errFirst, check.err, check.isRight)

    // Chunks of at least 10 ms.
    perChunk = 1 + Int(0.01 / max(try run.time(3).inSeconds / 3, 1e-9))
    var times: [Double] = []
    let begin = clock.now
    while times.count < 5 || (clock.now - begin).inSeconds < seconds {
      times.append(try run.time(perChunk).inSeconds / Double(perChunk))
    }
    chunks = times.count
    stepUsMin = (times.min() ?? 0) * 1e6
    stepUsMedian = median(times) * 1e6
    peakMb = Machine.peakMemory / 1e6

    self.workload = workload.name
    threads = Threads.count
    backend = "TinyCC, \(try InstructionSet.selected().rawValue)"
    compile = Measurement.stages(of: [run.executable])
    source = run.executable.source
    let program = run.executable.program
    arenaBytes = program.arenaBytes
    arenaLowerBoundBytes = program.memory.lowerBoundBytes
    largestBufferBytes = program.memory.placements.map(\.byteCount).max() ?? 0
    flopsPerStep = program.flops
    kernels = program.kernels.count
  }
}
