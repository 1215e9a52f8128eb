import Foundation
import Testing

/// Every mistake is one line that says what is wrong, ends with an exit code, and leaves files as they were.
@Suite struct MisuseTests {
  /// Runs `train` on `data` with an old model in the way, and checks that it fails with `message` alone.
  private func expectFailure(
    _ message: String, data: String? = nil, status: Int32? = nil, _ options: String...,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    let scratch = try Scratch()
    let old = try scratch.file("old.adj", "the old model")
    let data = try data.map { try scratch.file("data.csv", $0) } ?? Command.data("iris.csv")
    let names = try scratch.names
    var arguments = ["train", "--data", data, "--out", old, "--quiet", "--epochs", "1"]
    if !options.contains("--target") { arguments += ["--target", "species"] }
    let run = try adjoint(arguments + options)
    #expect(run.status == status ?? 64, sourceLocation: location)
    #expect(run.output.isEmpty, sourceLocation: location)
    #expect(run.errorLines.count == 1, "\(run.errors)", sourceLocation: location)
    #expect(run.errors.hasPrefix("error: "), sourceLocation: location)
    #expect(run.errors.contains(message), "\(run.errors)", sourceLocation: location)
    #expect(try String(contentsOfFile: old, encoding: .utf8) == "the old model", sourceLocation: location)
    #expect(try scratch.names == names, sourceLocation: location)
  }

  @Test func optionsOutOfRange() throws {
    try expectFailure("has nothing between two commas", "--layers", "64,,32")
    try expectFailure("has '-3'", "--layers=-3")
    try expectFailure("give one of identity, relu", "--activation", "rely")
    try expectFailure("--learning-rate is -0.1; give a positive number", "--learning-rate", "-0.1")
    try expectFailure("--learning-rate is nan", "--learning-rate", "nan")
    try expectFailure("--l2 is -1.0", "--l2", "-1")
    try expectFailure("--momentum is 1.5", "--optimizer", "momentum", "--momentum", "1.5")
    try expectFailure("--momentum has no meaning", "--momentum", "0.5")
    try expectFailure("--test is 1.0", "--test", "1")
    try expectFailure("--test is -0.1", "--test", "-0.1")
    try expectFailure("--batch is 0", "--batch", "0")
    try expectFailure("--epochs is -1", "--epochs", "-1")
    try expectFailure("'adma' is invalid for '--optimizer", "--optimizer", "adma")
    try expectFailure("--sede", "--sede", "1")
    try expectFailure("Did you mean '--learning-rate'?", "--lr", "0.1")
    try expectFailure("Did you mean '--batch'?", "--batch-size", "3")
    try expectFailure("'-1' belongs to no option; a file of that name is ./-1", "-1")
    try expectFailure("--schedule 'cosin' is unknown; give constant, cosine", "--schedule", "cosin")
    try expectFailure("--schedule 'step:5' is unknown", "--schedule", "step:5")
    try expectFailure("begins with 'warmup:5'", "--schedule", "warmup:5,cosine")
    try expectFailure("--weight-decay has no meaning", "--optimizer", "sgd", "--weight-decay", "0.1")
    try expectFailure("exclude each other", "--clip-norm", "1", "--clip-value", "1")
    try expectFailure("--clip-norm is -1.0", "--clip-norm", "-1")
    try expectFailure("--validation is 1.0", "--validation", "1")
    try expectFailure("--patience is 0", "--patience", "0")
    try expectFailure("--resume needs --checkpoint", "--resume")
    try expectFailure(
      "not a safetensors file", status: 1, "--resume", "--checkpoint", Command.data("iris.csv"))
  }

