import AdjointArray
import AdjointIR

extension Tensor {
  /// Of int32 indices `[…]` the tensor `[…, depth]` that is 1 at each index and 0 elsewhere; all 0 for an index
  /// that is not in 0..<depth.
  public func oneHot(
    depth: Int, _ scalarType: ScalarType = .float32, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    moved("one_hot", file, line) { builder, id throws(GraphError) in
      try builder.cast(try builder.isIndex(id, depth: depth), to: scalarType)
    }
  }

  /// The rows of this table `[n, …]` at int32 `indices` of any shape: `indices.shape + […]`.
  ///
  /// An index out of range is an error when the graph is run.
  public func gathered(rows indices: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
    Tensor.record("gather_rows", [self, indices], at: SourceLocation(file: file, line: line)) {
      builder, ids throws(GraphError) in try builder.append(.gatherRows, ids)
    }
  }

  /// Of int32 indices `[…]` the bool tensor `[…, depth]` that holds at each index.
  func isIndex(depth: Int) -> Tensor {
    Tensor.record("one_hot", [self]) { builder, ids throws(GraphError) in
      try builder.isIndex(ids[0], depth: depth)
    }
  }
}

extension Builder {
  fileprivate mutating func isIndex(_ id: NodeID, depth: Int) throws(GraphError) -> NodeID {
    guard scalarType(id) == .int32 else {
      throw GraphError(
        .typeMismatch, operation: "one_hot", problem: "the indices are \(scalarType(id))",
        remedy: "cast them to int32")
    }
    let classes = try append(.iota(count: depth, .int32), [])
    let column = try reshape(id, to: Shape(shape(id).dimensions + [1]))
    return try compare(.equal, column, classes)
  }
}
