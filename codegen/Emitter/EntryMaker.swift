import AdjointArray
import AdjointIR
import AdjointLowering

/// Makes the entry point of a program: where its arrays lie, and its kernels in the order in which they run.
struct EntryMaker {
  let maker: ProgramMaker
  let program: Program
  let dialect: Dialect
  let c: CTree
  private(set) var scope: CScope
  let arena: CExpression
  private let arguments, outputs: CExpression
  private let statusName: String
  private let parameters: [CParameter]
  private let touched: Set<BufferID>

  init(_ maker: ProgramMaker) {
    self.maker = maker
    let (program, c) = (maker.program, maker.c)
    (self.program, self.c, dialect) = (program, c, maker.dialect)
    let touched = Set(program.kernels.flatMap { $0.reads + $0.writes })
    self.touched = touched
    scope = CScope(taken: touched.map { program.buffers[$0].name } + maker.functionsCalled)
    let table = CType.address.constant.pointer()
    let types = [("arguments", table), ("outputs", table), ("arena", CType.char.pointer())]
    let parameters = types.map { [scope] in CParameter(type: $1, name: scope.unique($0)) }
    self.parameters = parameters
    (arguments, outputs) = (c.name(parameters[0].name), c.name(parameters[1].name))
    arena = c.name(parameters[2].name)
    statusName = scope.unique("status")
  }

  /// The same inside a block: names that are given there are free again after it.
  private init(inside entry: EntryMaker) {
    self = entry
    scope = entry.scope.nested()
  }

  var status: CExpression { c.name(statusName) }

  func make(isStatic: Bool) {
    c.function(.int, program.name, parameters, isStatic: isStatic) {
      for (index, buffer) in program.buffers.enumerated() where touched.contains(index) {
        let place =
          switch buffer.storage {
          case .argument(let position): arguments[position]
          case .output(let position): outputs[position]
          case .arena(let offset): arena + offset
          }
        let type = CType.element(buffer.scalarType)
        c.declare(type.pointer(.fixed), buffer.name, place.cast(to: type.pointer()))
      }
      let mayFail = program.kernels.contains(where: \.mayFail)
      if mayFail { c.declare(.int, statusName, c.integer(0)) }
      let storages = touched.map { program.buffers[$0].storage }
      if !storages.contains(where: \.isArgument) { c.ignore(arguments) }
      if !storages.contains(where: \.isOutput) { c.ignore(outputs) }
      if !storages.contains(where: \.isArena), !program.kernels.contains(where: needsArena) {
        c.ignore(arena)
      }
      c.blank()
      for (index, kernel) in program.kernels.enumerated() {
        EntryMaker(inside: self).run(kernel, maker.functionNames[index], maker.numbers[index])
      }
      c.append(.leave((mayFail ? status : c.integer(0)).id))
    }
  }

  func array(_ buffer: BufferID) -> CExpression { c.name(program.buffers[buffer].name) }

  // MARK: Kernels

  private func run(_ kernel: Kernel, _ function: String, _ number: Int) {
    if case .map(let map) = kernel.body {
      return map.isScalar ? compute(kernel, map) : call(kernel, function, map)
    }
    if case .fill = kernel.body {} else { c.comment(maker.description(of: kernel)) }
    switch kernel.body {
    case .map: break
    case .contraction(let dot): multiply(dot)
    case .stripContraction(let dot):
      c.block {
        StripMaker(program: program, dialect: dialect, dot: dot, arena: arena, scope, in: c).make()
      }
    case .call(let call): run(call, number)
    case .loop(let loop): if maker.isParallel(loop) { runInParallel(loop) } else { run(loop) }
    case .fill(let fill): run(fill)
    }
  }

  /// A map of one element is a few statements, in braces where it has names of its own.
  private func compute(_ kernel: Kernel, _ map: MapKernel) {
    let comment = c.reserveComment()
    let loops = LoopMaker(program: program, map: map, usesRuntime: false, scope, in: c)
    c.blockIfDeclaring(loops.make)
    c.fill(comment, maker.description(of: kernel, loops.names))
  }

