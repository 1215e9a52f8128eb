/// An error that a section of `docs/errors.md` explains, with an example and a remedy.
public protocol DocumentedError: Error, CustomStringConvertible {
  /// What can go wrong: one section of the page for each.
  associatedtype Kind: RawRepresentable<String>, CaseIterable, Sendable
  var kind: Kind { get }
  /// What is wrong, where, and what would be right, on one line.
  var message: String { get }
}

extension DocumentedError {
  /// The heading of the kind's section, as a link names it: `shape-mismatch` for `shapeMismatch`.
  public var anchor: String { Self.anchor(of: kind) }

  /// The message, and where it is explained.
  public var description: String { "\(message) (docs/errors.md#\(anchor))" }

  package static func anchor(of kind: Kind) -> String {
    let letters = Array(kind.rawValue)
    var result = ""
    for (index, letter) in letters.enumerated() {
      let opensWord =
        letter.isUppercase && index > 0
        && (letters[index - 1].isLowercase || letters.dropFirst(index + 1).first?.isLowercase == true)
      result += (opensWord ? "-" : "") + letter.lowercased()
    }
    return result
  }
}
