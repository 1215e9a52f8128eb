import Foundation
import Testing

/// train → predict → dump on real data.
@Suite struct JourneyTests {
  @Test func breastCancerIsBinaryAndLearned() throws {
    let scratch = try Scratch()
    let model = scratch.path("wdbc.adj")
    let trained = try adjoint(
      "train", "--data", Command.data("wdbc.csv"), "--target", "benign", "--layers", "64,32", "--l2", "1e-4",
      "--epochs", "20", "--seed", "42", "--out", model, "--json")
    #expect(trained.status == 0)
    let report = try trained.json()
    #expect(report["task"] as? String == "binary")
    #expect(report["layers"] as? [Int] == [30, 64, 32, 1])
    // 31·64 + 65·32 + 33
    #expect(report["parameters"] as? Int == 4097)
    // 20 % of 569 rows, rounded up.
    #expect(report["test_rows"] as? Int == 114)
    // 455 rows in batches of 64 are 8 steps.
    #expect(report["steps"] as? Int == 160)
    let accuracy = try #require(report["test_accuracy"] as? Double)
    #expect(accuracy >= 0.95)
    // Progress is not on a terminal here: one line for each tenth.
    #expect(trained.errorLines.count == 10)

    let predicted = try adjoint("predict", model, "--data", Command.data("wdbc.csv"), "--json")
    #expect(predicted.status == 0)
    #expect(predicted.errors.contains("the model was trained with rows of \(Command.data("wdbc.csv"))"))
    let prediction = try predicted.json()
    #expect(prediction["rows"] as? Int == 569)
    let rows = try #require(prediction["predictions"] as? [[String: Any]])
    let labels = rows.compactMap { $0["label"] as? String }
    let truth = try String(contentsOfFile: Command.data("wdbc.csv"), encoding: .utf8)
      .split(separator: "\n").dropFirst().compactMap { $0.split(separator: ",").last.map(String.init) }
    let right = zip(labels, truth).count { $0 == $1 }
    let stated = try #require(prediction["accuracy"] as? Double)
    #expect(abs(stated * 569 - Double(right)) < 1e-9)
    #expect(right > 540)
    for row in rows {
      let probabilities = try #require(row["probabilities"] as? [Double])
      #expect(probabilities.count == 2 && abs(probabilities.reduce(0, +) - 1) < 1e-12)
    }

    for stage in ["graph", "gradient", "kernels", "c"] {
      let dumped = try adjoint("dump", model, "--stage", stage)
      #expect(dumped.status == 0 && dumped.errors.isEmpty && dumped.output.contains("dense1"))
    }
  }

