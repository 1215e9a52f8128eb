import Adjoint
import ArgumentParser
import Foundation

/// What options are called elsewhere, which the parser cannot guess by their letters.
private let namesElsewhere = [
  "lr": "learning-rate", "batch-size": "batch", "bs": "batch", "hidden": "layers",
  "wd": "weight-decay",
  "val": "validation", "output": "out", "input": "data", "label": "target", "device": "backend",
]

extension ParsableArguments {
  /// What the parser of a command line says, on one line: what is wrong and, where it knows that, what would be right.
  /// A long value is shortened.
  ///
  /// - Parameter options: the names of those that the command has.
  package static func explanation(of error: any Error, among options: [String] = []) -> (
    problem: String, remedy: String?
  ) {
    let lines = message(for: error).split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    // A long list of values stands on lines that begin with a hyphen.
    let values = lines.filter { $0.hasPrefix("- ") }.map { $0.dropFirst(2) }
    let text = inWordsOfOurs(lines.filter { !$0.hasPrefix("- ") }.joined(separator: " "), options)
    let parts = text.replacingOccurrences(of: " the following:", with: "").split(
      separator: ". Please provide ")
    guard parts.count == 2 else { return (shortened(text.lowercasedInitial, to: 600), nil) }
    let known = values.isEmpty ? [parts[1]] : [parts[1], values.joined(separator: ", ")[...]]
    var remedy = "give " + known.joined(separator: " ")
    if remedy.hasSuffix(".") { remedy.removeLast() }
    return (shortened(String(parts[0]).lowercasedInitial, to: 600), remedy)
  }

  /// An unknown option with the one that it is likely to mean.
  private static func inWordsOfOurs(_ text: String, _ options: [String]) -> String {
    let beginning = "Unknown option '--"
    guard text.hasPrefix(beginning) else { return text }
    let name = text.dropFirst(beginning.count).prefix { $0 != "'" }
    guard let ours = namesElsewhere[String(name)], options.contains(ours) else { return text }
    return "\(beginning)\(name)'. Did you mean '--\(ours)'?"
  }
}

extension String {
  fileprivate var lowercasedInitial: String { prefix(1).lowercased() + dropFirst() }
}
