import Adjoint
import ArgumentParser
import Foundation

/// `adjoint predict`
struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Applies a saved model to the rows of a CSV file, or to arrays.",
    discussion: """
      The model finds its columns by name and scales them as in training; other columns are ignored. The predictions \
      are CSV on standard output: the row (from 1), the prediction, and for classes the probability of each (the \
      margin, −z and z, of a model that was trained by the hinge loss). Where \
      the target is among the columns, the accuracy or R² is printed, too (on standard error; with --json all scores). \
      A CSV file of any length is read piece by piece; .csv.gz is read as it is. The columns of arrays are the model's \
      by their order.

        adjoint predict model.adj --data new.csv
        adjoint predict model.adj --data x.npy --target y.npy
      """)

  @ArgumentParser.Argument(help: ArgumentHelp("The model that adjoint train wrote.", valueName: "model"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "The file with the rows to predict: CSV, or arrays (.npy, .npz, IDX).", valueName: "file"))
  var data: String

  @Option(
    help: ArgumentHelp(
      "What to compare with, for arrays: a file, or the name of an array in the .npz file (default: the model's target).",
      valueName: "file or array"))
  var target: String?

  @Option(help: ArgumentHelp("Write the predictions there, whole or not at all.", valueName: "file"))
  var out: String?

  @Option(
    help:
      "What to do with a category that was not met in training: an error, or zeros (none of the known ones).")
  var unseen = UnseenName.error

  @Option(help: "What stands between two fields of the file.")
  var separator = SeparatorName.comma

  @Option(help: "What runs the model.")
  var backend = Backend.tcc

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  @OptionGroup var memory: MemoryOption

  func run() throws {
    try memory.apply()
    let file = try out.map { try OutputFile($0, inputs: [model, data] + [target].compactMap { $0 }) }
    let rows = try ModelRows(
      TrainedModel(contentsOf: model), path: data, target: target, unseen: unseen, separator: separator)
    if json {
      let table = try rows.whole()
      // A generous estimate of what a row takes as a value, as JSON, and on its way between.
      try Memory.require(
        2048 * table.count, for: "a report of \(table.count) rows",
        remedy: "leave out --json: CSV is written some rows at a time")
      let report = try PredictionReport(rows, table: table, path: model, backend: backend)
      if report.hasScores { rows.noteTraining() }
      if let file {
        try file.write(Console.json(report) + "\n")
      } else {
        try Console.print(try Console.json(report))
      }
    } else {
      try writeCSV(rows, to: file)
    }
  }

  /// Predicts some thousand rows at a time.
  private func writeCSV(_ rows: ModelRows, to file: OutputFile?) throws {
    var output = try file.map { try AtomicFile($0.path) }
    func write(_ lines: [String]) throws {
      if output == nil { return try Console.print(lines.joined(separator: "\n")) }
      try output?.write(Array((lines.joined(separator: "\n") + "\n").utf8))
    }
    let schema = rows.model.schema
    var score = Score(schema.task)
    var count = 0
    let model = try rows.model.compiled(backend: backend)
    try rows.each { table in
      let predictions = try model.predictions(for: table)
      var lines = count == 0 ? [PredictionRow.header(schema)] : []
      for prediction in predictions {
        count += 1
        lines.append(PredictionRow(count, prediction, schema).csv)
      }
      try write(lines)
      try score.add(predictions, table)
    }
    if let file {
      try output.take()?.commit()
      Console.note("\(count) predictions written to \(file.path)")
    }
    if let text = score.text {
      Console.note("\(text) on \(count) rows of \(data)")
      rows.noteTraining()
    }
  }
}

enum UnseenName: String, ExpressibleByArgument, CaseIterable {
  case error, zeros

  var rule: UnseenCategories { self == .zeros ? .zeros : .error }
}
