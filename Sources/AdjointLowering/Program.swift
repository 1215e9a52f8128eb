import AdjointArray
import AdjointIR

/// The product of lowering: kernels in the order in which they run, and where every value lies.
///
/// The compiled entry point is `int NAME(void *const *arguments, void *const *outputs, char *arena)`:
/// `arguments` holds the graph's arguments in order and then the constant arrays (`constants`), `outputs` one
/// pointer for each output of the graph, `arena` `arenaBytes` of 64-byte aligned memory. An output that
/// replaces an argument (`outputs[i].inPlace`) is written into the argument; its own pointer is not read.
/// The result is 0, or the number of the first kernel in which something was wrong (`kernel(numbered:)`).
public struct Program: Sendable {
  /// A C identifier.
  public let name: String
  public let arguments: [Argument]
  /// Constant arrays, passed behind the arguments.
  public let constants: [NDArray]
  public let outputs: [ProgramOutput]
  public let buffers: [Buffer]
  public let kernels: [Kernel]
  public let memory: MemoryPlan
  public let target: Target

  /// Bytes of memory that one call needs: values between kernels, tiles, and packing space.
  public var arenaBytes: Int { memory.arenaBytes }
  public var flops: Int { kernels.reduce(0) { saturatingSum($0, $1.flops) } }

  /// How many kernels there are, those of loops' bodies counted, too.
  public var kernelCount: Int { kernels.reduce(0) { $0 + $1.count } }

  /// The kernel of the number that a run's result is: kernels are counted from 1 in their order, each loop before the
  /// kernels of its body.
  public func kernel(numbered number: Int) -> Kernel? {
    var first = 1
    for kernel in kernels {
      if number == first { return kernel }
      if number < first + kernel.count, case .loop(let loop) = kernel.body {
        return loop.body.kernel(numbered: number - first)
      }
      first += kernel.count
    }
    return nil
  }
}

/// What the caller gets: type and name of one output.
public struct ProgramOutput: Hashable, Sendable {
  public let name: String
  public let type: TensorType
  /// The index of the argument into which it is written, where it replaces one.
  public let inPlace: Int?
}

/// What of the machine shapes the C: never the CPU itself, so that the same program gives the same C anywhere.
public struct Target: Hashable, Sendable {
  /// The bytes that the tiles of one kernel may take together: most of an L1 data cache (of 32 KiB or more).
  public var tileBytes = 24 * 1024
  /// The most elements in a tile.
  public var maximumTileElements = 1024
  /// The most bytes of windows that are packed at a time: a part of an L2 cache (of 256 KiB or more).
  public var stripBytes = 96 * 1024
  public init() {}
}

public typealias BufferID = Int

/// A contiguous row-major array that kernels read or write.
public struct Buffer: Hashable, Sendable {
  /// Where a buffer lies.
  public enum Storage: Hashable, Sendable {
    /// An entry of the `arguments` table (constants behind the arguments).
    case argument(Int)
    /// An entry of the `outputs` table.
    case output(Int)
    /// Bytes from the start of the arena.
    case arena(offset: Int)
  }
  /// A C identifier, unique in the program, from the user's labels.
  public let name: String
  public let scalarType: ScalarType
  public let count: Int
  public var storage: Storage

  public var byteCount: Int { count * scalarType.byteSize }
}

/// One piece of work: one C function (or, for single numbers, a few statements).
public struct Kernel: Sendable {
  public enum Body: Sendable {
    case map(MapKernel)
    case contraction(Contraction)
    case stripContraction(StripContraction)
    case gatherRows(GatherRows)
    case scatterAddRows(ScatterAddRows)
    case gather(Gather)
    case scatterAdd(ScatterAdd)
    case cumulative(CumulativeKernel)
    case randomBits(RandomBitsKernel)
    case argsort(ArgsortKernel)
    case cholesky(CholeskyKernel)
    case triangularSolve(TriangularSolveKernel)
    case loop(LoopKernel)
    case fill(Fill)
  }
  /// A C identifier, unique in the program.
  public let name: String
  public let body: Body
  /// The union of the provenance of the nodes it computes.
  public let provenance: Provenance
  public let flops: Int
  /// The buffers that it reads and writes, each once, ascending.
  public let reads, writes: [BufferID]