  private func call(_ kernel: Kernel, _ function: String, _ map: MapKernel) {
    // What another kernel's function computes is said there.
    if function != kernel.name { c.comment([maker.facts(of: kernel)]) }
    let tile = maker.needsTile(map) ? arena + program.memory.tileOffset : nil
    if let partition = maker.partition(map) {
      return runInParallel(kernel, function, map, partition, tile: tile)
    }
    let arrays = program.parameterBuffers(kernel).map(array)
    c.evaluate(.program(function), arrays + (tile.map { [$0] } ?? []))
  }

  private func run(_ fill: Fill) {
    let buffer = program.buffers[fill.destination]
    let (place, count, value) = (array(fill.destination), c.integer(buffer.count), c.literal(fill.value))
    switch dialect.calls {
    case .runtime:
      c.evaluate(.runtime("fill", buffer.scalarType), [c.integer(1), count, place, count, value])
    case .inlined:
      let axis = AxisLoop("i", extent: buffer.count, scope)
      axis.make(in: c) { c.assign(place[axis.index(in: c)], value) }
    }
  }

  private func run(_ call: LibraryCall, _ number: Int) {
    let arguments = call.integers.map { c.integer($0.value) } + (call.reads + [call.destination]).map(array)
    let result = c.call(dialect.function(call.function, call.type), arguments)
    guard call.failure != nil else { return c.evaluate(result) }
    // The first one is what the user has to know; what fails after it may only follow from it.
    c.ifTrue(result && !status) { c.assign(status, c.integer(number)) }
  }

  private func multiply(_ dot: Contraction) {
    let axes = dot.batchExtents.enumerated().map { AxisLoop("b\($0)", extent: $1, scope) }
    let indices = axes.map { $0.index(in: c) }
    let place = { (matrix: Contraction.Matrix) in
      View(buffer: matrix.buffer, offset: matrix.offset, strides: matrix.batchStrides)
        .pointer(indices, program, in: c)
    }
    let outer = Array(Shape(dot.batchExtents + [dot.m * dot.n]).strides.dropLast())
    let target = View(buffer: dot.destination, offset: 0, strides: outer).pointer(indices, program, in: c)
    let flags = (dot.lhs.isTransposed ? 1 : 0) + (dot.rhs.isTransposed ? 2 : 0)
    let numbers = [flags, dot.m, dot.n, dot.k].map(c.integer)
    let factors = [
      place(dot.lhs), c.integer(dot.lhs.leadingStride), place(dot.rhs), c.integer(dot.rhs.leadingStride),
    ]
    axes.nest(in: c) {
      c.multiply(
        dot.type, numbers + factors + [target, c.integer(dot.n)], dialect,
        arena + program.memory.workspaceOffset)
    }
  }

  /// Whether the kernel uses the arena besides its buffers: for tiles or for packing.
  private func needsArena(_ kernel: Kernel) -> Bool {
    switch kernel.body {
    case .map(let map): maker.needsTile(map)
    case .contraction(let dot): dialect.calls == .runtime && dot.type.isFloatingPoint
    case .stripContraction, .loop: true
    case .call, .fill: false
    }
  }
}

extension CTree {
  /// Makes the call of a matrix product.
  func multiply(
    _ type: ScalarType, _ arguments: [CExpression], _ dialect: Dialect, _ workspace: CExpression
  ) {
    // Integers have no vector product in the runtime; networks do not multiply them.
    guard dialect.calls == .runtime, type.isFloatingPoint else {
      return evaluate(.helper("matmul", type), arguments)
    }
    evaluate(.runtime("gemm", type), arguments + [workspace.cast(to: .element(type).pointer())])
  }
}

extension Dialect {
  /// A function that is there in the runtime, and as a helper.
  func function(_ name: String, _ type: ScalarType) -> CFunction {
    calls == .runtime ? .runtime(name, type) : .helper(name, type)
  }
}

extension Buffer.Storage {
  fileprivate var isArgument: Bool { if case .argument = self { true } else { false } }
  fileprivate var isOutput: Bool { if case .output = self { true } else { false } }
  fileprivate var isArena: Bool { if case .arena = self { true } else { false } }
}
