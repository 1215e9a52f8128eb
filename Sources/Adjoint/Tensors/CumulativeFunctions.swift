import AdjointArray
import AdjointIR

// Running totals along an axis. The result has the shape of the operand.

/// The sums of the elements up to each one along `axis`, that one included: NumPy's `cumsum`.
///
/// With `reverse` they run from each one to the end. Integers wrap.
public func cumulativeSum(
  _ x: Tensor, axis: Int, reverse: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  cumulative("cumulative_sum", .sum, x, axis, reverse, file, line)
}

/// The products of the elements up to each one along `axis`, that one included: NumPy's `cumprod`.
///
/// With `reverse` they run from each one to the end. Integers wrap. Derivatives are right also where some are zero.
public func cumulativeProduct(
  _ x: Tensor, axis: Int, reverse: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  cumulative("cumulative_product", .product, x, axis, reverse, file, line)
}

private func cumulative(
  _ operation: String, _ function: Cumulative, _ x: Tensor, _ axis: Int, _ reverse: Bool, _ file: String,
  _ line: Int
) -> Tensor {
  Tensor.record(operation, [x], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    let axis = try builder.normalizedAxis(axis, rank: builder.shape(ids[0]).rank, operation)
    return try builder.append(.structured(.cumulative(function, axis: axis, isReversed: reverse)), ids)
  }
}
