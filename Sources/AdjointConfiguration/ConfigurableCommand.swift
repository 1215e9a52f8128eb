import ArgumentParser

/// A command whose options may stand in a file.
package protocol ConfigurableCommand: ParsableCommand {
  /// Whether `value` for one of its options, which would be an error on the command line, is passed over in a file: because the
  /// file is written for another command, too.
  static func passesOver(_ name: String, value: String) -> Bool
}

extension ConfigurableCommand {
  package static func passesOver(_ name: String, value: String) -> Bool { false }
}
