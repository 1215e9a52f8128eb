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

/// One call of a function of the runtime, for a structured operation: `function_T(integers…, reads…, destination)`, all arrays
/// contiguous.
public struct LibraryCall: Hashable, Sendable {
  /// What the function reports by a result other than 0.
  public enum Failure: Hashable, Sendable {
    /// An index into a table of so many rows was outside of it.
    case indexOutOfRange(rows: Int)
    case notPositiveDefinite, singularMatrix
  }

  /// An integer that is handed over, and what it is.
  public struct Integer: Hashable, Sendable {
    public let name: String
    public let value: Int
  }

  /// The operation's name, which is the function's without the suffix of its type.
  public let function: String
  /// Of the elements.
  public let type: ScalarType
  public let integers: [Integer]
  public let reads: [BufferID]
  public let destination: BufferID
  /// `nil` where nothing can be wrong.
  public let failure: Failure?
  /// What the destination is, in the buffers' names.
  public let formula: String
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
