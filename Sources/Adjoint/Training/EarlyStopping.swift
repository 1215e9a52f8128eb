import AdjointArray

/// Ends training where the loss does not get smaller any more: that of the validation rows where there are any, else that
/// of the training rows.
///
/// Prechelt, Early stopping – but when?, in Neural Networks: Tricks of the Trade, 1998.
public struct EarlyStopping: Sendable, Hashable {
  /// After so many epochs without a better one training ends.
  public var patience: Int
  /// By how much a loss must be smaller to be a better one.
  public var leastImprovement: Double
  /// Whether parameters and optimizer state go back to the best epoch's in the end, be it early or not.
  public var restoresBest: Bool

  /// - Parameter patience: in epochs, at least 1; what is out of range is an error of `fit`.
  public init(patience: Int, leastImprovement: Double = 0, restoresBest: Bool = true) {
    self.patience = patience
    self.leastImprovement = leastImprovement
    self.restoresBest = restoresBest
  }

  func check() throws(TrainingError) {
    if patience < 1 {
      throw .invalidSetting(
        name: "the patience of early stopping", value: "\(patience)", remedy: "give at least 1 epoch")
    }
    if !(leastImprovement >= 0 && leastImprovement.isFinite) {
      throw .invalidSetting(
        name: "the least improvement of early stopping", value: "\(leastImprovement)",
        remedy: "give a finite number of at least 0")
    }
  }
}

/// The best epoch so far.
struct BestEpoch {
  private let stopping: EarlyStopping?
  private(set) var epoch: History.Epoch?
  /// What the best epoch ended with, where it is to be restored.
  private(set) var kept: [NDArray]?
  private(set) var epochsSince = 0

  init(_ stopping: EarlyStopping?) { self.stopping = stopping }

  /// As it was when a checkpoint was written.
  init(_ stopping: EarlyStopping?, epoch: History.Epoch?, kept: [NDArray]?, epochsSince: Int) {
    self.stopping = stopping
    guard stopping != nil else { return }
    (self.epoch, self.kept, self.epochsSince) = (epoch, kept, epochsSince)
  }

  /// Whether the patience is at its end.
  var isOver: Bool { stopping.map { epochsSince >= $0.patience } ?? false }

  mutating func note(_ new: History.Epoch, values: () -> [NDArray]) {
    guard let stopping else { return }
    // What is no number is no best one: anything that is one is better.
    if let epoch, !epoch.monitored.isNaN,
      !(new.monitored < epoch.monitored - stopping.leastImprovement)
    {
      epochsSince += 1
      return
    }
    (epoch, epochsSince) = (new, 0)
    if stopping.restoresBest { kept = values() }
  }
}

extension History.Epoch {
  fileprivate var monitored: Double { validationLoss ?? loss }
}
