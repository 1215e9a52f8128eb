import AdjointArray
import AdjointCodegen
import AdjointIR
import AdjointInterpreter
import AdjointJIT
import AdjointTransforms

/// One training step on one batch, to be run and timed by itself: no batches are put together, no data is shuffled.
package struct StepBenchmark {
  /// What runs the step.
  package enum Side: Hashable, Sendable {
    case interpreter
    /// TinyCC on C of this dialect.
    case tinyCC(Dialect)
    /// The system's compiler.
    case native
  }

  private let record: () throws -> TrainingGraph
  private let training: TrainingGraph
  private let batch: [NDArray]
  private let settings: [Double]
  private let seed: UInt64

  /// - Parameters:
  ///   - features: `[rows, features]`.
  ///   - targets: as `loss` takes them, for these rows.
  /// - Throws: ``TraceError`` where model, loss and arrays do not fit.
  package init(
    _ model: some Layer, loss: Loss, regularization: Regularization, optimizer: Optimizer, features: NDArray,
    targets: NDArray, seed: UInt64
  ) throws {
    try self.init(
      model, regularization: regularization, optimizer: optimizer, batch: [("x", features), ("y", targets)],
      seed: seed
    ) { loss.traced($0, $1, at: nil).loss }
  }

  /// - Parameters:
  ///   - batch: the arrays that `cost` asks for by name.
  /// - Throws: ``TraceError`` where model, cost and arrays do not fit.
  package init<Model: Layer>(
    _ model: Model, regularization: Regularization, optimizer: Optimizer, batch arrays: [(String, NDArray)],
    seed: UInt64, cost: @escaping (Model, Batch) throws -> Tensor
  ) throws {
    let inputs = arrays.map { ($0, TensorType($1.scalarType, $1.shape)) }
    record = {
      try TrainingGraph(model, inputs: inputs, optimizer: optimizer, regularization: regularization) {
        TracedCost(loss: try cost($0, $1))
      }
    }
    training = try record()
    batch = arrays.map(\.1)
    settings = training.settings(optimizer, regularization, step: 1, stepsPerEpoch: 1)
    self.seed = seed
  }

  package var parameterCount: Int {
    training.values.prefix(training.parameterCount).reduce(0) { $0 + $1.type.count }
  }

  /// Forward, backward and update.
  package var graph: Graph { training.graph }
  package var nodeCount: Int { graph.nodes.count }

  /// Records, differentiates and compiles the step once more, from nothing.
  ///
  /// - Throws: ``CompilationError`` where the compiler cannot be used.
  package func compiled(
    _ dialect: Dialect? = nil, toolchain: Toolchain = .tinyCC
  ) throws -> Executable {
    let fresh = try record()
    return try Executable(
      fresh.graph, name: "step", dialect: dialect, toolchain: toolchain, times: fresh.times)
  }

  /// The step on one side, with the parameters as the seed makes them.
  package func runner(_ side: Side) throws -> Runner {
    let step: any Step
    switch side {
    case .interpreter:
      step = try InterpretedStep(training.graph.inliningCalls().simplified(), training.layout())
    case .tinyCC(let dialect): step = try CompiledStep(compiled(dialect), training.layout())
    case .native: step = try CompiledStep(compiled(toolchain: .native()), training.layout())
    }
    return Runner(
      step, batches: [batch], settings: settings, seed: seed, initial: training.initialValues(seed: seed))
  }

  /// The compiled step with given parameters, in the order in which the model declares them, and batches of the benchmark's
  /// size that it takes in turn.
  ///
  /// - Throws: ``TrainingError`` where parameters or batches have other shapes.
  package func runner(_ executable: Executable, parameters: [NDArray], batches: [[NDArray]]) throws -> Runner
  {
    let expected = training.values.prefix(training.parameterCount).map(\.type.shape)
    func shapes(_ arrays: [NDArray]) -> [Shape] { arrays.map(\.shape) }
    guard shapes(parameters) == expected, batches.allSatisfy({ shapes($0) == shapes(batch) }) else {
      throw GraphError(
        .shapeMismatch, operation: "benchmark",
        problem: "the parameters \(shapes(parameters)) are not those of the model",
        remedy: "give \(expected), and batches of one size")
    }
    return try Runner(
      CompiledStep(executable, training.layout()), batches: batches, settings: settings, seed: seed,
      initial: parameters + training.initialValues(seed: seed, leavingOut: training.parameterCount))
  }

  /// Runs the step again and again, on the same batch or on several in turn.
  package final class Runner {
    private let step: any Step
    private let batches: [[NDArray]]
    private var next = 0
    private var settings: [Double]
    private let seed: UInt64
    private let initial: [NDArray]
    private var values: [NDArray] = []

    fileprivate init(
      _ step: any Step, batches: [[NDArray]], settings: [Double], seed: UInt64, initial: [NDArray]
    ) {
      self.step = step
      self.seed = seed
      self.batches = batches
      self.settings = [0] + settings
      self.initial = initial
      reset()
    }

    /// Puts parameters and optimizer back to where they began.
    package func reset() {
      values = initial.map { $0.copy() }
      settings[0] = 0
      next = 0
    }

    /// The costs of `count` updates, each before its update.
    package func costs(_ count: Int) throws -> [Double] {
      try (0..<count).map { _ in try advance()[0].doubles[0] }
    }

    /// The time that `count` updates take, from the first batch on: of compiled steps in the runtime's epoch loop, as
    /// they are trained.
    package func time(_ count: Int) throws -> Duration {
      let clock = ContinuousClock()
      guard let compiled = step as? CompiledStep else {
        let start = clock.now
        for _ in 0..<count { _ = try advance() }
        return clock.now - start
      }
      // A batch is a row of the loop.
      let loop = EpochLoop(
        arrays: stacked, rows: batches.count, batch: 1, whole: compiled, rest: nil,
        settings: Array(settings.dropFirst()), seed: seed)
      var done = 0
      let start = clock.now
      let outcome = withUnsafeMutablePointer(to: &done) {
        loop.run(steps: count, order: nil, firstStep: Int(settings[0]) + 1, values: &values, done: $0)
      }
      let time = clock.now - start
      settings[0] += Double(count)
      if case .failed(let error) = outcome.end { throw error }
      return time
    }

    /// For each array of the batch all batches, one after the other.
    private lazy var stacked: [NDArray] = batches[0].indices.map { position in
      let first = batches[0][position]
      var all = NDArray(zeros: Shape([batches.count] + first.shape.dimensions), first.scalarType)
      let base = all.uniqueBase()
      for (index, batch) in batches.enumerated() {
        (base + index * first.byteCount).copyMemory(
          from: batch[position].unsafeBase, byteCount: first.byteCount)
      }
      return all
    }

    private func advance() throws -> [NDArray] {
      settings[0] += 1
      let batch = batches[next]
      next = (next + 1) % batches.count
      return try step.run(
        batch: batch, hyperparameters: settings, key: .randomKey(seed: seed, step: Int(settings[0])),
        values: &values)
    }
  }
}
