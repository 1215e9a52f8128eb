import AdjointArray
import AdjointIR

// Operators broadcast by NumPy's rules: shapes are aligned at the last axis, and an extent of 1 repeats. Of two types
// the result has the later one in the list bool, int32, int64, float32, float64; a number beside a tensor has the
// tensor's type.

extension Tensor {
  public static func + (a: Tensor, b: Tensor) -> Tensor { binary(.add, a, b) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { binary(.subtract, a, b) }
  public static func * (a: Tensor, b: Tensor) -> Tensor { binary(.multiply, a, b) }
  /// Integers are divided towards zero, and a division by the integer 0 gives 0.
  public static func / (a: Tensor, b: Tensor) -> Tensor { binary(.divide, a, b) }

  public static func + (a: Tensor, b: Double) -> Tensor { binary(.add, a, b) }
  public static func - (a: Tensor, b: Double) -> Tensor { binary(.subtract, a, b) }
  public static func * (a: Tensor, b: Double) -> Tensor { binary(.multiply, a, b) }
  public static func / (a: Tensor, b: Double) -> Tensor { binary(.divide, a, b) }

  public static func + (a: Double, b: Tensor) -> Tensor { binary(.add, a, b) }
  public static func - (a: Double, b: Tensor) -> Tensor { binary(.subtract, a, b) }
  public static func * (a: Double, b: Tensor) -> Tensor { binary(.multiply, a, b) }
  public static func / (a: Double, b: Tensor) -> Tensor { binary(.divide, a, b) }

  public static prefix func - (a: Tensor) -> Tensor {
    record("neg", [a]) { builder, ids throws(GraphError) in try builder.unary(.negate, ids[0]) }
  }
  public static prefix func + (a: Tensor) -> Tensor { a }

  public static func += (a: inout Tensor, b: Tensor) { a = a + b }
  public static func -= (a: inout Tensor, b: Tensor) { a = a - b }
  public static func *= (a: inout Tensor, b: Tensor) { a = a * b }
  public static func /= (a: inout Tensor, b: Tensor) { a = a / b }
  public static func += (a: inout Tensor, b: Double) { a = a + b }
  public static func -= (a: inout Tensor, b: Double) { a = a - b }
  public static func *= (a: inout Tensor, b: Double) { a = a * b }
  public static func /= (a: inout Tensor, b: Double) { a = a / b }
}

// Comparisons give bool tensors, in the spelling of Swift's SIMD types. Those with NaN are false, .!= is true.
extension Tensor {
  public static func .== (a: Tensor, b: Tensor) -> Tensor { compare(.equal, a, b) }
  public static func .!= (a: Tensor, b: Tensor) -> Tensor { compare(.notEqual, a, b) }
  public static func .< (a: Tensor, b: Tensor) -> Tensor { compare(.less, a, b) }
  public static func .<= (a: Tensor, b: Tensor) -> Tensor { compare(.lessOrEqual, a, b) }
  public static func .> (a: Tensor, b: Tensor) -> Tensor { compare(.greater, a, b) }
  public static func .>= (a: Tensor, b: Tensor) -> Tensor { compare(.greaterOrEqual, a, b) }

  public static func .== (a: Tensor, b: Double) -> Tensor { compare(.equal, a, b) }
  public static func .!= (a: Tensor, b: Double) -> Tensor { compare(.notEqual, a, b) }
  public static func .< (a: Tensor, b: Double) -> Tensor { compare(.less, a, b) }
  public static func .<= (a: Tensor, b: Double) -> Tensor { compare(.lessOrEqual, a, b) }
  public static func .> (a: Tensor, b: Double) -> Tensor { compare(.greater, a, b) }
  public static func .>= (a: Tensor, b: Double) -> Tensor { compare(.greaterOrEqual, a, b) }

  /// Where both hold; of bool tensors.
  public static func .& (a: Tensor, b: Tensor) -> Tensor { binary(.and, a, b) }
  /// Where either holds; of bool tensors.
  public static func .| (a: Tensor, b: Tensor) -> Tensor { binary(.or, a, b) }
  /// Where exactly one of both holds; of bool tensors.
  public static func .^ (a: Tensor, b: Tensor) -> Tensor {
    record("xor", [a, b]) { builder, ids throws(GraphError) in
      for id in ids where builder.scalarType(id) != .bool {
        throw GraphError(
          .typeMismatch, operation: "xor", problem: "it is not defined on \(builder.scalarType(id))",
          remedy: "cast to bool first, or compare")
      }
      return try builder.compare(.notEqual, ids[0], ids[1])
    }
  }
  /// Where it does not hold; of a bool tensor.
  public static prefix func .! (a: Tensor) -> Tensor {
    record("not", [a]) { builder, ids throws(GraphError) in try builder.unary(.not, ids[0]) }
  }
}

extension Tensor {
  static func binary(
    _ function: BinaryFunction, _ a: Tensor, _ b: Tensor, at location: SourceLocation? = nil
  ) -> Tensor {
    record(function.rawValue, [a, b], at: location) { builder, ids throws(GraphError) in
      let operands = try builder.promoted(ids)
      return try builder.binary(function, operands[0], operands[1])
    }
  }

  static func binary(
    _ function: BinaryFunction, _ a: Tensor, _ b: Double, at location: SourceLocation? = nil
  ) -> Tensor {
    record(function.rawValue, [a], at: location) { builder, ids throws(GraphError) in
      try builder.binary(function, ids[0], builder.literal(b, typedLike: ids[0]))
    }
  }

  static func binary(
    _ function: BinaryFunction, _ a: Double, _ b: Tensor, at location: SourceLocation? = nil
  ) -> Tensor {
    record(function.rawValue, [b], at: location) { builder, ids throws(GraphError) in
      try builder.binary(function, builder.literal(a, typedLike: ids[0]), ids[0])
    }
  }

  static func compare(_ comparison: Comparison, _ a: Tensor, _ b: Tensor) -> Tensor {
    record(comparison.rawValue, [a, b]) { builder, ids throws(GraphError) in
      let operands = try builder.promoted(ids)
      return try builder.compare(comparison, operands[0], operands[1])
    }
  }

  static func compare(_ comparison: Comparison, _ a: Tensor, _ b: Double) -> Tensor {
    record(comparison.rawValue, [a]) { builder, ids throws(GraphError) in
      try builder.compare(comparison, ids[0], builder.literal(b, typedLike: ids[0]))
    }
  }
}
