import AdjointArray
import AdjointData
import AdjointIR
import AdjointTransforms

/// Trains a model: owns its parameters and the optimizer's state, compiles the step for each size of batch that it
/// meets, and runs it.
///
/// It is for one thread at a time.
public final class Trainer<Model: Layer> {
  /// What is trained; its values are here, in ``parameters``.
  public let model: Model
  /// How the parameters follow their gradients.
  public let optimizer: Optimizer
  /// What is added to the loss to make the cost.
  public let regularization: Regularization
  /// Rows of a batch; `nil` takes all rows at once.
  public let batchSize: Int?
  /// Settles the parameters' first values, the order of the rows in each epoch, and the random numbers of each step.
  public let seed: UInt64
  /// The type of the parameters and of the arithmetic.
  public let scalarType: ScalarType
  /// What runs the steps.
  public let backend: Backend
  /// How long the first compilation took, by stages.
  public private(set) var compileTimes = CompileTimes()

  let loss: Loss?
  let cost: (Model, Batch) throws -> TracedCost
  let location: SourceLocation
  private(set) var schema: TrainedModel.Schema?
  /// Parameters, then state, as the training graph lists them.
  var values: [NDArray] = []
  private(set) var layout: [TrainingGraph.Value] = []
  private(set) var parameterCount = 0
  /// Steps by the types of their batch.
  private var steps: [[TensorType]: (step: any Step, graph: TrainingGraph)] = [:]
  private(set) var latest: TrainingGraph?
  /// For tables of so many columns.
  var cachedPredictor: (columns: Int, predictor: Predictor)?
  private var updates = 0
  /// Of all calls of `fit`: each epoch has an order of its own.
  private var wholeEpochs = 0
  /// What `restore` has read, until the next `fit` goes on from it.
  private var restored: (checkpoint: Checkpoint, path: String)?

  /// A trainer for the rows of tables: the model is called on the features, and `loss` compares with the target.
  ///
  /// - Parameters:
  ///   - model: makes `[n, k]` of features `[n, d]`: the values of a regression, one logit for two classes, or a
  ///     logit for each class.
  ///   - loss: one for the table's task; a loss of one's own fits each.
  /// - Throws: ``TrainingError`` where a setting is out of range.
  public convenience init(
    _ model: Model, loss: Loss, regularization: Regularization = .none, optimizer: Optimizer,
    batchSize: Int? = nil, seed: UInt64 = 0, scalarType: ScalarType = .float32, backend: Backend = .tcc,
    file: String = #fileID, line: Int = #line
  ) throws {
    let location = SourceLocation(file: file, line: line)
    try self.init(
      model, loss: loss, regularization: regularization, optimizer: optimizer, batchSize: batchSize,
      seed: seed,
      scalarType: scalarType, backend: backend, at: location
    ) { loss.traced($0, $1, at: location) }
  }

  /// A trainer for a cost of one's own, which may hold derivatives of the model.
  ///
  /// - Parameter cost: records one number from the model and the arrays that `fit` is given.
  /// - Throws: ``TrainingError`` where a setting is out of range.
  public convenience init(
    _ model: Model, regularization: Regularization = .none, optimizer: Optimizer, batchSize: Int? = nil,
    seed: UInt64 = 0, scalarType: ScalarType = .float32, backend: Backend = .tcc, file: String = #fileID,
    line: Int = #line, cost: @escaping (_ model: Model, _ batch: Batch) throws -> Tensor
  ) throws {
    try self.init(
      model, loss: nil, regularization: regularization, optimizer: optimizer, batchSize: batchSize,
      seed: seed,
      scalarType: scalarType, backend: backend, at: SourceLocation(file: file, line: line)
    ) { TracedCost(loss: try cost($0, $1)) }
  }

  private init(
    _ model: Model, loss: Loss?, regularization: Regularization, optimizer: Optimizer, batchSize: Int?,
    seed: UInt64, scalarType: ScalarType, backend: Backend, at location: SourceLocation,
    cost: @escaping (Model, Batch) throws -> TracedCost
  ) throws {
    self.model = model
    self.loss = loss
    self.regularization = regularization
    self.optimizer = optimizer
    self.batchSize = batchSize
    self.seed = seed
    self.scalarType = scalarType
    self.backend = backend
    self.location = location
    self.cost = cost
    try checkSettings()
  }

