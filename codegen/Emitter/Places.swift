import AdjointIR
import AdjointLowering

// Places in memory, and the loops that go through them.

extension View {
  /// The element's position for the given loop indices, one for each dimension.
  func position(_ indices: [CExpression], in c: CTree) -> CExpression {
    var sum: CExpression?
    for (index, stride) in zip(indices, strides) where stride != 0 && index.integer != 0 {
      let term = index * stride
      sum = sum.map { $0 + term } ?? term
    }
    guard let sum else { return c.integer(offset) }
    return offset == 0 ? sum : sum + offset
  }

  /// The element there.
  func element(_ indices: [CExpression], _ program: Program, in c: CTree) -> CExpression {
    c.name(program.buffers[buffer].name)[position(indices, in: c)]
  }

  /// A pointer to it.
  func pointer(_ indices: [CExpression], _ program: Program, in c: CTree) -> CExpression {
    c.name(program.buffers[buffer].name) + position(indices, in: c)
  }
}

/// The variable of a loop over an axis; there is none where the axis has one element.
struct AxisLoop {
  let name: String?
  let extent: Int

  init(_ base: String, extent: Int, _ scope: CScope) {
    self.extent = extent
    name = extent == 1 ? nil : scope.unique(base)
  }

  func index(in c: CTree) -> CExpression { name.map(c.name) ?? c.integer(0) }

  /// Makes the loop, or the body alone where there is nothing to loop over.
  func make(in c: CTree, _ body: () -> Void) {
    guard let name else { return body() }
    c.loop(name, from: c.integer(0), to: c.integer(extent), body)
  }
}

extension Sequence<AxisLoop> {
  /// Makes one loop inside the other.
  func nest(in c: CTree, _ body: () -> Void) {
    func make(_ rest: ArraySlice<AxisLoop>) {
      guard let first = rest.first else { return body() }
      first.make(in: c) { make(rest.dropFirst()) }
    }
    make(Array(self)[...])
  }
}

extension MapKernel {
  /// The loops over the space: `i0`, `i1`, … around, `i` over rows, `j` over columns.
  func loops(_ scope: CScope) -> [AxisLoop] {
    extents.indices.map { axis in
      let name = axis == extents.count - 1 ? "j" : axis == extents.count - 2 ? "i" : "i\(axis)"
      return AxisLoop(name, extent: extents[axis], scope)
    }
  }
}

/// A loop over an axis in blocks; there is none where the whole axis is one block.
struct BlockLoop {
  /// Where the block at hand begins, and how many elements it has.
  let start, count: CExpression
  let isLooped: Bool
  private let name: String
  private let extent, block: Int
  private let countName: String?

  /// - Parameters:
  ///   - name: that of the variable.
  ///   - count: that of the number of elements in a block, where the last one is shorter.
  init(_ name: String, count: String, extent: Int, block: Int, _ scope: CScope, in c: CTree) {
    (self.extent, self.block) = (extent, block)
    isLooped = block < extent
    self.name = isLooped ? scope.unique(name) : name
    start = isLooped ? c.name(self.name) : c.integer(0)
    countName = isLooped && extent % block != 0 ? scope.unique(count) : nil
    self.count = countName.map(c.name) ?? c.integer(Swift.min(block, extent))
  }

  var end: CExpression { start + count }

  /// - Parameter range: the part of the axis that is done, whole blocks but for its end; all of it without one.
  func make(in c: CTree, _ range: (first: CExpression, last: CExpression)? = nil, _ body: () -> Void) {
    guard isLooped else { return body() }
    let whole = c.integer(extent)
    c.loop(name, from: range?.first ?? c.integer(0), to: range?.last ?? whole, by: block) {
      if let countName {
        let rest = whole - start
        c.declare(.index.constant, countName, (rest < c.integer(block)).choose(rest, c.integer(block)))
      }
      body()
    }
  }
}

extension Program {
  /// The parameters of a kernel's C function: what it reads, then what it writes.
  func parameters(_ kernel: Kernel, _ pointer: CType.Pointer = .plain) -> [CParameter] {
    let writes = kernel.writes
    return parameterBuffers(kernel).map { buffer in
      let type = CType.element(buffers[buffer].scalarType)
      return CParameter(
        type: (writes.contains(buffer) ? type : type.constant).pointer(pointer), name: buffers[buffer].name)
    }
  }

  /// The buffers that are the parameters of a kernel's function: those that are only read first.
  func parameterBuffers(_ kernel: Kernel) -> [BufferID] {
    let writes = kernel.writes
    return kernel.reads.filter { !writes.contains($0) } + writes
  }
}

/// Elements that a function of the runtime takes: where they begin, the elements from one row to the next, and whether there is one
/// a row.
struct TileOperand {
  let pointer: CExpression
  let stride: CExpression
  let isColumn: Bool
}

extension [TileOperand] {
  /// Bit k says that operand k has one value a row.
  var columnBits: Int { enumerated().reduce(0) { $0 | ($1.element.isColumn ? 1 << $1.offset : 0) } }

  /// Pointer and stride of each.
  var arguments: [CExpression] { flatMap { [$0.pointer, $0.stride] } }
}
