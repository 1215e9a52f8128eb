import Adjoint
import Foundation
import Testing

/// A file that Reference/rows.py wrote.
private func reference(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Reference/\(name)").path
}

/// The same rows as CSV and in each format of arrays.
private struct Source: Sendable, CustomTestStringConvertible {
  let data: String
  let target: String
  var testDescription: String { URL(fileURLWithPath: data).lastPathComponent }

  static let csv = Source(data: Command.data("iris.csv"), target: "species")
  static let arrays = [
    Source(data: reference("iris-x.npy"), target: reference("iris-y.npy")),
    Source(data: reference("iris-images.npy"), target: reference("iris-y.idx.gz")),
    Source(data: reference("iris-x.idx"), target: reference("iris-y.npy")),
    Source(data: reference("iris.npz"), target: "y"),
    Source(data: reference("parts.npz"), target: "y_train"),
  ]

  /// Trains for some epochs, and writes the model.
  func train(to model: String) throws -> Run {
    try adjoint(
      "train", "--data", data, "--target", target, "--layers", "8", "--epochs", "20", "--learning-rate",
      "0.01", "--quiet", "--json", "--out", model)
  }
}

/// NumPy's files and IDX as the command reads them, told by what is in them.
@Suite("Rows in files of arrays")
struct ArrayRowsTests {
  @Test("They train and predict as the same rows of a CSV file, bit for bit", arguments: Source.arrays)
  fileprivate func sameAsCSV(_ source: Source) throws {
    let scratch = try Scratch()
    func learned(_ source: Source) throws -> (report: [String: Any], predictions: [[String: Any]]) {
      let model = scratch.path("\(source.testDescription).adj")
      let trained = try source.train(to: model)
      #expect(trained.status == 0, "\(trained.errors)")
      let target = source.data.hasSuffix("csv") ? [] : ["--target", source.target]
      let predicted = try adjoint(["predict", model, "--data", source.data, "--json"] + target)
      #expect(predicted.status == 0, "\(predicted.errors)")
      let json = try predicted.json()
      var report = try trained.json()
      report["accuracy"] = json["accuracy"]
      return (report, try #require(json["predictions"] as? [[String: Any]]))
    }
    let (csv, arrays) = (try learned(.csv), try learned(source))
    #expect(arrays.report["task"] as? String == "multiclass" && arrays.report["features"] as? Int == 4)
    #expect(arrays.report["classes"] as? [String] == ["0", "1", "2"])
    for key in ["train_loss", "test_loss", "test_accuracy", "accuracy"] {
      let value = try #require(arrays.report[key] as? Double)
      #expect(value == csv.report[key] as? Double, "\(key)")
    }
    #expect(arrays.predictions.count == 150)
    for (one, other) in zip(arrays.predictions, csv.predictions) {
      #expect(one["probabilities"] as? [Double] == other["probabilities"] as? [Double])
    }
  }

  @Test("A model's target is found in a .npz file by its name, and other targets by --target")
  func targetsOfPredictions() throws {
    let scratch = try Scratch()
    let model = scratch.path("m.adj")
    #expect(try Source(data: reference("parts.npz"), target: "y_train").train(to: model).status == 0)
    func errors(_ options: String...) throws -> String {
      let run = try adjoint(["predict", model, "--out", scratch.path("out.csv"), "--data"] + options)
      #expect(run.status == 0, "\(run.errors)")
      return run.errors
    }
    #expect(try errors(reference("parts.npz")).contains("on 150 rows of"))
    #expect(try errors(reference("parts.npz"), "--target", "y_test").contains("on 50 rows of"))
    #expect(try errors(reference("iris-x.idx"), "--target", reference("iris-y.npy")).contains("accuracy"))
    // Without targets there is nothing to compare with.
    #expect(try !errors(reference("iris-x.npy")).contains("accuracy"))
    #expect(try !errors(reference("iris.npz"), "--target", "y").contains("note"))
  }

  @Test("A model of named columns takes arrays by the order of their columns, and classes by number")
  func columnsByOrder() throws {
    let scratch = try Scratch()
    let model = scratch.path("m.adj")
    #expect(try Source.csv.train(to: model).status == 0)
    let csv = try adjoint("predict", model, "--data", Source.csv.data)
    let arrays = try adjoint(
      "predict", model, "--data", reference("iris-x.npy"), "--target", reference("iris-y.npy"))
    #expect(arrays.status == 0 && arrays.output == csv.output, "\(arrays.errors)")
    #expect(arrays.errors.prefix(15) == csv.errors.prefix(15) && csv.errors.hasPrefix("accuracy 0."))
    let plot = try adjoint(
      "plot", model, "--data", reference("iris-x.npy"), "--target", reference("iris-y.npy"), "--json",
      "--out",
      scratch.path("confusion.svg"))
    let other = try adjoint(
      "plot", model, "--data", Source.csv.data, "--json", "--out", scratch.path("other.svg"))
    let confusion = try #require(try plot.json()["confusion"] as? [[Int]])
    #expect(confusion.joined().reduce(0, +) == 150)
    #expect(try other.json()["confusion"] as? [[Int]] == confusion)
  }

  @Test("What is in a file decides, not its name")
  func contentDecides() throws {
    let scratch = try Scratch()
    for (source, name) in [("iris-x.npy", "x.csv"), ("iris-y.idx.gz", "y.npy")] {
      try FileManager.default.copyItem(atPath: reference(source), toPath: scratch.path(name))
    }
    let run = try Source(data: scratch.path("x.csv"), target: scratch.path("y.npy")).train(
      to: scratch.path("m.adj"))
    #expect(run.status == 0, "\(run.errors)")
    let text = try scratch.file("data.npy", "a,y\n" + (0..<40).map { "\($0),\(2 * $0).5\n" }.joined())
    #expect(try Source(data: text, target: "y").train(to: scratch.path("n.adj")).status == 0)
  }

  @Test("The command reads them for dump and grid, too")
  func otherCommands() throws {
    let rows = ["--data", reference("iris.npz"), "--target", "y", "--layers", "8"]
    let dump = try adjoint(["dump", "--stage", "summary"] + rows)
    #expect(dump.status == 0 && dump.output.contains("67"), "\(dump.errors)")
    let grid = try adjoint(
      ["grid", "--learning-rates", "1e-2", "--lambdas", "0", "--epochs", "1", "--quiet", "--json"] + rows)
    #expect(try grid.json()["task"] as? String == "multiclass", "\(grid.errors)")
  }

  @Test("Written digits are learned from the files of MNIST as they are")
  func digits() throws {
    let scratch = try Scratch()
    let model = scratch.path("m.adj")
    let train = try adjoint(
      "train", "--data", Command.data("mnist5k-train-images-idx3-ubyte.gz"), "--target",
      Command.data("mnist5k-train-labels-idx1-ubyte.gz"), "--scale", "min-max", "--layers", "100", "--epochs",
      "5", "--test", "0", "--quiet", "--json", "--out", model)
    #expect(train.status == 0, "\(train.errors)")
    let report = try train.json()
    #expect(report["layers"] as? [Int] == [784, 100, 10])
    #expect(report["rows"] as? Int == 4000 || report["rows"] as? Int == 5000)
    let test = try adjoint(
      "predict", model, "--data", Command.data("mnist5k-test-images-idx3-ubyte.gz"), "--target",
      Command.data("mnist5k-test-labels-idx1-ubyte.gz"), "--json")
    let accuracy = try #require(try test.json()["accuracy"] as? Double)
    #expect(accuracy >= 0.88, "\(accuracy)")
  }

  /// Options of `train`, what they fail with, and the exit code.
  private static let mistakes: [([String], String, Int32)] = [
    (["--data", reference("iris-x.npy")], "holds one array, so give the file of the targets", 64),
    (["--data", reference("iris.npz")], "the arrays of \(reference("iris.npz")) are x, y", 64),
    (["--data", reference("iris-x.npy"), "--target", "y"], "--target 'y' is no file", 64),
    (["--data", reference("iris-x.npy"), "--target", Command.data("iris.csv")], "no file of one array", 64),
    (["--data", reference("iris-x.npy"), "--target", reference("iris.npz")], "no file of one array", 64),
    (["--data", reference("iris.npz"), "--target", "z"], "no array 'z'; ", 1),
    (["--data", reference("unclear.npz"), "--target", "y"], "beside the target 'y' (a, b)", 64),
    (
      ["--data", reference("iris-x.npy"), "--target", reference("one-hot.npy")],
      "one-hot.npy has 3 numbers for each row", 64
    ),
    (
      ["--data", reference("iris-x.npy"), "--target", reference("iris-x.idx")],
      "iris-x.idx has 4 numbers for each row", 64
    ),
    (
      ["--data", reference("gap.npy"), "--target", reference("iris-y.npy")],
      "gap.npy: row 17, column 'x2': the value is missing", 1
    ),
    (
      ["--data", reference("iris-y.npy"), "--target", reference("iris-y.npy")],
      "iris-y.npy: [150] found; give shape [n,d] with at least one row and column", 1
    ),
    (
      [
        "--data", Command.data("mnist5k-test-images-idx3-ubyte.gz"), "--target", reference("iris-y.npy"),
      ], "iris-y.npy: [150] found; give shape [1000] or [1000,k]", 1
    ),
    (
      ["--data", reference("iris.npz"), "--target", "y", "--task", "binary"],
      "iris.npz/y.npy: target 'y' has 3 classes", 1
    ),
    (["--data", reference("iris.npz"), "--target", "y", "--categories", "words"], "--categories has no", 64),
    (["--data", reference("iris.npz"), "--target", "y", "--separator", "tab"], "--separator has no", 64),
    (["--data", reference("iris.npz"), "--target", "y", "--missing", "mean"], "--missing has no", 64),
  ]

  @Test("Mistakes are one line that names the file, the place and the remedy", arguments: mistakes.indices)
  func mistake(_ index: Int) throws {
    let (options, message, status) = Self.mistakes[index]
    let run = try adjoint(["train", "--epochs", "1", "--quiet"] + options)
    #expect(run.status == status && run.output.isEmpty && run.errorLines.count == 1, "\(run.errors)")
    #expect(run.errors.contains(message), "\(run.errors)")
  }

  @Test("Predictions refuse what does not fit the model")
  func mistakesOfPredictions() throws {
    let scratch = try Scratch()
    let (model, words) = (scratch.path("m.adj"), scratch.path("words.adj"))
    #expect(try Source.csv.train(to: model).status == 0)
    let text = try scratch.file(
      "words.csv", "a,b,y\n" + (0..<40).map { "\($0),\($0 % 2 == 0 ? "u" : "v"),\(2 * $0).5\n" }.joined())
    #expect(
      try adjoint(
        "train", "--data", text, "--target", "y", "--categories", "words", "--epochs", "1", "--quiet",
        "--out",
        words
      ).status == 0)
    let images = Command.data("mnist5k-test-images-idx3-ubyte.gz")
    let cases: [([String], String)] = [
      (
        ["predict", model, "--data", images],
        "rows of 784 (shape [1000,28,28]) found; give rows of 4 numbers, one for each of the model's columns"
      ),
      (["predict", words, "--data", reference("iris-x.npy")], "the model's column 'b' holds words"),
      (["predict", model, "--data", Source.csv.data, "--target", "species"], "--target has no meaning"),
      (["predict", model, "--data", reference("iris.npz"), "--unseen", "zeros"], "--unseen has no meaning"),
      (["predict", model, "--data", reference("parts.npz")], "or say which array is the target by --target"),
      (["plot", model, "--data", reference("iris-x.npy")], "say --target"),
      (["plot", model, "--target", reference("iris-y.npy")], "--target goes with --data"),
    ]
    for (arguments, message) in cases {
      let run = try adjoint(arguments)
      #expect(run.status != 0 && run.output.isEmpty && run.errorLines.count == 1, "\(run.errors)")
      #expect(run.errors.contains(message), "\(run.errors)")
    }
  }

  @Test("The file of the targets is not replaced by a model")
  func targetsAreNotReplaced() throws {
    let scratch = try Scratch()
    let target = scratch.path("y.npy")
    try FileManager.default.copyItem(atPath: reference("iris-y.npy"), toPath: target)
    let run = try Source(data: reference("iris-x.npy"), target: target).train(to: target)
    #expect(run.status == 1 && run.errors.contains("it is the file that is read"), "\(run.errors)")
    #expect(
      FileManager.default.contentsEqual(atPath: target, andPath: reference("iris-y.npy")))
  }
}