  private func checkSettings() throws(TrainingError) {
    if let batchSize, batchSize < 1 {
      throw .invalidSetting(name: "the batch size", value: "\(batchSize)", remedy: "give at least 1")
    }
    if !scalarType.isFloatingPoint {
      throw .invalidSetting(name: "the scalar type", value: "\(scalarType)", remedy: "use float32 or float64")
    }
    if let problem = optimizer.schedule.problem {
      throw .invalidSetting(
        name: "the schedule of the learning rate", value: problem.value, remedy: problem.remedy)
    }
    for (name, value) in optimizer.hyperparameters + regularization.hyperparameters
    where !value.isFinite || value < 0 {
      throw .invalidSetting(name: name, value: "\(value)", remedy: "give a finite number of at least 0")
    }
  }

  // MARK: Training

  /// Trains on the rows of a table, whose scaling is that of the table. A further call goes on from where the last
  /// one ended; its table must have the first one's columns, classes and scaling.
  ///
  /// - Parameters:
  ///   - epochs: passes over all rows, each in an order of its own; at least 0.
  ///   - validation: rows to evaluate after each epoch, scaled as the training part is, as
  ///     ``Table/split(test:seed:stratified:)`` does.
  ///   - stopping: when to end before the last epoch, and whether to go back to the best one.
  ///   - checkpointing: where to write what is needed to go on, if anywhere.
  ///   - cancellation: by which another thread may end the run; parameters are then those of the last whole epoch.
  /// - Returns: loss and metric of each epoch.
  /// - Throws: ``TrainingError``, ``DataError``, ``TraceError``, and what compiling throws. Parameters keep the
  ///   values of the last whole epoch.
  @discardableResult
  public func fit(
    _ table: Table, epochs: Int, validation: Table? = nil, stopping: EarlyStopping? = nil,
    checkpointing: Checkpointing? = nil, cancellation: Cancellation? = nil,
    progress: TrainingProgress = .automatic
  ) throws -> History {
    // Before a whole epoch nothing was learned that another table could give another meaning.
    let known = wholeEpochs > 0 ? schema : nil
    try known?.checkContinuation(table)
    let arrays = try arrays(of: table)
    try checkOutput(for: table)
    let schema = known ?? TrainedModel.Schema(of: table)
    if let validation { try schema.check(validation) }
    try prepare(arrays)
    // Before the first epoch: a model that cannot be evaluated is known now.
    if validation != nil { _ = try predictor(columns: table.featureCount) }
    self.schema = schema
    return try run(
      arrays, epochs: epochs, progress: progress, task: table.task, validation: validation,
      Control(stopping, checkpointing, cancellation))
  }

  /// Trains on arrays by name: those that the cost asks its batch for.
  ///
  /// - Parameter arrays: `[n, …]` with one n for all where there is a batch size; without one of any shapes, and
  ///   each step sees them whole. Floating-point ones are converted to the trainer's type.
  /// - Returns: the loss and cost of each epoch; there is no metric.
  /// - Throws: ``TrainingError``, ``TraceError`` with what was wrong in model or cost, and what compiling throws.
  ///   Parameters keep the values of the last whole epoch.
  @discardableResult
  public func fit(
    _ arrays: [String: NDArray], epochs: Int, stopping: EarlyStopping? = nil,
    checkpointing: Checkpointing? = nil,
    cancellation: Cancellation? = nil, progress: TrainingProgress = .automatic
  ) throws -> History {
    let arrays = arrays.sorted { $0.key < $1.key }.map { (name: $0.key, array: converted($0.value)) }
    try prepare(arrays)
    return try run(
      arrays, epochs: epochs, progress: progress, task: nil, validation: nil,
      Control(stopping, checkpointing, cancellation))
  }

  /// Records and compiles the step for batches of the table's shape, without training: the parameters have their
  /// first values then.
  ///
  /// - Throws: as ``fit(_:epochs:validation:progress:)``.
  public func prepare(_ table: Table) throws {
    try prepare(try arrays(of: table))
  }

