import Foundation
import Testing

/// What `train --run` keeps, options from a file, grids and pictures.
@Suite("Runs, files of options, grids, pictures")
struct RunTests {
  static let iris = ["--data", Command.data("iris.csv"), "--target", "species"]

  static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test func aRunsFolderHoldsAllOfIt() throws {
    let scratch = try Scratch()
    let run = scratch.path("run")
    let first = try adjoint(
      ["train"] + Self.iris + [
        "--layers", "8", "--epochs", "4", "--validation", "0.2", "--run", run, "--quiet",
      ])
    #expect(first.status == 0, "\(first.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: run).sorted()
    #expect(
      names.filter { !$0.hasPrefix("events.out.tfevents.") } == [
        "checkpoint.safetensors", "config.yaml", "loss.svg", "metrics.jsonl", "model.adj", "report.json",
        "run.json", "step.c",
      ])
    #expect(names.contains { $0.hasPrefix("events.out.tfevents.") })
    let epochs = try Self.text(run + "/metrics.jsonl").split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    #expect(epochs.map { $0["epoch"] as? Int } == [1, 2, 3, 4])
    #expect(epochs.allSatisfy { $0["validation_loss"] is Double && $0["learning_rate"] as? Double == 1e-3 })
    let facts = try #require(
      try JSONSerialization.jsonObject(with: Data(Self.text(run + "/run.json").utf8)) as? [String: Any])
    #expect(facts["seed"] as? Int == 42 && facts["optimizer"] as? String == "Adam")
    #expect(facts["parameters"] as? Int == 4 * 8 + 8 + 8 * 3 + 3)
    #expect(facts["task"] as? String == "multiclass" && facts["data_checksum"] is String)
    #expect((facts["data"] as? [String: String]) == ["x": "float32[96,4]", "y": "int32[96]"])
    // 150 rows without 30 to test with and 24 to choose by.
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(Self.text(run + "/report.json").utf8)) as? [String: Any])
    #expect(
      ["train_rows", "validation_rows", "test_rows"].map { report[$0] as? Int } == [96, 24, 30])
    #expect(report["validation_accuracy"] as? Double == epochs.last?["validation_metric"] as? Double)
    #expect(first.output.contains("96 to train, 24 to validate, 30 to test"))
    #expect(try Self.text(run + "/step.c").contains("int step("))
    #expect(try Self.text(run + "/loss.svg").hasPrefix("<svg"))

    // The configuration does it again, to the last bit.
    let again = try adjoint("train", run + "/config.yaml", "--out", scratch.path("again.adj"), "--quiet")
    #expect(again.status == 0, "\(again.errors)")
    let models = try [run + "/model.adj", scratch.path("again.adj")].map {
      try Data(contentsOf: URL(filePath: $0))
    }
    #expect(models[0] == models[1])

    let twice = try adjoint("train", run + "/config.yaml", "--run", run, "--quiet")
    #expect(twice.status == 64 && twice.errors.contains("holds a run already; add --resume"))

    // Other rows are not gone on with, and nothing is written then.
    let configuration = try Self.text(run + "/config.yaml")
    let other = try adjoint(
      "train", run + "/config.yaml", "--run", run, "--resume", "--test", "0.5", "--quiet")
    #expect(other.status == 1 && other.errors.contains("it is of other rows to train on"), "\(other.errors)")
    #expect(try Self.text(run + "/config.yaml") == configuration)
    let twin = try adjoint(
      ["train"] + Self.iris + ["--checkpoint", run + "/checkpoint.safetensors", "--epochs", "1"])
    #expect(twin.status == 64 && twin.errors.contains("is there already; add --resume"))

    // Going on adds to what is there.
    let more = try adjoint(
      "train", run + "/config.yaml", "--run", run, "--resume", "--epochs", "6", "--quiet")
    #expect(more.status == 0, "\(more.errors)")
    #expect(try Self.text(run + "/metrics.jsonl").split(separator: "\n").count == 6)
    #expect(try Self.text(run + "/config.yaml").contains("epochs: 6\n"))

    // Without what says what was trained, the options say it again.
    try FileManager.default.removeItem(atPath: run + "/config.yaml")
    let unknown = try adjoint("train", "--run", run, "--resume", "--epochs", "7", "--quiet")
    #expect(unknown.status == 64 && unknown.errors.contains("holds no config.yaml"), "\(unknown.errors)")

    let losses = try adjoint("plot", run, "--json").json()
    let series = try #require(losses["series"] as? [[String: Any]])
    #expect(series.map { $0["name"] as? String } == ["training", "validation"])
    #expect(series.first?["x"] as? [Int] == [1, 2, 3, 4, 5, 6])
  }

  @Test func aFolderOfOnesOwnFilesIsNoRun() throws {
    let scratch = try Scratch()
    let own = scratch.path("own")
    try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
    try "my: notes".write(toFile: own + "/config.yaml", atomically: true, encoding: .utf8)
    for resume in [[], ["--resume"]] {
      let run = try adjoint(["train"] + Self.iris + ["--epochs", "1", "--run", own, "--quiet"] + resume)
      #expect(run.status == 1 && run.errors.contains("it holds config.yaml already"), "\(run.errors)")
      #expect(run.errors.contains(resume.isEmpty ? "go on with that run (--resume)" : "but no run.json"))
    }
    #expect(try Self.text(own + "/config.yaml") == "my: notes")
  }

  @Test func theCommandLineGoesOverAFile() throws {
    let scratch = try Scratch()
    let config = try scratch.file(
      "config.yaml",
      """
      # Everything that train takes.
      data: \(Command.data("iris.csv"))
      target: species
      layers: [6, 5]
      learning-rate: 1e-2
      epochs: 2
      patience:
      quiet: true
      json: true
      """)
    let plain = try adjoint("train", config).json()
    #expect(plain["layers"] as? [Int] == [4, 6, 5, 3] && plain["epochs"] as? Int == 2)
    let over = try adjoint("train", config, "--epochs", "3", "--layers", "7").json()
    #expect(over["layers"] as? [Int] == [4, 7, 3] && over["epochs"] as? Int == 3)
  }

  @Test(arguments: [
    ("epochs: [1, 2\n", "config.yaml:2: this is no YAML"),
    ("epochs: 3\nepochs: 4\n", "config.yaml:2: this is no YAML ('epochs' stands on line 1 already)"),
    (
      "# twice\ndata: a.csv\n\n'epochs': 3\nepochs-are: 2\nepochs : 4\n",
      "config.yaml:6: this is no YAML ('epochs' stands on line 4 already)"
    ),
    (
      "epochs: many\n",
      "config.yaml:1: the value 'many' is invalid for '--epochs <number>'; see adjoint train --help"
    ),
    (
      "data: a.csv\n# How\noptimizer: adamm\n",
      "config.yaml:3: the value 'adamm' is invalid for '--optimizer <optimizer>'; give one of adam, sgd, momentum"
    ),
    (
      "epochs: 2\nscale: log\n",
      "config.yaml:2: the value 'log' is invalid for '--scale <scale>'; give one of 'standard', 'min-max' or 'none'"
    ),
    ("data: a.csv\ntarget: y\nepochs: 0\n", "config.yaml:3: --epochs is 0; give at least 1"),
    (
      "data: a.csv\nlearning-rates: [1e-3, 1e-2]\n",
      "config.yaml:2: there is no option 'learning-rates' of adjoint train; it is one of adjoint grid"
    ),
    ("- epochs\n", "config.yaml:1: it is no list of options with their values"),
    (
      "data: d.csv\nlearning_rate: 1\n",
      "config.yaml:2: there is no option 'learning_rate'; did you mean 'learning-rate'?"
    ),
    ("resume: 7\n", "config.yaml:1: 'resume' has a value that it cannot have; give true or false"),
    (
      "layers: {a: 1}\n",
      "config.yaml:1: 'layers' has a value that it cannot have; give one value, or a list of values"
    ),
    ("layers: [[1]]\n", "'layers' has a value that it cannot have; give a list of single values"),
    ("[a, b]: 1\n", "config.yaml:1: an option's name is a list"),
    ("? \"a\\nb\"\n: 1\n", "config.yaml:1: there is no option 'a b'"),
    // A key of 2⁴⁰ leaves, which the parser would compare with the others.
    (
      "- &a0 [x, x]\n" + (1..<40).map { "- &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined()
        + "- ? *a39\n  : 1\n  b: 1\n",
      "config.yaml: it has more than 16 aliases (*name); write the values themselves"
    ),
  ])
  func whatAFileMustNotHold(_ text: String, _ message: String) throws {
    let scratch = try Scratch()
    let run = try adjoint("train", try scratch.file("config.yaml", text))
    #expect(run.status == 64 && run.output.isEmpty)
    #expect(run.errorLines.count == 1 && run.errors.contains(message), "\(run.errors)")
  }

  @Test func aGridCompilesOnceAndDrawsItsPlaces() throws {
    let scratch = try Scratch()
    let picture = scratch.path("grid.svg")
    let run = try adjoint(
      ["grid"] + Self.iris + [
        "--layers", "8", "--learning-rates", "1e-4,1e-2", "--lambdas", "0,1e-3,10", "--seeds", "2",
        "--epochs", "20",
        "--svg", picture, "--json", "--quiet",
      ])
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json()
    let trainings = try #require(report["trainings"] as? [[String: Any]])
    #expect(trainings.count == 12)
    // One of them alone is the same training.
    let best = try #require(report["best"] as? [String: Any])
    #expect(best["learning_rate"] as? Double == 0.01)
    let alone = try adjoint(
      ["grid"] + Self.iris + [
        "--layers", "8", "--learning-rates", "1e-2", "--lambdas", "10", "--seeds", "2", "--epochs", "20",
        "--json",
        "--quiet",
      ]
    ).json()
    let same = trainings.filter { $0["learning_rate"] as? Double == 0.01 && $0["lambda"] as? Double == 10 }
    let single = try #require(alone["trainings"] as? [[String: Any]])
    #expect(same.map { $0["validation_loss"] as? Double } == single.map { $0["validation_loss"] as? Double })
    let svg = try Self.text(picture)
    #expect(svg.hasPrefix("<svg") && svg.contains("learning rate"))
    let text = try adjoint(
      ["grid"] + Self.iris + ["--learning-rates", "1e-3,1e30", "--lambdas", "0", "--epochs", "2", "--quiet"])
    #expect(text.output.contains("diverged") && text.output.contains("2 trainings"), "\(text.output)")
  }

  @Test(arguments: [
    ["--learning-rate", "1"], ["--l2", "1"], ["--learning-rates", "1e-3,x"], ["--lambdas", "-1"],
    ["--learning-rates", "1,1"], ["--seeds", "0"], ["--validation", "0"], ["--optimizer", "lbfgs"],
  ])
  func whatAGridDoesNotTake(_ options: [String]) throws {
    let run = try adjoint(["grid"] + Self.iris + options)
    #expect(run.status == 64 && run.errorLines.count == 1 && run.errors.contains(options[0]), "\(run.errors)")
  }

  @Test func picturesOfModels() throws {
    let scratch = try Scratch()
    func model(_ name: String, _ options: [String]) throws -> String {
      let path = scratch.path(name)
      let run = try adjoint(
        ["train"] + options + ["--epochs", "30", "--layers", "8", "--out", path, "--quiet"])
      #expect(run.status == 0, "\(run.errors)")
      return path
    }
    let flowers = try model("iris.adj", Self.iris + ["--learning-rate", "1e-2", "--batch", "16"])
    let confusion = try adjoint("plot", flowers, "--data", Command.data("iris.csv"), "--json").json()
    let counts = try #require(confusion["confusion"] as? [[Int]])
    #expect(counts.map { $0.reduce(0, +) } == [50, 50, 50])
    #expect(confusion["classes"] as? [String] == ["setosa", "versicolor", "virginica"])

    let cells = try model("wdbc.adj", ["--data", Command.data("wdbc.csv"), "--target", "benign"])
    let out = scratch.path("roc.svg")
    let roc = try adjoint(
      "plot", cells, "--data", Command.data("wdbc.csv"), "--kind", "roc", "--out", out, "--json"
    ).json()
    #expect(try #require(roc["area"] as? Double) > 0.98)
    #expect(try Self.text(out).hasPrefix("<svg"))

    let line = try scratch.file(
      "line.csv", "x,y\n" + (0..<60).map { "\(Double($0) / 10),\(3 * Double($0) / 10 + 1)\n" }.joined())
    let fit = try adjoint("plot", try model("line.adj", ["--data", line, "--target", "y"]), "--data", line)
    #expect(
      fit.status == 0 && fit.output.hasPrefix("<svg") && fit.output.contains(">model<"), "\(fit.errors)")

    for (arguments, message) in [
      ([flowers], "is no folder of a run; for a saved model add --data"),
      ([flowers, "--kind", "confusion"], "needs rows to compare the model with"),
      ([flowers, "--data", Command.data("iris.csv"), "--kind", "roc"], "give confusion, or leave it out"),
      ([cells, "--data", line], "no column 'mean_radius'"),
    ] {
      let run = try adjoint(["plot"] + arguments)
      #expect(run.status != 0 && run.errorLines.count == 1 && run.errors.contains(message), "\(run.errors)")
    }
  }

  @Test func dropoutAndQuasiNewtonStepsFromTheCommandLine() throws {
    let common = Self.iris + ["--layers", "10", "--quiet", "--json"]
    let dropped = try adjoint(
      ["train"] + common + ["--dropout", "0.2", "--batch", "16", "--learning-rate", "1e-2", "--epochs", "60"]
    ).json()
    #expect(try #require(dropped["test_accuracy"] as? Double) > 0.9)
    let newton = try adjoint(["train"] + common + ["--optimizer", "lbfgs", "--epochs", "40", "--l2", "1e-3"])
      .json()
    #expect(try #require(newton["test_accuracy"] as? Double) > 0.9)
    for options in [["--dropout", "1"], ["--optimizer", "lbfgs", "--batch", "8"]] {
      let run = try adjoint(["train"] + common + options)
      #expect(run.status == 64 && run.errorLines.count == 1, "\(run.errors)")
    }
  }
}