  init(name: String, body: Body, provenance: Provenance, flops: Int) {
    self.name = name
    self.body = body
    self.provenance = provenance
    self.flops = flops
    reads = distinct(body.reads)
    writes = distinct(body.writes)
  }

  /// Itself, and the kernels of its body where it is a loop.
  var count: Int {
    if case .loop(let loop) = body { 1 + loop.body.kernelCount } else { 1 }
  }
}

extension Kernel.Body {
  fileprivate var reads: [BufferID] {
    switch self {
    case .map(let map): map.loads.map(\.buffer)
    case .contraction(let dot): [dot.lhs.buffer, dot.rhs.buffer]
    case .stripContraction(let dot): [dot.lhs.buffer, dot.rhs.buffer]
    case .gatherRows(let gather): [gather.table, gather.indices]
    case .scatterAddRows(let scatter): [scatter.updates, scatter.indices]
    case .gather(let gather): [gather.table, gather.indices]
    case .scatterAdd(let scatter): [scatter.updates, scatter.indices]
    case .cumulative(let cumulative): [cumulative.operand]
    case .randomBits(let draw): [draw.key]
    case .argsort(let sort): [sort.operand]
    case .cholesky(let cholesky): [cholesky.operand]
    case .triangularSolve(let solve): [solve.matrix, solve.rhs]
    case .loop(let loop): loop.reads
    case .fill: []
    }
  }

  fileprivate var writes: [BufferID] {
    switch self {
    case .map(let map): map.stores.map(\.view.buffer) + map.reductions.map(\.destination.buffer)
    case .contraction(let dot): [dot.destination]
    case .stripContraction(let dot): [dot.result.buffer]
    case .gatherRows(let gather): [gather.destination]
    case .scatterAddRows(let scatter): [scatter.destination]
    case .gather(let gather): [gather.destination]
    case .scatterAdd(let scatter): [scatter.destination]
    case .cumulative(let cumulative): [cumulative.destination]
    case .randomBits(let draw): [draw.destination]
    case .argsort(let sort): [sort.destination]
    case .cholesky(let cholesky): [cholesky.destination]
    case .triangularSolve(let solve): [solve.destination]
    case .loop(let loop): loop.writes
    case .fill(let fill): [fill.destination]
    }
  }
}

/// Each once, ascending.
private func distinct(_ buffers: [BufferID]) -> [BufferID] {
  if buffers.count < 2 { return buffers }
  var result: [BufferID] = []
  for buffer in buffers.sorted() where buffer != result.last { result.append(buffer) }
  return result
}

/// Elements of a buffer seen from an iteration space: element `offset + Σ index[d] · strides[d]`.
public struct View: Hashable, Sendable {
  public let buffer: BufferID
  public let offset: Int
  /// In elements, one for each dimension of the space; 0 repeats.
  public let strides: [Int]

  package init(buffer: BufferID, offset: Int, strides: [Int]) {
    self.buffer = buffer
    self.offset = offset
    self.strides = strides
  }
}

/// Elementwise work over an iteration space, whose values are stored or reduced.
///
/// The last two dimensions of `extents` are the rows and columns that tile primitives take (a space of one
/// dimension is a single row); the ones before are loops around them. A space of one element in all is scalar C.
public struct MapKernel: Hashable, Sendable {
  /// The iteration space, outermost first, never empty.
  public let extents: [Int]
  public let loads: [View]
  /// In the order of evaluation; each may use the ones before.
  public let instructions: [Instruction]
  public let stores: [Store]
  public let reductions: [ReductionStore]
  public let tile: TilePlan

  public var count: Int { extents.reduce(1, *) }
  /// The buffers that it reads and writes, with repetitions.
  package var buffers: [BufferID] {
    loads.map(\.buffer) + stores.map(\.view.buffer) + reductions.map(\.destination.buffer)
  }
  public var isScalar: Bool { count == 1 && reductions.isEmpty }
  public var rows: Int { extents.count > 1 ? extents[extents.count - 2] : 1 }
  public var columns: Int { extents[extents.count - 1] }

