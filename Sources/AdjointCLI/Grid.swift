import Adjoint
import AdjointConfiguration
import ArgumentParser
import Foundation

/// `adjoint grid`
struct Grid: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a network at each of several learning rates and penalties, and draws how well.",
    usage: "adjoint grid [config.yaml] [options]",
    discussion: """
      Rows to choose by are held out of the training part; the test rows are only asked about the best place. Learning \
      rate and λ are inputs of the compiled step, so everything is compiled once.

        adjoint grid --data wdbc.csv --target benign --learning-rates 1e-4,1e-3,1e-2 --lambdas 0,1e-4,1e-2 \
      --seeds 3 --svg grid.svg
        adjoint grid wdbc.yaml --seeds 3

      A YAML file holds options by their long names, as for adjoint train; what is train's only, and its learning \
      rate and l2, are passed over.
      """)

  /// The grid's own rates and λ stand for those of a training; and without rows to choose by there is no choice.
  static func passesOver(_ name: String, value: String) -> Bool {
    ["learning-rate", "l2"].contains(name) || name == "validation" && Double(value) == 0
  }

  @OptionGroup var model: ModelOptions

  @Option(
    name: .customLong("learning-rates"), parsing: .unconditional,
    help: ArgumentHelp("The rows of the grid.", valueName: "rates"))
  var learningRates = "1e-4,3e-4,1e-3,3e-3,1e-2,3e-2"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The columns: λ of a penalty λ Σw² on weights.", valueName: "numbers"))
  var lambdas = "0,1e-5,1e-4,1e-3,1e-2"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Trainings in each place, from different first weights.", valueName: "number"))
  var seeds = 1

  @Option(parsing: .unconditional, help: ArgumentHelp("Passes over the training rows.", valueName: "number"))
  var epochs = 30

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The fraction of training rows that is held out to choose by.", valueName: "fraction"))
  var validation = 0.2

  @Option(help: ArgumentHelp("Where to draw the grid as a heat map.", valueName: "file"))
  var svg: String?

  @OptionGroup var execution: ExecutionOptions

  func run() throws {
    try execution.memory.apply()
    for (name, isGiven) in [
      ("--learning-rate", model.optimization.learningRate != nil), ("--l2", model.l2 != nil),
      ("--optimizer lbfgs", model.optimization.optimizer == .lbfgs),
    ] where isGiven {
      throw UsageError("\(name) has no meaning for a grid; give --learning-rates and --lambdas")
    }
    guard 1...1000 ~= seeds else { throw UsageError("--seeds is \(seeds); give 1 to 1000") }
    guard epochs >= 1 else { throw UsageError("--epochs is \(epochs); give at least 1") }
    guard validation > 0, validation < 1 else {
      throw UsageError("--validation is \(validation); give a fraction between 0 and 1, such as 0.2")
    }
    let rates = try Self.numbers("--learning-rates", learningRates) { $0 > 0 }
    let lambdas = try Self.numbers("--lambdas", self.lambdas) { $0 >= 0 }
    let picture = try svg.map { try OutputFile($0, inputs: model.inputFiles) }
    // A generous size: a field for each place, and axes.
    try picture?.check(bytes: 512 * rates.count * lambdas.count + 4096)
    try Interrupt.check()

    let report = try search(rates, lambdas)
    // Each is there whatever becomes of the other.
    let drawing = Result { try draw(report, to: picture) }
    let isDrawn = if case .success = drawing { !report.interrupted } else { false }
    try Console.print(
      execution.json ? try Console.json(report) : report.text(picture: isDrawn ? picture?.path : nil))
    try drawing.get()
    if report.interrupted { throw Interrupt.exitCode }
  }

  private func draw(_ report: GridReport, to picture: OutputFile?) throws {
    guard let picture else { return }
    if !report.interrupted {
      try picture.write(report.heatMap.svg)
    } else if !report.trainings.isEmpty {
      Console.note("the picture so far is in \(try picture.writeUnfinished(report.heatMap.svg))")
    }
  }

  /// All trainings, by one compiled step.
  private func search(_ rates: [Double], _ lambdas: [Double]) throws -> GridReport {
    var options = model
    func recipe(_ rate: Double, _ lambda: Double) throws -> ModelOptions.Recipe {
      options.optimization.learningRate = rate
      options.l2 = lambda
      return try options.recipe(epochs: epochs)
    }
    let first = try recipe(rates[0], lambdas[0])
    let parts = try options.parts(first)
    let fitted = try parts.train.split(test: validation, seed: first.seed &+ 1)
    let trainer = try first.trainer(for: fitted.train, backend: execution.backend)
    try trainer.prepare(fitted.train)
    var report = GridReport(
      data: options.data ?? "", table: parts.all, learningRates: rates, lambdas: lambdas,
      seeds: (0..<seeds).map { first.seed &+ UInt64($0) },
      compileMilliseconds: trainer.compileTimes.total.inSeconds * 1e3)
    let clock = ContinuousClock()
    let start = clock.now
    let total = rates.count * lambdas.count * seeds
    let isTerminal = isatty(STDERR_FILENO) == 1 && !execution.quiet
    defer { if isTerminal { Console.progress("") } }
    for rate in rates {
      for lambda in lambdas {
        let here = try recipe(rate, lambda)
        for seed in report.seeds {
          if isTerminal {
            Console.progress(
              "training \(report.trainings.count + 1)/\(total): learning rate \(rate), λ \(lambda)")
          }
          trainer.restart(seed: seed)
          try trainer.adjust(optimizer: here.optimizer, regularization: here.regularization)
          var training = GridReport.Training(learningRate: rate, lambda: lambda, seed: seed)
          do {
            let history = try trainer.fit(
              fitted.train, epochs: epochs, cancellation: Interrupt.cancellation, progress: .silent)
            if history.isCancelled {
              report.interrupted = true
              report.seconds = (clock.now - start).inSeconds
              return report
            }
            let chosen = try trainer.evaluate(fitted.test)
            training.validationLoss = chosen.loss
            training.validationMetric = chosen.metric
            training.testMetric = try parts.test.map { try trainer.evaluate($0) }?.metric
          } catch TrainingError.notFiniteCost {
            training.diverged = true
          }
          report.trainings.append(training)
        }
      }
    }
    report.seconds = (clock.now - start).inSeconds
    return report
  }

  private static func numbers(
    _ name: String, _ text: String, _ isAllowed: (Double) -> Bool
  ) throws(UsageError) -> [Double] {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false)
      .map { Double($0.trimmingCharacters(in: .whitespaces)) }
    var result: [Double] = []
    for number in numbers {
      if let number, number.isFinite, !isAllowed(number) {
        throw UsageError("\(name) has \(number), which is too small; give numbers such as 1e-3,1e-2")
      }
      guard let number, number.isFinite, !result.contains(number) else {
        throw UsageError(
          "\(name) '\(text)' is no list of different numbers; give some with commas between them, such as 1e-3,1e-2"
        )
      }
      result.append(number)
    }
    return result
  }
}

