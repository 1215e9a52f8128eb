import Adjoint
import ArgumentParser

/// How much memory a command may take.
struct MemoryOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The most memory to have in use, such as 2GiB or 500MB: what needs more is refused (default: what the system has).",
      valueName: "size"))
  var memory: String?

  /// Lets it hold from now on.
  ///
  /// - Throws: ``UsageError``; ``MemoryError`` where the process has more in use already, before anything is begun.
  func apply() throws {
    guard let memory else { return }
    guard let bytes = Self.bytes(memory) else {
      throw UsageError(
        "--memory is '\(memory)'; give a number of bytes, or of MB, GB, MiB or GiB, such as 2GiB")
    }
    Memory.limit = bytes
    try Memory.require(Memory.smallest, for: "adjoint", remedy: "give more (--memory)")
  }

  private static let units: [(name: String, bytes: Double)] = [
    ("kib", 0x1p10), ("mib", 0x1p20), ("gib", 0x1p30), ("tib", 0x1p40), ("kb", 1e3), ("mb", 1e6), ("gb", 1e9),
    ("tb", 1e12), ("b", 1),
  ]

  /// `nil` where `text` is no number of bytes above 0.
  static func bytes(_ text: String) -> Int? {
    let text = text.lowercased()
    let unit = units.first { text.hasSuffix($0.name) }
    let number = text.dropLast(unit?.name.count ?? 0).trimmingSpaces
    guard let value = Double(number), case let bytes = value * (unit?.bytes ?? 1), bytes >= 1, bytes < 0x1p62
    else {
      return nil
    }
    return Int(bytes)
  }
}

extension Substring {
  fileprivate var trimmingSpaces: Substring {
    var result = self
    while result.last == " " { result.removeLast() }
    return result
  }
}
