import Adjoint
import Foundation

/// How well predictions fit the targets that a file has, added up as the rows come.
struct Score {
  private let task: Table.Task
  private var rows = 0
  private var right = 0
  /// Of the targets: their mean, and Σ(t − mean)². Welford, Note on a method for calculating corrected sums of squares and
  /// products, Technometrics 4 (1962).
  private var mean = 0.0
  private var deviation = 0.0
  /// Σ(t − y)²
  private var residual = 0.0

  init(_ task: Table.Task) { self.task = task }

  /// - Parameter table: the rows of the predictions; without targets nothing is added.
  mutating func add(_ predictions: [TrainedModel.Prediction], _ table: Table) throws {
    guard table.task != nil else { return }
    for (prediction, target) in zip(predictions, try table.targets(as: .float64).doubles) {
      rows += 1
      switch task {
      case .binary, .multiclass:
        if prediction.label == table.classNames[Int(target)] { right += 1 }
      case .regression:
        let difference = target - mean
        mean += difference / Double(rows)
        deviation += difference * (target - mean)
        let error = target - (prediction.values.first ?? .nan)
        residual += error * error
      }
    }
  }

  /// `nil` where there were no targets.
  var text: String? {
    guard rows > 0 else { return nil }
    if task != .regression { return "accuracy \(Format.fixed(Double(right) / Double(rows), 4))" }
    return deviation > 0
      ? "R² \(Format.fixed(1 - residual / deviation, 4))" : "no R², as all targets are equal,"
  }
}

/// The prediction for a row of a file.
struct PredictionRow: Encodable {
  /// From 1.
  let row: Int
  /// The value, for a regression.
  let prediction: Double?
  let label: String?
  /// In the order of the classes.
  let probabilities: [Double]?
  /// The same of a model that was trained by the hinge loss, which knows no probabilities.
  let margins: [Double]?

  init(_ row: Int, _ prediction: TrainedModel.Prediction, _ schema: TrainedModel.Schema) {
    let isValue = schema.task == .regression
    self.row = row
    self.prediction = isValue ? prediction.values.first : nil
    label = prediction.label
    probabilities = isValue || schema.hasMargins ? nil : prediction.values
    margins = schema.hasMargins ? prediction.values : nil
  }

  static func header(_ schema: TrainedModel.Schema) -> String {
    let scores = schema.classNames.map { (schema.hasMargins ? "margin_" : "probability_") + $0 }
    return (["row", "prediction"] + scores).map(field).joined(separator: ",")
  }

  var csv: String {
    let values = [label ?? "\(prediction ?? .nan)"] + (probabilities ?? margins ?? []).map { "\($0)" }
    return (["\(row)"] + values).map(Self.field).joined(separator: ",")
  }

  /// A field of CSV (RFC 4180).
  private static func field(_ text: String) -> String {
    guard text.contains(where: { ",\"\r\n".contains($0) || $0.isNewline }) else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}

/// What `predict --json` says.
struct PredictionReport: Encodable {
  struct ClassScores: Encodable {
    let name: String
    let precision: Double
    let recall: Double
    let f1: Double
    let rows: Int
  }
  let model: String
  let data: String
  let task: Table.Task
  let target: String?
  let classes: [String]
  let rows: Int
  private(set) var accuracy: Double?
  /// How often each class (first index) was taken for which.
  private(set) var confusion: [[Int]]?
  private(set) var classScores: [ClassScores]?
  /// The mean of the classes' F1.
  private(set) var macroF1: Double?
  /// The area under the ROC curve, of several classes the mean of each against all others; nothing where a class has no rows.
  private(set) var rocArea: Double?
  /// `nil` for targets that are all equal, too.
  private(set) var r2: Double?
  private(set) var meanSquaredError: Double?
  private(set) var meanAbsoluteError: Double?
  let predictions: [PredictionRow]

  /// Whether there were targets.
  var hasScores: Bool { accuracy != nil || meanSquaredError != nil }

  /// - Parameters:
  ///   - table: the rows, with their targets where there are any.
  ///   - path: the model's.
  init(_ rows: ModelRows, table: Table, path: String, backend: Backend) throws {
    let schema = rows.model.schema
    let predictions = try rows.model.predictions(for: table, backend: backend)
    model = path
    data = rows.path
    task = schema.task
    target = schema.targetName
    classes = schema.classNames
    self.rows = predictions.count
    self.predictions = predictions.enumerated().map { PredictionRow($0 + 1, $1, schema) }
    guard table.task != nil else { return }
    let targets = try table.targets(as: .float64).doubles
    guard schema.task != .regression else {
      let scores = try RegressionScores(
        predictions: predictions.map { $0.values.first ?? .nan }, targets: targets)
      (r2, meanSquaredError) = (scores.rSquared, scores.meanSquaredError)
      meanAbsoluteError = scores.meanAbsoluteError
      return
    }
    let matrix = try ConfusionMatrix(predictions, for: table)
    accuracy = matrix.accuracy
    confusion = matrix.counts
    classScores = zip(matrix.classNames, matrix.scores).map {
      ClassScores(name: $0, precision: $1.precision, recall: $1.recall, f1: $1.f1, rows: $1.support)
    }
    macroF1 = matrix.macroAverage.f1
    let scores = try NDArray(
      predictions.flatMap(\.values), shape: [predictions.count, schema.classNames.count])
    rocArea =
      schema.task == .binary
      ? try? ROCCurve(
        scores: predictions.map { $0.values.last ?? .nan }, isPositive: targets.map { $0 > 0.5 }
      ).area
      : try? ROCCurve.macroAverageArea(scores: scores, classes: targets.map { Int($0) })
  }
}
