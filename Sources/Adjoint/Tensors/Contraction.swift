import AdjointArray
import AdjointIR

/// The matrix product by NumPy's rules.
///
/// - Parameters:
///   - a: `[…, m, k]`, or a vector `[k]`, which is taken as one row.
///   - b: `[…, k, n]`, or a vector `[k]`, which is taken as one column.
/// - Returns: `[…, m, n]`, where the leading axes are broadcast together; without m or n where a vector was given. A sum
///   of no products is 0.
public func matmul(_ a: Tensor, _ b: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.record("matmul", [a, b], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    let operands = try builder.promoted(ids)
    return try builder.matmul(operands[0], operands[1])
  }
}

/// Sums of products over the last axis of `a` and the last but one of `b`, or the only one of a vector: NumPy's `dot`.
///
/// Of two vectors the inner product, of two matrices the matrix product. Unlike matmul it pairs all other axes of both:
/// `[i, k]` and `[j, k, n]` give `[i, j, n]`. With a scalar it is the product.
public func dot(_ a: Tensor, _ b: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  if a.rank == 0 || b.rank == 0 {
    return Tensor.binary(.multiply, a, b, at: SourceLocation(file: file, line: line))
  }
  return contracted("dot", a, b, [-1], [b.rank == 1 ? -1 : -2], file, line)
}

/// The products of each element of `a` with each of `b`, both flattened: `[m, n]`.
public func outer(_ a: Tensor, _ b: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose([a, b], file, line) { a.reshaped(to: [-1, 1]) * b.reshaped(to: [1, -1]) }
}

/// Sums of products over the last `axes` axes of `a` and the first ones of `b`, in their order: NumPy's `tensordot`.
///
/// - Returns: the other axes of `a`, then those of `b`. With `axes` 0 these are all products, with 1 that of matrices.
public func tensordot(
  _ a: Tensor, _ b: Tensor, axes: Int = 2, file: String = #fileID, line: Int = #line
) -> Tensor {
  guard axes >= 0, axes <= a.rank, axes <= b.rank else {
    return Tensor.record("tensordot", [a, b], at: SourceLocation(file: file, line: line)) {
      builder, ids throws(GraphError) in
      throw GraphError(
        .axisOutOfRange, operation: "tensordot",
        problem: "\(axes) axes of \(builder.shape(ids[0])) and \(builder.shape(ids[1]))",
        remedy: "give a number from 0 to the rank of both")
    }
  }
  return tensordot(a, b, axes: (Array(-axes..<0), Array(0..<axes)), file: file, line: line)
}

/// Sums of products over the axes `axes.0` of `a` and `axes.1` of `b`, paired in their order.
///
/// - Returns: the other axes of `a`, then those of `b`.
public func tensordot(
  _ a: Tensor, _ b: Tensor, axes: ([Int], [Int]), file: String = #fileID, line: Int = #line
) -> Tensor {
  contracted("tensordot", a, b, axes.0, axes.1, file, line)
}

private func contracted(
  _ operation: String, _ a: Tensor, _ b: Tensor, _ left: [Int], _ right: [Int], _ file: String, _ line: Int
) -> Tensor {
  Tensor.record(operation, [a, b], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    let operands = try builder.promoted(ids)
    let dimensions = DotDimensions(
      lhsContracting: try builder.normalizedAxes(left, of: operands[0], operation),
      rhsContracting: try builder.normalizedAxes(right, of: operands[1], operation))
    return try builder.append(.dot(dimensions), operands)
  }
}

extension Builder {
  mutating func matmul(_ a: NodeID, _ b: NodeID) throws(GraphError) -> NodeID {
    let left = shape(a)
    let right = shape(b)
    func mismatch(_ problem: String, _ remedy: String) -> GraphError {
      GraphError(.shapeMismatch, operation: "matmul", problem: problem, remedy: remedy)
    }
    guard left.rank >= 1, right.rank >= 1 else {
      throw mismatch("a scalar has no axis to sum over", "multiply by a scalar with *")
    }
    let contracted = Swift.max(right.rank - 2, 0)
    guard left[left.rank - 1] == right[contracted] else {
      throw mismatch(
        "\(left) times \(right): \(left[left.rank - 1]) columns meet \(right[contracted]) rows",
        "the last extent of the left must be the \(right.rank > 1 ? "last but one" : "only one") of the right"
      )
    }
    if left.rank == 1 || right.rank <= 2 {
      let dimensions = DotDimensions(lhsContracting: [left.rank - 1], rhsContracting: [contracted])
      return try append(.dot(dimensions), [a, b])
    }
    let leftBatch = Shape(Array(left.dimensions.dropLast(2)))
    let rightBatch = Shape(Array(right.dimensions.dropLast(2)))
    guard let batch = leftBatch.broadcast(with: rightBatch) else {
      throw mismatch(
        "the leading axes of \(left) and \(right) differ",
        "extents before the last two, aligned at their end, must be equal or 1")
    }
    let full = [
      try broadcast(a, to: Shape(batch.dimensions + left.dimensions.suffix(2))),
      try broadcast(b, to: Shape(batch.dimensions + right.dimensions.suffix(2))),
    ]
    return try append(.dot(.matmul(rank: batch.rank + 2)), full)
  }
}
