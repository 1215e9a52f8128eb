import Foundation
import Testing

/// One file of options for several commands, and for a run that is gone on with.
@Suite("Files of options")
struct OptionsFileTests {
  static let training = """
    data: \(Command.data("iris.csv"))
    target: species
    layers: [8]
    learning-rate: 1e-2
    l2: 1e-4
    epochs: 3
    validation: 0.0
    patience: 5
    checkpoint:
    out: model.adj
    quiet: true
    json: true
    """

  @Test func aFileOfATrainingDoesForAGrid() throws {
    let scratch = try Scratch()
    let file = try scratch.file("iris.yaml", Self.training)
    let run = try adjoint("grid", file, "--learning-rates", "1e-3,1e-2", "--lambdas", "0")
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.errors
        == "note: adjoint grid passes over what \(file) says of learning-rate, l2, validation, patience, out\n"
    )
    let report = try run.json()
    #expect(report["learning_rates"] as? [Double] == [1e-3, 1e-2] && report["lambdas"] as? [Double] == [0])
    // Its three epochs, and the grid's own rows to choose by.
    let same = try adjoint(
      ["grid"] + RunTests.iris + [
        "--layers", "8", "--epochs", "3", "--learning-rates", "1e-3,1e-2", "--lambdas", "0", "--json",
        "--quiet",
      ])
    #expect(same.errors.isEmpty)
    let losses = try [report, same.json()].map { report in
      try #require(report["trainings"] as? [[String: Any]]).map { $0["validation_loss"] as? Double }
    }
    #expect(losses[0] == losses[1] && losses[0].allSatisfy { $0 != nil })
    #expect(try scratch.names == ["iris.yaml"])
  }

  @Test func whatNoCommandHasStaysAnErrorForAGrid() throws {
    let scratch = try Scratch()
    let file = try scratch.file("grid.yaml", "data: a.csv\nlearning_rates: 1e-3\n")
    let run = try adjoint("grid", file)
    #expect(run.status == 64 && run.errorLines.count == 1, "\(run.errors)")
    #expect(
      run.errors.contains(
        "grid.yaml:2: there is no option 'learning_rates'; did you mean 'learning-rates'?"), "\(run.errors)")
  }

  @Test func onTheCommandLineTheyAreErrorsBesideAFile() throws {
    let scratch = try Scratch()
    let file = try scratch.file("iris.yaml", Self.training)
    for option in ["--learning-rate", "--l2"] {
      let run = try adjoint("grid", file, option, "1e-3")
      #expect(run.status == 64 && run.errors.contains("\(option) has no meaning for a grid"), "\(run.errors)")
    }
    let zero = try adjoint("grid", file, "--validation", "0")
    #expect(
      zero.status == 64 && zero.errorLines.last?.hasPrefix("error: --validation is 0.0") == true,
      "\(zero.errors)")
  }

  @Test func aMistakeIsPlacedWhereItWasMade() throws {
    let scratch = try Scratch()
    let file = try scratch.file("iris.yaml", Self.training + "\nbatch: 0\n")
    let there = try adjoint("train", file)
    #expect(
      there.errors == "error: \(file):13: --batch is 0; give at least 1 row (docs/errors.md#command-line)\n")
    let here = try adjoint("train", file, "--batch=-1")
    #expect(here.errors == "error: --batch is -1; give at least 1 row (docs/errors.md#command-line)\n")
  }

  @Test func aLongValueMakesNoLongMessage() throws {
    let scratch = try Scratch()
    let file = try scratch.file("long.yaml", "epochs: " + String(repeating: "many", count: 10_000) + "\n")
    let run = try adjoint("train", file)
    #expect(run.status == 64 && run.errors.hasPrefix("error: \(file):1: the value 'many"), "\(run.errors)")
    #expect(run.errors.utf8.count < 1500)
  }

  /// A run of three epochs of a small network with dropout.
  static func run(in scratch: Scratch) throws -> String {
    let folder = scratch.path("run")
    let first = try adjoint(
      ["train"] + RunTests.iris + [
        "--layers", "6", "--dropout", "0.1", "--l2", "1e-4", "--epochs", "3", "--run", folder, "--quiet",
      ])
    #expect(first.status == 0, "\(first.errors)")
    return folder
  }

  @Test func aRunGoesOnWithItsOwnOptions() throws {
    let scratch = try Scratch()
    let folder = try Self.run(in: scratch)
    let model = scratch.path("whole.adj")
    let whole = try adjoint(
      "train", folder + "/config.yaml", "--epochs", "5", "--out", model, "--quiet")
    #expect(whole.status == 0, "\(whole.errors)")
    for arguments in [["--run", folder, "--resume"], ["--resume", "--run=" + folder]] {
      let more = try adjoint(["train"] + arguments + ["--epochs", "5", "--quiet"])
      #expect(more.status == 0 && more.errors.isEmpty, "\(more.errors)")
      #expect(
        try Data(contentsOf: URL(filePath: folder + "/model.adj")) == Data(contentsOf: URL(filePath: model)))
    }
    #expect(try RunTests.text(folder + "/config.yaml").contains("epochs: 5\n"))
    // What the command line says of a file's options is about the command line.
    let wrong = try adjoint("train", "--run", folder, "--resume", "--test", "2")
    #expect(wrong.status == 64 && wrong.errors.hasPrefix("error: --test is 2.0"), "\(wrong.errors)")
  }

  @Test func anotherFileGoesBeforeThatOfTheRun() throws {
    let scratch = try Scratch()
    let folder = try Self.run(in: scratch)
    let file = try scratch.file("other.yaml", "data: \(Command.data("iris.csv"))\nepochs: 4\n")
    let run = try adjoint("train", file, "--run", folder, "--resume", "--quiet")
    // The run's own file would have named the target.
    #expect(run.status == 64 && run.errors.contains("--target is missing"), "\(run.errors)")
  }

  @Test(arguments: [
    (["--activation", "tanh"], "it is of another step: of other layers, activations or another loss"),
    (["--dropout", "0"], "it is of another step"),
    (["--layers", "7"], "its 'dense1.weight' is float32[4,6], the model's is float32[4,7]"),
    (["--layers", "6,6"], "its 'dense2.weight' is float32[6,3], the model's is float32[6,6]"),
    (["--precision", "float64"], "its scalar type is float32"),
    (["--optimizer", "sgd"], "its optimizer is Adam, here it is gradient descent"),
    (["--epsilon-place", "inside-root"], "its optimizer is Adam, here it is Adam with ε in the root"),
    (["--clip-norm", "1"], "its optimizer is Adam, here it is Adam with gradients clipped by norm"),
    (["--seed", "1"], "its seed is 42, here it is 1"), (["--batch", "16"], "its batch size is 64"),
    (["--l1", "1e-4"], "its penalty is"), (["--test", "0.5"], "it is of other rows to train on"),
    (["--scale", "min-max"], "it is of other rows to train on"),
    (["--validation", "0.2"], "it is of other rows to train on"),
  ])
  func whatCannotChangeWhenARunGoesOn(_ options: [String], _ message: String) throws {
    let scratch = try Scratch()
    let folder = try Self.run(in: scratch)
    let before = try RunTests.text(folder + "/config.yaml")
    let run = try adjoint(["train", "--run", folder, "--resume", "--epochs", "4", "--quiet"] + options)
    #expect(run.status == 1 && run.errorLines.count == 1, "\(run.errors)")
    #expect(run.errors.contains(message), "\(run.errors)")
    #expect(try RunTests.text(folder + "/config.yaml") == before)
  }

  @Test(arguments: [
    ["--epochs", "6"], ["--learning-rate", "0.1"], ["--l2", "0.5"], ["--dropout", "0.5"],
    ["--backend", "interpreter"],
    ["--schedule", "cosine"], ["--initializer", "zeros"], ["--epsilon", "1e-3"], ["--patience", "3"],
  ])
  func whatCanChangeWhenARunGoesOn(_ options: [String]) throws {
    let scratch = try Scratch()
    let folder = try Self.run(in: scratch)
    let run = try adjoint(
      ["train", "--run", folder, "--resume", "--epochs", "4", "--quiet", "--json"] + options)
    #expect(run.status == 0, "\(run.errors)")
    #expect(try #require(try run.json()["epochs"] as? Int) >= 4)
  }

  @Test func helpShowsWhereAFileStands() throws {
    for command in ["train", "grid"] {
      let help = try adjoint(command, "--help").output
      #expect(help.contains("USAGE: adjoint \(command) [config.yaml] [options]"))
    }
  }
}