  @Test func columnsAndValues() throws {
    try expectFailure("no column 'specie'; did you mean 'species'?", status: 1, "--target", "specie")
    let rows = (0..<10).map { "\($0),\($0 * $0)\n" }.joined()
    try expectFailure("column 'a'", data: "a,y\nnan,1\n" + rows, status: 1, "--target", "y")
    try expectFailure("the value is missing", data: "a,y\n,1\n" + rows, status: 1, "--target", "y")
    try expectFailure(
      "say that the task is multiclass", data: "a,y\n1,red\n" + rows, status: 1, "--target", "y", "--task",
      "regression")
    try expectFailure("'red' is not a number", data: "a,y\nred,1\n" + rows, status: 1, "--target", "y")
    try expectFailure("no rows", data: "a,y\n", status: 1, "--target", "y")
    try expectFailure("a binary task needs exactly 2", status: 1, "--task", "binary")
    try expectFailure(
      "does not split 1 row", data: "a,y\n1,2\n", status: 1, "--target", "y", "--task", "regression")
  }

  @Test func aCostThatDiverges() throws {
    try expectFailure(
      "lower the learning rate", data: "a,y\n" + (0..<60).map { "\($0),\($0 * $0)\n" }.joined(), status: 1,
      "--target", "y", "--optimizer", "sgd", "--learning-rate", "1e9", "--epochs", "50", "--batch", "4")
  }

  @Test func aCostThatIsNotFiniteForOtherReasons() throws {
    let rows = (0..<60).map { "\($0),0,\($0)e30\n" }.joined()
    try expectFailure(
      "epsilon is 0, so that a gradient of 0 is divided by 0; give a positive epsilon",
      // The weights of a column of zeros have no gradient.
      data: "a,b,y\n" + (0..<60).map { "\($0),0,\($0)\n" }.joined(), status: 1, "--target", "y",
      "--epsilon", "0", "--epochs", "50")
    try expectFailure(
      "there are numbers of size 5.9e31 in the target; scale the target", data: "a,b,y\n" + rows, status: 1,
      "--target", "y", "--task", "regression")
    try expectFailure(
      "in float32; remove the row, fill in a value, or scale what is too large",
      data: "y,a\n1,1e300\n2,3\n3,4\n5,6\n",
      status: 1, "--target", "y", "--scale", "none", "--task", "regression")
  }

