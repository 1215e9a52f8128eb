import AdjointArray
import AdjointIR
import AdjointLowering

/// Makes a whole program: a function for each kernel, and the entry point.
struct ProgramMaker {
  let program: Program
  let dialect: Dialect
  let locations: Bool
  /// Whether loops ask whether to end.
  let polls: Bool
  let c: CTree
  /// For each kernel the function that does its work, and its number: a loop comes before the kernels of its body.
  let functionNames: [String]
  let numbers: [Int]

  /// - Parameter firstNumber: that of the first kernel.
  init(program: Program, dialect: Dialect, locations: Bool, polls: Bool, firstNumber: Int, c: CTree) {
    (self.program, self.dialect, self.c) = (program, dialect, c)
    (self.locations, self.polls) = (locations, polls)
    functionNames = program.functionNames()
    var number = firstNumber
    numbers = program.kernels.map { kernel in
      defer { number += kernel.count }
      return number
    }
  }

  /// The functions that the entry point may call.
  var functionsCalled: [String] {
    program.kernels.reduce(into: functionNames) { names, kernel in
      if case .loop(let loop) = kernel.body { names += [loop.body.name, loop.pieceName] }
      if case .map(let map) = kernel.body, partition(map) != nil { names.append(kernel.name + "_piece") }
    }
  }

  /// Makes the functions of all kernels, those of loops' bodies among them.
  func makeFunctions() {
    for (index, kernel) in program.kernels.enumerated() {
      switch kernel.body {
      case .map(let map): if kernel.name == functionNames[index], !map.isScalar { makeFunction(kernel, map) }
      case .loop(let loop):
        let body = ProgramMaker(
          program: loop.body, dialect: dialect, locations: locations, polls: polls,
          firstNumber: numbers[index] + 1,
          c: c)
        body.makeFunctions()
        c.comment(["One run of \(kernel.name)."])
        body.makeEntry(isStatic: true)
        if isParallel(loop) { makePiece(loop) }
      case .contraction, .stripContraction, .call, .fill: break
      }
    }
  }

  /// Makes the kernel's function; kernels that are a single call or a single number are made where they run.
  private func makeFunction(_ kernel: Kernel, _ map: MapKernel) {
    // Buffers of one kernel never overlap; a compiler that vectorises is told.
    var parameters = program.parameters(kernel, dialect == .native ? .unique : .plain)
    let scope = CScope(taken: parameters.map(\.name))
    let tile = scope.unique("tile")
    if needsTile(map) { parameters.append(CParameter(type: .char.pointer(), name: tile)) }
    let partition = partition(map)
    let range = partition.map { _ in (first: scope.unique("first"), last: scope.unique("last")) }
    if let range {
      parameters += [range.first, range.last].map { CParameter(type: .index, name: $0) }
    }
    let comment = c.reserveComment()
    var names: [Int: String] = [:]
    c.function(.void, kernel.name, parameters) {
      switch dialect.elementwise {
      case .primitives:
        let maker = PrimitiveMaker(program: program, map: map, tile: tile, range: range, scope, in: c)
        maker.make()
        names = maker.names
      case .loops:
        let maker = LoopMaker(
          program: program, map: map, usesRuntime: dialect.calls == .runtime, scope, in: c)
        maker.make()
        names = maker.names
      }
    }
    c.fill(comment, description(of: kernel, names))
    if let partition { makePiece(kernel, map, partition) }
  }

  func makeEntry(isStatic: Bool = false) {
    EntryMaker(self).make(isStatic: isStatic)
  }

  /// Whether a map's primitives keep values in tiles.
  func needsTile(_ map: MapKernel) -> Bool {
    dialect.elementwise == .primitives && map.tile.slotCount > 0 && !map.isScalar
  }
}

extension Kernel {
  /// Whether it may meet something wrong: an index out of range, a matrix that has no factor.
  var mayFail: Bool {
    switch body {
    case .call(let call): call.failure != nil
    case .loop(let loop): loop.body.kernels.contains { $0.mayFail }
    case .map, .contraction, .stripContraction, .fill: false
    }
  }
}
