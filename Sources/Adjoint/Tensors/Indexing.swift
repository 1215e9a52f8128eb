import AdjointArray
import AdjointIR

// Elements at places that are themselves values. Indices are integers from 0; one that is out of range is an error when
// the graph is run.

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
  /// The derivative adds up at rows that are taken more than once.
  public func gathered(rows indices: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
    Tensor.record("gather_rows", [self, indices], at: SourceLocation(file: file, line: line)) {
      builder, ids throws(GraphError) in try builder.append(.structured(.gatherRows), ids)
    }
  }

  /// The parts of this tensor at int32 `indices` of any shape along `axis`, whose place their axes take: NumPy's `take`.
  ///
  /// Of `[2, n, 3]` along 1 at `[4, 5]` indices it is `[2, 4, 5, 3]`. The derivative adds up at parts that are taken
  /// more than once.
  public func taking(
    _ indices: Tensor, axis: Int, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    Tensor.record("take", [self, indices], at: SourceLocation(file: file, line: line)) {
      builder, ids throws(GraphError) in
      let rank = builder.shape(ids[0]).rank
      let axis = try builder.normalizedAxis(axis, rank: rank, "take")
      let rows = try builder.transpose(ids[0], [axis] + (0..<rank).filter { $0 != axis })
      let taken = try builder.append(.structured(.gatherRows), [rows, ids[1]])
      // The axes of the indices come first, and go to where the axis was.
      let count = builder.shape(ids[1]).rank
      let before = Array(count..<(count + axis))
      let after = Array((count + axis)..<(count + rank - 1))
      return try builder.transpose(taken, before + Array(0..<count) + after)
    }
  }

  /// For each place the element whose index along `axis` stands in `indices`: NumPy's `take_along_axis`.
  ///
  /// Of a matrix along 1 it is `y[i, j] = x[i, indices[i, j]]`. The indices are int32 of this tensor's rank; their other
  /// extents are those of this tensor, or one of the two is 1 and repeats. The derivative adds up at elements that are
  /// taken more than once.
  public func gathered(
    _ indices: Tensor, axis: Int, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    Tensor.record("gather", [self, indices], at: SourceLocation(file: file, line: line)) {
      builder, ids throws(GraphError) in
      let axis = try builder.normalizedAxis(axis, rank: builder.shape(ids[0]).rank, "gather")
      return try builder.append(
        .structured(.gather(axis: axis)), builder.aligned(ids[0], ids[1], axis, "gather"))
    }
  }

  /// This tensor with each of `updates` added at the place whose index along `axis` stands in `indices`.
  ///
  /// Of a matrix along 1 it adds `updates[i, j]` to `x[i, indices[i, j]]`; where an index appears more than once, all of
  /// its updates are added. The indices are int32 of the shape of the updates, whose other extents are this tensor's.
  public func scatterAdding(
    _ updates: Tensor, at indices: Tensor, axis: Int, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    Tensor.record("scatter_add", [self, updates, indices], at: SourceLocation(file: file, line: line)) {
      builder, ids throws(GraphError) in
      let values = try builder.promoted([ids[0], ids[1]])
      let shape = builder.shape(values[0])
      let axis = try builder.normalizedAxis(axis, rank: shape.rank, "scatter_add")
      let sums = try builder.append(
        .structured(.scatterAdd(axis: axis, extent: shape[axis])), [values[1], ids[2]])
      return try builder.add(sums, to: values[0], "scatter_add")
    }
  }

  /// This tensor with `updates` `indices.shape + […]` added to its rows `[n, …]` at int32 `indices`; where an index
  /// appears more than once, all of its updates are.
  public func scatterAdding(
    _ updates: Tensor, rows indices: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    Tensor.record("scatter_add_rows", [self, updates, indices], at: SourceLocation(file: file, line: line)) {
      builder, ids throws(GraphError) in
      let values = try builder.promoted([ids[0], ids[1]])
      guard let rows = builder.shape(values[0]).dimensions.first else {
        throw GraphError(
          .shapeMismatch, operation: "scatter_add_rows", problem: "a scalar has no rows",
          remedy: "give a table with rows along axis 0")
      }
      let sums = try builder.append(.structured(.scatterAddRows(rows: rows)), [values[1], ids[2]])
      return try builder.add(sums, to: values[0], "scatter_add_rows")
    }
  }

  /// Of int32 indices `[…]` the bool tensor `[…, depth]` that holds at each index.
  func isIndex(depth: Int) -> Tensor {
    Tensor.record("one_hot", [self]) { builder, ids throws(GraphError) in
      try builder.isIndex(ids[0], depth: depth)
    }
  }
}

/// The rows of `table` `[words, width]` at int32 `indices` `[…]`: `[…, width]`, the vectors that stand for words.
///
/// The derivative adds up at rows that are used more than once.
public func embedding(
  _ indices: Tensor, table: Tensor, file: String = #fileID, line: Int = #line
) -> Tensor {
  table.gathered(rows: indices, file: file, line: line)
}

extension Builder {
  /// A table and indices, at the shapes that an index for each element along `axis` takes.
  fileprivate mutating func aligned(_ table: NodeID, _ indices: NodeID, _ axis: Int, _ operation: String)
    throws(GraphError) -> [NodeID]
  {
    let (own, other) = (shape(table), shape(indices))
    let fits =
      own.rank == other.rank
      && (0..<own.rank).allSatisfy { index in
        index == axis || own[index] == other[index] || own[index] == 1 || other[index] == 1
      }
    guard fits else {
      throw GraphError(
        .shapeMismatch, operation: operation,
        problem: "indices \(other) do not fit \(own) along axis \(axis)",
        remedy: "give as many axes, with the same extents but along axis \(axis)")
    }
    let common = (0..<own.rank).map { own[$0] == 1 ? other[$0] : own[$0] }
    let extents = { (along: Int) in Shape(common.indices.map { $0 == axis ? along : common[$0] }) }
    return [try broadcast(table, to: extents(own[axis])), try broadcast(indices, to: extents(other[axis]))]
  }

  /// The sum, of equal shapes only.
  mutating func add(_ updates: NodeID, to x: NodeID, _ operation: String) throws(GraphError) -> NodeID {
    guard shape(updates) == shape(x) else {
      throw GraphError(
        .shapeMismatch, operation: operation, problem: "updates of \(shape(updates)) do not fit \(shape(x))",
        remedy: "the axes of an update are those of a row")
    }
    return try binary(.add, x, updates)
  }

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