  /// Checks the arrays and makes the step for a full batch of them: from here on there are parameters.
  func prepare(_ arrays: [(name: String, array: NDArray)]) throws {
    try check(arrays)
    // Steps are told apart by the types of their arrays; those for arrays of other names are of no use.
    if let known = latest?.batchNames, known != arrays.map(\.name) { (steps, latest) = ([:], nil) }
    _ = try step(arrays.map { ($0.name, type(of: $0.array, rows: batchRows(arrays))) })
  }

  private func run(
    _ arrays: [(name: String, array: NDArray)], epochs: Int, progress: TrainingProgress, task: Table.Task?,
    validation: Table?, _ control: Control
  ) throws -> History {
    try control.stopping?.check()
    try control.checkpointing?.check()
    guard epochs >= 0 else {
      throw TrainingError.invalidSetting(name: "epochs", value: "\(epochs)", remedy: "give at least 0")
    }
    // Without a batch size all is one row: what each step sees.
    let rows = batchSize == nil ? 1 : arrays.first?.array.shape.dimensions.first ?? 1
    let size = max(1, batchRows(arrays))
    let clock = ContinuousClock()
    let start = clock.now
    var history = History(metricName: task?.metricName)
    var reporter = ProgressReporter(progress, epochs: epochs)
    let variance = task == .regression ? targetVariance(arrays) : nil
    var stepTime = Duration.zero
    var best = BestEpoch(control.stopping)
    defer { if let values = best.kept { self.values = values } }
    if let (checkpoint, path) = restored {
      history.epochs = checkpoint.progress.history.epochs
      best = BestEpoch(
        control.stopping, epoch: checkpoint.progress.history.best,
        kept: try checkpoint.best.map { try Checkpoint.ordered($0, as: layout, path: path) },
        epochsSince: checkpoint.progress.epochsSinceBest)
      history.best = best.epoch
      restored = nil
    }
    let first = history.epochs.count + 1
    var written = start

    for epoch in stride(from: first, through: epochs, by: 1) where !best.isOver {
      let before = (values: values, updates: updates)
      var isWhole = false
      defer { if !isWhole { (values, updates) = before } }
      var generator = SeededGenerator(seed: seed &+ UInt64(wholeEpochs + 1) &* 0x9E37_79B9_7F4A_7C15)
      let order = batchSize == nil ? nil : generator.permutation(of: rows)
      var sums = (cost: 0.0, loss: 0.0, metric: 0.0)
      let begin = clock.now
      guard let results = try epochResults(arrays, rows: rows, size: size, order, control.cancellation)
      else {
        history.isCancelled = true
        reporter.interrupt()
        break
      }
      stepTime += clock.now - begin
      for (number, result) in results.enumerated() {
        let weight = Double(min(size, rows - number * size)) / Double(rows)
        guard result[0].isFinite else {
          reporter.interrupt()
          throw TrainingError.notFiniteCost(epoch: epoch, step: number + 1)
        }
        sums.cost += result[0] * weight
        sums.loss += result[1] * weight
        if result.count > 2 { sums.metric += result[2] * weight }
      }
      if values.contains(where: { $0.firstNotFinite != nil }) {
        reporter.interrupt()
        throw TrainingError.notFiniteCost(epoch: epoch, step: (rows + size - 1) / max(1, size))
      }
      isWhole = true
      wholeEpochs += 1
      let checked = try validation.map { try evaluate($0) }
      let metric: Double? =
        switch task {
        case .regression:
          variance.flatMap { variance in loss?.squaredErrorFactor.map { 1 - sums.loss * $0 / variance } }
        case .binary, .multiclass: latest?.hasMetric == true ? sums.metric : nil
        case nil: nil
        }
      let record = History.Epoch(
        epoch: epoch, loss: sums.loss, cost: sums.cost, metric: metric, validationLoss: checked?.loss,
        validationMetric: checked?.metric, seconds: (clock.now - start) / .seconds(1))
      history.epochs.append(record)
      reporter.report(record, metricName: history.metricName)
      best.note(record) { values.map { $0.copy() } }
      history.best = best.epoch
      if let checkpointing = control.checkpointing {
        let isDue =
          epoch % checkpointing.everyEpochs == 0
          && clock.now - written >= .seconds(checkpointing.leastSeconds)
        if isDue || epoch == epochs || best.isOver {
          try checkpoint(history, best).write(to: checkpointing.path)
          written = clock.now
        }
      }
      if best.isOver {
        history.isStoppedEarly = epoch < epochs
        reporter.interrupt()
      }
    }
    if history.isCancelled, let checkpointing = control.checkpointing {
      try checkpoint(history, best).write(to: checkpointing.path)
    }
    history.steps = (history.epochs.count - first + 1) * ((rows + size - 1) / max(1, size))
    history.secondsPerStep = history.steps == 0 ? 0 : stepTime / .seconds(history.steps)
    return history
  }

