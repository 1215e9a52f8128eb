import Adjoint

/// One network, measured on all sides.
struct Measurement: Encodable {
  struct Side: Encodable {
    let name: String
    let minSeconds: Double
    let medianSeconds: Double
    /// How many times faster than the interpreter, by the medians.
    let speedUp: Double
    /// The greatest difference to the interpreter's costs over the checked steps, relative to the cost.
    let costDifference: Double
  }
  struct Stage: Encodable {
    let stage: String
    let milliseconds: Double
  }

  let network: String
  let loss: String
  let batch: Int
  let parameters: Int
  let flopsPerStep: Int
  let kernels: Int
  let arenaBytes: Int
  let arenaLowerBoundBytes: Int
  let codeBytes: Int
  let sides: [Side]
  /// Medians of several compilations from nothing.
  let compile: [Stage]
  let compileMilliseconds: Double
  /// TinyCC on portable C, the system's compiler, and loading what it made before.
  let portableCompilerMilliseconds: Double
  let nativeCompilerMilliseconds: Double?
  let nativeCachedMilliseconds: Double?
  let checkedSteps = 20
  let costDifference: Double
  let agrees: Bool

  /// The most that costs may differ, relative to the cost.
  static let bound = 1e-5

  /// - Parameter seconds: how long to measure, at least in five rounds.
  init(_ network: BenchNetwork, batch: Int, seconds: Double, compilations: Int) throws {
    let step = try network.step(batch: batch)
    let native = try? Toolchain.native()
    var sides: [(name: String, runner: StepBenchmark.Runner)] = [
      ("interpreter", try step.runner(.interpreter)),
      ("TinyCC, portable C", try step.runner(.tinyCC(.portable))),
      ("TinyCC, tile C", try step.runner(.tinyCC(.tile))),
    ]
    if native != nil { sides.append(("native", try step.runner(.native))) }

    var differences: [Double] = []
    let expected = try sides[0].runner.costs(checkedSteps)
    for side in sides {
      side.runner.reset()
      let costs = try side.runner.costs(checkedSteps)
      differences.append(
        zip(costs, expected).reduce(0) { worst, pair in
          let difference = abs(pair.0 - pair.1) / max(abs(pair.1), .leastNormalMagnitude)
          return difference.isNaN ? .infinity : max(worst, difference)
        })
    }
    let times = try Self.alternating(sides.map(\.runner), seconds: seconds)
    self.sides = zip(zip(sides, times), differences).map { item, difference in
      Side(
        name: item.0.name, minSeconds: item.1.min() ?? 0, medianSeconds: median(item.1),
        speedUp: median(times[0]) / median(item.1), costDifference: difference)
    }
    costDifference = differences.max() ?? 0
    agrees = costDifference <= Self.bound

    let executables = try (0..<max(1, compilations)).map { _ in try step.compiled() }
    compile = Self.stages(of: executables)
    compileMilliseconds = median(executables.map { $0.times.total.inSeconds * 1e3 })
    portableCompilerMilliseconds = median(
      try (0..<max(1, compilations)).map { _ in
        try step.compiled(.portable).times.compile.inSeconds * 1e3
      })
    var compiler = try? SystemCompiler.optimizing()
    nativeCachedMilliseconds = try compiler.map {
      try step.compiled(toolchain: .system($0)).times.compile.inSeconds * 1e3
    }
    compiler?.cache = nil
    nativeCompilerMilliseconds = try compiler.map {
      try step.compiled(toolchain: .system($0)).times.compile.inSeconds * 1e3
    }
    let program = executables[0].program
    self.network = network.name
    loss = network.loss.name
    self.batch = batch
    parameters = step.parameterCount
    flopsPerStep = program.flops
    kernels = program.kernels.count
    arenaBytes = program.arenaBytes
    arenaLowerBoundBytes = program.memory.lowerBoundBytes
    codeBytes = executables[0].codeBytes
  }

