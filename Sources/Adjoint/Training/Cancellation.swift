import CAdjointRuntime

/// Ends a training from another thread or from a signal's handler: between two steps, of which there may be thousands in an
/// epoch, and between two runs of a loop in a step.
///
/// The trainer goes back to the end of the last whole epoch.
public final class Cancellation: @unchecked Sendable {
  // One number that is only ever set, and read by the runtime's loop between steps. Never freed where a handler may have it.
  let flag: UnsafeMutablePointer<Int32>

  public init() {
    flag = .allocate(capacity: 1)
    flag.initialize(to: 0)
  }

  deinit { flag.deallocate() }

  public var isCancelled: Bool { adj_is_cancelled(flag) != 0 }

  /// May be called from anywhere, a signal's handler included.
  public func cancel() { adj_cancel(flag) }

  /// Calls `body`, whose loops of compiled or interpreted code end early once this is cancelled.
  ///
  /// - Throws: `CancellationError` where it was cancelled: what `body` gives or throws is then of no use; what `body` throws.
  func ending<R>(_ body: () throws -> R) throws -> R {
    let before = adj_set_stop(flag)
    defer { _ = adj_set_stop(before) }
    let result = Result { try body() }
    if isCancelled { throw CancellationError() }
    return try result.get()
  }
}