  @Test func irisHasThreeClasses() throws {
    let scratch = try Scratch()
    let model = scratch.path("iris.adj")
    let trained = try adjoint(
      "train", "--data", Command.data("iris.csv"), "--target", "species", "--layers", "16", "--learning-rate",
      "0.02", "--epochs", "30", "--quiet", "--out", model)
    #expect(trained.status == 0 && trained.errors.isEmpty)
    #expect(trained.output.contains("multiclass, target 'species': setosa, versicolor, virginica"))

    let csv = scratch.path("predictions.csv")
    let predicted = try adjoint("predict", model, "--data", Command.data("iris.csv"), "--out", csv)
    #expect(predicted.status == 0 && predicted.output.isEmpty)
    let lines = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 151)
    #expect(lines[0] == "row,prediction,probability_setosa,probability_versicolor,probability_virginica")
    // The first 50 rows are setosa, which a line separates from the others (Fisher 1936).
    #expect(lines[1...50].allSatisfy { $0.split(separator: ",")[1] == "setosa" })
  }

  @Test func diabetesIsARegressionThatAllBackendsLearnAlike() throws {
    func train(_ backend: String) throws -> [String: Any] {
      let run = try adjoint(
        "train", "--data", Command.data("diabetes.csv"), "--target", "progression", "--layers", "8",
        "--epochs",
        "30", "--learning-rate", "0.02", "--precision", "float64", "--backend", backend, "--quiet", "--json")
      #expect(run.status == 0)
      return try run.json()
    }
    let (compiled, interpreted, native) = (try train("tcc"), try train("interpreter"), try train("native"))
    #expect(compiled["task"] as? String == "regression")
    #expect(compiled["model"] == nil)
    let r2 = try #require(compiled["train_r2"] as? Double)
    #expect(r2 > 0)
    let other = try #require(interpreted["train_r2"] as? Double)
    #expect(abs(r2 - other) < 1e-8)
    #expect(native["train_r2"] as? Double == r2)
    #expect(native["backend"] as? String == "native" && native["instruction_set"] is String)
  }

  @Test func predictsWithoutTheTargetColumn() throws {
    let scratch = try Scratch()
    let model = scratch.path("m.adj")
    let data = try scratch.file(
      "data.csv", "a,b,y\n" + (0..<40).map { "\($0),\($0 % 7),\(2 * $0).5\n" }.joined())
    #expect(
      try adjoint("train", "--data", data, "--target", "y", "--epochs", "1", "--out", model).status == 0)
    // Other columns, in another order.
    let new = try scratch.file("new.csv", "note,b,a\nhello,3,4\n,1,2\n")
    let predicted = try adjoint("predict", model, "--data", new)
    #expect(predicted.status == 0 && predicted.errors.isEmpty)
    #expect(predicted.output.split(separator: "\n").count == 3)
  }

  @Test func rSquaredIsLeftOutWhereItHasNoMeaning() throws {
    let scratch = try Scratch()
    let model = scratch.path("m.adj")
    let data = try scratch.file("data.csv", "a,y\n" + (0..<40).map { "\($0),\(2 * $0).5\n" }.joined())
    #expect(
      try adjoint("train", "--data", data, "--target", "y", "--epochs", "1", "--out", model).status == 0)
    let constant = try scratch.file("constant.csv", "a,y\n1,0.1\n2,0.1\n3,0.1\n")
    let text = try adjoint("predict", model, "--data", constant)
    #expect(text.status == 0)
    #expect(text.errors == "no R², as all targets are equal, on 3 rows of \(constant)\n")
    let report = try adjoint("predict", model, "--data", constant, "--json").json()
    #expect(report["rows"] as? Int == 3 && report["r2"] == nil)
    // The library's own on other rows: 1 − Σ(t − y)² / Σ(t − mean)².
    let whole = try adjoint("predict", model, "--data", data, "--json").json()
    let rows = try #require(whole["predictions"] as? [[String: Any]])
    let found = rows.compactMap { $0["prediction"] as? Double }
    let residual = found.enumerated().reduce(0) { $0 + pow(Double(2 * $1.offset) + 0.5 - $1.element, 2) }
    // Σ (2i − 39)² for i in 0..<40 is 4 · 40 (40² − 1) / 12.
    let stated = try #require(whole["r2"] as? Double)
    #expect(abs(stated - (1 - residual / 21320)) < 1e-9)
  }

  @Test func trainingIsTheSameForTheSameSeed() throws {
    func lossOf(_ seed: String) throws -> Double {
      let run = try adjoint(
        "train", "--data", Command.data("iris.csv"), "--target", "species", "--layers", "8", "--epochs", "3",
        "--seed", seed, "--quiet", "--json")
      return try #require(try run.json()["train_loss"] as? Double)
    }
    #expect(try lossOf("7") == lossOf("7"))
    #expect(try lossOf("7") != lossOf("8"))
  }

  /// With rates that suit them: AdaDelta's is a factor of steps that it finds by itself.
  @Test(arguments: [
    ("adagrad", "0.1"), ("rmsprop", "0.01"), ("adadelta", "1"), ("amsgrad", "0.01"), ("adamw", "0.01"),
    ("lion", "0.01"),
  ])
  func everyOptimizerLearns(_ name: String, _ rate: String) throws {
    let run = try adjoint(
      "train", "--data", Command.data("iris.csv"), "--target", "species", "--layers", "16", "--batch", "16",
      "--optimizer", name, "--learning-rate", rate, "--schedule", "warm-up:2,exponential:0.99", "--clip-norm",
      "5", "--epochs", "120", "--quiet", "--json")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try #require(try run.json()["test_accuracy"] as? Double) >= 0.9)
  }

  @Test func anInterruptedTrainingGoesOnAsIfItHadNotBeen() throws {
    let scratch = try Scratch()
    let checkpoint = scratch.path("run.safetensors")
    func train(epochs: String, _ options: String...) throws -> Run {
      try adjoint(
        [
          "train", "--data", Command.data("iris.csv"), "--target", "species", "--layers", "8", "--validation",
          "0.2", "--epochs", epochs, "--schedule", "time:3", "--quiet", "--json",
        ] + options)
    }
    let whole = try train(epochs: "12", "--patience", "50", "--out", scratch.path("whole.adj"))
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(try whole.json()["best_epoch"] != nil && whole.json()["stopped_early"] as? Bool == false)
    // Where there is no file yet, --resume begins.
    for epochs in ["4", "12"] {
      let part = try train(
        epochs: epochs, "--patience", "50", "--checkpoint", checkpoint, "--resume", "--out",
        scratch.path("parts.adj"))
      #expect(part.status == 0, "\(part.errors)")
    }
    let models = try ["whole.adj", "parts.adj"].map { try Data(contentsOf: URL(filePath: scratch.path($0))) }
    #expect(models[0] == models[1])
  }

  @Test func nothingIsHeldOutWhereTestIsZero() throws {
    let run = try adjoint(
      "train", "--data", Command.data("iris.csv"), "--target", "species", "--test", "0", "--epochs", "1",
      "--quiet", "--json")
    let report = try run.json()
    #expect(report["train_rows"] as? Int == 150 && report["test_rows"] as? Int == 0)
    #expect(report["test_accuracy"] == nil)
  }
}
