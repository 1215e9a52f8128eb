import Foundation
import Testing

/// The options of a command as the program itself lists them, so that tests of all of them miss none.
struct CommandOptions: CustomTestStringConvertible {
  let command: String
  let options: [String]
  var testDescription: String { command }

  static func all() throws -> [CommandOptions] {
    struct Tool: Decodable {
      struct Command: Decodable {
        let commandName: String
        let subcommands: [Command]?
        let arguments: [Argument]?
      }
      struct Argument: Decodable {
        let kind: String
        let names: [Name]?
      }
      struct Name: Decodable { let name: String }
      let command: Command
    }
    let help = try adjoint("--experimental-dump-help")
    let tool = try JSONDecoder().decode(Tool.self, from: Data(help.output.utf8))
    return (tool.command.subcommands ?? []).filter { $0.commandName != "help" }.map { command in
      CommandOptions(
        command: command.commandName,
        options: (command.arguments ?? []).filter { $0.kind == "option" }.compactMap { $0.names?.first?.name }
      )
    }
  }
}

/// Runs commands in a folder of small files, with one option more.
final class OptionRunner {
  struct Outcome {
    let status: Int32
    /// Whether it ended by itself, and by no signal.
    let exited: Bool
    let wasInterrupted: Bool
    let errors: String
  }

  let scratch: Scratch
  private let rows: String

  init() throws {
    scratch = try Scratch()
    rows = "a,b,y\n" + (0..<12).map { "\($0),\($0 * $0 % 7),\($0 % 2)\n" }.joined()
    let data = try scratch.file("data.csv", rows)
    let trained = try adjoint(
      "train", "--data", data, "--target", "y", "--epochs", "1", "--layers", "2", "--quiet", "--out",
      scratch.path("model.adj"))
    #expect(trained.status == 0, "\(trained.errors)")
  }

  /// What gives an option a meaning.
  private static let companions = [
    "momentum": ["--optimizer", "momentum"], "decay": ["--optimizer", "rmsprop"],
    "weight-decay": ["--optimizer", "adamw"], "checkpoint-seconds": ["--checkpoint", "c.safetensors"],
    "inputs": ["--outputs", "1"], "outputs": ["--inputs", "1"],
  ]

  /// What each command needs to run at all, quickly.
  private func usual(_ command: String, _ option: String) -> [String] {
    let learning = ["--data", "data.csv", "--target", "y", "--layers", "2"]
    return switch command {
    case "train": learning + ["--epochs", "1", "--quiet"]
    case "grid": learning + ["--epochs", "1", "--quiet", "--learning-rates", "1e-3", "--lambdas", "0"]
    case "cross-validate": learning + ["--epochs", "1", "--quiet", "--folds", "2"]
    case "dump": ["inputs", "outputs"].contains(option) ? ["--layers", "2"] : learning
    case "predict", "plot": ["model.adj", "--data", "data.csv"]
    case "diff": ["x^2"]
    case "flops": ["at", "wrt"].contains(option) ? ["x^2"] : learning
    case "bench": ["--quick"]
    default: []
    }
  }

  /// Runs `command` with `option`, in the place of the usual value where there is one. What runs for longer than two seconds is
  /// interrupted, and killed after five more.
  func run(_ command: String, _ option: String, _ value: String) throws -> Outcome {
    var arguments = usual(command, option) + (Self.companions[option] ?? [])
    if let place = arguments.firstIndex(of: "--" + option) { arguments.removeSubrange(place...place + 1) }
    // Options that others exclude.
    if option == "bootstrap", let place = arguments.firstIndex(of: "--folds") {
      arguments.removeSubrange(place...place + 1)
    }
    let folder = try Scratch()
    for name in ["data.csv", "model.adj"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path(name), withDestinationPath: scratch.path(name))
    }
    let process = Process()
    process.executableURL = try Command.executable()
    process.arguments = [command] + arguments + ["--" + option, value]
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path(""))
    let errors = try folder.file("stderr", "")
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let isOver = { (seconds: Double) in
      let end = Date(timeIntervalSinceNow: seconds)
      while process.isRunning, Date() < end { usleep(1000) }
      return !process.isRunning
    }
    let endedAlone = isOver(2)
    if !endedAlone {
      process.interrupt()
      if !isOver(5) { kill(process.processIdentifier, SIGKILL) }
    }
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, exited: process.terminationReason == .exit,
      wasInterrupted: !endedAlone,
      errors: String(decoding: try Data(contentsOf: URL(fileURLWithPath: errors)), as: UTF8.self))
  }
}
