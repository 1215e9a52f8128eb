import Adjoint

/// A section of docs/errors.md: code that throws the error which it explains.
///
/// Where the page shows the code, it is a region named as the section is. Where no short program gives the error, the
/// example makes it, and the page shows only its message.
struct ErrorExample: Sendable, CustomStringConvertible {
  /// The section's heading, as a link names it.
  let anchor: String
  let run: @Sendable () throws -> Void
  /// The file that holds the example.
  let path: String
  let fileID: String

  init(
    _ anchor: String, path: String = #filePath, fileID: String = #fileID,
    _ run: @escaping @Sendable () throws -> Void
  ) {
    self.anchor = anchor
    self.run = run
    self.path = path
    self.fileID = fileID
  }

  var description: String { anchor }

  static let all = [
    graphs, arrays, running, compiling, training, savedModels, data, expressions,
  ].flatMap { $0 }
}
