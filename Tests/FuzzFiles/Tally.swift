import Foundation

/// What became of the files of a format.
struct Tally: Codable {
  let format: String
  var cases: UInt64 = 0
  var read = 0
  var refused = 0
  var failures = 0
  /// The most memory that reading one file took.
  var peakBytes = 0
  var seconds = 0.0

  static let heading = line(["format", "cases", "read", "refused", "failures", "cases/s", "peak MiB"])

  var row: String {
    Self.line([
      format, "\(cases)", "\(read)", "\(refused)", "\(failures)",
      String(format: "%.0f", Double(cases) / max(seconds, 1e-3)),
      String(format: "%.2f", Double(peakBytes) / 0x1p20),
    ])
  }

  private static func line(_ columns: [String]) -> String {
    columns.enumerated().map { index, text in
      let space = String(repeating: " ", count: max(0, 12 - text.count))
      return index == 0 ? text + space : space + text
    }.joined()
  }

  static func += (a: inout Tally, b: Tally) {
    a.cases += b.cases
    a.read += b.read
    a.refused += b.refused
    a.failures += b.failures
    a.peakBytes = max(a.peakBytes, b.peakBytes)
    a.seconds += b.seconds
  }
}
