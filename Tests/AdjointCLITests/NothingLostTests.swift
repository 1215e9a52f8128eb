import Adjoint
import Foundation
import Testing

/// Trainings that are interrupted, fail, or get in each other's way: what was there before is there afterwards, and what was
/// learned is somewhere.
@Suite("Nothing is lost")
struct NothingLostTests {
  static let cells = ["--data", Command.data("wdbc.csv"), "--target", "benign", "--layers", "8", "--quiet"]
  static let forever = ["--epochs", "1000000000"]

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
  static func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  /// Trains until some epochs are done, and then gets `signal`.
  static func interrupt(
    _ options: [String], with signal: Int32 = SIGINT, checkpoint: String, after epochs: Int = 1
  ) throws -> Run {
    let run = try RunningCommand(
      ["train"] + Self.cells + Self.forever
        + ["--checkpoint", checkpoint, "--checkpoint-seconds", "0"] + options)
    try run.wait { try exists(checkpoint) && KillTests.epochs(of: checkpoint) >= epochs }
    run.send(signal)
    return try run.end()
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGUSR1])
  func anInterruptedTrainingWritesBesideAModelThatWasThere(_ signal: Int32) throws {
    let scratch = try Scratch()
    let (out, checkpoint) = (scratch.path("m.adj"), scratch.path("c.safetensors"))
    #expect(try adjoint(["train"] + Self.cells + ["--epochs", "2", "--out", out]).status == 0)
    let before = try Self.bytes(out)
    let run = try Self.interrupt(["--out", out], with: signal, checkpoint: checkpoint)
    #expect(run.status == 128 + signal, "\(run.errors)")
    #expect(try Self.bytes(out) == before)
    #expect(
      run.errors.contains("the model so far is in \(out).interrupted, as \(out) was there before"),
      "\(run.errors)")
    #expect(run.errors.contains("--checkpoint \(checkpoint) --resume goes on from there"))
    _ = try TrainedModel(contentsOf: out + ".interrupted")
    #expect(try scratch.names == ["c.safetensors", "m.adj", "m.adj.interrupted"])
    // It is there now, and no later beginning takes its place.
    let kept = try Self.bytes(out + ".interrupted")
    let again = try Self.interrupt(["--out", out], checkpoint: scratch.path("d.safetensors"))
    #expect(again.errors.contains("m.adj.interrupted.2"), "\(again.errors)")
    #expect(try Self.bytes(out + ".interrupted") == kept)
    #expect(try Self.bytes(out) == before)
  }

  @Test func beforeTheFirstEpochNothingWasLearned() throws {
    let scratch = try Scratch()
    let (out, checkpoint) = (try scratch.file("m.adj", "the old model"), scratch.path("c.safetensors"))
    let run = try RunningCommand(
      [
        "train", "--data", Command.data("digits.csv"), "--target", "digit", "--layers", "2048,2048",
        "--batch", "1", "--quiet",
      ]
        + Self.forever + ["--checkpoint", checkpoint, "--out", out])
    run.wait { Self.exists(checkpoint) }
    #expect(try KillTests.epochs(of: checkpoint) == 0)
    run.send(SIGTERM)
    let end = try run.end()
    #expect(end.status == 128 + SIGTERM)
    #expect(
      end.errors.contains("interrupted after 0 of") && end.errors.contains("first weights"), "\(end.errors)")
    #expect(try String(contentsOfFile: out, encoding: .utf8) == "the old model")
  }

  @Test("a model of the training itself is replaced, also where that was killed in between")
  func goingOnReplacesItsOwnModel() throws {
    let scratch = try Scratch()
    let (out, checkpoint) = (scratch.path("m.adj"), scratch.path("c.safetensors"))
    let first = try Self.interrupt(["--out", out], checkpoint: checkpoint)
    #expect(first.errors.contains("the model so far is in \(out);"), "\(first.errors)")
    var epochs = try KillTests.epochs(of: checkpoint)
    let killed = try Self.interrupt(
      ["--out", out, "--resume"], with: SIGKILL, checkpoint: checkpoint, after: epochs + 1)
    #expect(killed.status == 128 + SIGKILL)
    epochs = try KillTests.epochs(of: checkpoint)
    let before = try Self.bytes(out)
    let last = try Self.interrupt(["--out", out, "--resume"], checkpoint: checkpoint, after: epochs + 1)
    #expect(last.errors.contains("the model so far is in \(out);"), "\(last.errors)")
    #expect(try Self.bytes(out) != before)
    // Somebody else's model in its place is not.
    try "another".write(toFile: out, atomically: true, encoding: .utf8)
    epochs = try KillTests.epochs(of: checkpoint)
    let other = try Self.interrupt(["--out", out, "--resume"], checkpoint: checkpoint, after: epochs + 1)
    #expect(other.errors.contains("\(out).interrupted"), "\(other.errors)")
    #expect(try String(contentsOfFile: out, encoding: .utf8) == "another")
  }

  @Test func aSignalThatComesTwiceStillSaves() throws {
    let scratch = try Scratch()
    let run = scratch.path("r")
    let training = try RunningCommand(["train"] + Self.cells + Self.forever + ["--run", run])
    training.wait {
      (try? RunTests.text(run + "/metrics.jsonl").isEmpty) == false
    }
    for _ in 0..<3 { training.send(SIGHUP) }
    training.send(SIGTERM)
    let end = try training.end()
    // Of those that come at once the system may deliver either first.
    #expect([128 + SIGHUP, 128 + SIGTERM].contains(end.status), "\(end.errors)")
    #expect(Self.exists(run + "/model.adj") && end.errors.contains("--run \(run) --resume goes on"))
  }

  @Test func outputsThatCannotBeAreRefusedBeforeTheFirstStep() throws {
    let scratch = try Scratch()
    let run = scratch.path("run")
    #expect(try adjoint(["train"] + Self.cells + ["--epochs", "1", "--run", run]).status == 0)
    let model = run + "/model.adj"
    let long = scratch.path(String(repeating: "x", count: 300))
    let table = try scratch.file("d.csv", "a,y\n1,2\n2,3\n")
    let metrics = scratch.path("metrics.svg")
    try FileManager.default.linkItem(atPath: run + "/metrics.jsonl", toPath: metrics)
    let hard = scratch.path("hard.csv")
    try FileManager.default.linkItem(atPath: table, toPath: hard)
    let train = ["train"] + Self.cells + Self.forever
    let grid = ["grid"] + RunTests.iris + ["--epochs", "100000000", "--quiet"]
    let names = try scratch.names
    let cases: [([String], String)] = [
      (train + ["--out", scratch.path("none/m.adj")], "there is no folder"),
      (train + ["--out", "m-none/m.adj"], "there is no folder m-none"),
      (train + ["--out", long], "File name too long"),
      (train + ["--out", ""], "the name is empty"),
      (train + ["--out", scratch.path("")], "it is a directory"),
      (train + ["--out", table + "/m.adj"], "Not a directory"),
      (train + ["--out", "/proc/none.adj"], "cannot write"),
      (train + ["--out", run + "/config.yaml"], "the folder of a run"),
      (train + ["--out", "/dev/full"], "this device is always full"),
      (train + ["--run", scratch.path("same"), "--out", scratch.path("same")], "keeps model.adj by itself"),
      (train + ["--checkpoint", scratch.path("none/c")], "there is no folder"),
      (train + ["--checkpoint", long], "File name too long"),
      (train + ["--checkpoint", run + "/c.safetensors"], "is that of the run in"),
      (train + ["--checkpoint", run + "/checkpoint.safetensors", "--resume"], "is that of the run in"),
      (train + ["--run", long], "File name too long"),
      (train + ["--run", table], "it is no folder"),
      (train + ["--run", run + "/inner"], "the folder of a run"),
      (
        train + ["--run", scratch.path("new"), "--out", scratch.path("new/model.adj")],
        "keeps model.adj by itself"
      ),
      (["train", "--data", table, "--target", "y", "--out", hard], "it is the file that is read"),
      (
        train + ["--out", scratch.path("same.adj"), "--checkpoint", scratch.path("same.adj")],
        "another option names the same file"
      ),
      (grid + ["--svg", scratch.path("none/g.svg")], "there is no folder"),
      (grid + ["--svg", run + "/loss.svg"], "the folder of a run"),
      (grid + ["--svg", Command.data("iris.csv")], "it is the file that is read"),
      (grid + ["--svg", "/dev/full"], "this device is always full"),
      (["plot", run, "--out", run + "/loss.svg"], "the folder of a run"),
      (["plot", run, "--out", metrics], "it is the file that is read"),
      (["plot", run, "--out", long], "File name too long"),
      (["dump", model, "--out", run + "/step.c"], "the folder of a run"),
      (["dump", model, "--out", model], "it is the file that is read"),
      (
        ["predict", model, "--data", Command.data("wdbc.csv"), "--out", run + "/p.csv"], "the folder of a run"
      ),
      (["predict", model, "--data", Command.data("wdbc.csv"), "--out", long], "File name too long"),
    ]
    for (arguments, message) in cases {
      let refused = try adjoint(arguments)
      #expect([1, 64].contains(refused.status) && refused.output.isEmpty, "\(arguments): \(refused.errors)")
      #expect(
        refused.errorLines.count == 1 && refused.errors.contains(message), "\(arguments): \(refused.errors)")
    }
    #expect(try scratch.names == names)
    // What a file of options says is refused as what the command line says.
    for line in ["out: \(run)/model.adj", "out: options.yaml"] {
      let options = try scratch.file("options.yaml", "data: \(table)\ntarget: y\n\(line)\n")
      let refused = try adjoint(["train", options], in: scratch)
      #expect(refused.status == 1 && refused.errors.contains("cannot write"), "\(refused.errors)")
    }
  }

  @Test func aModelThatCannotBeWrittenGoesElsewhereAndTheReportIsPrinted() throws {
    let scratch = try Scratch()
    let folder = scratch.path("models")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let checkpoint = scratch.path("c")
    let training = try RunningCommand(
      ["train"] + Self.cells + Self.forever + ["--out", folder + "/m.adj", "--checkpoint", checkpoint],
      environment: ["TMPDIR": scratch.path("")])
    training.wait { Self.exists(checkpoint) }
    // Somebody tidies up.
    try FileManager.default.removeItem(atPath: folder)
    training.send(SIGTERM)
    let run = try training.end()
    #expect(run.status == 128 + SIGTERM && run.output.contains("accuracy"), "\(run.errors)")
    let saved = try #require(try scratch.names.first { $0.hasPrefix("adjoint-model-") })
    _ = try TrainedModel(contentsOf: scratch.path(saved))
    #expect(run.errors.contains("the model is in") && run.errors.contains(saved), "\(run.errors)")
    let attributes = try FileManager.default.attributesOfItem(atPath: scratch.path(saved))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test("a run's folder is the same by each of its names", arguments: ["", "/", "//", "/.", "/./"])
  func namesOfAFolder(ending: String) throws {
    let scratch = try Scratch()
    let (run, link) = (scratch.path("r"), scratch.path("link"))
    let options = ["train"] + Self.cells + ["--quiet", "--run", run + ending]
    #expect(try adjoint(options + ["--epochs", "1"]).status == 0)
    let more = try adjoint(["train", "--quiet", "--run", run + ending, "--resume", "--epochs", "2"])
    #expect(more.status == 0, "\(more.errors)")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: run)
    let linked = try adjoint(["train", "--quiet", "--run", link + ending, "--resume", "--epochs", "3"])
    #expect(linked.status == 0, "\(linked.errors)")
    #expect(try RunTests.text(run + "/metrics.jsonl").split(separator: "\n").count == 3)
    let inner = try adjoint(["train"] + Self.cells + ["--run", run + "/inner" + ending])
    #expect(inner.status == 1 && inner.errors.contains("the folder of a run"), "\(inner.errors)")
  }

  @Test func roomIsAskedForByTheBytesThatAreNeeded() throws {
    let scratch = try Scratch()
    let out = scratch.path("m.adj")
    let options = ["train"] + Self.cells + ["--quiet", "--epochs", "1", "--out", out]
    #expect(try adjoint(options).status == 0)
    let bytes = try #require(
      try FileManager.default.attributesOfItem(atPath: out)[.size] as? Int)
    // The limit is in blocks of 1024 bytes.
    let enough = try RunningCommand(options, shell: "ulimit -f \(bytes / 1024 + 2)").end()
    #expect(enough.status == 0, "\(enough.errors)")
    let little = try RunningCommand(options, shell: "ulimit -f \(bytes / 1024 - 1)").end()
    #expect(little.status == 1 && little.errors.contains("bytes are needed there"), "\(little.errors)")
    #expect(try TrainedModel(contentsOf: out).weights.isEmpty == false)
  }

  @Test func aTrainingThatDivergesKeepsWhatWasGood() throws {
    let scratch = try Scratch()
    let (run, out) = (scratch.path("r"), try scratch.file("m.adj", "the old model"))
    let options = [
      "--optimizer", "sgd", "--learning-rate", "1e-3", "--schedule", "exponential:100", "--epochs", "60",
    ]
    let end = try adjoint(["train"] + Self.cells + options + ["--run", run, "--out", out, "--json"])
    #expect(end.status == 1, "\(end.errors)")
    let report = try end.json()
    let epochs = try #require(report["epochs"] as? Int)
    #expect(
      epochs >= 1 && epochs < 60 && (report["failure"] as? String)?.contains("not a finite number") == true)
    #expect(
      end.errors.contains("ended after \(epochs) of 60 epochs; the model so far is in \(out).interrupted"),
      "\(end.errors)")
    #expect(end.errors.contains("--run \(run) --resume goes on from there with a lower --learning-rate"))
    #expect(try KillTests.epochs(of: run + "/checkpoint.safetensors") == epochs)
    #expect(try RunTests.text(run + "/metrics.jsonl").split(separator: "\n").count == epochs)
    #expect(["model.adj", "report.json", "loss.svg"].allSatisfy { Self.exists("\(run)/\($0)") })
    #expect(try String(contentsOfFile: out, encoding: .utf8) == "the old model")
    let lower = try adjoint(
      "train", "--run", run, "--resume", "--learning-rate", "1e-30", "--epochs", "\(epochs + 1)", "--quiet")
    #expect(lower.status == 0, "\(lower.errors)")
  }

  @Test func ofTwoTrainingsInOnePlaceOneIsToldOfTheOther() throws {
    let scratch = try Scratch()
    let (run, checkpoint, out) = (scratch.path("r"), scratch.path("c"), scratch.path("m.adj"))
    for (place, started) in [
      (["--run", run], run + "/metrics.jsonl"), (["--checkpoint", checkpoint], checkpoint),
      (["--out", out], scratch.path(".m.adj.lock")),
    ] {
      let first = try RunningCommand(["train"] + Self.cells + Self.forever + place)
      first.wait { Self.exists(started) }
      let resume = place[0] == "--out" ? [] : ["--resume"]
      let second = try adjoint(["train"] + Self.cells + Self.forever + place + resume)
      #expect(second.status == 1 && second.errorLines.count == 1, "\(second.errors)")
      #expect(
        second.errors.contains("in use by process \(first.process.processIdentifier) (adjoint)"),
        "\(second.errors)")
      // The lock goes with its process, in whatever way that ends.
      first.send(SIGKILL)
      _ = try first.end()
      let third = try adjoint(["train"] + Self.cells + ["--epochs", "1"] + place + resume)
      #expect(third.status == 0, "\(third.errors)")
    }
    #expect(try scratch.names.filter { $0.hasSuffix(".lock") } == [])
    #expect(!Self.exists(run + "/.lock"))
  }

  @Test func aLockIsNotInheritedByACompiler() throws {
    let scratch = try Scratch()
    // It stays when the training has been killed.
    let compiler = try scratch.file("cc", "#!/bin/sh\nexec sleep 20\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: compiler)
    let out = scratch.path("m.adj")
    let first = try RunningCommand(
      ["train"] + Self.cells + Self.forever + ["--backend", "native", "--out", out],
      environment: ["CC": compiler, "ADJOINT_CACHE": "off", "TMPDIR": scratch.path("")])
    try first.wait { try scratch.names.contains { $0.hasPrefix("adjoint-") } }
    Thread.sleep(forTimeInterval: 0.2)
    first.send(SIGKILL)
    _ = try first.end()
    let second = try adjoint(["train"] + Self.cells + ["--epochs", "1", "--out", out])
    #expect(second.status == 0, "\(second.errors)")
  }

  @Test("a folder is taken by --run --resume however young it was when its training was killed")
  func aRunIsGoodForSomethingAtAnyAge() throws {
    let scratch = try Scratch()
    for trial in 0..<12 {
      let run = scratch.path("r\(trial)")
      let training = try RunningCommand(["train"] + Self.cells + Self.forever + ["--run", run])
      Thread.sleep(forTimeInterval: Double(trial) * 0.006)
      training.send(SIGKILL)
      _ = try training.end()
      let names = (try? FileManager.default.contentsOfDirectory(atPath: run)) ?? []
      if !names.isEmpty {
        #expect(
          Set(["run.json", "config.yaml", "step.c", "metrics.jsonl", "checkpoint.safetensors"]).isSubset(
            of: names),
          "\(names)")
      }
      let epochs = Self.exists(run) ? try KillTests.epochs(of: run + "/checkpoint.safetensors") : 0
      let more = try adjoint(
        ["train"] + Self.cells + ["--epochs", "\(epochs + 1)", "--run", run, "--resume"])
      #expect(more.status == 0, "trial \(trial): \(more.errors)")
    }
  }

  @Test func aFolderWithNotesTakesARunAndOneThatWasNotFinishedIsAsGoodAsNew() throws {
    let scratch = try Scratch()
    let run = scratch.path("r")
    try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
    try "my notes".write(toFile: run + "/notes.txt", atomically: true, encoding: .utf8)
    // As a kill leaves it between two files.
    for name in [".adjoint-unfinished", "step.c", "run.json"] {
      try "{}".write(toFile: "\(run)/\(name)", atomically: true, encoding: .utf8)
    }
    for resume in [[], ["--resume"]] {
      let options = ["--epochs", resume.isEmpty ? "1" : "2", "--run", run] + resume
      let end = try adjoint(["train"] + Self.cells + options)
      #expect(end.status == 0, "\(end.errors)")
    }
    #expect(try RunTests.text(run + "/notes.txt") == "my notes")
    #expect(try RunTests.text(run + "/metrics.jsonl").split(separator: "\n").count == 2)
    #expect(!Self.exists(run + "/.adjoint-unfinished"))
  }

  @Test func whatAnEarlierVersionLeftBeforeItsFirstCheckpointIsBegunAnew() throws {
    let scratch = try Scratch()
    let run = scratch.path("r")
    #expect(try adjoint(["train"] + Self.cells + ["--epochs", "1", "--run", run]).status == 0)
    try FileManager.default.removeItem(atPath: run + "/checkpoint.safetensors")
    let done = try adjoint(["train"] + Self.cells + ["--run", run, "--resume"])
    #expect(
      done.status == 64 && done.errors.contains("there is no \(run)/checkpoint.safetensors"), "\(done.errors)"
    )
    try "".write(toFile: run + "/metrics.jsonl", atomically: true, encoding: .utf8)
    let anew = try adjoint(["train"] + Self.cells + ["--epochs", "2", "--run", run, "--resume"])
    #expect(anew.status == 0, "\(anew.errors)")
    #expect(try RunTests.text(run + "/metrics.jsonl").split(separator: "\n").count == 2)
  }

  @Test func anInterruptedGridLeavesAnOldPicture() throws {
    let scratch = try Scratch()
    let picture = try scratch.file("g.svg", "the old picture")
    let grid = try RunningCommand(
      ["grid"] + RunTests.iris + ["--layers", "4", "--epochs", "2000", "--quiet", "--svg", picture])
    Thread.sleep(forTimeInterval: 1)
    grid.send(SIGINT)
    let end = try grid.end()
    #expect(end.status == 128 + SIGINT && end.output.contains("interrupted after"), "\(end.errors)")
    #expect(try RunTests.text(picture) == "the old picture")
  }
}
