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
      Train.self, Grid.self, CrossValidate.self, Predict.self, Plot.self, Dump.self, Bench.self,
      Diff.self,
      Flops.self, Doctor.self,
    ])

  static func main() {
    Surroundings.settle()
    var arguments = Array(CommandLine.arguments.dropFirst())
    do {
      // What is small is not asked for, and there must be some of it.
      try Memory.require(Memory.smallest, for: "adjoint", remedy: "run it where there is more")
      arguments = try LeadingMinus.protected(in: arguments, of: configuration.subcommands)
      optionsFile = try OptionsFile(of: arguments)
      var command = try parseAsRoot(optionsFile?.arguments ?? arguments)
      if let file = optionsFile, !file.passedOver.isEmpty {
        let names = file.passedOver.joined(separator: ", ")
        Console.note("note: adjoint \(arguments[0]) passes over what \(file.path) says of \(names)")
      }
      try command.run()
    } catch {
      leave(error, arguments)
    }
  }

  /// The file of options that was given; set before anything runs.
  private(set) nonisolated(unsafe) static var optionsFile: OptionsFile?

  /// A longer argument is shown by its beginning.
  private static let longest = 500

  /// Ends the program: errors are one line on standard error.
  private static func leave(_ error: any Error, _ arguments: [String]) -> Never {
    let code = exitCode(for: error)
    // An exit code has been explained already.
    if error is ExitCode { Foundation.exit(code.rawValue) }
    // Help and version are answers.
    if code == .success {
      do { try Console.print(fullMessage(for: error)) } catch { leave(error, arguments) }
      Foundation.exit(0)
    }
    let isMisuse =
      code == .validationFailure || error is UsageError || error is UnknownNameError
      || error is ConfigurationError
    var message = String(describing: error)
    if code == .validationFailure {
      let given = configuration.subcommands.first { $0._commandName == arguments.first }
      let options = given.flatMap { try? CommandOption.all(of: $0) } ?? []
      let (problem, remedy) = Self.explanation(of: error, among: options.map(\.name))
      let command = given.map { " " + $0._commandName } ?? ""
      let advice = remedy.map { "; " + $0 } ?? ""
      message = UsageError("\(problem)\(advice) (see adjoint\(command) --help)").description
    }
    message = message.split(whereSeparator: \.isNewline).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    .joined(separator: " ")
    message = CommandSpelling.of(message)
    for given in arguments.flatMap({
      [$0] + $0.split(separator: "=", maxSplits: 1).dropFirst().map(String.init)
    })
    where given.utf8.count > longest {
      message = message.replacingOccurrences(of: given, with: shortened(given))
    }
    if error is UsageError, let place = optionsFile?.place(ofOptionIn: message) {
      message = "\(place): \(message)"
    }
    Console.note("error: \(message)")
    // What a signal made fail did not fail by itself.
    Foundation.exit(Interrupt.isReceived ? Interrupt.exitCode.rawValue : isMisuse ? 64 : 1)
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
