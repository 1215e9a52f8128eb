import Adjoint
import ArgumentParser
import Foundation

extension ParsableArguments {
  /// What the parser of a command line says, on one line: what is wrong and, where it knows that, what would be right.
  /// A long value is shortened.
  package static func explanation(of error: any Error) -> (problem: String, remedy: String?) {
    let lines = message(for: error).split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    // A long list of values stands on lines that begin with a hyphen.
    let values = lines.filter { $0.hasPrefix("- ") }.map { $0.dropFirst(2) }
    let text = lines.filter { !$0.hasPrefix("- ") }.joined(separator: " ")
    let parts = text.replacingOccurrences(of: " the following:", with: "").split(
      separator: ". Please provide ")
    guard parts.count == 2 else { return (shortened(text.lowercasedInitial, to: 600), nil) }
    let known = values.isEmpty ? [parts[1]] : [parts[1], values.joined(separator: ", ")[...]]
    var remedy = "give " + known.joined(separator: " ")
    if remedy.hasSuffix(".") { remedy.removeLast() }
    return (shortened(String(parts[0]).lowercasedInitial, to: 600), remedy)
  }
}

extension String {
  fileprivate var lowercasedInitial: String { prefix(1).lowercased() + dropFirst() }
}
