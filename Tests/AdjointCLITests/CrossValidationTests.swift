import Adjoint
import Foundation
import Testing

/// `adjoint cross-validate`
@Suite("Cross-validation from the command line")
struct CrossValidationTests {
  private static let wdbc = [
    "--data", Command.data("wdbc.csv"), "--target", "benign", "--layers", "8", "--epochs", "3",
  ]
  private static let diabetes = [
    "--data", Command.data("diabetes.csv"), "--target", "progression", "--layers", "8", "--epochs", "20",
    "--learning-rate", "0.02",
  ]

  private func validate(_ options: [String]...) throws -> [String: Any] {
    let run = try adjoint(["cross-validate", "--quiet", "--json"] + options.flatMap { $0 })
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    return try run.json()
  }

  private func numbers(_ report: [String: Any], _ key: String) throws -> [Double] {
    try #require(report["parts"] as? [[String: Any]]).map { try #require($0[key] as? Double) }
  }

  @Test("Folds test with each row once, and train with the others")
  func rowsOfFolds() throws {
    let report = try validate(Self.wdbc)
    // 569 = 4 · 114 + 113
    #expect(try numbers(report, "test_rows").sorted() == [113, 114, 114, 114, 114])
    let rows = try zip(numbers(report, "train_rows"), numbers(report, "test_rows")).map { $0 + $1 }
    #expect(rows == [569, 569, 569, 569, 569])
    #expect(report["is_stratified"] as? Bool == true && report["method"] as? String == "folds")
    // Batches of 64 rows, and what is left of 455 and 456.
    #expect(report["compiled_steps"] as? Int == 3)
    #expect(try numbers(validate(Self.wdbc, ["--folds", "3"]), "test_rows").count == 3)
  }

  @Test("Resamples train with as many rows as there are, and test with those that were not drawn")
  func rowsOfResamples() throws {
    let report = try validate(Self.wdbc, ["--bootstrap", "20", "--epochs", "1"])
    #expect(try numbers(report, "train_rows") == [Double](repeating: 569, count: 20))
    let tested = try numbers(report, "test_rows")
    #expect(Set(tested).count > 1)
    // A row is left out with the probability (1 − 1/n)ⁿ; the deviation of the mean of 20 shares is below 0.003.
    let share = tested.reduce(0, +) / 20 / 569
    #expect(abs(share - pow(1 - 1 / 569.0, 569)) < 0.012)
    #expect(report["compiled_steps"] as? Int == 2)
  }