  /// One pass over the rows: cost, loss and metric of each batch before its update. It ends where a cost is NaN or
  /// infinite; `nil` where it was cancelled.
  ///
  /// - Parameter order: of the rows; `nil` where each step sees all of them as they lie.
  private func epochResults(
    _ arrays: [(name: String, array: NDArray)], rows: Int, size: Int, _ order: [Int]?,
    _ cancellation: Cancellation?
  ) throws -> [[Double]]? {
    guard rows > 0 else { return [] }
    let size = min(size, rows)
    let stepsPerEpoch = (rows + size - 1) / size
    let settings = { [optimizer, regularization] (step: Int) in
      optimizer.settings(step: step, stepsPerEpoch: stepsPerEpoch)
        + regularization.hyperparameters.map(\.value)
    }
    let types = { (count: Int) in arrays.map { ($0.name, self.type(of: $0.array, rows: count)) } }
    let whole = try step(types(size)).0
    let rest = rows % size == 0 ? nil : try step(types(rows % size)).0
    if let whole = whole as? CompiledStep {
      let loop = EpochLoop(
        arrays: arrays.map(\.array), rows: rows, batch: size, whole: whole, rest: rest as? CompiledStep,
        settings: settings(updates + 1),
        settingsOfStep: optimizer.schedule == .constant ? nil : settings, seed: seed,
        cancellation: cancellation)
      var results: [Double] = []
      let end = loop.run(order: order, firstStep: updates + 1, values: &values, results: &results)
      let count = whole.resultCount
      updates += results.count / count
      switch end {
      case .complete, .notFinite: break
      case .cancelled: return nil
      case .failed(let error): throw error
      }
      return stride(from: 0, to: results.count, by: count).map { Array(results[$0..<($0 + count)]) }
    }
    var results: [[Double]] = []
    for first in stride(from: 0, to: rows, by: size) where results.last.map({ $0[0].isFinite }) ?? true {
      if cancellation?.isCancelled == true { return nil }
      let count = min(size, rows - first)
      let batch = arrays.map { item in
        order.map { item.array.rows($0[first..<(first + count)]) } ?? item.array
      }
      updates += 1
      // Steps are counted over all of the training, so that going on goes on with other numbers.
      results.append(
        try (count == size ? whole : rest ?? whole).run(
          batch: batch, hyperparameters: [Double(updates)] + settings(updates),
          key: .randomKey(seed: seed, step: updates), values: &values
        ).map { $0.doubles[0] })
    }
    return results
  }

  // MARK: Checkpoints

  /// What ends a run, and what is kept of it.
  private struct Control {
    let stopping: EarlyStopping?
    let checkpointing: Checkpointing?
    let cancellation: Cancellation?

    init(_ stopping: EarlyStopping?, _ checkpointing: Checkpointing?, _ cancellation: Cancellation?) {
      (self.stopping, self.checkpointing, self.cancellation) = (stopping, checkpointing, cancellation)
    }
  }

