import Adjoint
import ArgumentParser
import Foundation

/// `adjoint predict`
struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Applies a saved model to the rows of a CSV file.",
    discussion: """
      The model finds its columns by name and scales them as in training; other columns are ignored. The predictions \
      are CSV on standard output: the row (from 1), the prediction, and for classes the probability of each. Where \
      the target is among the columns, the accuracy or R² is printed, too (on standard error, or in the JSON).
      """)

  @ArgumentParser.Argument(help: ArgumentHelp("The model that adjoint train wrote.", valueName: "model"))
  var model: String

  @Option(help: ArgumentHelp("The CSV file with the rows to predict.", valueName: "file"))
  var data: String

  @Option(help: ArgumentHelp("Write the predictions there, whole or not at all.", valueName: "file"))
  var out: String?

  @Option(help: "What runs the model.")
  var backend = Backend.tcc

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func run() throws {
    let file = try out.map { try OutputFile($0, inputs: [model, data]) }
    let trained = try TrainedModel(contentsOf: model)
    let table = try trained.table(data)
    let predictions = try trained.predictions(for: table, backend: backend)
    let score = try Score(predictions, table: table, schema: trained.schema)
    let report = PredictionReport(
      model: model, data: data, schema: trained.schema, predictions: predictions, score: score)
    let text = json ? try Console.json(report) : report.csv
    if let file {
      try file.write(text + "\n")
      Console.note("\(predictions.count) predictions written to \(file.path)")
    } else {
      Console.print(text)
    }
    if let score, !json { Console.note("\(score.text) on \(table.count) rows of \(data)") }
  }
}

extension TrainedModel {
  /// The rows of a CSV file as the model takes them, with their target where there is one that can be compared.
  func table(_ path: String) throws -> Table {
    let document = try CSVReader().read(path: path)
    let encoding = try schema.encoding ?? FeatureEncoding(features: schema.featureNames)
    let bare = try Table(document, encoding: encoding)
    guard let target = schema.targetName, document.header.contains(target) else { return bare }
    do {
      return try Table(
        document, encoding: encoding, target: target, task: schema.task,
        classNames: schema.classNames.isEmpty ? nil : schema.classNames)
    } catch {
      Console.note("note: the target is not compared with the predictions: \(error)")
      return bare
    }
  }
}

/// How well predictions fit the targets that a file has.
struct Score {
  let accuracy: Double?
  /// `nil` for targets that are all equal, too.
  let r2: Double?

  /// `nil` where the table has no targets.
  init?(_ predictions: [TrainedModel.Prediction], table: Table, schema: TrainedModel.Schema) throws {
    guard table.task != nil else { return nil }
    let targets = try table.targets(as: .float64).doubles
    switch schema.task {
    case .binary, .multiclass:
      let right = zip(predictions, targets).count { $0.label == schema.classNames[Int($1)] }
      accuracy = Double(right) / Double(targets.count)
      r2 = nil
    case .regression:
      accuracy = nil
      r2 = Metrics.rSquared(predictions: predictions.map { $0.values.first ?? 0 }, targets: targets)
    }
  }

  var text: String {
    if let accuracy { return "accuracy \(Format.fixed(accuracy, 4))" }
    return r2.map { "R² \(Format.fixed($0, 4))" } ?? "no R², as all targets are equal,"
  }
}

/// What `predict` says.
struct PredictionReport: Encodable {
  struct Row: Encodable {
    let row: Int
    /// The value, for a regression.
    let prediction: Double?
    let label: String?
    /// In the order of the classes.
    let probabilities: [Double]?
  }
  let model: String
  let data: String
  let task: Table.Task
  let target: String?
  let classes: [String]
  let rows: Int
  let accuracy: Double?
  let r2: Double?
  let predictions: [Row]

  init(
    model: String, data: String, schema: TrainedModel.Schema, predictions: [TrainedModel.Prediction],
    score: Score?
  ) {
    self.model = model
    self.data = data
    task = schema.task
    target = schema.targetName
    classes = schema.classNames
    rows = predictions.count
    accuracy = score?.accuracy
    r2 = score?.r2
    self.predictions = predictions.enumerated().map { index, prediction in
      let isValue = schema.task == .regression
      return Row(
        row: index + 1, prediction: isValue ? prediction.values.first : nil, label: prediction.label,
        probabilities: isValue ? nil : prediction.values)
    }
  }

  var csv: String {
    var lines = [
      (["row", "prediction"] + classes.map { "probability_" + $0 }).map(field).joined(separator: ",")
    ]
    for row in predictions {
      let values = [row.label ?? "\(row.prediction ?? .nan)"] + (row.probabilities ?? []).map { "\($0)" }
      lines.append((["\(row.row)"] + values).map(field).joined(separator: ","))
    }
    return lines.joined(separator: "\n")
  }

  /// A field of CSV (RFC 4180).
  private func field(_ text: String) -> String {
    guard text.contains(where: { ",\"\r\n".contains($0) || $0.isNewline }) else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
