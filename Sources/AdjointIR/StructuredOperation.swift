import AdjointArray

/// An operation that compiled code calls a function for: it works along whole axes, and is neither fused nor moved.
///
/// To nearly all passes these are one: ``Operation/structured(_:)``. The type rule, the text form, derivatives, batching, the
/// interpreter, lowering and the runtime ask which one it is, each in one file.
public enum StructuredOperation: Hashable, Sendable {
  /// Each element along `axis` combined with all before it, one after the other (after it, where reversed).
  case cumulative(Cumulative, axis: Int, isReversed: Bool)
  /// Operands: a table [n, …] and int32 indices of any shape; result `indices.shape + table.shape[1...]`.
  /// An index out of range is clamped and reported.
  case gatherRows
  /// Operands: updates and int32 indices; a table of `rows` rows of zeros to which each update is added.
  case scatterAddRows(rows: Int)
  /// Operands: a table and int32 indices of its rank, with its extents but along `axis`. Each index takes the element of
  /// the table that has the same place along the other axes. An index out of range is clamped and reported.
  case gather(axis: Int)
  /// Operands: updates and int32 indices of one shape; zeros, of `extent` along `axis`, to which each update is added at its
  /// index, in order. The transpose of `gather`.
  case scatterAdd(axis: Int, extent: Int)
  /// Random numbers; the operand is the key, int64[2].
  case randomBits(RandomBits)
  /// The indices (int32) that would sort along `axis`; equal elements keep their order. NaN is greater than any number.
  case argsort(axis: Int, isDescending: Bool)
  /// Operands: sorted numbers [..., n] and values [..., m] of one type; for each value the int32 index before which it can be
  /// put: behind all that are less and, where `isRight`, behind those that are equal. NaN is greater than any number.
  case searchSorted(isRight: Bool)
  /// The lower triangle L, zeros above it, with L·Lᵀ the symmetric matrix whose lower triangle the last two axes hold. A
  /// matrix that is not positive definite is reported.
  case cholesky
  /// Operands: a matrix A [..., n, n], of which one triangle is read, and B [..., n, m]; X with A·X = B. A zero on the
  /// diagonal is reported.
  case triangularSolve(TriangularSolve)
}

// MARK: - Text form

extension StructuredOperation {
  /// Which one it is; the raw value is its name in the text form and in messages.
  package enum Name: String, CaseIterable, Sendable {
    case cumulativeSum = "cumsum"
    case cumulativeProduct = "cumprod"
    case gatherRows = "gather_rows"
    case scatterAddRows = "scatter_add_rows"
    case gather
    case scatterAdd = "scatter_add"
    case randomBits = "random_bits"
    case argsort
    case searchSorted = "search_sorted"
    case cholesky
    case triangularSolve = "triangular_solve"
  }

  public var name: String {
    let name: Name =
      switch self {
      case .cumulative(.sum, _, _): .cumulativeSum
      case .cumulative(.product, _, _): .cumulativeProduct
      case .gatherRows: .gatherRows
      case .scatterAddRows: .scatterAddRows
      case .gather: .gather
      case .scatterAdd: .scatterAdd
      case .randomBits: .randomBits
      case .argsort: .argsort
      case .searchSorted: .searchSorted
      case .cholesky: .cholesky
      case .triangularSolve: .triangularSolve
      }
    return name.rawValue
  }

  /// What the text form shows in braces.
  var attributes: [(name: String, value: String)] {
    let flag = { (name: String, isSet: Bool) in isSet ? [(name, "1")] : [] }
    return switch self {
    case .gatherRows, .cholesky: []
    case .cumulative(_, let axis, let isReversed): [("axis", "\(axis)")] + flag("reversed", isReversed)
    case .scatterAddRows(let rows): [("rows", "\(rows)")]
    case .gather(let axis): [("axis", "\(axis)")]
    case .scatterAdd(let axis, let extent): [("axis", "\(axis)"), ("extent", "\(extent)")]
    case .randomBits(let bits): [("stream", "\(bits.stream)")]
    case .argsort(let axis, let isDescending): [("axis", "\(axis)")] + flag("descending", isDescending)
    case .searchSorted(let isRight): flag("right", isRight)
    case .triangularSolve(let solve):
      [("lower", solve.isLower ? "1" : "0")] + flag("transposed", solve.isTransposed)
    }
  }

