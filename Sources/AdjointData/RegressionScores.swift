/// How far predicted numbers are from the right ones.
public struct RegressionScores: Hashable, Sendable, Codable {
  /// Σ(t − y)² / n
  public let meanSquaredError: Double
  /// Σ|t − y| / n
  public let meanAbsoluteError: Double
  /// 1 − Σ(t − y)² / Σ(t − mean)², the coefficient of determination; nil for targets that are all equal, where it has no
  /// meaning.
  public let rSquared: Double?

  /// - Parameters:
  ///   - predictions: the predicted numbers y; of several columns, all values together.
  ///   - targets: the right ones t.
  /// - Throws: ``DataError/Kind/wrongShape`` where there are none, or the numbers of them differ.
  public init(predictions: [Double], targets: [Double]) throws(DataError) {
    try checkCount(of: predictions, "predictions", targets.count)
    let count = Double(targets.count)
    let errors = zip(targets, predictions).map { $0 - $1 }
    let squares = errors.reduce(0) { $0 + $1 * $1 }
    meanSquaredError = squares / count
    meanAbsoluteError = errors.reduce(0) { $0 + abs($1) } / count
    let mean = targets.mean
    let total = targets.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    rSquared = targets.contains { $0 != targets[0] } ? 1 - squares / total : nil
  }
}
