import AdjointArray
import AdjointData
import AdjointIR
import CAdjointRuntime
import Foundation

/// What one call of `fit` is to do.
struct TrainingPlan {
  let arrays: [(name: String, array: NDArray)]
  /// The last epoch, counted from the first one of the training that is gone on with.
  let epochs: Int
  var task: Table.Task?
  var validation: Table?
  let stopping: EarlyStopping?
  let checkpointing: Checkpointing?
  let recording: RunFolder?
  let cancellation: Cancellation?
  let progress: TrainingProgress

  func check() throws(TrainingError) {
    try stopping?.check()
    try checkpointing?.check()
    guard epochs >= 0 else {
      throw .invalidSetting(name: "epochs", value: "\(epochs)", remedy: "give at least 0")
    }
  }
}

/// What an epoch's steps gave.
struct EpochOutcome {
  var end = EpochLoop.End.complete
  /// Steps that were done, the failing one among them.
  var steps = 0
  /// Cost, loss and, where there is one, metric: means over the rows, each batch before its update.
  var means: [Double] = []
}

// The course of a training.
extension Trainer {
  /// Trains until the plan's last epoch, or until something ends it before.
  func run(_ plan: TrainingPlan) throws -> History {
    history = nil
    try plan.check()
    let lock = try plan.checkpointing.map { try self.lock($0, plan.recording) }
    defer { withExtendedLifetime(lock) {} }
    let clock = ContinuousClock()
    let start = clock.now
    var written = start
    var history = History(metricName: plan.task?.metricName)
    var best = BestEpoch(plan.stopping)
    let reporter = ProgressReporter(plan.progress, epochs: plan.epochs)
    let isKept = plan.checkpointing != nil || plan.recording != nil || restored != nil
    rowsChecksum = isKept ? checksum(plan.arrays) : nil
    stepChecksum = isKept ? try fullStep(for: plan.arrays).graph.checksum : nil
    if let restored {
      let (checkpoint, path) = (restored.checkpoint, restored.path)
      if let theirs = checkpoint.progress.rows, theirs != rowsChecksum {
        throw TrainingError.unsuitableCheckpoint(
          path: path,
          problem: "it is of other rows to train on, or of rows that were split or scaled otherwise",
          remedy: "give the same data with the same split and scaling")
      }
      if let theirs = checkpoint.progress.classNames, let schema, !schema.hasClasses(theirs) {
        throw TrainingError.unsuitableCheckpoint(
          path: path,
          problem:
            "it is of the classes \(theirs.prefix(10).joined(separator: ", ")), not \(schema.classNames.prefix(10).joined(separator: ", "))",
          remedy: "give data with the same labels")
      }
      try checkStep(of: checkpoint, path)
      history.epochs = checkpoint.progress.history.epochs
      best = BestEpoch(
        plan.stopping, epoch: checkpoint.progress.history.best,
        kept: try checkpoint.best.map { try Checkpoint.ordered($0, as: layout, path: path) },
        epochsSince: checkpoint.progress.epochsSinceBest)
      history.best = best.epoch
      history.isConverged = checkpoint.progress.history.isConverged
    }
    let variance = plan.task == .regression ? targetVariance(plan.arrays) : nil
    defer {
      if let values = best.kept {
        self.values = values
        lbfgs?.forget()
      }
    }
    // The data may be other than before.
    evaluated = nil
    try requireCopies(for: plan)
    // A training that is stopped at once can be gone on with, too.
    let first = plan.checkpointing.flatMap { checkpointing in
      restored == nil && !FileManager.default.fileExists(atPath: checkpointing.path)
        ? (checkpoint: checkpoint(history, best), path: checkpointing.path) : nil
    }
    try plan.recording?.begin(self, plan, after: history, first: first)
    if let first, plan.recording?.name(of: first.path) == nil { try first.checkpoint.write(to: first.path) }
    restored = nil
    var stepTime = Duration.zero
    defer {
      reporter.finish()
      self.history = history
    }
    let next = history.epochs.count + 1
    /// The epochs of the checkpoint that was written last, and all those that the history tells of.
    var (writtenEpochs, toldEpochs) = (first == nil ? nil : wholeEpochs, wholeEpochs)

    do {
      for epoch in stride(from: next, through: plan.epochs, by: 1) where !best.isOver && !history.isConverged
      {
        let begin = clock.now
        guard let done = try trainEpoch(epoch, plan, reporter) else {
          history.isCancelled = true
          break
        }
        stepTime += clock.now - begin
        history.steps += done.outcome.steps
        history.secondsPerStep = stepTime / .seconds(history.steps)
        let checked = try plan.validation.map { try evaluate($0) }
        let record = History.Epoch(
          epoch: epoch, loss: done.outcome.means[1], cost: done.outcome.means[0],
          metric: metric(of: done.outcome, plan.task, variance), validationLoss: checked?.loss,
          validationMetric: checked?.metric,
          learningRate: optimizer.settings(step: updates, stepsPerEpoch: done.outcome.steps).first,
          seconds: (clock.now - start) / .seconds(1))
        history.epochs.append(record)
        toldEpochs = wholeEpochs
        reporter.report(record, metricName: history.metricName)
        best.note(record) { values.map { $0.copy() } }
        history.best = best.epoch
        history.isConverged = done.isConverged
        try plan.recording?.record(record)
        let isLast = epoch == plan.epochs || best.isOver || done.isConverged
        if let checkpointing = plan.checkpointing {
          let isDue =
            epoch % checkpointing.everyEpochs == 0
            && (clock.now - written) / .seconds(1) >= checkpointing.leastSeconds
          if isDue || isLast {
            try checkpoint(history, best).write(to: checkpointing.path)
            (written, writtenEpochs) = (clock.now, wholeEpochs)
          }
        }
      }
    } catch {
      // What was good before is kept. The first error is the one to tell of.
      if let checkpointing = plan.checkpointing, writtenEpochs != wholeEpochs, toldEpochs == wholeEpochs {
        try? checkpoint(history, best).write(to: checkpointing.path)
      }
      try? plan.recording?.end(history)
      throw error
    }
    history.isStoppedEarly = best.isOver && (history.epochs.last?.epoch ?? 0) < plan.epochs
    if history.isCancelled, let checkpointing = plan.checkpointing, writtenEpochs != wholeEpochs {
      try checkpoint(history, best).write(to: checkpointing.path)
    }
    try plan.recording?.end(history)
    return history
  }