/// What `grid` says.
struct GridReport: Encodable {
  struct Training: Encodable {
    let learningRate: Double
    let lambda: Double
    let seed: UInt64
    var validationLoss: Double?
    /// Accuracy or R².
    var validationMetric: Double?
    var testMetric: Double?
    /// Whether the cost became a NaN or infinite.
    var diverged = false
  }
  /// A place of the grid, with means over the seeds; nothing where one of them diverged.
  struct Place: Encodable {
    let learningRate: Double
    let lambda: Double
    let validationLoss: Double
    let validationMetric: Double?
    let testMetric: Double?
  }
  let data: String
  let task: Table.Task
  /// What the task was inferred from, unless --task says it.
  let taskInferredFrom: String?
  /// Labels that are one class though they are written in different ways.
  let mergedLabels: [[String]]
  let learningRates: [Double]
  let lambdas: [Double]
  let seeds: [UInt64]
  /// Once for all trainings.
  let compileMilliseconds: Double
  var seconds = 0.0
  var interrupted = false
  var trainings: [Training] = [] { didSet { best = places.min { Self.isBetter($0, $1) } } }
  private(set) var best: Place?

  init(
    data: String, table: Table, learningRates: [Double], lambdas: [Double], seeds: [UInt64],
    compileMilliseconds: Double
  ) {
    (self.data, self.learningRates, self.lambdas) = (data, learningRates, lambdas)
    task = table.task ?? .regression
    (taskInferredFrom, mergedLabels) = (table.targetReading?.reason, table.targetReading?.merged ?? [])
    (self.seeds, self.compileMilliseconds) = (seeds, compileMilliseconds)
  }

