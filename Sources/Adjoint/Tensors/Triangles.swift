import AdjointArray
import AdjointIR

// Parts of matrices, along the last two axes. Diagonal `offset` is the main one for 0, one above for positive numbers,
// one below for negative ones.

extension Tensor {
  /// The elements on and below the diagonal `offset`, 0 above it: NumPy's `tril`.
  public func lowerTriangle(offset: Int = 0, file: String = #fileID, line: Int = #line) -> Tensor {
    triangle("lower_triangle", .lessOrEqual, offset, file, line)
  }

  /// The elements on and above the diagonal `offset`, 0 below it: NumPy's `triu`.
  public func upperTriangle(offset: Int = 0, file: String = #fileID, line: Int = #line) -> Tensor {
    triangle("upper_triangle", .greaterOrEqual, offset, file, line)
  }

  /// The diagonal `offset` of each matrix: `[…, m, n]` gives `[…, k]`. NumPy's `linalg.diagonal`.
  ///
  /// An offset outside of the matrix gives no elements.
  public func diagonal(offset: Int = 0, file: String = #fileID, line: Int = #line) -> Tensor {
    moved("diagonal", file, line) { builder, id throws(GraphError) in
      try builder.requireMatrix(id, "diagonal")
      return try builder.diagonal(id, offset: offset)
    }
  }

  /// Matrices of 0 with the elements along the last axis on the diagonal `offset`: `[…, k]` gives `[…, n, n]` with
  /// n = k + |`offset`|. NumPy's `diag` of a vector.
  public func diagonalMatrix(offset: Int = 0, file: String = #fileID, line: Int = #line) -> Tensor {
    moved("diagonal_matrix", file, line) { builder, id throws(GraphError) in
      let shape = builder.shape(id)
      guard let count = shape.dimensions.last, count < 1 << 24, offset.magnitude < 1 << 24 else {
        throw GraphError(
          .shapeMismatch, operation: "diagonal_matrix", problem: "the diagonal \(offset) of \(shape)",
          remedy: "give at least a vector; extent and offset must be below 2^24")
      }
      let extent = count + Int(offset.magnitude)
      let matrix = Shape(shape.dimensions.dropLast() + [extent, extent])
      if count == 0 { return try builder.zeros(matrix, like: id) }
      // Neighbours on the diagonal are extent + 1 apart.
      let start = offset >= 0 ? offset : -offset * extent
      let end = start + (count - 1) * (extent + 1) + 1
      let around = { (value: Int) in [Int](repeating: 0, count: shape.rank - 1) + [value] }
      let padding = Padding(
        low: around(start), high: around(extent * extent - end), interior: around(count > 1 ? extent : 0))
      return try builder.reshape(builder.append(.pad(padding), [id]), to: matrix)
    }
  }

  private func triangle(
    _ operation: String, _ comparison: Comparison, _ offset: Int, _ file: String, _ line: Int
  ) -> Tensor {
    moved(operation, file, line) { builder, id throws(GraphError) in
      try builder.requireMatrix(id, operation)
      let shape = builder.shape(id)
      let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
      // Beyond the corners nothing changes any more.
      let offset = Swift.max(-rows, Swift.min(columns, offset))
      let row = try builder.reshape(builder.append(.iota(count: rows, .int32), []), to: [rows, 1])
      let column = try builder.append(.iota(count: columns, .int32), [])
      let end = try builder.binary(.add, row, builder.constant(Double(offset), like: row))
      let isKept = try builder.compare(comparison, column, end)
      return try builder.select(isKept, id, builder.constant(0, like: id))
    }
  }
}

extension Builder {
  /// Row-major, the elements of a diagonal are one column more than a row apart.
  mutating func diagonal(_ id: NodeID, offset: Int) throws(GraphError) -> NodeID {
    let shape = self.shape(id)
    let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
    let batch = Array(shape.dimensions.dropLast(2))
    let offset = Swift.max(-rows, Swift.min(columns, offset))
    let count = Swift.max(0, Swift.min(rows + Swift.min(offset, 0), columns - Swift.max(offset, 0)))
    let start = count == 0 ? 0 : offset >= 0 ? offset : -offset * columns
    let end = count == 0 ? 0 : start + (count - 1) * (columns + 1) + 1
    let flat = try reshape(id, to: Shape(batch + [rows * columns]))
    let slice = Slice(
      starts: batch.map { _ in 0 } + [start], ends: batch + [end], steps: batch.map { _ in 1 } + [columns + 1]
    )
    return try append(.slice(slice), [flat])
  }

  /// Zeros, or `false`, of the type of `other`.
  fileprivate mutating func zeros(_ shape: Shape, like other: NodeID) throws(GraphError) -> NodeID {
    try broadcast(constant(Literal(0, as: scalarType(other))), to: shape)
  }

  fileprivate func requireMatrix(_ id: NodeID, _ operation: String) throws(GraphError) {
    guard shape(id).rank >= 2 else {
      throw GraphError(
        .shapeMismatch, operation: operation, problem: "\(shape(id)) has no matrices",
        remedy: "give a tensor of at least two axes")
    }
  }
}
