import AdjointArray
import AdjointIR

/// `destination[b, m, n] = Σ_k lhs[b, m, k] · rhs[b, k, n]`, the destination contiguous.
public struct Contraction: Hashable, Sendable {
  /// A matrix for each batch index: row-major with `leadingStride` between rows, or stored transposed.
  public struct Matrix: Hashable, Sendable {
    public let buffer: BufferID
    public let offset: Int
    /// Whether the matrix in memory is the transpose of the factor.
    public let isTransposed: Bool
    /// Elements between the rows in memory.
    public let leadingStride: Int
    /// One for each batch extent.
    public let batchStrides: [Int]
  }
  public let type: ScalarType
  public let m: Int
  public let n: Int
  public let k: Int
  public let batchExtents: [Int]
  public let lhs: Matrix
  public let rhs: Matrix
  public let destination: BufferID
}

/// `destination[i, …] = table[indices[i], …]`, all contiguous.
public struct GatherRows: Hashable, Sendable {
  public let type: ScalarType
  public let table: BufferID
  public let indices: BufferID
  public let destination: BufferID
  public let count: Int
  public let tableRows: Int
  /// Elements in a row.
  public let rowSize: Int
}

/// `destination[indices[i], …] += updates[i, …]` into zeros, all contiguous.
public struct ScatterAddRows: Hashable, Sendable {
  public let type: ScalarType
  public let updates: BufferID
  public let indices: BufferID
  public let destination: BufferID
  public let count: Int
  public let tableRows: Int
  public let rowSize: Int
}

/// `destination[o, k, i] = table[o, indices[o, k, i], i]` for outer, count and inner; all contiguous.
public struct Gather: Hashable, Sendable {
  public let type: ScalarType
  public let table: BufferID
  public let indices: BufferID
  public let destination: BufferID
  public let outer: Int
  /// The extent of the table along the axis.
  public let tableRows: Int
  public let count: Int
  public let inner: Int
}

/// `destination[o, indices[o, k, i], i] += updates[o, k, i]` into zeros, all contiguous.
public struct ScatterAdd: Hashable, Sendable {
  public let type: ScalarType
  public let updates: BufferID
  public let indices: BufferID
  public let destination: BufferID
  public let outer: Int
  public let tableRows: Int
  public let count: Int
  public let inner: Int
}

/// `destination[o, k, i]` is `operand[o, 0, i]` to `operand[o, k, i]` combined in order; all contiguous.
public struct CumulativeKernel: Hashable, Sendable {
  public let type: ScalarType
  public let function: Cumulative
  public let isReversed: Bool
  public let operand: BufferID
  public let destination: BufferID
  public let outer: Int
  public let count: Int
  public let inner: Int
}

/// `count` random numbers of `stream` from the pair at `key`; see `RandomBits`.
public struct RandomBitsKernel: Hashable, Sendable {
  public let type: ScalarType
  public let stream: Int
  public let key: BufferID
  public let destination: BufferID
  public let count: Int
}

/// `destination[o, ·, i]` are the indices that sort `operand[o, ·, i]`; all contiguous.
public struct ArgsortKernel: Hashable, Sendable {
  /// Of what is sorted.
  public let type: ScalarType
  public let isDescending: Bool
  public let operand: BufferID
  public let destination: BufferID
  public let outer: Int
  public let count: Int
  public let inner: Int
}

/// The lower triangle of each of `batch` matrices of n rows, of which `operand` holds the lower triangles.
public struct CholeskyKernel: Hashable, Sendable {
  public let type: ScalarType
  public let operand: BufferID
  public let destination: BufferID
  public let batch: Int
  public let n: Int
}

/// The solutions [n, m] of each of `batch` triangular systems.
public struct TriangularSolveKernel: Hashable, Sendable {
  public let type: ScalarType
  public let form: TriangularSolve
  public let matrix: BufferID
  public let rhs: BufferID
  public let destination: BufferID
  public let batch: Int
  public let n: Int
  public let m: Int
}

/// A program that is run `length` times, with pointers that move on.
public struct LoopKernel: Sendable {
  /// A value that a run hands to the next one.
  public struct Carry: Hashable, Sendable {
    /// Read by the first run.
    public let initial: BufferID
    /// Written by the last run.
    public let destination: BufferID
    /// Written in turn with `destination` by the runs before, where there are several.
    public let spare: BufferID?
    public let byteCount: Int
  }
  /// An array with a slice for each run.
  public struct Stack: Hashable, Sendable {
    public let buffer: BufferID
    public let sliceBytes: Int
  }
  public let body: Program
  public let length: Int
  public let isReversed: Bool
  public let stopsEarly: Bool
  public let carries: [Carry]
  /// Operands of which each run reads a slice.
  public let stacked: [Stack]
  public let invariants: [BufferID]
  /// Results of which each run writes a slice.
  public let results: [Stack]
  /// The constant arrays of the body.
  public let constants: [BufferID]

  var reads: [BufferID] {
    carries.map(\.initial) + stacked.map(\.buffer) + invariants + constants
  }
  var writes: [BufferID] {
    carries.map(\.destination) + carries.compactMap(\.spare) + results.map(\.buffer)
  }
}

/// All elements of `destination` set to one value.
public struct Fill: Hashable, Sendable {
  public let value: Literal
  public let destination: BufferID
}
