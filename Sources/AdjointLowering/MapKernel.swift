import AdjointArray
import AdjointIR

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
    /// One of the results of an update, which are consecutive instructions in their order.
    case update(FusedUpdate, result: Int)
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
