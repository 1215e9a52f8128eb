import Adjoint

/// What `cross-validate` says.
struct CrossValidationReport: Encodable {
  enum Method: String, Encodable {
    case folds, bootstrap

    var partName: String { self == .folds ? "fold" : "resample" }
  }

  /// One training, and how well it does on rows that it has not seen.
  struct Part: Encodable {
    /// From 1.
    let number: Int
    let trainRows: Int
    let testRows: Int
    let loss: Double
    let accuracy: Double?
    /// `nil` where all targets are equal, too.
    let r2: Double?
    let meanSquaredError: Double?
    /// Of training, and of evaluating.
    let seconds: Double

    init(number: Int, trainRows: Int, _ evaluation: Evaluation, seconds: Double) {
      (self.number, self.trainRows, self.seconds) = (number, trainRows, seconds)
      testRows = evaluation.count
      loss = evaluation.loss
      (accuracy, r2) = (evaluation.accuracy, evaluation.rSquared)
      meanSquaredError = evaluation.regression?.meanSquaredError
    }
  }

  /// Of a number over the parts.
  struct Spread: Encodable {
    let mean: Double
    /// The standard deviation (divisor n − 1); `nil` of one part.
    let deviation: Double?

    /// `nil` where there are no values.
    init?(_ values: [Double]) {
      guard !values.isEmpty else { return nil }
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      self.mean = mean
      deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
    }
  }

  let method: Method
  /// How many parts there were to be.
  let count: Int
  let isStratified: Bool
  let data: String
  let rows: Int
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
  let seed: UInt64
  let epochs: Int
  var interrupted = false
  var parts: [Part] = []
  private(set) var seconds = 0.0
  /// One for each size of batch; 0 where the interpreter runs them.
  private(set) var compiledSteps = 0
  private(set) var compileMilliseconds = 0.0
  private(set) var loss: Spread?
  private(set) var accuracy: Spread?
  private(set) var r2: Spread?
  private(set) var meanSquaredError: Spread?

  init(
    method: Method, count: Int, isStratified: Bool, data: String, table: Table, layers: [Int], seed: UInt64,
    epochs: Int
  ) {
    (self.method, self.count, self.isStratified, self.data) = (method, count, isStratified, data)
    (rows, features) = (table.count, table.featureCount)
    (target, task, classes) = (table.targetName ?? "", table.task ?? .regression, table.classNames)
    (taskInferredFrom, mergedLabels) = (table.targetReading?.reason, table.targetReading?.merged ?? [])
    (self.layers, self.seed, self.epochs) = (layers, seed, epochs)
  }

  /// Notes what is known when all parts are there.
  mutating func finish(seconds: Double, compilations: [CompileTimes]) {
    self.seconds = seconds
    compiledSteps = compilations.count
    compileMilliseconds = compilations.reduce(0) { $0 + $1.total.inSeconds * 1e3 }
    loss = spread(\.loss)
    accuracy = spread(\.accuracy)
    r2 = spread(\.r2)
    meanSquaredError = spread(\.meanSquaredError)
  }

  /// `nil` where a part has no such number.
  private func spread(_ number: (Part) -> Double?) -> Spread? {
    let values = parts.compactMap(number)
    return values.count == parts.count ? Spread(values) : nil
  }

  var text: String {
    typealias Column = (title: String, value: (Part) -> Double?, spread: Spread?, decimals: Int?)
    let classColumns: [Column] = [("accuracy", \.accuracy, accuracy, 4)]
    let valueColumns: [Column] = [
      ("R²", \.r2, r2, 4), ("mean squared error", \.meanSquaredError, meanSquaredError, nil),
    ]
    let columns: [Column] =
      [("loss", \.loss, loss, nil)] + (task == .regression ? valueColumns : classColumns)
    func text(_ value: Double?, _ column: Column) -> String {
      guard let value else { return "" }
      return column.decimals.map { Format.fixed(value, $0) } ?? Format.number(value)
    }
    let titles = [method.partName, "train rows", "test rows"] + columns.map(\.title) + ["time"]
    var table = TextTable(titles, [.left] + titles.dropFirst().map { _ in .right })
    for part in parts {
      let numbers = columns.map { text($0.value(part), $0) }
      table.row(
        ["\(part.number)", Format.count(part.trainRows), Format.count(part.testRows)] + numbers + [
          Format.time(part.seconds)
        ])
    }
    if !parts.isEmpty {
      table.row(["mean", "", ""] + columns.map { text($0.spread?.mean, $0) } + [""])
      table.row(["deviation", "", ""] + columns.map { text($0.spread?.deviation, $0) } + [""])
    }
    var lines = [table.text, ""]
    let name = method.partName
    if interrupted { lines.append("interrupted after \(parts.count) of \(count) \(name)s") }
    lines.append(
      "\(data): \(Format.count(rows)) rows, \(features) features, target '\(target)' (\(task.rawValue)\(taskInferredFrom.map { ", inferred from " + $0 } ?? ""))\(isStratified ? ", each class with its share in each \(name)" : "")"
    )
    if !mergedLabels.isEmpty { lines.append("labels: \(Table.TargetReading.text(ofMerged: mergedLabels))") }
    let steps =
      compiledSteps == 0
      ? ""
      : "; \(compiledSteps) step\(compiledSteps == 1 ? "" : "s") compiled, one for each size of batch, in \(Format.fixed(compileMilliseconds, 2)) ms"
    lines.append(
      "\(layers.map(String.init).joined(separator: "-")), \(epochs) epoch\(epochs == 1 ? "" : "s") each, in \(Format.time(seconds))\(steps)"
    )
    return lines.joined(separator: "\n")
  }
}
