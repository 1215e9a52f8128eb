import ArgumentParser
import FileMutations
import Foundation
import Synchronization

@main
struct AdjointAttackModels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adjoint-attack-models",
    abstract:
      "Gives hostile models to adjoint predict and adjoint dump, which must refuse or run them within limits.",
    discussion: """
      The models' checksums are right. Each is run in processes of its own under several limits of memory. A signal, an exit \
      status other than 0, 1 and 64, an error of several lines, and a run that takes too long are failures; such models are kept.
      """)

  @Option(help: "The program.")
  var adjoint = ".build/release/adjoint"
  @Option(help: "How many models.")
  var models = 2000
  @Option(help: "The number of the first model.")
  var first = 0
  @Option(help: "The limits of address space, in MiB.")
  var limits = "96,128,256,512,1024,4096"
  @Option(help: "The seconds of CPU time that a run may take.")
  var seconds = 20
  @Flag(help: "Print what the runs are refused with.")
  var verbose = false
  @Option(help: "The folder for models that fail.")
  var failures = ".build/attack-models-failures"

  func run() throws {
    let memories = limits.split(separator: ",").compactMap { Int($0) }
    guard !memories.isEmpty, models > 0 else {
      throw ValidationError("give limits such as 96,4096, and some models")
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "adjoint-attack-\(UUID().uuidString)")
    for path in [folder.path, failures] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    defer { try? FileManager.default.removeItem(at: folder) }
    let originals = try trained(in: folder)
    // By what is wrong, without what differs from model to model: how often, and the first command.
    let tally = Mutex(Tally())
    DispatchQueue.concurrentPerform(iterations: models) { index in
      do {
        let part = try attack(first + index, originals, memories, in: folder)
        tally.withLock { $0 += part }
      } catch {
        tally.withLock { $0.add("\(error)", command: "--first \(first + index) --models 1") }
      }
    }
    let total = tally.withLock { $0 }
    print(total)
    if !total.faults.isEmpty { throw ExitCode.failure }
  }

  /// What becomes of one model's runs. The model is kept where one of them fails.
  private func attack(
    _ number: Int, _ originals: [HostileModel.Original], _ memories: [Int], in folder: URL
  ) throws -> Tally {
    var model = HostileModel(originals, number: number)
    let file = folder.appending(path: "\(number).adj")
    let errors = folder.appending(path: "\(number).errors")
    try Data(model.bytes()).write(to: file)
    let kept = "\(failures)/\(number).adj"
    var tally = Tally()
    for arguments in [
      ["predict", file.path, "--data", model.original.data], ["dump", file.path, "--stage", "c"],
    ] {
      for memory in memories {
        let run = LimitedRun(memory: memory << 10, seconds: seconds, arguments: [adjoint] + arguments)
        switch try run.outcome(errors: errors) {
        case .done: tally.done += 1
        case .refused(let message):
          tally.refused += 1
          if verbose { print("\(number) \(arguments[0]) \(memory): \(message.prefix(400))", terminator: "") }
        case .failed(let fault):
          let shown = ([adjoint, arguments[0], kept] + arguments.dropFirst(2)).joined(separator: " ")
          tally.add(
            "\(arguments[0]) at \(memory) MiB: \(fault)", command: "(ulimit -v \(memory << 10); \(shown))")
        }
      }
    }
    if tally.faults.isEmpty {
      try FileManager.default.removeItem(at: file)
    } else {
      try? FileManager.default.removeItem(atPath: kept)
      try FileManager.default.moveItem(atPath: file.path, toPath: kept)
    }
    try FileManager.default.removeItem(at: errors)
    return tally
  }

  /// Models of each task, one with categories and one with products of features.
  private func trained(in folder: URL) throws -> [HostileModel.Original] {
    let words = failures + "/words.csv"
    let rows = (0..<24).map { "\($0),\(["red", "blue", "green"][$0 % 3]),\($0 * $0)\n" }
    try Data(("a,color,y\n" + rows.joined()).utf8).write(to: URL(filePath: words))
    let choices: [(data: String, options: [String])] = [
      ("Examples/Data/iris.csv", ["--target", "species"]),
      ("Examples/Data/wdbc.csv", ["--target", "benign"]),
      ("Examples/Data/diabetes.csv", ["--target", "progression", "--polynomial", "2"]),
      (words, ["--target", "y", "--categories", "words"]),
    ]
    return try choices.enumerated().map { index, choice in
      let file = folder.appending(path: "original\(index).adj")
      let run = LimitedRun(
        memory: 4 << 20, seconds: 60,
        arguments: [
          adjoint, "train", "--data", choice.data, "--layers", "3", "--epochs", "1", "--out", file.path,
        ]
          + choice.options)
      let errors = folder.appending(path: "errors")
      let outcome = try run.outcome(errors: errors)
      guard let bytes = try? Data(contentsOf: file) else {
        throw ValidationError("training a model to begin with: \(outcome)")
      }
      return HostileModel.Original(parts: ModelParts(Array(bytes)), data: choice.data)
    }
  }
}
