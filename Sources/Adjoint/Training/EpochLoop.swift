import AdjointArray
import CAdjointRuntime

/// The runtime's epoch loop over compiled steps: batches are put together and steps run in C.
struct EpochLoop {
  /// How an epoch ended.
  enum End {
    case complete
    /// The cost of the last step that was done is NaN or infinite.
    case notFinite
    case cancelled
    case failed(ExecutionError)
  }
  /// Arrays with rows along axis 0; all with the same number.
  let arrays: [NDArray]
  let rows: Int
  /// Rows in a batch.
  let batch: Int
  /// For batches of that size, and for the rest of the rows, where there is one.
  let whole: CompiledStep
  let rest: CompiledStep?
  /// What the first step is given behind its number.
  let settings: [Double]
  /// The settings of a step by its number, where they are not the same for all.
  var settingsOfStep: ((Int) -> [Double])?
  let seed: UInt64
  /// Ends the loop between two steps.
  var cancellation: Cancellation?

  /// Runs one epoch.
  ///
  /// - Parameters:
  ///   - steps: how many, where not each batch is taken once; they go through the batches again and again.
  ///   - order: the rows in their order; `nil` where batches are taken as the rows lie.
  ///   - firstStep: the number of the first step.
  ///   - values: parameters and state; the replaced ones are overwritten.
  ///   - done: where the number of steps is written that are done, for other threads to look at.
  func run(
    steps: Int? = nil, order: [Int]?, firstStep: Int, values: inout [NDArray], done: UnsafeMutablePointer<Int>
  ) -> EpochOutcome {
    let count = steps ?? (rows + batch - 1) / max(1, batch)
    let numbers = whole.resultCount
    let both = [whole] + (rest.map { [$0] } ?? [])
    let steps = both.enumerated().map { index, step in
      step.bound(
        rows: index == 0 ? batch : rows % batch, of: arrays, settings: settings, seed: seed,
        values: &values)
    }
    // Both steps read the number, the key and the settings from one place.
    for step in both.dropFirst() { step.shareSettings(of: whole) }
    let table = settingsOfStep.map { settings in (0..<count).flatMap { settings(firstStep + $0) } } ?? []

    // What the runtime reads and writes while it runs.
    let own = memory(steps)
    let sources = memory(
      arrays.map {
        adj_source(rows: $0.unsafeBase.assumingMemoryBound(to: CChar.self), row_bytes: $0.rowByteCount)
      })
    let (rowOrder, settingTable) = (memory(order ?? []), memory(table))
    let (kinds, means) = (memory(whole.resultIsDouble), memory([Double](repeating: 0, count: numbers)))
    adj_set_done(done, 0)
    defer {
      own.deallocate()
      sources.deallocate()
      rowOrder.deallocate()
      settingTable.deallocate()
      kinds.deallocate()
      means.deallocate()
    }
    let cancellation = cancellation ?? Cancellation()
    var epoch = adj_epoch()
    (epoch.rows, epoch.batch, epoch.steps) = (rows, batch, count)
    epoch.order = order == nil ? nil : UnsafePointer(rowOrder.baseAddress)
    (epoch.sources, epoch.source_count) = (UnsafePointer(sources.baseAddress), sources.count)
    epoch.whole = UnsafePointer(own.baseAddress)
    epoch.rest = own.count > 1 ? own.baseAddress.map { UnsafePointer($0 + 1) } : nil
    (epoch.step_number, epoch.key, epoch.first_step) = (whole.stepNumber, whole.key, Double(firstStep))
    if !table.isEmpty {
      epoch.settings = UnsafePointer(settingTable.baseAddress)
      (epoch.setting, epoch.setting_count) = (whole.stepNumber + 1, settings.count)
    }
    (epoch.means, epoch.result_count) = (means.baseAddress, numbers)
    epoch.result_is_double = UnsafePointer(kinds.baseAddress)
    (epoch.done, epoch.cancel) = (done, UnsafePointer(cancellation.flag))
    let status = withExtendedLifetime((arrays, values, both, cancellation)) { adj_run_epoch(&epoch) }

    var outcome = EpochOutcome(end: .complete, steps: done.pointee, means: Array(means))
    switch status {
    case 0: break
    case Int32(ADJ_EPOCH_NOT_FINITE): outcome.end = .notFinite
    case Int32(ADJ_EPOCH_CANCELLED): outcome.end = .cancelled
    default:
      let failing = outcome.steps == count && rest != nil ? rest ?? whole : whole
      outcome.end = .failed(failing.executable.failure(status))
    }
    return outcome
  }
}

/// The elements in memory that stays where it is until it is given back.
private func memory<Element>(_ elements: [Element]) -> UnsafeMutableBufferPointer<Element> {
  let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
  _ = buffer.initialize(from: elements)
  return buffer
}
