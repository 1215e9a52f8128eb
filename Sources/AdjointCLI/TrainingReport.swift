import Adjoint
import Foundation

/// What `train` says at its end.
struct TrainingReport: Encodable {
  let data: String
  let rows: Int
  let trainRows: Int
  /// Held out to choose the epoch with.
  let validationRows: Int
  let testRows: Int
  let features: Int
  let target: String
  let task: Table.Task
  /// What the task was inferred from, unless --task says it.
  let taskInferredFrom: String?
  let classes: [String]
  /// Labels that are one class though they are written in different ways.
  let mergedLabels: [[String]]
  /// From features to outputs.
  let layers: [Int]
  let activation: String
  /// By the name that `--loss` has.
  let loss: String
  let parameters: Int
  let precision: String
  let backend: String
  let instructionSet: String?
  let seed: UInt64
  let epochs: Int
  /// The epoch that parameters went back to, with --patience.
  let bestEpoch: Int?
  let stoppedEarly: Bool
  /// Whether L-BFGS found no lower cost any more.
  let converged: Bool
  let interrupted: Bool
  /// Why the training ended before its time, where that was an error.
  let failure: String?
  let steps: Int
  let secondsPerStep: Double
  let compileMilliseconds: [Stage]
  /// The mean loss with the final parameters, without regularization.
  let trainLoss: Double
  let validationLoss: Double?
  let testLoss: Double?
  let trainAccuracy: Double?
  let validationAccuracy: Double?
  let testAccuracy: Double?
  let trainR2: Double?
  let validationR2: Double?
  let testR2: Double?
  /// The path, where it was saved.
  let model: String?
  let history: [History.Epoch]

  struct Stage: Encodable {
    let stage: String
    let milliseconds: Double
  }

  init(
    data: String, recipe: ModelOptions.Recipe, parts: Parts, backend: Backend, history: History,
    train: Evaluation, validation: Evaluation?, test: Evaluation?, compileTimes: CompileTimes, model: String?,
    failure: (any Error)? = nil
  ) {
    self.data = data
    rows = parts.all.count
    trainRows = train.count
    validationRows = validation?.count ?? 0
    testRows = test?.count ?? 0
    features = parts.all.featureCount
    target = parts.all.targetName ?? ""
    task = parts.all.task ?? .regression
    classes = parts.all.classNames
    (taskInferredFrom, mergedLabels) = (
      parts.all.targetReading?.reason, parts.all.targetReading?.merged ?? []
    )
    layers = recipe.sizes(for: parts.all)
    activation = recipe.activation.name
    loss = recipe.lossName(for: parts.all.task).rawValue
    parameters = recipe.parameterCount(for: parts.all)
    precision = recipe.scalarType.rawValue
    self.backend = backend.rawValue
    instructionSet = backend == .interpreter ? nil : (try? InstructionSet.selected())?.rawValue
    seed = recipe.seed
    epochs = history.epochs.count
    bestEpoch = history.best?.epoch
    stoppedEarly = history.isStoppedEarly
    converged = history.isConverged
    interrupted = history.isCancelled
    self.failure = failure.map { "\($0)" }
    steps = history.steps
    secondsPerStep = history.secondsPerStep
    compileMilliseconds =
      backend != .interpreter
      ? compileTimes.stages.map { Stage(stage: $0.name, milliseconds: $0.duration.inSeconds * 1e3) } : []
    (trainLoss, validationLoss, testLoss) = (train.loss, validation?.loss, test?.loss)
    (trainAccuracy, validationAccuracy, testAccuracy) = (
      train.accuracy, validation?.accuracy, test?.accuracy
    )
    (trainR2, validationR2, testR2) = (train.rSquared, validation?.rSquared, test?.rSquared)
    self.model = model
    self.history = history.epochs
  }

  var text: String {
    var table = TextTable(nil, [.left, .left])
    let parts = [("train", trainRows), ("validate", validationRows), ("test", testRows)]
      .filter { $0.1 > 0 }.map { "\($0.1) to \($0.0)" }.joined(separator: ", ")
    table.row("data", "\(data): \(rows) rows (\(parts)), \(features) features")
    let classes = classes.isEmpty ? "" : ": " + classes.prefix(10).joined(separator: ", ")
    let reason = taskInferredFrom.map { " (inferred from \($0))" } ?? ""
    table.row("task", "\(task.rawValue), target '\(target)'\(classes)\(reason)")
    if !mergedLabels.isEmpty { table.row("labels", Table.TargetReading.text(ofMerged: mergedLabels)) }
    let sizes = layers.map(String.init).joined(separator: "-")
    table.row("network", "\(sizes), \(activation), \(Format.count(parameters)) parameters, \(precision)")
    let runner = backend + (instructionSet.map { " (\($0))" } ?? "")
    table.row(
      "steps",
      "\(Format.count(steps)) in \(epochs) epochs, \(Format.time(secondsPerStep)) each, by \(runner)\(converged ? "; no lower cost was found any more" : "")"
    )
    if let bestEpoch {
      table.row("best", "epoch \(bestEpoch), whose weights these are\(stoppedEarly ? "; stopped early" : "")")
    }
    if !compileMilliseconds.isEmpty {
      let total = compileMilliseconds.reduce(0) { $0 + $1.milliseconds }
      let stages = compileMilliseconds.map { "\($0.stage) \(Format.fixed($0.milliseconds, 2))" }
      table.row("compiled", "in \(Format.fixed(total, 2)) ms: \(stages.joined(separator: ", "))")
    }
    let scores: [(name: String, [Double?], (Double) -> String)] = [
      ("loss", [trainLoss, validationLoss, testLoss], { Format.number($0) }),
      ("accuracy", [trainAccuracy, validationAccuracy, testAccuracy], { Format.fixed($0, 4) }),
      ("R²", [trainR2, validationR2, testR2], { Format.fixed($0, 4) }),
    ]
    for (name, values, format) in scores {
      let known = zip(["train", "validation", "test"], values).compactMap { part, value in
        value.map { "\(part) \(format($0))" }
      }
      let kind = name == "loss" ? [loss] : []
      if !known.isEmpty { table.row(name, (kind + known).joined(separator: ", ")) }
    }
    guard let model else {
      table.row("model", "not saved; say --out FILE to keep it")
      return table.text
    }
    table.row("model", model)
    table.row("next", "adjoint predict \(model) --data \(data)")
    table.row("", "adjoint dump \(model) --stage c")
    return table.text
  }
}

extension Table.TargetReading {
  /// `1 and 1.0 are one class; --labels text keeps them apart`.
  static func text(ofMerged groups: [[String]]) -> String {
    let shown = groups.prefix(5).map { labels in
      labels.prefix(5).joined(separator: labels.count == 2 ? " and " : ", ") + (labels.count > 5 ? ", …" : "")
        + " are one class"
    }
    return shown.joined(separator: ", ") + (groups.count > 5 ? ", …" : "")
      + "; --labels text keeps them apart"
  }
}
