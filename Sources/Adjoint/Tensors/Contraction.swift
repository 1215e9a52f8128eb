import AdjointArray
import AdjointIR

/// The matrix product by NumPy's rules.
///
/// - Parameters:
///   - a: `[…, m, k]`, or a vector `[k]`, which is taken as one row.
///   - b: `[…, k, n]`, or a vector `[k]`, which is taken as one column.
/// - Returns: `[…, m, n]`, where the leading axes are broadcast together; without m or n where a vector was given.
public func matmul(_ a: Tensor, _ b: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.record("matmul", [a, b], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in try builder.matmul(ids[0], ids[1])
  }
}

extension Builder {
  fileprivate mutating func matmul(_ a: NodeID, _ b: NodeID) throws(GraphError) -> NodeID {
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
