import AdjointConfiguration
import ArgumentParser

/// Lets values and expressions begin with a minus, which the parser would take for options: `--layers -1`, `diff -x^2`.
enum LeadingMinus {
  /// The commands whose argument is an expression.
  private static let expressionCommands: Set = ["diff", "flops"]

  /// `arguments` with values joined to their options (`--layers=-1`), and a space before expressions.
  ///
  /// - Throws: ``UsageError`` where an option stands in the place of another one's value: `--layers --epochs 3`.
  static func protected(
    in arguments: [String], of commands: [any ParsableCommand.Type]
  ) throws -> [String] {
    guard let name = arguments.first, let command = commands.first(where: { $0._commandName == name }),
      arguments.dropFirst().contains(where: { $0.hasPrefix("-") && !$0.hasPrefix("--") })
        || zip(arguments, arguments.dropFirst()).contains(where: { $0.hasPrefix("--") && $1.hasPrefix("--") })
    else { return arguments }
    let options = try CommandOption.all(of: command)
    let known = Set(options.map { "--" + $0.name } + ["--help", "-h", "--version"])
    let takingValues = Set(options.filter { !$0.isFlag }.map { "--" + $0.name })
    var result = [name]
    var waiting = false
    for argument in arguments.dropFirst() {
      // What the command knows as an option is one, never a value.
      let isOption = known.contains(String(argument.prefix { $0 != "=" }))
      if waiting, argument.hasPrefix("-"), !isOption {
        result[result.count - 1] += "=" + argument
        waiting = false
        continue
      }
      if waiting, isOption {
        throw UsageError(
          "missing value for '\(result[result.count - 1])'; give one (see adjoint \(name) --help)")
      }
      if !isOption, argument.hasPrefix("-"), Double(argument) != nil, !expressionCommands.contains(name) {
        throw UsageError(
          "'\(argument)' belongs to no option; a file of that name is ./\(argument) (see adjoint \(name) --help)"
        )
      }
      let isExpression =
        !waiting && !isOption && expressionCommands.contains(name) && argument.count > 1
        && argument.hasPrefix("-") && !argument.hasPrefix("--")
      result.append(isExpression ? " " + argument : argument)
      waiting = takingValues.contains(argument)
    }
    return result
  }
}
