import Adjoint
import AdjointConfiguration
import ArgumentParser
import Foundation

/// The command `adjoint`.
@main
struct AdjointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adjoint",
    abstract: "Trains neural networks by compiling them: graph, derivative, fused C, machine code.",
    discussion: """
      Begin with

        adjoint train --data wdbc.csv --target benign --out model.adj
        adjoint predict model.adj --data new.csv
        adjoint dump model.adj --stage c

      Results go to standard output, progress and errors to standard error. The exit code is 0, 64 for a command \
      line that cannot be understood, and 1 for everything else that went wrong.
      """,
    version: Version.adjoint,
    subcommands: [
      Train.self, Grid.self, CrossValidate.self, Predict.self, Plot.self, Dump.self, Bench.self, Diff.self,
      Flops.self, Doctor.self,
    ])

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      var command = try parseAsRoot(protectingMinus(in: expandingFile(in: arguments)))
      try command.run()
    } catch {
      leave(error, arguments)
    }
  }

  /// Puts the options of a YAML file in the file's place: `train config.yaml --epochs 10`.
  private static func expandingFile(in arguments: [String]) throws -> [String] {
    guard arguments.count > 1, let command = configurable[arguments[0]],
      [".yaml", ".yml"].contains(where: arguments[1].hasSuffix)
    else {
      if arguments.first.map({ configurable[$0] != nil }) ?? false,
        let file = arguments.dropFirst(2).first(where: { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") })
      {
        throw UsageError("a file of options comes first: adjoint \(arguments[0]) \(file) ...")
      }
      return arguments
    }
    optionsFile = arguments[1]
    return try [arguments[0]] + Configuration(path: arguments[1]).arguments(of: command)
      + arguments.dropFirst(2)
  }

  /// The file of options that was given; set before anything runs.
  private(set) nonisolated(unsafe) static var optionsFile: String?

  /// The commands whose options may stand in a file.
  private static let configurable: [String: any ParsableCommand.Type] = [
    "train": Train.self, "grid": Grid.self, "cross-validate": CrossValidate.self,
  ]

  /// Lets an expression begin with a minus, which would be an option otherwise: it gets a space before it.
  private static func protectingMinus(in arguments: [String]) -> [String] {
    guard arguments.first == "diff" || arguments.first == "flops" else { return arguments }
    let flags: Set = ["--latex", "--dot", "--json", "--gradient", "--hessian"]
    var result = arguments
    for index in result.indices.dropFirst() {
      let argument = result[index]
      let previous = result[index - 1]
      let isValue = previous.hasPrefix("--") && !previous.contains("=") && !flags.contains(previous)
      if argument.hasPrefix("-"), argument.count > 1, !argument.hasPrefix("--"), argument != "-h", !isValue {
        result[index] = " " + argument
      }
    }
    return result
  }

  /// What the library's remedies are called on the command line.
  private static let options = [
    ("categories: .words", "--categories words"), ("missing: .mean or .dropRow", "--missing mean or drop"),
    ("unseen: .zeros", "--unseen zeros"), ("(goesOn: true)", "(--resume)"),
    ("separator: .semicolon", "--separator semicolon"), ("separator: .tab", "--separator tab"),
    ("separator: .comma", "--separator comma"),
  ]

  /// Ends the program: errors are one line on standard error.
  private static func leave(_ error: any Error, _ arguments: [String]) -> Never {
    let code = exitCode(for: error)
    // Help and version are answers, and an exit code has been explained already.
    if code == .success || error is ExitCode { exit(withError: error) }
    let isMisuse =
      code == .validationFailure || error is UsageError || error is UnknownNameError
      || error is ConfigurationError
    var message = code == .validationFailure ? Self.message(for: error) : String(describing: error)
    message = message.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
      .joined(separator: " ")
    for (api, option) in options { message = message.replacingOccurrences(of: api, with: option) }
    if code == .validationFailure {
      let names = configuration.subcommands.map { $0._commandName }
      let command = arguments.first.flatMap { names.contains($0) ? " " + $0 : nil } ?? ""
      message = UsageError("\(message) (see adjoint\(command) --help)").description
    }
    Console.note("error: \(message)")
    Foundation.exit(isMisuse ? 64 : 1)
  }
}

/// Something on the command line that makes no sense: what, and what would be right.
struct UsageError: DocumentedError {
  enum Kind: String, CaseIterable { case commandLine }
  var kind: Kind { .commandLine }
  let message: String
  init(_ message: String) { self.message = message }
}

/// Something that went wrong while a command ran.
struct CommandError: DocumentedError {
  enum Kind: String, CaseIterable { case differentResults }
  var kind: Kind { .differentResults }
  let message: String
  init(_ message: String) { self.message = message }
}
