// What a file or a user gave, as messages write it.

/// On one line, and no longer than one can read.
package func shortened(_ text: String, to limit: Int = 60) -> String {
  // A character may be of any length: a letter and thousands of accents are one.
  let scalars = text.unicodeScalars
  let end =
    scalars.index(scalars.startIndex, offsetBy: 4 * limit, limitedBy: scalars.endIndex) ?? scalars.endIndex
  let start = String(scalars[..<end])
  let line = String(start.prefix(limit).map { $0.isNewline ? " " : $0 })
  return start.count > limit || end < scalars.endIndex ? line + "…" : line
}

/// A name that a file or a user gave, as messages write it.
package func quoted(_ name: String) -> String { "'\(shortened(name))'" }
