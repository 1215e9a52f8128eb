import AdjointArray
import Foundation

extension ScalarType {
  /// The C type that holds one element.
  var c: String {
    switch self {
    case .float32: "float"
    case .float64: "double"
    case .int32: "int"
    case .int64: "long"
    case .bool: "unsigned char"
    }
  }

  /// The suffix of the runtime's functions for it.
  var suffix: String {
    switch self {
    case .float32: "f32"
    case .float64: "f64"
    case .int32: "i32"
    case .int64: "i64"
    case .bool: "b8"
    }
  }
}

extension Literal {
  /// The exact value as a C expression: short decimals where they are exact, else hexadecimal.
  var c: String {
    switch scalarType {
    case .int32:
      let value = Int32(doubleValue)
      return value == .min ? "(-2147483647 - 1)" : "\(value)"
    case .int64:
      let value = Int64(bitPattern: bits)
      return value == .min ? "(-9223372036854775807L - 1)" : "\(value)L"
    case .bool:
      return bits == 0 ? "0" : "1"
    case .float32, .float64:
      let value = doubleValue
      let mark = scalarType == .float32 ? "f" : ""
      if value.isNaN { return "(0.0\(mark) / 0.0\(mark))" }
      if value.isInfinite { return value < 0 ? "(-1.0\(mark) / 0.0\(mark))" : "(1.0\(mark) / 0.0\(mark))" }
      // A multiple of 1/1024 below a million is written out exactly by a short decimal.
      if abs(value) < 1e6, value * 1024 == (value * 1024).rounded() { return "\(value)\(mark)" }
      return String(format: "%a", value) + mark
    }
  }
}