  /// The stages of a compilation, each with the median of the time that it took.
  static func stages(of executables: [Executable]) -> [Stage] {
    (executables.first?.times.stages ?? []).indices.map { index in
      let stages = executables.map { $0.times.stages[index] }
      return Stage(stage: stages[0].name, milliseconds: median(stages.map { $0.duration.inSeconds * 1e3 }))
    }
  }

  /// Seconds a step, of each runner in turn, round by round.
  private static func alternating(_ runners: [StepBenchmark.Runner], seconds: Double) throws -> [[Double]] {
    // A block of steps is long enough for the clock not to count, and starts where the first one started.
    let block = 2e-4
    var counts: [Int] = []
    for runner in runners {
      runner.reset()
      let time = try runner.time(3).inSeconds / 3
      counts.append(min(1000, max(1, Int(block / max(time, 1e-9)))))
    }
    var times = [[Double]](repeating: [], count: runners.count)
    let clock = ContinuousClock()
    let start = clock.now
    while times[0].count < 5 || (clock.now - start).inSeconds < seconds {
      for (index, runner) in runners.enumerated() {
        runner.reset()
        times[index].append(try runner.time(counts[index]).inSeconds / Double(counts[index]))
      }
    }
    return times
  }
}

/// - Precondition: there is a value.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// What `bench` says.
struct BenchReport: Encodable {
  let machine: Machine
  let networks: [Measurement]

  var text: String {
    """
    One training step (forward, backward, Adam with L2), float32, on \(machine.text)

    \(times)
    \(tilesAgainstNative)
    Compilation from nothing of tile C, medians in ms, then the compiler's time for portable C, and the system compiler's,
    first and when its cache has the code; the most that costs differ over \(networks.first?.checkedSteps ?? 0) \
    steps from the same weights (at most \(Measurement.bound) is right):

    \(compilation)
    """
  }

  /// How far TinyCC's tiles are from what an optimising compiler makes of the same graph.
  private var tilesAgainstNative: String {
    let ratios = networks.filter { $0.sides.count > 3 }.map { network in
      let ratio = network.sides[2].medianSeconds / network.sides[3].medianSeconds
      return "\(network.network) \(Format.fixed(ratio, 2))"
    }
    return ratios.isEmpty
      ? "\nNo C compiler was found: the side 'native' is missing.\n"
      : "\nTime of TinyCC on tile C over native: \(ratios.joined(separator: ", ")).\n"
  }

  private var times: String {
    var table = TextTable(
      ["network", "batch", "side", "min", "median", "speed-up", "GFLOP/s"],
      [.left, .right, .left, .right, .right, .right, .right])
    for network in networks {
      for (index, side) in network.sides.enumerated() {
        table.row(
          index == 0 ? network.network : "", index == 0 ? "\(network.batch)" : "", side.name,
          Format.time(side.minSeconds), Format.time(side.medianSeconds), Format.fixed(side.speedUp, 1) + "x",
          Format.fixed(Double(network.flopsPerStep) / side.medianSeconds / 1e9, 2))
      }
    }
    return table.text
  }

  private var compilation: String {
    let stages = networks.first?.compile.map(\.stage) ?? []
    var table = TextTable(
      ["network", "parameters"] + stages
        + ["total", "portable", "native", "cached", "arena bytes", "difference", ""],
      [.left, .right] + stages.map { _ in .right } + Array(repeating: .right, count: 6) + [.left])
    for network in networks {
      table.row(
        [network.network, Format.count(network.parameters)]
          + network.compile.map { Format.fixed($0.milliseconds, 2) }
          + [
            Format.fixed(network.compileMilliseconds, 2),
            Format.fixed(network.portableCompilerMilliseconds, 2),
            network.nativeCompilerMilliseconds.map { Format.fixed($0, 0) } ?? "-",
            network.nativeCachedMilliseconds.map { Format.fixed($0, 2) } ?? "-",
            Format.count(network.arenaBytes),
            Format.number(network.costDifference, digits: 2), network.agrees ? "agrees" : "DOES NOT AGREE",
          ])
    }
    return table.text
  }
}