  @Test func missingFilesAndColumns() throws {
    let noData = try adjoint("train", "--data", "/nowhere/x.csv", "--target", "y")
    #expect(noData.status == 1)
    #expect(
      noData.errors
        == "error: cannot read '/nowhere/x.csv': No such file or directory (docs/errors.md#unreadable)\n")
    let noTarget = try adjoint("train", "--data", Command.data("iris.csv"))
    #expect(noTarget.status == 64 && noTarget.errorLines.count == 1)
    #expect(noTarget.errors.contains("petal_width_cm, species"))
    let nothing = try adjoint("train")
    #expect(nothing.status == 64 && nothing.errorLines.count == 1 && nothing.errors.contains("--data"))
  }

  @Test func placesThatCannotBeWrittenFailBeforeTraining() throws {
    let scratch = try Scratch()
    let places = [
      (scratch.path("none/model.adj"), "there is no folder"), (scratch.path(""), "it is a directory"),
    ]
    for (place, reason) in places {
      let run = try adjoint(
        "train", "--data", Command.data("iris.csv"), "--target", "species", "--epochs", "100000", "--out",
        place)
      // A progress line would show that training had begun.
      #expect(run.status == 1 && run.errorLines.count == 1 && run.errors.contains(reason), "\(run.errors)")
    }
    #expect(try scratch.names.isEmpty)
  }

  @Test func dataIsNotReplacedByAModel() throws {
    let scratch = try Scratch()
    let text = "a,y\n" + (0..<20).map { "\($0),\($0)\n" }.joined()
    let data = try scratch.file("data.csv", text)
    let run = try adjoint("train", "--data", data, "--target", "y", "--epochs", "1", "--out", data)
    #expect(run.status == 1 && run.errors.contains("it is the file that is read"))
    #expect(try String(contentsOfFile: data, encoding: .utf8) == text)
  }

  @Test func modelFilesThatAreNone() throws {
    let scratch = try Scratch()
    let model = scratch.path("m.adj")
    let trained = try adjoint(
      "train", "--data", Command.data("iris.csv"), "--target", "species", "--layers", "4", "--epochs", "1",
      "--quiet", "--out", model)
    #expect(trained.status == 0)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: model))
    let cut = scratch.path("cut.adj")
    try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: cut))
    var changed = bytes
    changed[bytes.count / 2] ^= 1
    let damaged = scratch.path("damaged.adj")
    try changed.write(to: URL(fileURLWithPath: damaged))
    let old = try scratch.file("old.csv", "old predictions")
    let cases = [
      (cut, "it was cut off"), (damaged, "its checksum does not fit"),
      (Command.data("iris.csv"), "this is no model file"), (scratch.path("none.adj"), "No such file"),
    ]
    for (path, message) in cases {
      for arguments in [
        ["predict", path, "--data", Command.data("wdbc.csv"), "--out", old], ["dump", path, "--out", old],
      ] {
        let run = try adjoint(arguments)
        #expect(run.status == 1 && run.output.isEmpty && run.errorLines.count == 1, "\(run.errors)")
        #expect(run.errors.contains(message), "\(run.errors)")
        #expect(try String(contentsOfFile: old, encoding: .utf8) == "old predictions")
      }
    }
    let other = try adjoint("predict", model, "--data", Command.data("wdbc.csv"))
    #expect(other.status == 1 && other.errors.contains("no column 'sepal_length_cm'"), "\(other.errors)")
    #expect(other.output.isEmpty && other.errorLines.count == 1)
  }

  @Test func aMissingCompilerIsNamed() throws {
    let run = try adjoint(
      "train", "--data", Command.data("wdbc.csv"), "--target", "benign", "--epochs", "1", "--backend",
      "native",
      environment: ["CC": "no-such-compiler"])
    #expect(run.status == 1 && run.output.isEmpty)
    #expect(
      run.errors
        == "error: no C compiler found as no-such-compiler: install one or set CC to its path "
        + "(docs/errors.md#compiler-missing)\n")
  }

  @Test func anUnknownInstructionSet() throws {
    let run = try adjoint("bench", "--quick", environment: ["ADJOINT_ISA": "mmx"])
    #expect(run.status == 1)
    #expect(
      run.errors
        == "error: ADJOINT_ISA=mmx is no instruction set; use baseline, avx2 or avx512 "
        + "(docs/errors.md#unknown-instruction-set)\n")
  }

  @Test func thePageOfErrorsShowsWhatIsPrinted() throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent()
    let page = try String(contentsOf: tests.appending(path: "../../docs/errors.md"), encoding: .utf8)
    let command = ["train", "--data", "Examples/Data/wdbc.csv", "--target", "benign", "--epochs", "0"]
    let run = try adjoint(command)
    #expect(run.status == 64 && page.contains("adjoint \(command.joined(separator: " "))\n"))
    #expect(page.contains("\n\(run.errors)"), "\(run.errors)")
  }

  @Test func helpIsNoError() throws {
    for command in ["train", "cross-validate", "predict", "dump", "bench", "diff", "flops", "doctor"] {
      let run = try adjoint(command, "--help")
      #expect(run.status == 0 && run.errors.isEmpty && run.output.contains("USAGE: adjoint \(command)"))
    }
    // What another program calls an option is no hint where the command has none of that kind.
    let foreign = try adjoint("predict", "m.adj", "--data", "d.csv", "--lr", "1")
    #expect(foreign.status == 64 && !foreign.errors.contains("learning-rate"), "\(foreign.errors)")
    #expect(try adjoint("--version").output == "0.1.0\n")
    let unknown = try adjoint("trian")
    #expect(unknown.status == 64 && unknown.errorLines.count == 1)
    #expect(unknown.errors.hasSuffix("(docs/errors.md#command-line)\n"))
  }
}
