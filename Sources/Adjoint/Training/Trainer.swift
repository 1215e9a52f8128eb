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
  public private(set) var optimizer: Optimizer
  /// What is added to the loss to make the cost.
  public private(set) var regularization: Regularization
  /// Rows of a batch; `nil` takes all rows at once.
  public let batchSize: Int?
  /// Settles the parameters' first values, the order of the rows in each epoch, and the random numbers of each step.
  public private(set) var seed: UInt64
  /// The type of the parameters and of the arithmetic.
  public let scalarType: ScalarType
  /// What runs the steps.
  public let backend: Backend
  /// The most bytes that the process may have in use while it trains, in place of ``Memory/limit``; `nil` for that.
  public let memoryLimit: Int?
  /// How long the first compilation took, by stages.
  public internal(set) var compileTimes = CompileTimes()

  let loss: Loss?
  let cost: (Model, Batch) throws -> TracedCost
  let location: SourceLocation
  /// The line that chose the optimizer, if it is another one.
  package var updateLocation: SourceLocation?
  private(set) var schema: TrainedModel.Schema?
  /// Parameters, then state, as the training graph lists them.
  var values: [NDArray] = []
  var layout: [TrainingGraph.Value] = []
  var parameterCount = 0
  /// An array of a batch.
  struct Input: Hashable {
    let name: String
    let type: TensorType
  }
  /// Steps by their batch.
  var steps: [[Input]: (step: any Step, graph: TrainingGraph)] = [:]
  var latest: TrainingGraph?
  /// For tables of so many columns.
  var cachedPredictor: (columns: Int, predictor: Predictor)?
  /// Steps that were made, over all calls of `fit`: going on goes on with other random numbers.
  var updates = 0
  /// Of all calls of `fit`: each epoch has an order of its own.
  var wholeEpochs = 0
  /// Settings of layers that are not as the layers were made, by their names.
  private(set) var changedSettings: [String: Double] = [:]
  /// What L-BFGS knows, where that is the optimizer.
  var lbfgs: LBFGS?
  /// What is known of the cost where the parameters are, from one step of L-BFGS to the next.
  var evaluated: Evaluated?
  /// Of the rows of this `fit`, where checkpoints need to know.
  var rowsChecksum: String?
  /// And of its step.
  var stepChecksum: String?
  /// What `restore` has read, until the next `fit` goes on from it.
  var restored: Restored?
  /// The checksums of model files of this training, by their paths.
  var models: [String: String] = [:]
  /// The epochs of the last `fit`, also where it ended with an error: parameters are then those of the last whole epoch (with
  /// early stopping of the best one). `nil` where it did not come to its first epoch.
  public internal(set) var history: History?

  /// A trainer for the rows of tables: the model is called on the features, and `loss` compares with the target.
  ///
  /// - Parameters:
  ///   - model: makes `[n, k]` of features `[n, d]`: the values of a regression, one logit for two classes, or a
  ///     logit for each class.
  ///   - memoryLimit: in bytes: what needs more is refused before it is taken.
  ///   - loss: one for the table's task; a loss of one's own fits each.
  /// - Throws: ``TrainingError`` where a setting is out of range.
  public convenience init(
    _ model: Model, loss: Loss, regularization: Regularization = .none, optimizer: Optimizer,
    batchSize: Int? = nil, seed: UInt64 = 0, scalarType: ScalarType = .float32, backend: Backend = .tcc,
    memoryLimit: Int? = nil, file: String = #fileID, line: Int = #line
  ) throws {
    let location = SourceLocation(file: file, line: line)
    try self.init(
      model, loss: loss, regularization: regularization, optimizer: optimizer, batchSize: batchSize,
      seed: seed,
      scalarType: scalarType, backend: backend, memoryLimit: memoryLimit, at: location
    ) { loss.traced($0, $1, at: location) }
  }

  /// A trainer for a cost of one's own, which may hold derivatives of the model.
  ///
  /// - Parameter cost: records one number from the model and the arrays that `fit` is given.
  /// - Throws: ``TrainingError`` where a setting is out of range.
  public convenience init(
    _ model: Model, regularization: Regularization = .none, optimizer: Optimizer, batchSize: Int? = nil,
    seed: UInt64 = 0, scalarType: ScalarType = .float32, backend: Backend = .tcc, memoryLimit: Int? = nil,
    file: String = #fileID, line: Int = #line,
    cost: @escaping (_ model: Model, _ batch: Batch) throws -> Tensor
  ) throws {
    try self.init(
      model, loss: nil, regularization: regularization, optimizer: optimizer, batchSize: batchSize,
      seed: seed,
      scalarType: scalarType, backend: backend, memoryLimit: memoryLimit,
      at: SourceLocation(file: file, line: line)
    ) { TracedCost(loss: try cost($0, $1)) }
  }

  private init(
    _ model: Model, loss: Loss?, regularization: Regularization, optimizer: Optimizer, batchSize: Int?,
    seed: UInt64, scalarType: ScalarType, backend: Backend, memoryLimit: Int?, at location: SourceLocation,
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
    self.memoryLimit = memoryLimit
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
    if let history = optimizer.lbfgsHistory {
      if !(1...1000 ~= history) {
        throw .invalidSetting(name: "the history of L-BFGS", value: "\(history)", remedy: "give 1 to 1000")
      }
      let misfit: (name: String, value: String)? =
        if let batchSize { ("the batch size", "\(batchSize)") } else if optimizer.schedule != .constant {
          ("the schedule", "\(optimizer.schedule)")
        } else { optimizer.clipping.map { ("the bound on gradients", "\($0)") } }
      if let (name, value) = misfit {
        throw .invalidSetting(
          name: "\(name) for L-BFGS", value: value,
          remedy:
            "leave it out: its line search takes all rows at once and finds the length of a step by itself")
      }
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
  ///   - recording: the folder that keeps what the run did, if any.
  ///   - cancellation: by which another thread may end the run; parameters are then those of the last whole epoch.
  /// - Returns: loss and metric of each epoch.
  /// - Throws: ``TrainingError``, ``DataError``, ``TraceError``, and what compiling throws. What was good is kept: parameters have
  ///   the values of the last whole epoch (with early stopping of the best one), ``history`` its epochs, and the checkpoint both.
  @discardableResult
  public func fit(
    _ table: Table, epochs: Int, validation: Table? = nil, stopping: EarlyStopping? = nil,
    checkpointing: Checkpointing? = nil, recording: RunFolder? = nil, cancellation: Cancellation? = nil,
    progress: TrainingProgress = .automatic
  ) throws -> History {
    // Before a whole epoch nothing was learned that another table could give another meaning.
    let known = wholeEpochs > 0 ? schema : nil
    try known?.checkContinuation(table)
    let arrays = try arrays(of: table)
    try checkOutput(for: table)
    let schema = known ?? TrainedModel.Schema(of: table, loss)
    if let validation { try schema.check(validation) }
    try prepare(arrays)
    // Before the first epoch: a model that cannot be evaluated is known now.
    if validation != nil { _ = try predictor(columns: table.featureCount) }
    self.schema = schema
    return try run(
      TrainingPlan(
        arrays: arrays, epochs: epochs, task: table.task, validation: validation, stopping: stopping,
        checkpointing: checkpointing, recording: recording, cancellation: cancellation, progress: progress))
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
    checkpointing: Checkpointing? = nil, recording: RunFolder? = nil,
    cancellation: Cancellation? = nil, progress: TrainingProgress = .automatic
  ) throws -> History {
    let arrays = arrays.sorted { $0.key < $1.key }.map { (name: $0.key, array: converted($0.value)) }
    try prepare(arrays)
    return try run(
      TrainingPlan(
        arrays: arrays, epochs: epochs, stopping: stopping, checkpointing: checkpointing,
        recording: recording,
        cancellation: cancellation, progress: progress))
  }

  /// Records and compiles the step for batches of the table's shape, without training: the parameters have their
  /// first values then.
  ///
  /// - Throws: as ``fit(_:epochs:validation:stopping:checkpointing:recording:cancellation:progress:)``.
  public func prepare(_ table: Table) throws {
    try prepare(try arrays(of: table))
  }

  /// Checks the arrays and makes the step for a full batch of them: from here on there are parameters.
  func prepare(_ arrays: [(name: String, array: NDArray)]) throws {
    try check(arrays)
    _ = try fullStep(for: arrays)
  }

  // MARK: Other settings

  /// The numbers of layers that are inputs of the step, by their paths in the model, such as `dropout1.rate`; empty before
  /// data was seen. ``adjust(optimizer:regularization:settings:)`` changes them.
  public var settings: [String: Double] {
    let known = (latest?.layerSettings ?? []).map { ($0.name, changedSettings[$0.name] ?? $0.setting.value) }
    return Dictionary(known) { first, _ in first }
  }

  /// Goes on with other numbers, which the compiled step is given: learning rate and schedule, λ, momentum, rates of dropout.
  /// Nothing is compiled anew.
  ///
  /// - Parameters:
  ///   - optimizer: of the same kind as the one before.
  ///   - regularization: with the same terms as the one before.
  ///   - settings: numbers of layers by their paths in the model, such as `dropout1.rate`; others stay as they are. They are
  ///     known once the trainer has seen data.
  /// - Throws: ``TrainingError`` where a number is out of range, or other code would be needed; nothing has changed then.
  public func adjust(
    optimizer: Optimizer? = nil, regularization: Regularization? = nil, settings: [String: Double] = [:]
  ) throws(TrainingError) {
    let before = (self.optimizer, self.regularization, changedSettings)
    do throws(TrainingError) {
      if let optimizer {
        guard self.optimizer.form == optimizer.form else {
          throw TrainingError.invalidSetting(
            name: "the optimizer", value: optimizer.form,
            remedy: "this trainer's step is compiled for \(self.optimizer.form); make another trainer")
        }
        self.optimizer = optimizer
      }
      if let regularization {
        let names = regularization.hyperparameters.map(\.name)
        guard names == self.regularization.hyperparameters.map(\.name) else {
          throw TrainingError.invalidSetting(
            name: "the regularization", value: names.isEmpty ? "none" : names.joined(separator: " and "),
            remedy: "this trainer's step is compiled for other terms; give a coefficient of 0 for none")
        }
        self.regularization = regularization
      }
      for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
        guard let latest else { throw TrainingError.notPrepared("what can be set") }
        guard let known = latest.layerSettings.first(where: { $0.name == name }) else {
          let names = latest.layerSettings.map(\.name)
          throw TrainingError.invalidSetting(
            name: "'\(name)'", value: "no setting of a layer",
            remedy: names.isEmpty ? "the model has none" : "there are \(names.joined(separator: ", "))")
        }
        let range = known.setting.range
        guard range.contains(value), value.isFinite else {
          throw TrainingError.invalidSetting(
            name: "'\(name)'", value: "\(value)",
            remedy: "give one of \(range.lowerBound) to \(range.upperBound)")
        }
        changedSettings[name] = value
      }
      try checkSettings()
    } catch {
      (self.optimizer, self.regularization, changedSettings) = before
      throw error
    }
  }

  /// Forgets what was learned: parameters and state begin anew, as `seed` settles them. What is compiled stays.
  public func restart(seed: UInt64? = nil) {
    if let seed { self.seed = seed }
    values = latest?.initialValues(seed: self.seed) ?? []
    (updates, wholeEpochs, lbfgs, restored, history, models) = (0, 0, nil, nil, nil, [:])
  }
}
