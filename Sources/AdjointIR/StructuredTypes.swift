import AdjointArray

// The type rules of structured operations.

extension Operation {
  func structuredType(_ operation: StructuredOperation, _ types: [TensorType]) throws(GraphError)
    -> TensorType
  {
    switch operation {
    case .cumulative(let function, let axis, _):
      try checkDomain(function.domain, types[0])
      try checkAxes([axis], rank: types[0].rank)
      return types[0]
    case .gatherRows: return try gatherRowsType(types[0], types[1])
    case .scatterAddRows(let rows): return try scatterAddRowsType(rows, types[0], types[1])
    case .gather(let axis): return try gatherType(axis, types[0], types[1])
    case .scatterAdd(let axis, let extent): return try scatterAddType(axis, extent, types[0], types[1])
    case .randomBits(let bits): return try randomType(bits, types[0])
    case .argsort(let axis, _):
      try checkDomain(.numbers, types[0])
      try checkAxes([axis], rank: types[0].rank)
      guard types[0].shape[axis] <= Int(Int32.max) else {
        throw invalid(
          .shapeMismatch, "axis \(axis) has \(types[0].shape[axis]) elements", "sort at most 2³¹ − 1 at once")
      }
      return TensorType(.int32, types[0].shape)
    case .searchSorted: return try searchSortedType(types[0], types[1])
    case .cholesky:
      try checkMatrix(types[0])
      return types[0]
    case .triangularSolve:
      return try triangularSolveType(types[0], types[1])
    }
  }

  private func checkIndices(_ type: TensorType) throws(GraphError) {
    if type.scalarType != .int32 {
      throw invalid(.typeMismatch, "the indices are \(type.scalarType)", "cast them to int32")
    }
  }

  private func gatherRowsType(_ table: TensorType, _ indices: TensorType) throws(GraphError) -> TensorType {
    guard table.rank >= 1 else {
      throw invalid(.shapeMismatch, "the table is a scalar", "give a table with rows along axis 0")
    }
    try checkIndices(indices)
    guard table.shape[0] > 0 || indices.count == 0 else {
      throw invalid(.shapeMismatch, "the table has no rows", "give a table of at least one row")
    }
    return TensorType(
      table.scalarType, Shape(indices.shape.dimensions + table.shape.dimensions.dropFirst()))
  }

  private func scatterAddRowsType(_ rows: Int, _ updates: TensorType, _ indices: TensorType)
    throws(GraphError)
    -> TensorType
  {
    try checkDomain(.numbers, updates)
    try checkIndices(indices)
    let leading = indices.rank
    guard updates.rank >= leading,
      Array(updates.shape.dimensions.prefix(leading)) == indices.shape.dimensions
    else {
      throw invalid(
        .shapeMismatch, "updates \(updates.shape) for indices \(indices.shape)",
        "the updates' leading axes must be those of the indices")
    }
    guard rows > 0 || indices.count == 0, rows >= 0 else {
      throw invalid(.shapeMismatch, "the table has no rows", "give a table of at least one row")
    }
    return TensorType(updates.scalarType, Shape([rows] + updates.shape.dimensions.dropFirst(leading)))
  }

  private func gatherType(_ axis: Int, _ table: TensorType, _ indices: TensorType) throws(GraphError)
    -> TensorType
  {
    try checkAxes([axis], rank: table.rank)
    try checkIndices(indices)
    guard indices.rank == table.rank,
      (0..<table.rank).allSatisfy({ $0 == axis || indices.shape[$0] == table.shape[$0] })
    else {
      throw invalid(
        .shapeMismatch, "indices \(indices.shape) for a table \(table.shape)",
        "their extents must be equal but along axis \(axis)")
    }
    guard table.shape[axis] > 0 || indices.count == 0 else {
      throw invalid(
        .shapeMismatch, "axis \(axis) of the table has no elements", "give a table of at least one")
    }
    return TensorType(table.scalarType, indices.shape)
  }

  private func scatterAddType(_ axis: Int, _ extent: Int, _ updates: TensorType, _ indices: TensorType)
    throws(GraphError) -> TensorType
  {
    try checkDomain(.numbers, updates)
    try checkAxes([axis], rank: updates.rank)
    try checkIndices(indices)
    guard indices.shape == updates.shape else {
      throw invalid(
        .shapeMismatch, "updates \(updates.shape) for indices \(indices.shape)",
        "give one index for each update")
    }
    guard extent > 0 || indices.count == 0, extent >= 0 else {
      throw invalid(
        .shapeMismatch, "axis \(axis) of the table has no elements", "give an extent of at least 1")
    }
    var dimensions = updates.shape.dimensions
    dimensions[axis] = extent
    return TensorType(updates.scalarType, Shape(dimensions))
  }

  private func searchSortedType(_ sorted: TensorType, _ values: TensorType) throws(GraphError) -> TensorType {
    try checkDomain(.numbers, sorted)
    guard values.scalarType == sorted.scalarType else {
      throw invalid(
        .typeMismatch, "\(sorted.scalarType) and \(values.scalarType) differ", "cast them to one type")
    }
    guard sorted.rank > 0, values.rank == sorted.rank,
      values.shape.dimensions.dropLast() == sorted.shape.dimensions.dropLast()
    else {
      throw invalid(
        .shapeMismatch, "values \(values.shape) for sorted numbers \(sorted.shape)",
        "give values [..., m] for numbers [..., n] that are sorted along the last axis")
    }
    guard sorted.shape[sorted.rank - 1] <= Int(Int32.max) else {
      throw invalid(
        .shapeMismatch, "there are \(sorted.shape[sorted.rank - 1]) sorted numbers",
        "search at most 2³¹ − 1 at once")
    }
    return TensorType(.int32, values.shape)
  }

  /// Checks that the last two axes are those of square matrices of floating-point numbers.
  private func checkMatrix(_ type: TensorType) throws(GraphError) {
    try checkDomain(.floats, type)
    let dimensions = type.shape.dimensions
    guard dimensions.count >= 2, dimensions[dimensions.count - 1] == dimensions[dimensions.count - 2] else {
      throw invalid(
        .shapeMismatch, "\(type.shape) is no square matrix", "give [n, n], or matrices [..., n, n]")
    }
  }

  private func triangularSolveType(_ matrix: TensorType, _ rhs: TensorType) throws(GraphError) -> TensorType {
    try checkMatrix(matrix)
    guard rhs.scalarType == matrix.scalarType else {
      throw invalid(
        .typeMismatch, "\(matrix.scalarType) and \(rhs.scalarType) differ", "cast them to one type")
    }
    guard rhs.rank == matrix.rank, rhs.shape.dimensions.dropLast() == matrix.shape.dimensions.dropLast()
    else {
      throw invalid(
        .shapeMismatch, "a right-hand side \(rhs.shape) for a matrix \(matrix.shape)",
        "give [..., n, m] for a matrix [..., n, n]; a vector is a matrix of one column")
    }
    return rhs
  }

  private func randomType(_ bits: RandomBits, _ key: TensorType) throws(GraphError) -> TensorType {
    guard key == TensorType(.int64, [2]) else {
      throw invalid(.typeMismatch, "the key is \(key)", "give int64[2]: the seed, and the number of the step")
    }
    guard bits.type.scalarType != .bool else {
      throw invalid(.typeMismatch, "bool is not drawn", "compare a uniform number with a probability")
    }
    guard bits.stream >= 0, bits.stream <= Int(UInt32.max) else {
      throw invalid(.invalidAttribute, "stream \(bits.stream)", "give a number of 32 bits, at least 0")
    }
    try checkSize(bits.type.shape)
    return bits.type
  }
}
