import AdjointArray
import AdjointIR

// Choices and questions. Comparisons, and, or, not and xor of bool tensors are operators: `.==` … `.>=`, `.&`, `.|`,
// `.!`, `.^`.

/// Elements of `a` where `condition`, a bool tensor, holds, and of `b` elsewhere: NumPy's `where`.
///
/// The three are broadcast together. The derivative flows into the element that was chosen. The other one is computed
/// too: where it is infinite or NaN, choose between arguments instead, as in `log(select(x .> 0, x, 1))`.
public func select(
  _ condition: Tensor, _ a: Tensor, _ b: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("select", [condition, a, b], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    let values = try builder.promoted([ids[1], ids[2]])
    return try builder.select(ids[0], values[0], values[1])
  }
}

public func select(
  _ condition: Tensor, _ a: Tensor, _ b: Double, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("select", [condition, a], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    try builder.select(ids[0], ids[1], builder.literal(b, typedLike: ids[1]))
  }
}

public func select(
  _ condition: Tensor, _ a: Double, _ b: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("select", [condition, b], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    try builder.select(ids[0], builder.literal(a, typedLike: ids[1]), ids[1])
  }
}

/// Whether each element is neither infinite nor NaN: a bool tensor. Integers are.
public func isFinite(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose([x], file, line) {
    x.scalarType.isFloatingPoint ? abs(x) .< .infinity : x .== x
  }
}

/// Whether each element is ∞ or −∞: a bool tensor. Integers are not.
public func isInfinite(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose([x], file, line) {
    x.scalarType.isFloatingPoint ? abs(x) .== .infinity : x .!= x
  }
}

/// Whether each element is NaN: a bool tensor. Integers are not.
public func isNaN(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose([x], file, line) { x .!= x }
}
