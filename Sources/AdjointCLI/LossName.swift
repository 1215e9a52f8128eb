import Adjoint
import ArgumentParser

/// What `--loss` may be.
enum LossName: String, ExpressibleByArgument, CaseIterable {
  case meanSquaredError = "mean-squared-error"
  case halfSquaredError = "half-squared-error"
  case meanAbsoluteError = "mean-absolute-error"
  case huber
  case crossEntropy = "cross-entropy"
  case hinge

  /// The usual one for targets.
  init(for task: Table.Task?) {
    self =
      switch task {
      case .regression, nil: .meanSquaredError
      case .binary, .multiclass: .crossEntropy
      }
  }

  /// That a loss does not suit the task is for the trainer to say.
  func loss(for task: Table.Task?) -> Loss {
    switch self {
    case .meanSquaredError: .meanSquaredError
    case .halfSquaredError: .halfSquaredError
    case .meanAbsoluteError: .meanAbsoluteError
    case .huber: .huber()
    case .crossEntropy: task == .multiclass ? .softmaxCrossEntropy : .binaryCrossEntropy
    case .hinge: .hinge
    }
  }
}
