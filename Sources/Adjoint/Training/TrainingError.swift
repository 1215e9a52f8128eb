import AdjointArray

/// What can go wrong between a model and its data: what, where, and what would be right.
public enum TrainingError: DocumentedError, Hashable {
  case noRows
  /// Arrays of one batch with different numbers of rows.
  case rowMismatch(name: String, rows: Int, other: String, otherRows: Int)
  /// A batch size, a learning rate or the like that is out of range.
  case invalidSetting(name: String, value: String, remedy: String)
  /// A NaN or an infinity in an array that was given.
  case notFiniteData(name: String, row: Int, column: Int, type: ScalarType)
  /// The cost or, after an epoch, a parameter became a NaN or an infinity, likely because of these; parameters are as before that
  /// epoch.
  case notFiniteCost(epoch: Int, step: Int, causes: [NotFiniteCause])
  /// The data does not fit what the trainer was made for.
  case unsuitableData(problem: String, remedy: String)
  /// A checkpoint that this trainer cannot go on from.
  case unsuitableCheckpoint(path: String, problem: String, remedy: String)
  /// Something was asked for that exists only when data has been seen.
  case notPrepared(String)

  public enum Kind: String, CaseIterable, Sendable {
    case nothingToTrainOn, rowMismatch, invalidSetting, notFiniteData, notFiniteCost, unsuitableData,
      unsuitableCheckpoint, notPrepared
  }

  public var kind: Kind {
    switch self {
    case .noRows: .nothingToTrainOn
    case .rowMismatch: .rowMismatch
    case .invalidSetting: .invalidSetting
    case .notFiniteData: .notFiniteData
    case .notFiniteCost: .notFiniteCost
    case .unsuitableData: .unsuitableData
    case .unsuitableCheckpoint: .unsuitableCheckpoint
    case .notPrepared: .notPrepared
    }
  }

  public var message: String {
    switch self {
    case .noRows:
      "there are no rows to train on; give at least one"
    case .rowMismatch(let name, let rows, let other, let otherRows):
      "\"\(name)\" has \(rows) rows and \"\(other)\" \(otherRows); arrays that are cut into batches need equally many"
    case .invalidSetting(let name, let value, let remedy):
      "\(name) is \(value); \(remedy)"
    case .notFiniteData(let name, let row, let column, let type):
      "\"\(name)\", row \(row), column \(column) (from 0) is not a finite number in \(type); remove the row, fill in a value, or scale what is too large"
    case .notFiniteCost(let epoch, let step, let causes):
      "the cost or a parameter is not a finite number at step \(step) of epoch \(epoch): \(causes.map(\.finding).joined(separator: ", and ")); \(causes.map(\.remedy).joined(separator: ", and ")) (the parameters are as they were before this epoch)"
    case .unsuitableData(let problem, let remedy):
      "\(problem); \(remedy)"
    case .unsuitableCheckpoint(let path, let problem, let remedy):
      "\(path): \(problem); \(remedy)"
    case .notPrepared(let what):
      "\(what) is known when the trainer has seen data; call fit or prepare before"
    }
  }
}
