import AdjointArray
import AdjointData

/// How well predictions fit targets.
public struct Evaluation: Sendable, Codable, Equatable {
  /// The mean loss, without regularization.
  public let loss: Double
  /// The fraction of rows whose class is right; for regression `nil`.
  public let accuracy: Double?
  /// 1 − Σ(t − y)² / Σ(t − mean)², over all targets; `nil` for classification, and for targets that are all equal.
  public let rSquared: Double?
  /// Σ(t − y)² / n, over all targets; `nil` for classification.
  public let meanSquaredError: Double?
  /// The number of rows.
  public let count: Int

  /// The one that the task has.
  public var metric: Double? { accuracy ?? rSquared }
}

extension Table.Task {
  /// The name of the metric that is reported for it.
  public var metricName: String {
    switch self {
    case .regression: "R²"
    case .binary, .multiclass: "accuracy"
    }
  }
}

extension Evaluation {
  /// - Parameters:
  ///   - output: what a model gives: values, or logits, one row for each of the targets. Where a cost of one's own
  ///     lets it give something else, there is no metric.
  init(loss: Double, task: Table.Task, output: NDArray, targets: NDArray) {
    let (found, wanted) = (output.doubles, targets.doubles)
    var (accuracy, rSquared, meanSquaredError): (Double?, Double?, Double?) = (nil, nil, nil)
    switch task {
    case .regression:
      if found.count == wanted.count {
        rSquared = Metrics.rSquared(predictions: found, targets: wanted)
        meanSquaredError = try? RegressionScores(predictions: found, targets: wanted).meanSquaredError
      }
    case .binary:
      if found.count == wanted.count { accuracy = Metrics.binaryAccuracy(logits: found, targets: wanted) }
    case .multiclass:
      if output.shape.rank == 2, output.shape[0] == wanted.count, output.shape[1] > 0 {
        accuracy = Metrics.accuracy(logits: found, classes: output.shape[1], targets: wanted)
      }
    }
    self.init(
      loss: loss, accuracy: accuracy, rSquared: rSquared, meanSquaredError: meanSquaredError,
      count: targets.shape.dimensions.first ?? 1)
  }
}

package enum Metrics {
  /// The fraction of rows of logits, [n] or [n, 1], whose sign says the class, 0 or 1.
  static func binaryAccuracy(logits: [Double], targets: [Double]) -> Double {
    let right = zip(logits, targets).count { ($0 > 0) == ($1 > 0.5) }
    return Double(right) / Double(max(1, targets.count))
  }

  /// The fraction of rows of `logits` [n, classes] whose greatest entry (the first of equals) is the class.
  static func accuracy(logits: [Double], classes: Int, targets: [Double]) -> Double {
    var right = 0
    for (row, target) in targets.enumerated() {
      let scores = logits[(row * classes)..<((row + 1) * classes)]
      if argmax(scores) == Int(target) { right += 1 }
    }
    return Double(right) / Double(max(1, targets.count))
  }

  /// The position of the greatest element, the first of equals.
  static func argmax(_ scores: ArraySlice<Double>) -> Int {
    var best = scores.startIndex
    for index in scores.indices where scores[index] > scores[best] { best = index }
    return best - scores.startIndex
  }

  /// As scikit-learn's `r2_score` (of several columns: all values together); `nil` for targets that are all equal,
  /// where it has no meaning.
  package static func rSquared(predictions: [Double], targets: [Double]) -> Double? {
    guard let first = targets.first, targets.contains(where: { $0 != first }) else { return nil }
    let mean = targets.reduce(0, +) / Double(targets.count)
    let total = targets.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let residual = zip(predictions, targets).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return 1 - residual / total
  }
}