  /// Accuracy or R² by the training batches, where the task has one.
  ///
  /// - Parameter variance: of the targets of a regression.
  private func metric(of outcome: EpochOutcome, _ task: Table.Task?, _ variance: Double?) -> Double? {
    switch task {
    case .regression:
      variance.flatMap { variance in
        loss?.squaredErrorFactor.map { 1 - outcome.means[1] * $0 / variance }
      }
    case .binary, .multiclass: latest?.hasMetric == true ? outcome.means[2] : nil
    case nil: nil
    }
  }

  /// One pass over the rows; `nil` where it was cancelled. Unless it is whole, everything is as it was before.
  private func trainEpoch(
    _ epoch: Int, _ plan: TrainingPlan, _ reporter: ProgressReporter
  ) throws -> (outcome: EpochOutcome, isConverged: Bool)? {
    let before = (values: values, updates: updates, lbfgs: lbfgs)
    var isWhole = false
    defer {
      if !isWhole {
        (values, updates, lbfgs) = before
        evaluated = nil
      }
    }
    var isConverged = false
    let outcome =
      optimizer.movesByItself
      ? try reporter.watching(epoch, steps: 1) { _ in try lineSearchStep(plan, &isConverged) }
      : try steps(of: plan, reporter, epoch)
    switch outcome.end {
    case .cancelled: return nil
    case .failed(let error): throw error
    case .notFinite: throw notFinite(epoch: epoch, outcome, plan)
    case .complete: break
    }
    if values.contains(where: { $0.firstNotFinite != nil }) {
      throw notFinite(epoch: epoch, outcome, plan)
    }
    isWhole = true
    wholeEpochs += 1
    return (outcome, isConverged)
  }

