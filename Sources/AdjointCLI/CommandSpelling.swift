import Foundation

/// Remedies of the library as they are said on the command line: `categories: .words` is `--categories words`.
enum CommandSpelling {
  /// What is called otherwise there than in Swift, and what is no option.
  private static let phrases = [
    ("missing: .mean or .dropRow", "--missing mean or drop"), ("(goesOn: true)", "(--resume)"),
    ("use .meanSquaredError", "use --loss mean-squared-error"),
    ("use .binaryCrossEntropy", "use --loss cross-entropy"),
    ("make the trainer with ", "give "), ("use .softmaxCrossEntropy", "use --loss cross-entropy"),
    ("use the backend .native or .interpreter", "use --backend native or interpreter"),
    (" when the table is made", ""), ("(Memory.limit)", "(--memory)"),
    (", or allow more (operationLimit:)", ""), ("(ulimit -v, Memory.limit)", "(ulimit -v, --memory)"),
    ("give a smaller weightDecay", "give a smaller --weight-decay"),
  ]
  /// Arguments in Swift that are options of the same name and with the same values.
  private static let arguments = ["categories", "missing", "unseen", "separator", "task"]

  /// `message` in the words of the command line.
  static func of(_ message: String) -> String {
    var result = message
    for (swift, option) in phrases { result = result.replacingOccurrences(of: swift, with: option) }
    for name in arguments {
      result = result.replacingOccurrences(
        of: "\\b\(name): \\.([a-z]+)\\b", with: "--\(name) $1", options: .regularExpression)
    }
    return result.replacingOccurrences(
      of: "give a smaller (l1|l2|momentum|beta1|beta2|decay)\\b", with: "give a smaller --$1",
      options: .regularExpression)
  }
}
