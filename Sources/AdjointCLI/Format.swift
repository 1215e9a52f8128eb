import Adjoint
import Foundation

/// Numbers for people.
enum Format {
  /// `12,345`
  static func count(_ value: Int) -> String { value.grouped }

  static func number(_ value: Double, digits: Int = 4) -> String { String(format: "%.\(digits)g", value) }
  static func fixed(_ value: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", value) }

  /// `23.4 µs`, `3.10 ms`
  static func time(_ seconds: Double) -> String {
    switch seconds {
    case ..<1e-6: fixed(seconds * 1e9, 0) + " ns"
    case ..<1e-3: fixed(seconds * 1e6, 1) + " µs"
    case ..<1: fixed(seconds * 1e3, 2) + " ms"
    default: fixed(seconds, 2) + " s"
    }
  }

  static func bytes(_ count: Int) -> String { self.count(count) + (count == 1 ? " byte" : " bytes") }
}

extension Duration {
  var inSeconds: Double { self / .seconds(1) }
}