  /// The same work on other buffers, and without names: maps that are equal so can share a C function.
  package func anonymous(_ place: (BufferID) -> Int) -> MapKernel {
    func moved(_ view: View) -> View {
      View(buffer: place(view.buffer), offset: view.offset, strides: view.strides)
    }
    return MapKernel(
      extents: extents, loads: loads.map(moved),
      instructions: instructions.map {
        Instruction(code: $0.code, operands: $0.operands, type: $0.type, name: "")
      },
      stores: stores.map { Store(value: $0.value, view: moved($0.view)) },
      reductions: reductions.map {
        ReductionStore(
          value: $0.value, type: $0.type, reduction: $0.reduction, dimension: $0.dimension,
          destination: moved($0.destination))
      }, tile: tile)
  }
}

/// A value of the map's loop body.
public struct Instruction: Hashable, Sendable {
  public enum Code: Hashable, Sendable {
    case unary(UnaryFunction)
    case binary(BinaryFunction)
    case composite(Composite)
    case adam(AdamResult)
    /// Compares operands of this type; the result is bool.
    case compare(Comparison, ScalarType)
    case select
    /// Converts from this type.
    case cast(from: ScalarType)
    /// The operand itself; where the operand is a load whose columns are strided, this brings it into the tile.
    case copy
    /// `offset + Σ index[d] · strides[d]`, converted to the type.
    case iota(offset: Int, strides: [Int])
  }
  public enum Operand: Hashable, Sendable {
    case load(Int)
    case value(Int)
    case literal(Literal)
  }
  public let code: Code
  public let operands: [Operand]
  /// The result's.
  public let type: ScalarType
  /// What it may be called: a C identifier, not unique, from the user's label or made of the nearest ones.
  public let name: String
  /// Whether the name is the user's own.
  public let isLabelled: Bool

  package init(code: Code, operands: [Operand], type: ScalarType, name: String, isLabelled: Bool = false) {
    self.code = code
    self.operands = operands
    self.type = type
    self.name = name
    self.isLabelled = isLabelled
  }
}

/// A value written to memory, element by element.
public struct Store: Hashable, Sendable {
  public let value: Instruction.Operand
  public let view: View
}

/// A value reduced along one dimension of the space.
public struct ReductionStore: Hashable, Sendable {
  public let value: Instruction.Operand
  public let type: ScalarType
  public let reduction: Reduction
  /// The dimension of the space that is reduced: the last one (along columns) or the last but one (along rows).
  public let dimension: Int
  /// Where the results go; the stride of the reduced dimension is 0.
  public let destination: View
}

/// How a map is cut into tiles, and where the values of a tile lie.
public struct TilePlan: Hashable, Sendable {
  /// Where an instruction's result goes.
  public enum Place: Hashable, Sendable {
    /// A slot of `slotBytes` in the arena's tile space; slots are reused when their value is dead.
    case slot(Int)
    /// Straight into the destination of this store.
    case store(Int)
    /// Nowhere: it is a product that only this reduction reads, which sums products.
    case sum(Int)
    /// Nowhere: the primitive of this instruction, which alone reads it, computes both. They are the relu of a sum, and a
    /// number where another one is positive, else 0.
    case part(of: Int)
  }
  public let rows: Int
  public let columns: Int
  public let slotBytes: Int
  public let slotCount: Int
  /// One for each instruction.
  public let places: [Place]
  /// The stores that no instruction writes straight away: they are copied at the end of each tile.
  public let copiedStores: [Int]
}

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

/// Where the values between kernels lie.
public struct MemoryPlan: Sendable {
  /// A buffer's place in the arena and the kernels from whose first to whose last it is alive.
  public struct Placement: Hashable, Sendable {
    public let buffer: BufferID
    public let offset: Int
    public let byteCount: Int
    public let firstKernel: Int
    public let lastKernel: Int
  }
  public let placements: [Placement]
  public let arenaBytes: Int
  /// The most bytes alive at once: no plan can do with less.
  public let lowerBoundBytes: Int
  /// Where the tiles of the running kernel lie, in bytes from the arena's start.
  public let tileOffset: Int
  /// Where contractions pack their operands, in bytes from the arena's start.
  public let workspaceOffset: Int
  public let workspaceBytes: Int
}
