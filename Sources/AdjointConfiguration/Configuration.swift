import Adjoint
import ArgumentParser
import Foundation
import Yams

/// Options of a command in a YAML file, by their long names:
///
///     data: wdbc.csv
///     target: benign
///     layers: [64, 32]
///     learning-rate: 1e-3
///     resume: true
///
/// What stands on the command line behind the file's name goes over it.
package struct Configuration {
  private let path: String
  private let mapping: Yams.Node.Mapping

  /// Longer than any list of options.
  private static let byteLimit = 1 << 20
  /// More than any list of options has. Aliases of aliases make a short file stand for a tree that has no end in practice
  /// ("billion laughs"), and the parser compares keys.
  private static let aliasLimit = 16

  /// - Throws: ``DataError`` where the file cannot be read, ``ConfigurationError`` where it is no list of options.
  package init(path: String) throws {
    self.path = path
    let bytes = try File.read(path)
    guard bytes.count <= Self.byteLimit, let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError.malformed(
        place: path,
        problem: bytes.count > Self.byteLimit ? "it has \(bytes.count) bytes" : "it is not UTF-8",
        remedy: "give a YAML file of options, such as epochs: 50")
    }
    guard Self.aliasCount(bytes) <= Self.aliasLimit else {
      throw ConfigurationError.malformed(
        place: path, problem: "it has more than \(Self.aliasLimit) aliases (*name)",
        remedy: "write the values themselves")
    }
    let root: Yams.Node?
    do { root = try Yams.compose(yaml: text) } catch let error as YamlError {
      throw Self.error(error, path)
    }
    switch root {
    case nil: mapping = Yams.Node.Mapping([])
    case .mapping(let mapping): self.mapping = mapping
    case let other?:
      throw ConfigurationError.malformed(
        place: Self.place(path, other), problem: "it is no list of options with their values",
        remedy: "write one on a line, such as epochs: 50")
    }
  }

  /// The options as arguments of `command`.
  package func arguments(of command: any ParsableCommand.Type) throws -> [String] {
    try arguments(of: CommandOption.all(of: command))
  }

  /// The same for a command that has these options.
  package func arguments(of options: [CommandOption]) throws -> [String] {
    try mapping.flatMap { key, value -> [String] in
      guard case .scalar(let scalar) = key else {
        throw ConfigurationError.malformed(
          place: Self.place(path, key), problem: "an option's name is a list",
          remedy: "write the name, a colon and the value")
      }
      let name = scalar.string
      guard let option = options.first(where: { $0.name == name }) else {
        let names = options.map(\.name)
        let hint = nearestName(to: name, in: names).map { "did you mean '\($0)'?" }
        throw ConfigurationError.unknownOption(
          place: Self.place(path, key), name: name,
          remedy: hint ?? "there are \(names.sorted().joined(separator: ", "))")
      }
      return try self.arguments(for: option, value)
    }
  }

  private func arguments(for option: CommandOption, _ value: Yams.Node) throws -> [String] {
    func wrong(_ remedy: String) -> ConfigurationError {
      .malformed(
        place: Self.place(path, value), problem: "'\(option.name)' has a value that it cannot have",
        remedy: remedy)
    }
    if option.isFlag {
      guard let isSet = value.bool else { throw wrong("give true or false") }
      return isSet ? ["--\(option.name)"] : []
    }
    let texts: [String]
    switch value {
    case .scalar(let scalar):
      // As if it were not there: `patience: ` or `patience: null`.
      if scalar.style == .plain, Self.nothing.contains(scalar.string) { return [] }
      texts = [scalar.string]
    case .sequence(let sequence):
      texts = try sequence.map { element in
        guard case .scalar(let scalar) = element else { throw wrong("give a list of single values") }
        return scalar.string
      }
    default: throw wrong("give one value, or a list of values")
    }
    // In one argument, so that a value may begin with a minus.
    return ["--\(option.name)=\(texts.joined(separator: ","))"]
  }

  /// A file of these options, which can be read again.
  package static func text(_ options: [(name: String, value: String)]) throws -> String {
    let pairs = options.map { option in
      (
        Yams.Node(option.name),
        Yams.Node(option.value, Tag(.implicit), nothing.contains(option.value) ? .doubleQuoted : .any)
      )
    }
    return try Yams.serialize(node: Yams.Node(pairs, Tag(.implicit), .block), allowUnicode: true)
  }

  /// What YAML calls nothing, unless it is quoted.
  private static let nothing: Set = ["", "~", "null", "Null", "NULL"]

  /// The places where an alias may begin; those in comments and quotes count, too.
  private static func aliasCount(_ bytes: [UInt8]) -> Int {
    let before = Array(" \t\r\n[]{},:?-".utf8)
    return bytes.indices.lazy.filter { index in
      bytes[index] == UInt8(ascii: "*") && (index == 0 || before.contains(bytes[index - 1]))
    }.count
  }

  private static func place(_ path: String, _ node: Yams.Node) -> String {
    node.mark.map { "\(path):\($0.line)" } ?? path
  }

  private static func error(_ error: YamlError, _ path: String) -> ConfigurationError {
    let (place, problem): (String, String) =
      switch error {
      case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
        .composer(_, let problem, let mark, _):
        ("\(path):\(mark.line)", shortened(problem))
      case .duplicatedKeysInMapping(let keys, let context):
        ("\(path):\(context.mark.line)", "\(keys.prefix(3).map(quoted).joined(separator: ", ")) stands twice")
      default: (path, shortened("\(error)"))
      }
    return .malformed(
      place: place, problem: "this is no YAML (\(problem))",
      remedy: "write an option on a line, such as epochs: 50")
  }
}

/// An option or flag that a command has.
package struct CommandOption {
  let name: String
  let isFlag: Bool

  package init(name: String, isFlag: Bool) { (self.name, self.isFlag) = (name, isFlag) }

  /// Those with long names.
  static func all(of command: any ParsableCommand.Type) throws -> [CommandOption] {
    struct Tool: Decodable {
      struct Command: Decodable {
        struct Argument: Decodable {
          struct Name: Decodable {
            let kind: String
            let name: String
          }
          let kind: String
          let names: [Name]?
        }
        let arguments: [Argument]?
      }
      let command: Command
    }
    let tool = try JSONDecoder().decode(Tool.self, from: Data(command._dumpHelp().utf8))
    return (tool.command.arguments ?? []).flatMap { argument in
      (argument.names ?? []).filter { $0.kind == "long" && $0.name != "help" && $0.name != "version" }
        .map { CommandOption(name: $0.name, isFlag: argument.kind == "flag") }
    }
  }
}

/// What is wrong with a file of options: what, where, and what would be right.
package enum ConfigurationError: DocumentedError {
  case malformed(place: String, problem: String, remedy: String)
  case unknownOption(place: String, name: String, remedy: String)

  package enum Kind: String, CaseIterable { case malformedConfiguration, unknownOption }

  package var kind: Kind {
    switch self {
    case .malformed: .malformedConfiguration
    case .unknownOption: .unknownOption
    }
  }

  package var message: String {
    switch self {
    case .malformed(let place, let problem, let remedy): "\(place): \(problem); \(remedy)"
    case .unknownOption(let place, let name, let remedy):
      "\(place): there is no option \(quoted(name)); \(remedy)"
    }
  }
}
