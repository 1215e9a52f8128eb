import Adjoint
import ArgumentParser
import Foundation

/// `adjoint plot`
struct Plot: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws losses of runs, fits, confusion matrices and ROC curves as SVG.",
    discussion: """
      Of the folders that adjoint train --run wrote, the losses; of a saved model and rows with their targets, the \
      confusion matrix for classes, and the fit for numbers: a curve over one feature, predictions over targets for \
      several.

        adjoint plot runs/wdbc --out loss.svg
        adjoint plot model.adj --data wdbc.csv > confusion.svg
        adjoint plot model.adj --data wdbc.csv --kind roc --out roc.svg
      """)

  enum Kind: String, ExpressibleByArgument, CaseIterable, Encodable {
    case losses, fit, confusion, roc
  }

  @ArgumentParser.Argument(
    help: ArgumentHelp("Folders of runs, or one saved model.", valueName: "run or model"))
  var sources: [String]

  @Option(
    help: ArgumentHelp(
      "The file with the rows to compare a model with: CSV, or arrays (.npy, .npz, IDX).", valueName: "file"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "The targets, for arrays: a file, or the name of an array in the .npz file (default: the model's target).",
      valueName: "file or array"))
  var target: String?

  @Option(help: "What to draw, where it does not follow from what is given.")
  var kind: Kind?

  @Option(help: ArgumentHelp("Write the picture there instead of to standard output.", valueName: "file"))
  var out: String?

  @Flag(help: "Print the numbers of the picture as one JSON object; with --out beside it.")
  var json = false

  @OptionGroup var memory: MemoryOption

  func run() throws {
    try memory.apply()
    let file = try out.map {
      try OutputFile(
        $0, inputs: sources + sources.map { $0 + "/metrics.jsonl" } + [data, target].compactMap { $0 })
    }
    let picture = try picture()
    if let file { try file.write(picture.svg) }
    if json {
      try Console.print(try Console.json(picture))
    } else if let file {
      Console.note("\(picture.kind.rawValue) drawn to \(file.path): \(picture.summary)")
    } else {
      try Console.print(picture.svg)
    }
  }

  private func picture() throws -> Picture {
    guard let data else {
      if target != nil { throw UsageError("--target goes with --data; add --data FILE, or leave it out") }
      guard kind == nil || kind == .losses else {
        throw UsageError(
          "--kind \(kind?.rawValue ?? "") needs rows to compare the model with; add --data FILE.csv")
      }
      var isFolder: ObjCBool = false
      for source in sources
      where FileManager.default.fileExists(atPath: source, isDirectory: &isFolder) && !isFolder.boolValue {
        throw UsageError("\(source) is no folder of a run; for a saved model add --data FILE.csv")
      }
      let runs = try sources.map { source in
        (
          name: URL(fileURLWithPath: source).lastPathComponent,
          history: try History(epochs: RunFolder.epochs(of: source))
        )
      }
      return Picture(losses: runs)
    }
    guard sources.count == 1 else {
      throw UsageError("--data goes with one saved model; \(sources.count) were given")
    }
    let model = try TrainedModel(contentsOf: sources[0])
    let rows = try ModelRows(model, path: data, target: target)
    let picture = try picture(of: rows)
    rows.noteTraining()
    return picture
  }

  /// What a model says of rows with their targets.
  private func picture(of rows: ModelRows) throws -> Picture {
    let (model, table) = (rows.model, try rows.whole(needsTargets: true))
    guard table.task != nil, let target = model.schema.targetName else { throw rows.noTargets }
    let predictions = try model.predictions(for: table)
    let targets = try table.targets(as: .float64).doubles
    switch (model.schema.task, kind) {
    case (.regression, nil), (.regression, .fit):
      return Picture(fit: predictions.map { $0.values.first ?? .nan }, targets, table, target: target)
    case (.binary, nil), (.binary, .confusion), (.multiclass, nil), (.multiclass, .confusion):
      return Picture(confusion: try ConfusionMatrix(predictions, for: table))
    case (.binary, .roc):
      return try Picture(roc: predictions.map { $0.values.last ?? .nan }, targets, model.schema.classNames)
    case (let task, let kind?):
      let kinds = task == .regression ? "fit" : task == .binary ? "confusion or roc" : "confusion"
      throw UsageError(
        "--kind \(kind.rawValue) is not for \(sources[0]), a model for \(task.rawValue); give \(kinds), or leave it out"
      )
    }
  }
}

