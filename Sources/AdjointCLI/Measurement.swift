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
  let checkedSteps = 20
  let costDifference: Double
  let agrees: Bool

  /// The most that costs may differ, relative to the cost.
  static let bound = 1e-5

  /// - Parameters:
  ///   - withPortable: whether plain scalar loops compiled by TinyCC are a side, too.
  ///   - seconds: how long to measure, at least in five rounds.
  init(_ network: BenchNetwork, batch: Int, withPortable: Bool, seconds: Double, compilations: Int) throws {
    let step = try network.step(batch: batch)
    var sides: [(name: String, runner: StepBenchmark.Runner)] = [
      ("interpreted", try step.runner(.interpreter)), ("compiled", try step.runner(.tinyCC(.tile))),
    ]
    if withPortable { sides.append(("TinyCC on portable C", try step.runner(.tinyCC(.portable)))) }

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
    \(scalarLoops)
    Compilation from nothing, medians in ms; the most that costs differ over \(networks.first?.checkedSteps ?? 0) \
    steps from the same weights (at most \(Measurement.bound) is right):

    \(compilation)
    """
  }

  /// What tiles gain over the plain C of the same graph.
  private var scalarLoops: String {
    for network in networks where network.sides.count > 2 {
      let ratio = network.sides[2].medianSeconds / network.sides[1].medianSeconds
      return
        "\n\(network.network): compiled is \(Format.fixed(ratio, 0)) times as fast as the same graph in plain"
        + " scalar loops compiled by TinyCC (portable C).\n"
    }
    return ""
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
      ["network", "parameters"] + stages + ["total", "arena bytes", "difference", ""],
      [.left, .right] + stages.map { _ in .right } + [.right, .right, .right, .left])
    for network in networks {
      table.row(
        [network.network, Format.count(network.parameters)]
          + network.compile.map { Format.fixed($0.milliseconds, 2) }
          + [
            Format.fixed(network.compileMilliseconds, 2), Format.count(network.arenaBytes),
            Format.number(network.costDifference, digits: 2), network.agrees ? "agrees" : "DOES NOT AGREE",
          ])
    }
    return table.text
  }
}
