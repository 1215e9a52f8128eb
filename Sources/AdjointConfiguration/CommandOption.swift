import ArgumentParser
import Foundation

/// An option or flag that a command has.
package struct CommandOption {
  package let name: String
  package let isFlag: Bool

  /// Those with long names.
  package static func all(of command: any ParsableCommand.Type) throws -> [CommandOption] {
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
