import AdjointArray
import Foundation

/// The words in which a tree is printed. A dialect that says the same in other words is another table.
struct Spelling: Sendable {
  var elements: [ScalarType: String]
  /// The unsigned integers of the same sizes.
  var unsigned: [ScalarType: String]
  /// Of positions and counts.
  var index: String
  /// The ends of 64 bits, and what stands behind other numbers of that size.
  var leastWide: String
  var greatestWide: String
  var wideMark: String
  /// Says of a pointer that no other one reaches what it points to.
  var unique = ""
  /// The address space of arrays, where there is more than one.
  var memory = ""
  /// The statement that makes what was stored seen by all, where it is not anyway.
  var barrier = ""
  /// What is included besides `math.h`.
  var headers: [String] = []
  /// Whether it is no C, but for people: `and`, `or`, the shortest decimals, no parentheses that mathematics does not need.
  var isMathematics = false

  /// C for the machine at hand, without any header.
  static let machine = Spelling(
    elements: [.float32: "float", .float64: "double", .int32: "int", .int64: "long", .bool: "unsigned char"],
    unsigned: [.int32: "unsigned int", .int64: "unsigned long"], index: "long",
    leastWide: "(-9223372036854775807L - 1)", greatestWide: "9223372036854775807L", wideMark: "L")

  static let native: Spelling = {
    var result = machine
    result.unique = "restrict"
    return result
  }()

  /// C99 for any machine.
  static let portable: Spelling = {
    var result = machine
    result.elements.merge([.int32: "int32_t", .int64: "int64_t", .bool: "uint8_t"]) { $1 }
    result.unsigned = [.int32: "uint32_t", .int64: "uint64_t"]
    (result.index, result.leastWide, result.greatestWide) = ("int64_t", "INT64_MIN", "INT64_MAX")
    // What int does not hold gets a wider type by itself.
    (result.wideMark, result.headers) = ("", ["stdint.h"])
    return result
  }()

  /// For comments.
  static let mathematics: Spelling = {
    var result = machine
    result.isMathematics = true
    return result
  }()

  /// The exact value: short decimals where they are exact, else hexadecimal.
  func text(_ literal: Literal) -> String {
    if isMathematics { return literal.shortened }
    switch literal.scalarType {
    case .int32:
      let value = Int32(literal.doubleValue)
      return value == .min ? "(-2147483647 - 1)" : "\(value)"
    case .int64:
      let value = Int64(bitPattern: literal.bits)
      return value == .min ? leastWide : "\(value)\(wideMark)"
    case .bool:
      return literal.bits == 0 ? "0" : "1"
    case .float32, .float64:
      let value = literal.doubleValue
      let mark = literal.scalarType == .float32 ? "f" : ""
      if value.isNaN { return "(0.0\(mark) / 0.0\(mark))" }
      if value.isInfinite { return value < 0 ? "(-1.0\(mark) / 0.0\(mark))" : "(1.0\(mark) / 0.0\(mark))" }
      // A multiple of 1/1024 below a million is written out exactly by a short decimal.
      if abs(value) < 1e6, value * 1024 == (value * 1024).rounded() { return "\(value)\(mark)" }
      return String(format: "%a", value) + mark
    }
  }
}

extension ScalarType {
  /// The suffix of functions of it.
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
  /// The value in the fewest decimals that tell it from its neighbours.
  var shortened: String {
    if let integerValue { return "\(integerValue)" }
    if doubleValue == doubleValue.rounded(), abs(doubleValue) < 1e9 { return "\(Int(doubleValue))" }
    return scalarType == .float32 ? "\(Float(doubleValue))" : "\(doubleValue)"
  }
}