/// What `plot` draws.
struct Picture: Encodable {
  struct Series: Encodable {
    let name: String
    let x: [Double]
    let y: [Double]
  }
  let kind: Plot.Kind
  let svg: String
  /// What it shows, in a few words.
  let summary: String
  var series: [Series] = []
  var confusion: [[Int]]?
  var classes: [String]?
  /// Of an ROC curve.
  var area: Double?

  /// Of pictures whose axes mean the same.
  private static let square = (width: 460, height: 460)

  /// The picture itself is no number.
  private enum CodingKeys: String, CodingKey { case kind, series, confusion, classes, area }

  init(losses runs: [(name: String, history: History)]) {
    let plot = LinePlot(losses: runs)
    kind = .losses
    svg = plot.svg
    let last = runs.compactMap { run in
      run.history.last.map { "\(run.name) \($0.epoch) epochs, loss \(Format.number($0.loss))" }
    }
    summary = last.joined(separator: "; ")
    series = plot.series.map { Series(name: $0.name, x: $0.points.map(\.x), y: $0.points.map(\.y)) }
  }

  init(fit found: [Double], _ wanted: [Double], _ table: Table, target: String) {
    kind = .fit
    let r2 = try? RegressionScores(predictions: found, targets: wanted).rSquared
    summary = "\(found.count) rows" + (r2.map { ", R² \(Format.fixed($0, 4))" } ?? "")
    var plot: LinePlot
    if table.featureCount == 1 {
      let x = table.features(as: .float64).doubles
      let order = x.indices.sorted { x[$0] < x[$1] }
      plot = LinePlot(
        "Fit", x: LinePlot.Axis(table.featureNames[0]), y: LinePlot.Axis(target),
        series: [
          LinePlot.Series("data", zip(x, wanted), style: .points, color: .gray),
          LinePlot.Series("model", order.map { (x[$0], found[$0]) }),
        ])
    } else {
      let (low, high) = ((found + wanted).min() ?? 0, (found + wanted).max() ?? 1)
      plot = LinePlot(
        "Fit", x: LinePlot.Axis(target), y: LinePlot.Axis("prediction"),
        series: [
          LinePlot.Series("equal", [(low, low), (high, high)], style: .dashedLine, color: .gray),
          LinePlot.Series("rows", zip(wanted, found), style: .points),
        ])
      plot.hasEqualScales = true
      (plot.width, plot.height) = Self.square
    }
    svg = plot.svg
    series = plot.series.map { Series(name: $0.name, x: $0.points.map(\.x), y: $0.points.map(\.y)) }
  }

  init(confusion matrix: ConfusionMatrix) {
    kind = .confusion
    svg = HeatMap.confusion(matrix.counts, classes: matrix.classNames).svg
    summary = "\(matrix.count) rows, accuracy \(Format.fixed(matrix.accuracy, 4))"
    (confusion, classes) = (matrix.counts, matrix.classNames)
  }

  init(roc scores: [Double], _ targets: [Double], _ classes: [String]) throws {
    let curve = try ROCCurve(scores: scores, isPositive: targets.map { $0 > 0.5 })
    kind = .roc
    area = curve.area
    summary = "\(scores.count) rows, area \(Format.fixed(curve.area, 4))"
    let points = curve.points.map { ($0.falsePositiveRate, $0.truePositiveRate) }
    svg =
      LinePlot(
        "ROC of '\(classes.last ?? "")', area \(Format.fixed(curve.area, 4))",
        x: LinePlot.Axis("false positives, share"), y: LinePlot.Axis("true positives, share"),
        series: [
          LinePlot.Series("by chance", [(0, 0), (1, 1)], style: .dashedLine, color: .gray),
          LinePlot.Series("model", points),
        ], hasEqualScales: true, width: Self.square.width, height: Self.square.height
      ).svg
    series = [Series(name: "roc", x: points.map(\.0), y: points.map(\.1))]
  }
}