  @Test(
    "Mean and deviation are those of the parts",
    arguments: [
      (wdbc, ["loss", "accuracy"], ["r2", "mean_squared_error"]),
      (diabetes, ["loss", "r2", "mean_squared_error"], ["accuracy"]),
    ])
  func summary(_ data: [String], _ keys: [String], _ others: [String]) throws {
    let report = try validate(data)
    for key in keys {
      let values = try numbers(report, key)
      // Σx² − n·mean², which is not how the command computes it.
      let mean = values.reduce(0, +) / 5
      let variance = (values.reduce(0) { $0 + $1 * $1 } - 5 * mean * mean) / 4
      let spread = try #require(report[key] as? [String: Double])
      #expect(abs(try #require(spread["mean"]) - mean) <= 1e-12 * abs(mean))
      #expect(abs(try #require(spread["deviation"]) - variance.squareRoot()) <= 1e-6 * abs(mean))
    }
    for key in others { #expect(report[key] == nil) }
    #expect(report["task"] as? String == (keys.contains("r2") ? "regression" : "binary"))
  }

  @Test("Each part is trained as a network of its own would be, on rows scaled by themselves")
  func sameAsTrainedAlone() throws {
    struct Report: Decodable {
      struct Part: Decodable { let loss: Double }
      let parts: [Part]
    }
    let run = try adjoint(
      ["cross-validate", "--quiet", "--json", "--seed", "7", "--precision", "float64"] + Self.wdbc)
    // JSONSerialization reads some numbers a digit off, the decoder none.
    let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
    let table = try Table(csv: Command.data("wdbc.csv"), target: "benign").standardized()
    let losses = try table.folds(5, seed: 7, stratified: true).map { part in
      let model = Sequential {
        Dense(8, activation: .relu)
        Dense(1)
      }
      let trainer = try Trainer(
        model, loss: .binaryCrossEntropy, optimizer: .adam(), batchSize: 64, seed: 7, scalarType: .float64)
      try trainer.fit(part.train, epochs: 3, progress: .silent)
      return try trainer.evaluate(part.test).loss
    }
    #expect(report.parts.map(\.loss) == losses && losses.count == 5)
  }

  @Test("The part in which a training diverges is named")
  func divergingPart() throws {
    let run = try adjoint(
      ["cross-validate", "--quiet"] + Self.diabetes + ["--optimizer", "sgd", "--learning-rate", "1e20"])
    #expect(run.status != 0 && run.output.isEmpty)
    #expect(run.errorLines.count == 2)
    #expect(run.errorLines.first == "note: in fold 1 of 5:")
    #expect(run.errorLines.last?.contains("docs/errors.md#not-finite-cost") == true)
  }

  @Test("A seed settles everything", arguments: [["--folds", "4"], ["--bootstrap", "4"]])
  func seeds(_ method: [String]) throws {
    func losses(_ seed: String) throws -> [Double] {
      try numbers(validate(Self.diabetes, method, ["--seed", seed]), "loss")
    }
    let first = try losses("1")
    #expect(try losses("1") == first)
    #expect(try losses("2") != first)
  }

  @Test("L-BFGS, which takes all rows at once, has a step for each number of rows")
  func wholeBatches() throws {
    let report = try validate(Self.wdbc, ["--optimizer", "lbfgs", "--l2", "1e-2"])
    #expect(report["compiled_steps"] as? Int == 2)
    let interpreted = try validate(Self.wdbc, ["--backend", "interpreter", "--epochs", "1"])
    #expect(interpreted["compiled_steps"] as? Int == 0)
  }

  @Test("As a table: the parts, their mean and their deviation")
  func table() throws {
    let run = try adjoint(["cross-validate"] + Self.diabetes + ["--folds", "3"])
    #expect(run.status == 0 && run.errors.isEmpty)
    let lines = run.output.split(separator: "\n")
    #expect(lines[0].hasPrefix("fold") && lines[0].contains("R²") && lines[0].contains("mean squared error"))
    #expect(
      lines.dropFirst().prefix(5).map { $0.prefix { $0 != " " } } == ["1", "2", "3", "mean", "deviation"])
    #expect(lines.last?.contains("compiled") == true)
  }

  @Test("Options may stand in a file, and what is wrong with them is one line")
  func options() throws {
    let scratch = try Scratch()
    let file = try scratch.file(
      "options.yaml",
      "data: \(Command.data("iris.csv"))\ntarget: species\nlayers: [4]\nfolds: 3\nepochs: 1\njson: true\n")
    let run = try adjoint("cross-validate", file, "--folds", "4", "--quiet")
    #expect(try #require(try run.json()["parts"] as? [Any]).count == 4)
    let mistakes: [([String], String)] = [
      (["--test", "0.2"], "--test has no meaning for cross-validation"), (["--folds", "1"], "--folds is 1"),
      (["--bootstrap", "0"], "--bootstrap is 0"), (["--epochs", "0"], "--epochs is 0"),
      (["--folds", "3", "--bootstrap", "3"], "exclude each other"),
      (["--folds", "1000"], "1000 folds of 569 rows"),
      (["--layres", "3"], "(see adjoint cross-validate --help)"),
    ]
    for (options, message) in mistakes {
      let run = try adjoint(["cross-validate"] + Self.wdbc + options)
      #expect(run.status != 0 && run.output.isEmpty && run.errorLines.count == 1, "\(run.errors)")
      #expect(run.errors.contains(message), "\(run.errors)")
    }
  }

  @Test("An interruption ends it with the parts that are done")
  func interruption() throws {
    let scratch = try Scratch()
    let process = Process()
    process.executableURL = try Command.executable()
    process.arguments = ["cross-validate", "--json"] + Self.wdbc + ["--bootstrap", "20000"]
    let output = scratch.path("output")
    try Data().write(to: URL(fileURLWithPath: output))
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    process.standardError = FileHandle.nullDevice
    try process.run()
    Thread.sleep(forTimeInterval: 2)
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    let data = try Data(contentsOf: URL(fileURLWithPath: output))
    let report = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(report["interrupted"] as? Bool == true)
    #expect(try #require(report["parts"] as? [Any]).count < 20_000)
  }
}
