import Adjoint
import Foundation
import Testing

/// Training that is killed, at any moment, again and again.
@Suite("Killed trainings")
struct KillTests {
  /// Trials in all, as many as `make kills` says, else some; each test takes its share of them.
  static let trials = ProcessInfo.processInfo.environment["ADJOINT_KILLS"].flatMap(Int.init) ?? 50
  static let kills = trials / 5

  @Test func killsLoseNoFileAndNoWorkBeforeTheLastCheckpoint() throws {
    let scratch = try Scratch()
    let checkpoint = scratch.path("run.safetensors")
    // As long as the kills, and a little more.
    let epochs = "\(150 * Self.kills)"
    let train = [
      "train", "--data", Command.data("wdbc.csv"), "--target", "benign", "--layers", "16", "--batch", "32",
      "--schedule", "cosine", "--dropout", "0.1", "--optimizer", "adamw", "--epochs", epochs, "--quiet",
    ]
    var generator = SeededGenerator(seed: 11)
    var reached = 0
    for kill in 1...Self.kills {
      let process = Process()
      process.executableURL = try Command.executable()
      // A checkpoint after each epoch, which takes ten times as long as an epoch does.
      process.arguments = train + ["--checkpoint", checkpoint, "--checkpoint-seconds", "0", "--resume"]
      (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
      try process.run()
      Thread.sleep(forTimeInterval: Double.random(in: 0.05...0.3, using: &generator))
      guard process.isRunning else { break }
      Foundation.kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect(process.terminationReason == .uncaughtSignal, "kill \(kill)")
      guard FileManager.default.fileExists(atPath: checkpoint) else { continue }
      let epochs = try Self.epochs(of: checkpoint)
      #expect(epochs >= reached, "kill \(kill)")
      reached = epochs
    }
    #expect(reached > 0)
    let models = ["killed.adj", "whole.adj"].map { scratch.path($0) }
    let last = try adjoint(train + ["--checkpoint", checkpoint, "--resume", "--out", models[0]])
    #expect(last.status == 0, "\(last.errors)")
    #expect(try adjoint(train + ["--out", models[1]]).status == 0)
    #expect(try Data(contentsOf: URL(filePath: models[0])) == Data(contentsOf: URL(filePath: models[1])))
    // Files of killed writers go when the next one comes, but for the youngest.
    for name in try scratch.names where name.hasPrefix(".adjoint-") {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -60)], ofItemAtPath: scratch.path(name))
    }
    #expect(try adjoint(train + ["--checkpoint", checkpoint, "--resume", "--out", models[0]]).status == 0)
    #expect(try scratch.names.filter { $0.hasPrefix(".adjoint-") } == [])
  }

  static let short = [
    "train", "--data", Command.data("wdbc.csv"), "--target", "benign", "--layers", "16", "--epochs", "30",
    "--quiet",
  ]

  /// What an undisturbed training of ``short`` gives.
  static func model(_ options: [String] = []) throws -> Data {
    let scratch = try Scratch()
    #expect(try adjoint(short + options + ["--out", scratch.path("m.adj")]).status == 0)
    return try Data(contentsOf: URL(filePath: scratch.path("m.adj")))
  }

  @Test("a run's folder of any age can be gone on with, and ends as if nobody had killed it")
  func foldersOfAnyAge() throws {
    let expected = try Self.model()
    var generator = SeededGenerator(seed: 12)
    // Many folders are killed before they are there, and some after the end.
    let oldest = Self.trials >= 500 ? 2.0 : 0.3
    for trial in 0..<2 * Self.trials / 5 {
      let scratch = try Scratch()
      let run = scratch.path("r")
      let age =
        trial % 2 == 0
        ? Double.random(in: 0...0.05, using: &generator) : Double.random(in: 0...oldest, using: &generator)
      let training = try RunningCommand(Self.short + ["--run", run, "--checkpoint-seconds", "0"])
      Thread.sleep(forTimeInterval: age)
      training.send(SIGKILL)
      _ = try training.end()
      let names = (try? FileManager.default.contentsOfDirectory(atPath: run)) ?? []
      #expect(
        names.isEmpty || names.contains("checkpoint.safetensors") && names.contains("run.json"), "\(names)")
      let more = try adjoint(Self.short + ["--run", run, "--resume"])
      #expect(more.status == 0, "killed after \(age) s: \(more.errors)")
      #expect(try Data(contentsOf: URL(filePath: run + "/model.adj")) == expected, "killed after \(age) s")
    }
  }

  @Test func aModelThatIsSavedOverAnotherIsOneOfBoth() throws {
    let (old, new) = (try Self.model(["--seed", "1"]), try Self.model())
    let scratch = try Scratch()
    let out = scratch.path("m.adj")
    var generator = SeededGenerator(seed: 13)
    var found: Set<Data> = []
    for _ in 0..<Self.trials / 5 {
      try old.write(to: URL(filePath: out))
      let training = try RunningCommand(Self.short + ["--out", out])
      Thread.sleep(forTimeInterval: Double.random(in: 0...0.15, using: &generator))
      training.send(SIGKILL)
      _ = try training.end()
      found.insert(try Data(contentsOf: URL(filePath: out)))
    }
    #expect(found.isSubset(of: [old, new]))
  }

  @Test func twoProcessesInOneFolderLeaveARunOfOne() throws {
    let expected = try Self.model()
    var generator = SeededGenerator(seed: 14)
    for trial in 0..<Self.trials / 10 {
      let scratch = try Scratch()
      let run = scratch.path("r")
      let options = Self.short + ["--run", run, "--resume", "--checkpoint-seconds", "0"]
      let both = try [RunningCommand(options), RunningCommand(options)]
      Thread.sleep(forTimeInterval: Double.random(in: 0...0.2, using: &generator))
      both[trial % 2].send(SIGKILL)
      for training in both {
        let end = try training.end()
        #expect([0, 1, 128 + SIGKILL].contains(end.status), "\(end.errors)")
        if end.status == 1 { #expect(end.errors.contains("is in use by"), "\(end.errors)") }
      }
      let last = try adjoint(options)
      #expect(last.status == 0, "\(last.errors)")
      #expect(try Data(contentsOf: URL(filePath: run + "/model.adj")) == expected)
      #expect(try RunTests.text(run + "/metrics.jsonl").split(separator: "\n").count == 30)
    }
  }

  @Test(
    "a full disk costs what came after the last checkpoint, at most",
    .enabled(if: SmallDisk.isAllowed, "a tmpfs needs the superuser"))
  func aFullDiskLosesNothing() throws {
    let expected = try Self.model()
    var generator = SeededGenerator(seed: 15)
    for _ in 0..<Self.trials / 10 {
      let disk = try SmallDisk(bytes: 512 << 10)
      let run = disk.path("r")
      // What is left is enough for a part of the run only.
      try Data(count: Int.random(in: 300 << 10...510 << 10, using: &generator)).write(
        to: URL(filePath: disk.path("filler")))
      let end = try adjoint(Self.short + ["--run", run, "--checkpoint-seconds", "0"])
      #expect([0, 1].contains(end.status), "\(end.errors)")
      if end.status == 1 { #expect(end.errors.contains("No space left on device"), "\(end.errors)") }
      try FileManager.default.removeItem(atPath: disk.path("filler"))
      let names = (try? FileManager.default.contentsOfDirectory(atPath: run)) ?? []
      #expect(names.isEmpty || names.contains("checkpoint.safetensors"), "\(names)")
      let more = try adjoint(Self.short + ["--run", run, "--resume"])
      #expect(more.status == 0, "\(more.errors)")
      #expect(try Data(contentsOf: URL(filePath: run + "/model.adj")) == expected)
    }
  }

  /// The epochs of a checkpoint, which must be whole.
  static func epochs(of path: String) throws -> Int {
    struct Progress: Decodable { let epochs: Int }
    let text = try #require(try SafetensorsFile(path: path).metadata["adjoint"])
    return try JSONDecoder().decode(Progress.self, from: Data(text.utf8)).epochs
  }
}
