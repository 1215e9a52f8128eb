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
    let bytes = try File.read(path, limit: Self.byteLimit)
    guard bytes.count <= Self.byteLimit, let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError.malformed(
        place: path,
        problem: bytes.count > Self.byteLimit
          ? "it has more than \(Self.byteLimit) bytes" : "it is not UTF-8",
        remedy: "give a YAML file of options, such as epochs: 50")
    }
    guard Self.aliasCount(bytes) <= Self.aliasLimit else {
      throw ConfigurationError.malformed(
        place: path, problem: "it has more than \(Self.aliasLimit) aliases (*name)",
        remedy: "write the values themselves")
    }
    let root: Yams.Node?
    do { root = try Yams.compose(yaml: text) } catch let error as YamlError {
      throw Self.error(error, path, text)
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

  /// What the file says to `command`.
  ///
  /// - Parameter commands: those that take files, the one first for which files are written: what is only its own, the others
  ///   pass over. Anything else that a command does not have is an error.
  /// - Throws: ``ConfigurationError``
  package func reading(
    for command: any ConfigurableCommand.Type, among commands: [any ConfigurableCommand.Type]
  ) throws -> Reading {
    let own = try CommandOption.all(of: command)
    let others = commands.filter { $0 != command }
    var reading = Reading()
    for (key, value) in mapping {
      let name = try Self.name(key, path)
      let place = Self.place(path, key)
      guard let option = own.first(where: { $0.name == name }) else {
        guard
          let owner = try others.first(where: { try CommandOption.all(of: $0).contains { $0.name == name } })
        else { throw unknown(key, name, among: own) }
        guard owner == commands.first else {
          throw ConfigurationError.unknownOption(
            place: place, name: name, of: command._commandName,
            remedy: "it is one of adjoint \(owner._commandName): leave it out, or give it a file of its own")
        }
        if !isNothing(value) { reading.passedOver.append(name) }
        continue
      }
      let arguments = try self.arguments(for: option, value)
      guard let argument = arguments.first else { continue }
      if command.passesOver(name, value: String(argument.dropFirst("--\(name)=".count))) {
        reading.passedOver.append(name)
        continue
      }
      // By itself, as otherwise nobody knows where the value stands that is none.
      do { _ = try command.parse(arguments) } catch {
        let (problem, remedy) = command.explanation(of: error)
        throw ConfigurationError.malformed(
          place: Self.place(path, value), problem: problem,
          remedy: remedy ?? "see adjoint \(command._commandName) --help")
      }
      reading.arguments += arguments
      reading.places[name] = place
    }
    return reading
  }

  private static func name(_ key: Yams.Node, _ path: String) throws(ConfigurationError) -> String {
    guard case .scalar(let scalar) = key else {
      throw .malformed(
        place: place(path, key), problem: "an option's name is a list",
        remedy: "write the name, a colon and the value")
    }
    return scalar.string
  }

  private func unknown(
    _ key: Yams.Node, _ name: String, among options: [CommandOption]
  ) -> ConfigurationError {
    let names = options.map(\.name)
    let hint = nearestName(to: name, in: names).map { "did you mean '\($0)'?" }
    return .unknownOption(
      place: Self.place(path, key), name: name,
      remedy: hint ?? "there are \(names.sorted().joined(separator: ", "))")
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
      if isNothing(value) { return [] }
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

  /// Whether an option is as if it were not there: `patience: ` or `patience: null`.
  private func isNothing(_ value: Yams.Node) -> Bool {
    guard case .scalar(let scalar) = value else { return false }
    return scalar.style == .plain && Self.nothing.contains(scalar.string)
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

  private static func error(_ error: YamlError, _ path: String, _ text: String) -> ConfigurationError {
    let (place, problem): (String, String) =
      switch error {
      case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
        .composer(_, let problem, let mark, _):
        ("\(path):\(mark.line)", shortened(problem))
      case .duplicatedKeysInMapping(let keys, let context):
        duplicate(of: keys.first ?? "", onLine: context.mark.line, path, text)
      default: (path, shortened("\(error)"))
      }
    return .malformed(
      place: place, problem: "this is no YAML (\(problem))",
      remedy: "write an option on a line, such as epochs: 50")
  }
}

extension Configuration {
  /// What a file says to a command.
  package struct Reading {
    /// The same on a command line.
    package fileprivate(set) var arguments: [String] = []
    /// The names of options that mean nothing to it.
    package fileprivate(set) var passedOver: [String] = []
    /// Where the others stand, by their names: `config.yaml:2`.
    package fileprivate(set) var places: [String: String] = [:]
  }
}

extension Configuration {
  /// What is wrong, and where, with a key that the parser has met on a line and, on one that it does not tell, again.
  private static func duplicate(
    of key: String, onLine first: Int, _ path: String, _ text: String
  ) -> (place: String, problem: String) {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
    let again = lines.dropFirst(first).first { _, line in
      let start = line.drop { " \"'{".contains($0) }
      return start.hasPrefix(key) && start.dropFirst(key.count).drop { " \"'".contains($0) }.first == ":"
    }
    guard let again else { return ("\(path):\(first)", "\(quoted(key)) stands twice") }
    return ("\(path):\(again.offset + 1)", "\(quoted(key)) stands on line \(first) already")
  }
}