  /// By the metric, and where that is the same by the loss.
  private static func isBetter(_ a: Place, _ b: Place) -> Bool {
    let (first, second) = (a.validationMetric ?? 0, b.validationMetric ?? 0)
    return first != second ? first > second : a.validationLoss < b.validationLoss
  }

  func place(_ rate: Double, _ lambda: Double) -> Place? {
    let here = trainings.filter { $0.learningRate == rate && $0.lambda == lambda }
    guard !here.isEmpty, here.count == seeds.count, !here.contains(where: \.diverged) else { return nil }
    func mean(_ value: (Training) -> Double?) -> Double? {
      let values = here.compactMap(value)
      return values.count == here.count ? values.reduce(0, +) / Double(values.count) : nil
    }
    return Place(
      learningRate: rate, lambda: lambda, validationLoss: mean(\.validationLoss) ?? .infinity,
      validationMetric: mean(\.validationMetric), testMetric: mean(\.testMetric))
  }

  private var places: [Place] {
    learningRates.flatMap { rate in lambdas.compactMap { place(rate, $0) } }
  }

  var heatMap: HeatMap {
    let values = learningRates.map { rate in
      lambdas.map { lambda in place(rate, lambda)?.validationMetric ?? .nan }
    }
    let name = task.metricName
    // An R² far below 0 would leave no colours for the others.
    let found = values.joined().filter(\.isFinite)
    let (low, high) = (found.min() ?? 0, found.max() ?? 1)
    return HeatMap(
      "\(name == "R²" ? name : "Accuracy") on validation rows", values: values, rows: learningRates,
      columns: lambdas, rowTitle: "learning rate", columnTitle: "λ of the penalty λ Σw²", valueTitle: name,
      range: low < -1 && high > -1 ? -1...high : nil,
      best: .greatest)
  }

  func text(picture: String?) -> String {
    let title = "\(task.metricName) by validation rows"
    var table = TextTable(
      [title] + lambdas.map { "λ \(Format.number($0))" }, [.left] + lambdas.map { _ in .right })
    for rate in learningRates {
      table.row(
        ["rate \(Format.number(rate))"]
          + lambdas.map { lambda in
            guard let place = place(rate, lambda) else {
              return trainings.contains { $0.learningRate == rate && $0.lambda == lambda } ? "diverged" : ""
            }
            return place.validationMetric.map { Format.fixed($0, 4) } ?? ""
          })
    }
    var lines = [table.text, ""]
    if let best {
      let test = best.testMetric.map { ", test \(task.metricName) \(Format.fixed($0, 4))" } ?? ""
      lines.append(
        "best: learning rate \(Format.number(best.learningRate)), λ \(Format.number(best.lambda)), \(task.metricName) \(best.validationMetric.map { Format.fixed($0, 4) } ?? "")\(test)"
      )
    }
    let count = trainings.count
    if interrupted {
      let all = learningRates.count * lambdas.count * seeds.count
      lines.append("interrupted after \(count) of \(all) trainings")
    }
    lines.append(
      "\(count) training\(count == 1 ? "" : "s") in \(Format.time(seconds)), compiled once in \(Format.fixed(compileMilliseconds, 2)) ms"
    )
    if let reason = taskInferredFrom { lines.append("task: \(task.rawValue), inferred from \(reason)") }
    if !mergedLabels.isEmpty { lines.append("labels: \(Table.TargetReading.text(ofMerged: mergedLabels))") }
    if let picture { lines.append("picture: \(picture)") }
    return lines.joined(separator: "\n")
  }
}
