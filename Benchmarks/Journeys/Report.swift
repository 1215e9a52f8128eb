import Foundation

/// The runs of all journeys as a table in Markdown, a row for each bound.
struct Report {
  /// What was run of one journey.
  struct Entry {
    let journey: Journey
    let runs: [Run]
    let peers: [Run]
  }

  /// One bound: how it stands with several runs.
  struct Verdict {
    let bound: Bound
    let summary: Summary
    let worst: Double
    /// The bound is for the mean.
    let isMet: Bool

    init?(_ bound: Bound, of runs: [Run]) {
      let values = runs.map { $0.metrics[bound.metric] ?? .nan }
      guard let summary = Summary(values), let worst = bound.worst(of: values) else { return nil }
      (self.bound, self.summary, self.worst) = (bound, summary, worst)
      isMet = bound.isMet(by: summary.mean)
    }
  }

  let entries: [Entry]

  /// Whether the mean of every journey meets each of its bounds.
  var isMet: Bool { entries.allSatisfy { $0.verdicts.allSatisfy(\.isMet) } }

  var text: String {
    let header = [
      "journey", "network", "metric", "mean ± deviation", "worst", "bound", "met",
      "seconds (of them compiling)",
      "scikit-learn", "seconds",
    ]
    return Self.aligned([header] + entries.flatMap(\.rows))
  }

  /// Cells of equal width in each column, with Markdown's line after the first row.
  static func aligned(_ rows: [[String]]) -> String {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return "| " + cells.joined(separator: " | ") + " |"
    }
    let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) + "|" }.joined()
    return (lines.prefix(1) + [rule] + lines.dropFirst()).joined(separator: "\n")
  }
}

extension Report.Entry {
  var verdicts: [Report.Verdict] { journey.bounds.compactMap { Report.Verdict($0, of: runs) } }

  fileprivate var rows: [[String]] {
    verdicts.map { verdict in
      let bound = verdict.bound
      let peer = Report.Verdict(bound, of: peers)
      let compile = Summary(runs.compactMap(\.compileSeconds))
      return [
        journey.name, journey.network.description, bound.metric.title, "\(verdict.summary)",
        number(verdict.worst),
        (bound.metric.isBetterWhereGreater ? "≥ " : "≤ ") + String(format: "%g", bound.limit),
        verdict.isMet ? "yes" : "NO",
        seconds(runs) + (compile.map { " (\(number($0.mean, digits: 1)))" } ?? ""),
        peer.map { "\($0.summary)" } ?? "–", seconds(peers),
      ]
    }
  }

  private func seconds(_ runs: [Run]) -> String {
    Summary(runs.map(\.seconds)).map { number($0.mean, digits: 2) } ?? "–"
  }
}

extension Summary: CustomStringConvertible {
  /// Both with as many decimals as give the mean three digits.
  var description: String {
    let decimals = decimals(of: mean, digits: 3)
    return [mean, standardDeviation].map { String(format: "%.\(decimals)f", $0) }.joined(separator: " ± ")
  }
}

/// Of so many significant digits, without an exponent: `0.00012`.
private func number(_ value: Double, digits: Int = 3) -> String {
  String(format: "%.\(decimals(of: value, digits: digits))f", value)
}

private func decimals(of value: Double, digits: Int) -> Int {
  guard value.isFinite, value != 0 else { return digits - 1 }
  return max(0, digits - 1 - Int(log10(abs(value)).rounded(.down)))
}
