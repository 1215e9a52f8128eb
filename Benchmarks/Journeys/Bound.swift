import Adjoint

/// What a journey's metric must reach.
struct Bound {
  enum Metric: String, Codable, CodingKeyRepresentable {
    case accuracy, meanSquaredError, rSquared

    /// As a table calls it.
    var title: String {
      switch self {
      case .accuracy: "accuracy"
      case .meanSquaredError: "MSE"
      case .rSquared: "R²"
      }
    }

    var isBetterWhereGreater: Bool { self != .meanSquaredError }

    func value(of evaluation: Evaluation) -> Double? {
      switch self {
      case .accuracy: evaluation.accuracy
      // The cost of all regressions here.
      case .meanSquaredError: evaluation.accuracy == nil ? evaluation.loss : nil
      case .rSquared: evaluation.rSquared
      }
    }
  }

  let metric: Metric
  let limit: Double

  static func accuracy(_ limit: Double) -> Bound { Bound(metric: .accuracy, limit: limit) }
  static func meanSquaredError(_ limit: Double) -> Bound { Bound(metric: .meanSquaredError, limit: limit) }
  static func rSquared(_ limit: Double) -> Bound { Bound(metric: .rSquared, limit: limit) }

  /// A NaN meets no bound.
  func isMet(by value: Double) -> Bool { metric.isBetterWhereGreater ? value >= limit : value <= limit }

  func worst(of values: [Double]) -> Double? { metric.isBetterWhereGreater ? values.min() : values.max() }
}
