import AdjointArray

// The type rules of linear algebra, and of random numbers.

extension Operation {
  /// Checks that the last two axes are those of square matrices of floating-point numbers.
  func checkMatrix(_ type: TensorType) throws(GraphError) {
    try checkDomain(.floats, type)
    let dimensions = type.shape.dimensions
    guard dimensions.count >= 2, dimensions[dimensions.count - 1] == dimensions[dimensions.count - 2] else {
      throw invalid(
        .shapeMismatch, "\(type.shape) is no square matrix", "give [n, n], or matrices [..., n, n]")
    }
  }

  func triangularSolveType(_ matrix: TensorType, _ rhs: TensorType) throws(GraphError) -> TensorType {
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

  func randomType(_ bits: RandomBits, _ key: TensorType) throws(GraphError) -> TensorType {
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
