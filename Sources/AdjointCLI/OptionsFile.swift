import AdjointConfiguration
import ArgumentParser
import Foundation

/// The YAML file whose options a command line goes over: the one that it begins with, `train config.yaml --epochs 10`, or that of
/// the run that it goes on with, `train --run runs/wdbc --resume`.
struct OptionsFile {
  let path: String
  /// The command line with the file's options in its place.
  let arguments: [String]
  /// Those of its options that mean nothing to the command.
  let passedOver: [String]
  /// Where those stand that the command line does not give anew.
  private let places: [String: String]

  /// The commands that take one. Files are written for the first; what only that one has, the others pass over.
  private static let commands: [any ConfigurableCommand.Type] = [
    Train.self, Grid.self, CrossValidate.self,
  ]

  /// `nil` where there is none.
  ///
  /// - Throws: ``UsageError`` where its name does not come first, ``DataError``, ``ConfigurationError``
  init?(of arguments: [String]) throws {
    guard let name = arguments.first, let command = Self.commands.first(where: { $0._commandName == name })
    else { return nil }
    var given = Array(arguments.dropFirst())
    if let first = given.first, Self.isFile(first) {
      path = first
      given.removeFirst()
    } else if let file = try Self.misplaced(in: given, of: command) {
      throw UsageError("a file of options comes first: adjoint \(name) \(file) ...")
    } else if let run = command == Train.self ? Self.configuration(ofRunIn: given) : nil {
      path = run
    } else {
      return nil
    }
    let reading = try Configuration(path: path).reading(for: command, among: Self.commands)
    self.arguments = [name] + reading.arguments + given
    passedOver = reading.passedOver
    places = reading.places.filter { option, _ in
      !given.contains { $0 == "--\(option)" || $0.hasPrefix("--\(option)=") }
    }
  }

  /// A file of options that does not come first; what is the value of an option is none.
  private static func misplaced(
    in arguments: [String], of command: any ConfigurableCommand.Type
  ) throws -> String? {
    guard arguments.contains(where: isFile) else { return nil }
    let valued = Set(try CommandOption.all(of: command).filter { !$0.isFlag }.map { "--" + $0.name })
    return zip(arguments, arguments.dropFirst()).first { isFile($1) && !valued.contains($0) }?.1
  }

  private static func isFile(_ argument: String) -> Bool {
    argument.hasSuffix(".yaml") || argument.hasSuffix(".yml")
  }

  /// What a run that is gone on with says of itself.
  private static func configuration(ofRunIn arguments: [String]) -> String? {
    // What cannot be parsed is told when all is.
    guard let train = try? Train.parse(arguments), train.resume, let folder = train.runFolder else {
      return nil
    }
    let files = ["/run.json", "/config.yaml"].map { folder + $0 }
    return files.allSatisfy(FileManager.default.fileExists(atPath:)) ? files[1] : nil
  }

  /// Where the option stands that a message begins with, as `--epochs is 0` does.
  func place(ofOptionIn message: String) -> String? {
    guard message.hasPrefix("--") else { return nil }
    return places[String(message.dropFirst(2).prefix { $0.isLetter || $0.isNumber || $0 == "-" })]
  }
}