  /// How many rows there are, how many of them a step takes, and how many steps that makes.
  func division(of arrays: [(name: String, array: NDArray)]) -> (rows: Int, size: Int, steps: Int) {
    // Without a batch size all is one row: what each step sees.
    let rows = batchSize == nil ? 1 : arrays.first?.array.shape.dimensions.first ?? 1
    let size = min(max(1, batchRows(arrays)), max(1, rows))
    return (rows, size, (rows + size - 1) / size)
  }

  /// The steps of an epoch, each on the next rows in the epoch's order.
  private func steps(of plan: TrainingPlan, _ reporter: ProgressReporter, _ epoch: Int) throws -> EpochOutcome
  {
    let arrays = plan.arrays
    let (rows, size, stepsPerEpoch) = division(of: arrays)
    let types = { (count: Int) in arrays.map { ($0.name, self.type(of: $0.array, rows: count)) } }
    let (whole, graph) = try step(types(size))
    let rest = rows % size == 0 ? nil : try step(types(rows % size)).0
    let settings = { [optimizer, regularization, changedSettings] (step: Int) in
      graph.settings(optimizer, regularization, changedSettings, step: step, stepsPerEpoch: stepsPerEpoch)
    }
    let first = settings(updates + 1)
    let settingsOfStep = optimizer.schedule.changesWithinEpochs ? settings : nil
    let order = batchSize == nil ? nil : order(of: rows, epoch: wholeEpochs + 1)
    guard let whole = whole as? CompiledStep else {
      return try reporter.watching(epoch, steps: stepsPerEpoch) { done in
        try interpretedSteps(
          plan, order, size: size, whole: whole, rest: rest, settingsOfStep ?? { _ in first }, done)
      }
    }
    let loop = EpochLoop(
      arrays: arrays.map(\.array), rows: rows, batch: size, whole: whole, rest: rest as? CompiledStep,
      settings: first, settingsOfStep: settingsOfStep, seed: seed, cancellation: plan.cancellation)
    let outcome = reporter.watching(epoch, steps: stepsPerEpoch) { done in
      loop.run(order: order, firstStep: updates + 1, values: &values, done: done)
    }
    updates += outcome.steps
    return outcome
  }

  /// The rows in the order of an epoch, counted from 1.
  func order(of rows: Int, epoch: Int) -> [Int] {
    // The generator's state is a multiple of one constant: seeds that differ by multiples of it give shifted numbers, so
    // what comes out of it is the seed.
    var seeds = SeededGenerator(seed: seed &+ UInt64(epoch) &* 0x9E37_79B9_7F4A_7C15)
    let seed = seeds.next()
    return Array(unsafeUninitializedCapacity: rows) { order, count in
      if let base = order.baseAddress { adj_shuffle(base, rows, seed) }
      count = rows
    }
  }

  /// The same by the interpreter.
  private func interpretedSteps(
    _ plan: TrainingPlan, _ order: [Int]?, size: Int, whole: any Step, rest: (any Step)?,
    _ settings: (Int) -> [Double], _ done: UnsafeMutablePointer<Int>
  ) throws -> EpochOutcome {
    let rows = order?.count ?? 1
    var outcome = EpochOutcome()
    for first in stride(from: 0, to: rows, by: size) {
      if plan.cancellation?.isCancelled == true {
        outcome.end = .cancelled
        return outcome
      }
      let count = min(size, rows - first)
      let batch = plan.arrays.map { item in
        order.map { item.array.rows($0[first..<(first + count)]) } ?? item.array
      }
      updates += 1
      outcome.steps += 1
      adj_set_done(done, outcome.steps)
      let results: [Double]
      do {
        results = try (plan.cancellation ?? Cancellation()).ending {
          try (count == size ? whole : rest ?? whole).run(
            batch: batch, hyperparameters: [Double(updates)] + settings(updates),
            key: .randomKey(seed: seed, step: updates), values: &values
          ).map { $0.doubles[0] }
        }
      } catch is CancellationError {
        outcome.end = .cancelled
        return outcome
      }
      let weight = Double(count) / Double(rows)
      let sums = outcome.means.isEmpty ? results.map { _ in 0 } : outcome.means
      outcome.means = zip(sums, results).map { $0 + $1 * weight }
      guard results[0].isFinite else {
        outcome.end = .notFinite
        return outcome
      }
    }
    return outcome
  }
}