  /// The one of that name; `nil` where the attributes make none of that type.
  init?(_ name: Name, _ attributes: OperationAttributes, _ type: TensorType) {
    let (integer, flag) = (attributes.integer, attributes.flag)
    func cumulative(_ function: Cumulative) -> StructuredOperation? {
      guard let axis = integer("axis"), let isReversed = flag("reversed") else { return nil }
      return .cumulative(function, axis: axis, isReversed: isReversed)
    }
    let result: StructuredOperation? =
      switch name {
      case .cumulativeSum: cumulative(.sum)
      case .cumulativeProduct: cumulative(.product)
      case .gatherRows: .gatherRows
      case .scatterAddRows: integer("rows").map { .scatterAddRows(rows: $0) }
      case .gather: integer("axis").map { .gather(axis: $0) }
      case .scatterAdd:
        integer("axis").flatMap { axis in
          integer("extent").map { .scatterAdd(axis: axis, extent: $0) }
        }
      case .randomBits: integer("stream").map { .randomBits(RandomBits(type, stream: $0)) }
      case .argsort:
        integer("axis").flatMap { axis in
          flag("descending").map { .argsort(axis: axis, isDescending: $0) }
        }
      case .searchSorted: flag("right").map { .searchSorted(isRight: $0) }
      case .cholesky: .cholesky
      case .triangularSolve:
        flag("lower").flatMap { isLower in
          flag("transposed").map {
            .triangularSolve(TriangularSolve(isLower: isLower, isTransposed: $0))
          }
        }
      }
    guard let result else { return nil }
    self = result
  }
}

extension StructuredOperation.Name {
  /// The attributes in the order in which they are written.
  var attributes: [OperationAttributes.Form] {
    switch self {
    case .gatherRows, .cholesky: []
    case .cumulativeSum, .cumulativeProduct: [.integer("axis"), .option("reversed")]
    case .scatterAddRows: [.integer("rows")]
    case .gather: [.integer("axis")]
    case .scatterAdd: [.integer("axis"), .integer("extent")]
    case .randomBits: [.integer("stream")]
    case .argsort: [.integer("axis"), .option("descending")]
    case .searchSorted: [.option("right")]
    case .triangularSolve: [.integer("lower"), .option("transposed")]
    }
  }
}

// MARK: - Facts

extension StructuredOperation {
  public var arity: Int {
    switch self {
    case .cumulative, .randomBits, .argsort, .cholesky: 1
    case .gatherRows, .scatterAddRows, .gather, .scatterAdd, .searchSorted, .triangularSolve: 2
    }
  }

  /// Floating-point operations, where `operands` and `type` are the types of operands and result; see
  /// ``Node/flops(operands:)``.
  func flops(_ operands: [TensorType], _ type: TensorType) -> Int {
    switch self {
    case .gatherRows, .gather, .randomBits, .argsort, .searchSorted:
      return 0
    case .cumulative(_, let axis, _):
      // n − 1 for each run of n along the axis.
      return type.count - (type.shape[axis] == 0 ? 0 : type.count / type.shape[axis])
    case .scatterAddRows, .scatterAdd:
      return operands[0].count
    case .cholesky:
      // n³/3 + n²/2 + n/6 for each matrix: n square roots, n(n − 1)/2 divisions, and as many products as differences.
      let n = type.shape.dimensions.last ?? 0
      let matrices = n == 0 ? 0 : type.count / (n * n)
      return saturatingProduct(matrices, saturatingProduct(n, saturatingProduct(n + 1, 2 * n + 1)) / 6)
    case .triangularSolve:
      // n² for each column: n divisions, and n(n − 1)/2 products and differences.
      return saturatingProduct(type.count, operands[0].shape.dimensions.last ?? 0)
    }
  }

  /// How often it touches each of its elements, as a bound; see ``Graph/work``.
  func passes(_ operands: [TensorType]) -> Int {
    switch self {
    case .cumulative, .gatherRows, .scatterAddRows, .gather, .scatterAdd, .randomBits: 1
    case .argsort(let axis, _): Int.bitWidth - operands[0].shape[axis].leadingZeroBitCount
    case .searchSorted: Int.bitWidth - (operands[0].shape.dimensions.last ?? 0).leadingZeroBitCount
    case .cholesky, .triangularSolve: operands[0].shape.dimensions.last ?? 1
    }
  }
}