  /// Lets the next `fit` go on from a checkpoint, as if training had never stopped: bit for bit the same. That `fit` is
  /// given the arguments of the first one; its `epochs` count those before the checkpoint.
  ///
  /// - Throws: ``DataError`` where the file cannot be read, ``TrainingError/unsuitableCheckpoint(path:problem:remedy:)`` where
  ///   it is no checkpoint, or that of a trainer with other settings; `fit` throws that where model or data are others.
  public func restore(from path: String) throws {
    let checkpoint = try Checkpoint(path: path)
    for (own, theirs) in zip(settings, checkpoint.progress.settings) where own != theirs {
      throw TrainingError.unsuitableCheckpoint(
        path: path, problem: "its \(theirs.name) is \(theirs.value), here it is \(own.value)",
        remedy: "make the trainer with the settings that the checkpoint is of")
    }
    guard settings.count == checkpoint.progress.settings.count else {
      throw TrainingError.unsuitableCheckpoint(
        path: path, problem: "it is of a trainer with other settings",
        remedy: "make the trainer with the settings that the checkpoint is of")
    }
    if !layout.isEmpty { values = try Checkpoint.ordered(checkpoint.values, as: layout, path: path) }
    (wholeEpochs, updates) = (checkpoint.progress.epochs, checkpoint.progress.updates)
    restored = (checkpoint, path)
  }

  /// How many epochs were done, those before a checkpoint included.
  public var completedEpochs: Int { wholeEpochs }

  private func checkpoint(_ history: History, _ best: BestEpoch) -> Checkpoint {
    let named = { (arrays: [NDArray]) in zip(self.layout, arrays).map { (name: $0.name, array: $1) } }
    return Checkpoint(
      progress: Checkpoint.Progress(
        epochs: wholeEpochs, updates: updates, settings: settings, history: history,
        epochsSinceBest: best.epochsSince),
      values: named(values), best: best.kept.map(named))
  }

  /// What decides which numbers come next; rates may be others.
  private var settings: [Checkpoint.Progress.Setting] {
    [
      ("seed", "\(seed)"), ("batch size", batchSize.map { "\($0)" } ?? "that of the data"),
      ("scalar type", "\(scalarType)"), ("optimizer", "\(optimizer.kind)"),
    ].map { Checkpoint.Progress.Setting(name: $0, value: $1) }
  }

  // MARK: Steps

  /// The step for batches of these types: recorded and compiled when they are first met.
  private func step(_ inputs: [(name: String, type: TensorType)]) throws -> (any Step, TrainingGraph) {
    if let known = steps[inputs.map(\.type)] { return known }
    let graph = try TrainingGraph(
      model, inputs: inputs, optimizer: optimizer, regularization: regularization, at: location, cost: cost)
    try checkValues(graph.values.map { ($0.name, $0.type) })
    if layout.isEmpty {
      try checkMemory(for: graph.values)
      let given = try restored.map {
        try Checkpoint.ordered($0.checkpoint.values, as: graph.values, path: $0.path)
      }
      layout = graph.values
      parameterCount = graph.parameterCount
      values = given ?? graph.initialValues(seed: seed)
    }
    let step = try backend.step(graph.graph, graph.layout(), name: "step", times: graph.times)
    if steps.isEmpty, let compiled = step as? CompiledStep { compileTimes = compiled.executable.times }
    latest = latest ?? graph
    steps[inputs.map(\.type)] = (step, graph)
    return (step, graph)
  }

  /// The graph of the step for the first batch size that was met.
  ///
  /// - Throws: ``TrainingError/notPrepared(_:)`` before any data was seen.
  public var graph: Graph {
    get throws {
      guard let latest else { throw TrainingError.notPrepared("the graph") }
      return latest.graph
    }
  }

  /// What the step for the first batch size that was met costs, layer by layer: forward, backward and update.
  ///
  /// - Throws: ``TrainingError/notPrepared(_:)`` before any data was seen, ``GraphError`` where a nested graph is
  ///   malformed.
  public var flops: FlopCount {
    get throws { FlopCount(try graph.inliningCalls().simplified()) }
  }

  /// The C that runs the step for the first batch size that was met.
  ///
  /// - Throws: ``TrainingError/notPrepared(_:)`` before any data was seen.
  public var source: String {
    get throws {
      for (step, graph) in steps.values where graph.graph == latest?.graph {
        if let compiled = step as? CompiledStep { return compiled.executable.source }
      }
      guard let latest else { throw TrainingError.notPrepared("the generated C") }
      return try Executable(latest.graph, name: "step").source
    }
  }
}
