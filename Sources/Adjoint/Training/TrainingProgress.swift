import CAdjointRuntime
import Dispatch
import Foundation
import Synchronization

/// Whether a run says how far it is.
public enum TrainingProgress: Sendable {
  /// On a terminal a bar that is drawn anew; elsewhere a line for each tenth of the run. Both on standard error.
  case automatic
  case silent
}

/// Draws the state of a training run on standard error.
final class ProgressReporter: Sendable {
  private let total: Int
  private let isTerminal: Bool
  private let isSilent: Bool
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  private struct State {
    var lastDrawn: ContinuousClock.Instant?
    var lastTenth = 0
    /// The epoch that is under way, and how many steps it has.
    var current = (epoch: 1, steps: 1)
    /// The first epoch of this run, which may go on with another's.
    var first: Int?
    /// What is known of the one before.
    var summary = ""
    /// Whether the bar's line is to be left.
    var isOnLine = false
    var isOver = false
  }

  /// Steps of the epoch that are done, which the runtime counts.
  private let done = Counter()
  /// Looks at them now and then, on a terminal.
  // Dispatch's sources may be used from any thread.
  private nonisolated(unsafe) let timer: (any DispatchSourceTimer)?

  init(_ progress: TrainingProgress, epochs: Int) {
    total = epochs
    isTerminal = isatty(STDERR_FILENO) == 1
    isSilent = if case .silent = progress { true } else { false }
    timer = isTerminal && !isSilent ? DispatchSource.makeTimerSource() : nil
    timer?.setEventHandler { [weak self] in self?.draw() }
    timer?.schedule(deadline: .now() + 0.1, repeating: 0.1)
    timer?.activate()
  }

  deinit { timer?.cancel() }

  /// Runs an epoch, which counts its steps in what it is given.
  func watching<R>(_ epoch: Int, steps: Int, _ body: (UnsafeMutablePointer<Int>) throws -> R) rethrows -> R {
    adj_set_done(done.base, 0)
    state.withLock { state in
      state.current = (epoch, steps)
      state.first = state.first ?? epoch
    }
    return try body(done.base)
  }

  /// An epoch is over.
  func report(_ epoch: History.Epoch, metricName: String?) {
    guard !isSilent else { return }
    let summary = epoch.summary(metricName: metricName)
    state.withLock { state in
      state.summary = summary
      state.current = (epoch.epoch, 1)
    }
    if isTerminal {
      draw(isOver: epoch.epoch == total, epochDone: true)
    } else {
      let tenth = 10 * epoch.epoch / max(1, total)
      let isDue = state.withLock { state in
        defer { state.lastTenth = max(tenth, state.lastTenth) }
        return tenth > state.lastTenth || epoch.epoch == total
      }
      if isDue { write("epoch \(epoch.epoch)/\(total): \(summary)\n") }
    }
  }

  /// Leaves the bar's line.
  func finish() {
    timer?.cancel()
    let isOnLine = state.withLock { state in
      defer { (state.isOnLine, state.isOver) = (false, true) }
      return state.isOnLine
    }
    if isOnLine { write("\n") }
  }

  /// Epoch, bar, what the last epoch gave, and how long it will take.
  private func draw(isOver: Bool = false, epochDone: Bool = false) {
    let now = ContinuousClock.now
    state.withLock { state in
      if state.isOver { return }
      let steps = adj_done(done.base)
      // Twenty times a second is more than an eye wants.
      if let last = state.lastDrawn, now - last < .milliseconds(50), !isOver { return }
      state.lastDrawn = now
      let (epoch, count) = state.current
      let part = epochDone ? 1 : min(1, Double(steps) / Double(max(1, count)))
      let reached = Double(epoch - 1) + part
      let before = Double((state.first ?? 1) - 1)
      let (share, own) = (
        reached / Double(max(1, total)), (reached - before) / max(1, Double(total) - before)
      )
      let width = 24
      let filled = min(width, Int(Double(width) * share))
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      var parts: [String] = []
      if isOver {
        parts.append("\((now - start).seconds) s")
      } else if own > 0 {
        parts.append("\(((now - start) * (1 / own - 1)).seconds) s left")
      }
      if !epochDone, count > 1 { parts.append("step \(steps)/\(count)") }
      if !state.summary.isEmpty { parts.append(state.summary) }
      (state.isOnLine, state.isOver) = (!isOver, isOver)
      let line = "epoch \(epoch)/\(total) \(bar) \(parts.joined(separator: ", "))"
      // A line that wraps could not be written over.
      write("\r\u{1B}[K\(line.prefix(Self.columns - 1))" + (isOver ? "\n" : ""))
    }
  }

  /// The width of the terminal.
  private static var columns: Int {
    var size = winsize()
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return isKnown ? Int(size.ws_col) : 80
  }

  private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

  /// A number that the runtime writes and others read.
  private final class Counter: @unchecked Sendable {
    let base = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    init() { base.initialize(to: 0) }
    deinit { base.deallocate() }
  }
}

extension Duration {
  /// In seconds, for people.
  var seconds: String {
    let value = self / .seconds(1)
    return String(format: value < 10 ? "%.1f" : "%.0f", value)
  }
}
