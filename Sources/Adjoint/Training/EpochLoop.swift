import AdjointArray
import CAdjointRuntime

/// The runtime's epoch loop over compiled steps: batches are put together and steps run in C.
struct EpochLoop {
  /// How an epoch ended.
  enum End {
    case complete
    /// The cost of the last step that was done is NaN or infinite.
    case notFinite
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

  /// Runs one epoch.
  ///
  /// - Parameters:
  ///   - steps: how many, where not each batch is taken once; they go through the batches again and again.
  ///   - order: the rows in their order; `nil` where batches are taken as the rows lie.
  ///   - firstStep: the number of the first step.
  ///   - values: parameters and state; the replaced ones are overwritten.
  ///   - results: the leading numbers of each step that was done, one after the other.
  func run(steps: Int? = nil, order: [Int]?, firstStep: Int, values: inout [NDArray], results: inout [Double])
    -> End
  {
    let count = steps ?? (rows + batch - 1) / max(1, batch)
    let numbers = whole.resultCount
    results = Array(repeating: 0, count: count * numbers)
    var done = 0
    var cancel: Int32 = 0
    let sources = arrays.map {
      adj_source(rows: $0.unsafeBase.assumingMemoryBound(to: CChar.self), row_bytes: $0.rowByteCount)
    }
    let both = [whole] + (rest.map { [$0] } ?? [])
    let own = both.enumerated().map { index, step in
      step.bound(
        rows: index == 0 ? batch : rows % batch, of: arrays, settings: settings, seed: seed,
        values: &values)
    }
    let table = settingsOfStep.map { settings in (0..<count).flatMap { settings(firstStep + $0) } } ?? []
    // Both steps read the number, the key and the settings from one place.
    for step in both.dropFirst() { step.shareSettings(of: whole) }
    let status = withExtendedLifetime((arrays, values, both)) {
      own.withUnsafeBufferPointer { own in
        sources.withUnsafeBufferPointer { sources in
          results.withUnsafeMutableBufferPointer { results in
            table.withUnsafeBufferPointer { table in
              whole.resultIsDouble.withUnsafeBufferPointer { isDouble in
                withUnsafeMutablePointer(to: &done) { done in
                  withUnsafePointer(to: &cancel) { cancel in
                    func run(_ order: UnsafePointer<Int>?) -> Int32 {
                      var epoch = adj_epoch()
                      (epoch.rows, epoch.batch, epoch.steps, epoch.order) = (rows, batch, count, order)
                      (epoch.sources, epoch.source_count) = (sources.baseAddress, sources.count)
                      epoch.whole = own.baseAddress
                      epoch.rest = own.count > 1 ? own.baseAddress.map { $0 + 1 } : nil
                      (epoch.step_number, epoch.key) = (whole.stepNumber, whole.key)
                      epoch.first_step = Double(firstStep)
                      if !table.isEmpty {
                        epoch.settings = table.baseAddress
                        (epoch.setting, epoch.setting_count) = (whole.stepNumber + 1, settings.count)
                      }
                      (epoch.results, epoch.result_count) = (results.baseAddress, numbers)
                      (epoch.result_is_double, epoch.done, epoch.cancel) = (
                        isDouble.baseAddress, done, cancel
                      )
                      return adj_run_epoch(&epoch)
                    }
                    guard let order else { return run(nil) }
                    return order.withUnsafeBufferPointer { run($0.baseAddress) }
                  }
                }
              }
            }
          }
        }
      }
    }
    results.removeLast(results.count - done * numbers)
    switch status {
    case 0: return .complete
    case Int32(ADJ_EPOCH_NOT_FINITE): return .notFinite
    default:
      let failing = done == count && rest != nil ? rest ?? whole : whole
      return .failed(failing.executable.failure(status))
    }
  }
}
