import Adjoint
import Foundation

/// Where commands write.
enum Console {
  /// A result, on standard output.
  ///
  /// - Throws: ``DataError/Kind/unwritable``: nobody has got it, so that the command has failed.
  static func print(_ text: String) throws(DataError) {
    try File.write(text + "\n", to: STDOUT_FILENO, named: "standard output")
  }

  /// Anything else, on standard error. Nobody can be told where that fails.
  static func note(_ text: String) {
    try? File.write(text + "\n", to: STDERR_FILENO, named: "standard error")
  }

  /// Writes over the line on which a terminal's standard error stands.
  static func progress(_ text: String) {
    try? File.write("\r\u{1B}[K\(text)", to: STDERR_FILENO, named: "standard error")
  }

  /// `value` as one JSON object with snake_case keys; numbers that JSON lacks are the texts `nan`, `inf`, `-inf`.
  static func json(_ value: some Encodable, isOneLine: Bool = false) throws -> String {
    try JSONText.encode(
      value, isOneLine ? .withoutEscapingSlashes : [.withoutEscapingSlashes, .prettyPrinted])
  }
}
