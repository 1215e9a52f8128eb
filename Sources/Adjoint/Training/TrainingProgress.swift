import Foundation

/// Whether a run says how far it is.
public enum TrainingProgress: Sendable {
  /// On a terminal a bar that is drawn anew; elsewhere a line for each tenth of the run. Both on standard error.
  case automatic
  case silent
}

/// Draws the state of a training run on standard error.
struct ProgressReporter {
  private let total: Int
  private let isTerminal: Bool
  private let isSilent: Bool
  private let start = ContinuousClock.now
  private var lastDrawn: ContinuousClock.Instant?
  private var lastTenth = 0

  init(_ progress: TrainingProgress, epochs: Int) {
    total = epochs
    isTerminal = isatty(STDERR_FILENO) == 1
    isSilent = if case .silent = progress { true } else { false }
  }

  mutating func report(_ epoch: History.Epoch, metricName: String?) {
    guard !isSilent else { return }
    let now = ContinuousClock.now
    let isLast = epoch.epoch == total
    if isTerminal {
      // Twenty times a second is more than an eye wants.
      if let lastDrawn, now - lastDrawn < .milliseconds(50), !isLast { return }
      lastDrawn = now
      let width = 24
      let filled = width * epoch.epoch / max(1, total)
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      let left = (now - start) / max(1, epoch.epoch) * (total - epoch.epoch)
      let time = isLast ? "\((now - start).seconds) s" : "\(left.seconds) s left"
      write(
        "\r\u{1B}[Kepoch \(epoch.epoch)/\(total) \(bar) \(epoch.summary(metricName: metricName)), \(time)")
      if isLast { write("\n") }
    } else {
      let tenth = 10 * epoch.epoch / max(1, total)
      guard tenth > lastTenth || isLast else { return }
      lastTenth = tenth
      write("epoch \(epoch.epoch)/\(total): \(epoch.summary(metricName: metricName))\n")
    }
  }

  /// Leaves the bar's line, where a run ends before its last epoch.
  func interrupt() {
    if !isSilent, isTerminal, lastDrawn != nil { write("\n") }
  }

  private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}

extension Duration {
  /// In seconds, for people.
  var seconds: String {
    let value = self / .seconds(1)
    return String(format: value < 10 ? "%.1f" : "%.0f", value)
  }
}
