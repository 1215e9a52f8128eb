import Adjoint
import Foundation
import Testing

/// Training that is killed, at any moment, again and again.
@Suite("Killed trainings")
struct KillTests {
  /// As many as `make kills` says, else some.
  static let kills = ProcessInfo.processInfo.environment["ADJOINT_KILLS"].flatMap(Int.init) ?? 10

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

  /// The epochs of a checkpoint, which must be whole.
  static func epochs(of path: String) throws -> Int {
    struct Progress: Decodable { let epochs: Int }
    let text = try #require(try SafetensorsFile(path: path).metadata["adjoint"])
    return try JSONDecoder().decode(Progress.self, from: Data(text.utf8)).epochs
  }
}
