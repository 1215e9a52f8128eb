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
