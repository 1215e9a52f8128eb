import Foundation

/// What happened in each epoch of a training run.
public struct History: Sendable, Codable, Equatable {
  /// One pass over the training data.
  public struct Epoch: Sendable, Codable, Equatable {
    /// From 1.
    public let epoch: Int
    /// The mean of the loss over the epoch's batches, without regularization, each before its update.
    public let loss: Double
    /// The same with the regularization.
    public let cost: Double
    /// Accuracy or R² by the training batches, where the task has one.
    public let metric: Double?
    /// Loss and metric on the validation rows after the epoch's updates; `nil` without such rows.
    public let validationLoss: Double?
    public let validationMetric: Double?
    /// The learning rate of the epoch's last step; `nil` where the optimizer has none.
    public var learningRate: Double?
    /// Seconds since the run began.
    public let seconds: Double
  }
  /// In their order.
  public internal(set) var epochs: [Epoch] = []
  /// `accuracy` or `R²`, where the task has a metric.
  public let metricName: String?
  /// The epoch with the least loss that early stopping looks at; `nil` without early stopping.
  public internal(set) var best: Epoch?
  /// Whether early stopping ended the run before its last epoch.
  public internal(set) var isStoppedEarly = false
  /// Whether L-BFGS found no lower cost any more, which ended the run.
  public internal(set) var isConverged = false
  /// Whether the run was cancelled before its last epoch.
  public internal(set) var isCancelled = false
  /// Updates made, and the mean time of one in seconds: putting batches together and compiling the step for a last,
  /// smaller batch count.
  public internal(set) var steps = 0
  public internal(set) var secondsPerStep = 0.0

  init(metricName: String?) { self.metricName = metricName }

  /// What a run's folder knows of it.
  package init(epochs: [Epoch]) {
    self.init(metricName: nil)
    self.epochs = epochs
  }

  /// The last epoch; `nil` where there was none.
  public var last: Epoch? { epochs.last }
}

extension History: CustomStringConvertible {
  public var description: String {
    guard let last else { return "no epochs" }
    return "\(epochs.count) epochs: \(last.summary(metricName: metricName))"
  }
}

extension History.Epoch {
  /// `loss 0.0712, accuracy 0.982, validation loss 0.08, accuracy 0.974`
  func summary(metricName: String?) -> String {
    let number = { (value: Double) in String(format: "%.4g", value) }
    var parts = ["loss \(number(loss))"]
    if let metric, let metricName { parts.append("\(metricName) \(String(format: "%.4f", metric))") }
    if let validationLoss { parts.append("validation loss \(number(validationLoss))") }
    if let validationMetric, let metricName {
      parts.append("\(metricName) \(String(format: "%.4f", validationMetric))")
    }
    if let learningRate { parts.append("rate \(number(learningRate))") }
    return parts.joined(separator: ", ")
  }
}
