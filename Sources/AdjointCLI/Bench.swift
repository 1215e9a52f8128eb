import Adjoint
import AdjointData
import ArgumentParser

/// `adjoint bench`
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Times the same training step interpreted and compiled, or how long compiling takes.",
    discussion: """
      Synthetic data from a fixed seed; a step is forward, backward and update on one batch, without putting the \
      batch together. The sides are the interpreter, TinyCC on portable C and on calls of tile primitives (what trains \
      unless another backend is chosen), and the system's compiler, where there is one. They are measured in turns in \
      one run. Before that, all make 20 steps from the same weights: where their costs differ by more than 1e-5, the \
      exit code is 1.

      With --compile-time nothing is run: training steps of 10 to 10,000 layers, and derivatives of chains of 100 to \
      100,000 operations, are compiled from nothing, to see how the time of each stage grows.
      """)

  @Flag(help: "Measure for a shorter time, without the largest networks.")
  var quick = false

  @Flag(help: "Measure how long deeper and deeper networks take to compile.")
  var compileTime = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Rows in a batch, instead of each network's own.", valueName: "rows"))
  var batch: Int?

  @Option(help: ArgumentHelp("Measure this training step on given data; with --data.", valueName: "name"))
  var workload: String?

  @Option(
    help: ArgumentHelp(
      "Where NAME.bin, NAME.txt and NAME.losses.txt of the workload are.", valueName: "folder"))
  var data: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Threads that share a step; by default as many as there are processors.", valueName: "count"))
  var threads: Int?

  @Option(help: ArgumentHelp("Write the C that the workload runs there.", valueName: "file"))
  var source: String?

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  @OptionGroup var memory: MemoryOption

  func run() throws {
    try memory.apply()
    if let threads {
      guard (1...Threads.most).contains(threads) else {
        throw UsageError("--threads is \(threads); give 1 to \(Threads.most)")
      }
      Threads.count = threads
    }
    if workload != nil || data != nil { return try runWorkload() }
    if source != nil { throw UsageError("--source has no effect without --workload; leave it out") }
    if let batch, !(1...1_000_000 ~= batch) {
      throw UsageError("--batch is \(batch); give 1 to 1000000 rows")
    }
    if compileTime {
      if batch != nil { throw UsageError("--batch has no effect with --compile-time; leave it out") }
      let report = try CompileTimeReport(quick: quick)
      return try Console.print(json ? try Console.json(report) : report.text)
    }
    let machine = try Machine.current()
    var results: [Measurement] = []
    let networks = BenchNetwork.all + (quick ? [] : [BenchNetwork.deep])
    for network in networks {
      Console.note("measuring \(network.name) …")
      results.append(
        try Measurement(
          network, batch: batch ?? network.batch, seconds: quick ? 0.3 : 3,
          compilations: quick ? 5 : 15))
    }
    let report = BenchReport(machine: machine, networks: results)
    try Console.print(json ? try Console.json(report) : report.text)
    if let wrong = results.first(where: { !$0.agrees }) {
      throw CommandError(
        "\(wrong.network): interpreted and compiled costs differ by \(Format.number(wrong.costDifference, digits: 2)), more than \(Measurement.bound)"
      )
    }
  }
}

extension Bench {
  private func runWorkload() throws {
    guard let workload, let data else { throw UsageError("give both --workload and --data") }
    if batch != nil || compileTime {
      throw UsageError("--batch and --compile-time have no effect with --workload; leave them out")
    }
    let chosen = try Workload.named(workload)
    let report = try WorkloadReport(
      chosen, WorkloadData(chosen.name, in: data), seconds: quick ? 0.5 : 5)
    if let source { try File.writeAtomically(report.source, to: source) }
    try Console.print(try Console.json(report, isOneLine: true))
    if !report.ok {
      throw CommandError(
        "\(workload): costs differ from the reference's by \(Format.number(report.err, digits: 2))")
    }
  }
}

/// A network to measure, with data of its own.
struct BenchNetwork {
  let sizes: [Int]
  let activation: Activation
  let activationName: String
  let batch: Int
  let loss: Loss

  static let all = [
    BenchNetwork(
      sizes: [30, 64, 32, 1], activation: .relu, activationName: "relu", batch: 64, loss: .binaryCrossEntropy),
    BenchNetwork(
      sizes: [1, 64, 64, 1], activation: .tanh, activationName: "tanh", batch: 32, loss: .meanSquaredError),
    BenchNetwork(
      sizes: [64, 50, 10], activation: .relu, activationName: "relu", batch: 100, loss: .softmaxCrossEntropy),
    BenchNetwork(
      sizes: [784, 128, 10], activation: .relu, activationName: "relu", batch: 128, loss: .softmaxCrossEntropy
    ),
  ]

  /// Five layers, to see what depth costs the compiler.
  static let deep = BenchNetwork(
    sizes: [30, 64, 64, 64, 32, 1], activation: .tanh, activationName: "tanh", batch: 64,
    loss: .binaryCrossEntropy)

  var name: String { sizes.map(String.init).joined(separator: "-") + " " + activationName }

  /// The training step on `batch` rows: Adam, with an L2 penalty.
  func step(batch: Int) throws -> StepBenchmark {
    var generator = SeededGenerator(seed: 1)
    // Uniform in -1..<1, exact in float32.
    func uniform() -> Float { Float(generator.next() >> 40) * 0x1p-23 - 1 }
    let outputs = sizes[sizes.count - 1]
    let features = try NDArray((0..<(batch * sizes[0])).map { _ in uniform() }, shape: [batch, sizes[0]])
    let targets: NDArray
    if outputs > 1 {
      targets = NDArray((0..<batch).map { _ in Int32(generator.next() % UInt64(outputs)) })
    } else {
      let values = features.doubles
      let sums = (0..<batch).map { row in
        (0..<sizes[0]).reduce(0.0) { $0 + values[row * sizes[0] + $1] }
      }
      let isBinary = loss.name == Loss.binaryCrossEntropy.name
      targets = try NDArray(sums.map { isBinary ? ($0 > 0 ? 1 : 0) : Float($0 * $0) }, shape: [batch, 1])
    }
    return try StepBenchmark(
      network(Array(sizes.dropFirst()), activation: activation), loss: loss, regularization: .l2(1e-4),
      optimizer: .adam(), features: features, targets: targets, seed: 1)
  }
}
