import AdjointIR
import Glibc
import Runtime

/// The user's line behind a call of an operator.
///
/// Operators take no `#line`: Swift allows them no default arguments. When one fails, the call stack is walked
/// instead (about 0.2 ms, and only then), and the innermost frame outside of this module is taken. Without debug
/// information there is none.
enum UserFrame {
  /// The folder of this module's sources, at the machine that built it.
  private static let own = String(#filePath.dropLast("Tensors/UserFrame.swift".count))

  static func current() -> SourceLocation? {
    guard let trace = try? Backtrace.capture(limit: 48), let frames = trace.symbolicated()?.frames else { return nil }
    for frame in frames {
      guard let place = frame.symbol?.sourceLocation, place.line > 0, !place.path.hasPrefix(own) else { continue }
      // As `#fileID` would say it, but for the module's name, which is the folder's as a rule.
      let file = place.path.split(separator: "/").suffix(2).joined(separator: "/")
      return SourceLocation(file: file, line: place.line)
    }
    return nil
  }
}
