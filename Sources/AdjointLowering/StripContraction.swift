import AdjointArray

/// `destination[b, m, n] = Σ_k lhs[b, m, k] · rhs[b, k, n]` where a factor is no matrix in memory, or the product's
/// elements are to be added where windows have them: a convolution or its gradient.
///
/// It is done in blocks. Of such a factor a block is packed into the workspace first, such a product is computed there and
/// then added to the destination; so there is never more of them than a strip.
public struct StripContraction: Hashable, Sendable {
  /// A dimension of an array in memory, its stride in elements.
  public struct Axis: Hashable, Sendable {
    public let extent: Int
    public let stride: Int
  }
  /// Matrices, one for each batch index, of which rows and columns each step along several axes.
  public struct Strided: Hashable, Sendable {
    public let buffer: BufferID
    public let offset: Int
    /// Outermost first, as the rows of a strip have them, and its columns.
    public let rows: [Axis]
    public let columns: [Axis]
    /// Whether a strip is the transpose of the factor.
    public let isTransposed: Bool
    public let batchStrides: [Int]
  }
  public enum Factor: Hashable, Sendable {
    case matrix(Contraction.Matrix)
    case strided(Strided)

    var buffer: BufferID {
      switch self {
      case .matrix(let matrix): matrix.buffer
      case .strided(let strided): strided.buffer
      }
    }
    public var strided: Strided? { if case .strided(let strided) = self { strided } else { nil } }
  }
  public enum Result: Hashable, Sendable {
    case matrix(BufferID)
    /// Added to what is there.
    case sum(Strided)

    var buffer: BufferID {
      switch self {
      case .matrix(let buffer): buffer
      case .sum(let strided): strided.buffer
      }
    }
    public var strided: Strided? { if case .sum(let strided) = self { strided } else { nil } }
  }
  /// Rows, columns and products that are done at a time.
  public struct Block: Hashable, Sendable {
    public let m: Int
    public let n: Int
    public let k: Int
  }
  public let type: ScalarType
  public let m: Int
  public let n: Int
  public let k: Int
  public let batchExtents: [Int]
  public let lhs: Factor
  public let rhs: Factor
  public let result: Result
  public let block: Block

  init(
    type: ScalarType, m: Int, n: Int, k: Int, batchExtents: [Int], lhs: Factor, rhs: Factor, result: Result,
    target: Target
  ) {
    self.type = type
    (self.m, self.n, self.k) = (m, n, k)
    self.batchExtents = batchExtents
    (self.lhs, self.rhs, self.result) = (lhs, rhs, result)
    let strips = [lhs.strided, rhs.strided, result.strided].count { $0 != nil }
    let most = max(1, target.stripBytes / type.byteSize / max(1, strips))
    var (rows, columns, depth) = (m, n, k)
    if lhs.strided != nil { Self.shrink(&rows, &depth, to: most) }
    if rhs.strided != nil { Self.shrink(&columns, &depth, to: most) }
    if result.strided != nil { Self.shrink(&rows, &columns, to: most) }
    block = Block(m: rows, n: columns, k: depth)
  }

  /// Makes a block smaller, along its longer side where that is enough.
  private static func shrink(_ rows: inout Int, _ columns: inout Int, to most: Int) {
    guard rows * columns > most else { return }
    let side = Int(Double(most).squareRoot())
    let shorter = min(rows, columns, side)
    let longer = most / shorter
    // A multiple of the register blocks' heights, where that is possible.
    let whole = longer >= 84 ? longer / 84 * 84 : longer
    if rows <= columns { (rows, columns) = (shorter, whole) } else { (rows, columns) = (whole, shorter) }
  }

  /// The bytes of the strips of the left factor, the right one and the product, each aligned.
  public var stripBytes: (lhs: Int, rhs: Int, result: Int) {
    let bytes = { (strided: Strided?, elements: Int) in
      strided == nil ? 0 : (elements * type.byteSize + 63) / 64 * 64
    }
    return (
      bytes(lhs.strided, block.m * block.k), bytes(rhs.strided, block.k * block.n),
      bytes(result.strided, block.m * block.n)
    )
  }
}
