import Adjoint
import ArgumentParser

/// A training step with given data and first parameters, that other systems can be measured on, too.
struct Workload: Sendable {
  let name: String
  let loss: Loss
  let optimizer: Optimizer
  let model: @Sendable () -> any Layer

  /// All of them; a new one is an entry here.
  static let all = [
    Workload(name: "conv", loss: .softmaxCrossEntropy, optimizer: .adam(learningRate: 1e-3)) {
      Sequential {
        Conv2D(8, size: (3, 3), padding: .same, activation: .relu)
        MaxPool2D()
        Conv2D(16, size: (3, 3), padding: .same, activation: .relu)
        MaxPool2D()
        Flatten()
        Dense(10)
      }
    }
  ]

  /// - Throws: ``UsageError`` with the names that there are.
  static func named(_ name: String) throws -> Workload {
    guard let found = all.first(where: { $0.name == name }) else {
      throw UsageError("there is no workload '\(name)'; there is \(all.map(\.name).joined(separator: ", "))")
    }
    return found
  }
}

/// A workload measured: one line of JSON.
struct WorkloadReport: Encodable {
  let workload: String
  let backend: String
  let threads = 1
  /// From nothing to the end of the first step.
  let firstS: Double
  let compile: [Measurement.Stage]
  let stepUsMin: Double
  let stepUsMedian: Double
  let chunks: Int
  let perChunk: Int
  let arenaBytes: Int
  /// The largest value between kernels.
  let largestBufferBytes: Int
  let flopsPerStep: Int
  let kernels: Int
  /// By how much costs differ from the reference's, relative to it: the first one, and the worst.
  let errFirst: Double
  let err: Double
  let ok: Bool

  /// What is right: at the first step, and over all of them.
  private static let bounds = (first: 1e-4, all: 2e-3)

  init(_ workload: Workload, _ data: WorkloadData, seconds: Double) throws {
    guard let first = data.batches.first, !data.parameters.isEmpty, !data.losses.isEmpty else {
      throw UsageError(
        "the data of \(workload.name) lack parameters p0, …, batches b0_x and b0_y, …, or losses")
    }
    let clock = ContinuousClock()
    let start = clock.now
    let step = try StepBenchmark(
      workload.model(), loss: workload.loss, regularization: .none, optimizer: workload.optimizer,
      features: first[0], targets: first[1], seed: 1)
    let executable = try step.compiled()
    let runner = try step.runner(executable, parameters: data.parameters, batches: data.batches)
    var costs = try runner.costs(1)
    firstS = (clock.now - start).inSeconds
    costs += try runner.costs(data.losses.count - 1)
    let differences = zip(costs, data.losses).map { abs($0 - $1) / abs($1) }
    errFirst = differences[0]
    err = differences.contains { $0.isNaN } ? .infinity : differences.max() ?? .infinity
    ok = errFirst < Self.bounds.first && err < Self.bounds.all

    // Chunks of at least 10 ms.
    let estimate = try runner.time(10).inSeconds / 10
    perChunk = 1 + Int(0.01 / max(estimate, 1e-9))
    var times: [Double] = []
    let begin = clock.now
    while times.count < 5 || (clock.now - begin).inSeconds < seconds {
      times.append(try runner.time(perChunk).inSeconds / Double(perChunk))
    }
    chunks = times.count
    stepUsMin = (times.min() ?? 0) * 1e6
    stepUsMedian = median(times) * 1e6

    self.workload = workload.name
    backend = "TinyCC, \(try InstructionSet.selected().rawValue)"
    compile = Measurement.stages(of: [executable])
    let program = executable.program
    arenaBytes = program.arenaBytes
    largestBufferBytes = program.memory.placements.map(\.byteCount).max() ?? 0
    flopsPerStep = program.flops
    kernels = program.kernels.count
  }
}
