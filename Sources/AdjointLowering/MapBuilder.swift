import AdjointArray
import AdjointIR

/// Collects the loads, instructions and stores of one map, then fixes its loops and tiles.
struct MapBuilder {
  /// The space as the nodes see it, without extents of 1; strides below refer to it.
  let space: [Int]
  /// What becomes of values along some dimensions of `space`.
  let ending: Group.Ending?
  private(set) var loads: [View] = []
  private(set) var instructions: [Instruction] = []
  private(set) var stores: [Store] = []
  private(set) var reductions:
    [(value: Instruction.Operand, type: ScalarType, reduction: Reduction, to: View)] = []

  init(space: [Int], ending: Group.Ending? = nil) {
    self.space = space
    self.ending = ending
  }

  mutating func load(_ view: View) -> Instruction.Operand {
    if let index = loads.firstIndex(of: view) { return .load(index) }
    loads.append(view)
    return .load(loads.count - 1)
  }

  /// A number that cannot be NaN is not compared with itself, be it by two views of it: C compilers warn of it.
  mutating func append(_ instruction: Instruction) -> Instruction.Operand {
    if case .compare(let comparison, let type) = instruction.code, !type.isFloatingPoint,
      instruction.operands[0] == instruction.operands[1]
    {
      return .literal(
        Literal(comparison == .equal || comparison == .lessOrEqual || comparison == .greaterOrEqual))
    }
    // A group has few: looking through them is faster than hashing.
    for index in instructions.indices
    where instructions[index].code == instruction.code && instructions[index].operands == instruction.operands
      && instructions[index].type == instruction.type
    {
      return .value(index)
    }
    instructions.append(instruction)
    return .value(instructions.count - 1)
  }

  mutating func store(_ value: Instruction.Operand, type: ScalarType, to view: View, name: String) {
    var value = value
    // What is stored is always an instruction's value: then each store has someone who writes it.
    switch value {
    case .value: break
    case .load, .literal:
      value = append(Instruction(code: .copy, operands: [value], type: type, name: name))
    }
    stores.append(Store(value: value, view: view))
  }

  mutating func reduce(
    _ value: Instruction.Operand, type: ScalarType, by reduction: Reduction, to view: View
  ) {
    reductions.append((value, type, reduction, view))
  }

  /// Combines a value with what is at its place in memory. In the dimensions of the space that are no accumulated ones each
  /// element has a place of its own.
  mutating func accumulate(
    _ value: Instruction.Operand, type: ScalarType, by function: BinaryFunction, to view: View, name: String
  ) {
    let old = load(view)
    let sum = append(Instruction(code: .binary(function), operands: [old, value], type: type, name: name))
    store(sum, type: type, to: view, name: name)
  }

  /// Only what something stored or reduced needs: a comparison that is decided leaves its operands unread.
  func withoutDeadCode() -> MapBuilder {
    var liveLoads = loads.map { _ in false }
    var liveInstructions = instructions.map { _ in false }
    func need(_ operand: Instruction.Operand) {
      switch operand {
      case .load(let index): liveLoads[index] = true
      case .value(let index): liveInstructions[index] = true
      case .literal: break
      }
    }
    for store in stores { need(store.value) }
    for reduction in reductions { need(reduction.value) }
    for index in instructions.indices.reversed() where liveInstructions[index] {
      instructions[index].operands.forEach(need)
    }
    if liveLoads.allSatisfy({ $0 }), liveInstructions.allSatisfy({ $0 }) { return self }

    var result = MapBuilder(space: space, ending: ending)
    let places = loads.indices.map { liveLoads[$0] ? result.load(loads[$0]) : .load($0) }
    var values = instructions.indices.map(Instruction.Operand.value)
    func moved(_ operand: Instruction.Operand) -> Instruction.Operand {
      switch operand {
      case .load(let index): places[index]
      case .value(let index): values[index]
      case .literal: operand
      }
    }
    for (index, instruction) in instructions.enumerated() where liveInstructions[index] {
      values[index] = result.append(
        Instruction(
          code: instruction.code, operands: instruction.operands.map(moved), type: instruction.type,
          name: instruction.name, isLabelled: instruction.isLabelled))
    }
    result.stores = stores.map { Store(value: moved($0.value), view: $0.view) }
    result.reductions = reductions.map { (moved($0.value), $0.type, $0.reduction, $0.to) }
    return result
  }

  /// The finished map of `loaded`, the buffers behind the loads, or `nil` where its reductions do not come to lie along the rows or the columns of one
  /// tile; then each must read a stored value in a kernel of its own.
  func finished(_ target: Target, loaded: [Buffer]) -> MapKernel? {
    let extents = space.isEmpty ? [1] : space
    let pad = { (strides: [Int]) in strides.isEmpty ? [0] : strides }
    var accesses = loads.map { pad($0.strides) }
    accesses += stores.map { pad($0.view.strides) }
    accesses += reductions.map { pad($0.to.strides) }
    for case .iota(_, let strides) in instructions.map(\.code) { accesses.append(pad(strides)) }

    let isEnding = { (axis: Int) in ending?.dimensions.contains(axis) ?? false }
    let joined: Loops
    switch ending {
    case .reduced, nil:
      joined = collapsed(extents, accesses) { isEnding($0) == isEnding($1) }
    case .accumulated(let dimensions):
      joined = loops(extents, accesses, around: dimensions)
    }
    let last = joined.extents.count - 1
    var dimension = last
    if !reductions.isEmpty {
      let positions = joined.groups.indices.filter { isEnding(joined.groups[$0][0]) }
      guard positions.count == 1, positions[0] >= last - 1 else { return nil }
      dimension = positions[0]
    }

    var next = joined.accesses.makeIterator()
    let joinedLoads = loads.map { View(buffer: $0.buffer, offset: $0.offset, strides: next.next() ?? []) }
    let joinedStores = stores.map { store in
      Store(
        value: store.value,
        view: View(buffer: store.view.buffer, offset: store.view.offset, strides: next.next() ?? []))
    }
    let joinedReductions = reductions.map { reduction in
      ReductionStore(
        value: reduction.value, type: reduction.type, reduction: reduction.reduction, dimension: dimension,
        destination: View(
          buffer: reduction.to.buffer, offset: reduction.to.offset, strides: next.next() ?? []))
    }
    let joinedInstructions = instructions.map { instruction in
      guard case .iota(let offset, _) = instruction.code else { return instruction }
      return Instruction(
        code: .iota(offset: offset, strides: next.next() ?? []), operands: [], type: instruction.type,
        name: instruction.name)
    }
    var body = bringingStridedLoadsIntoTile(
      joinedInstructions, joinedLoads, loaded, joinedStores, joinedReductions)
    // A single number is an expression, not a tile.
    if joined.extents != [1] { body = body.withFusedUpdates(joinedLoads).withComposites() }
    return MapKernel(
      extents: joined.extents, loads: joinedLoads, instructions: body.instructions, stores: body.stores,
      reductions: body.reductions,
      tile: TilePlan(
        extents: joined.extents, loads: joinedLoads, instructions: body.instructions, stores: body.stores,
        reductions: body.reductions, target: target))
  }

  private typealias Loops = (extents: [Int], accesses: [[Int]], groups: [[Int]])

  /// Loops of which those over `outer` are around all others, and around the tiles: what meets at one place in memory never
  /// meets in one tile.
  private func loops(_ extents: [Int], _ accesses: [[Int]], around outer: Range<Int>) -> Loops {
    let inner = extents.indices.filter { !outer.contains($0) }
    let part = { (axes: [Int]) -> Loops in
      collapsed(axes.map { extents[$0] }, accesses.map { strides in axes.map { strides[$0] } }) { _, _ in true
      }
    }
    let (around, within) = (part(Array(outer)), part(inner))
    // Rows and columns of a tile.
    let ones = max(0, 2 - within.extents.count)
    return (
      around.extents + [Int](repeating: 1, count: ones) + within.extents,
      zip(around.accesses, within.accesses).map { $0 + [Int](repeating: 0, count: ones) + $1 }, []
    )
  }

  /// Primitives step through columns by 1 or not at all: a load with another column stride gets a copy first.
  private func bringingStridedLoadsIntoTile(
    _ instructions: [Instruction], _ loads: [View], _ loaded: [Buffer], _ stores: [Store],
    _ reductions: [ReductionStore]
  ) -> MapBody {
    let strided = loads.indices.filter { index in
      guard let columns = loads[index].strides.last else { return false }
      return columns != 0 && columns != 1
    }
    // A copy of the load already brings it in; only other readers need one.
    let needed = strided.filter { index in
      instructions.contains { $0.code != .copy && $0.operands.contains(.load(index)) }
        || reductions.contains { $0.value == .load(index) }
    }
    guard !needed.isEmpty else {
      return MapBody(instructions: instructions, stores: stores, reductions: reductions)
    }
    let moved = { (operand: Instruction.Operand, isCopy: Bool) -> Instruction.Operand in
      switch operand {
      case .value(let index): return .value(index + needed.count)
      case .load(let index):
        if let position = needed.firstIndex(of: index), !isCopy { return .value(position) }
        return operand
      case .literal: return operand
      }
    }
    let copies = needed.map {
      Instruction(code: .copy, operands: [.load($0)], type: loaded[$0].scalarType, name: loaded[$0].name)
    }
    return MapBody(
      instructions: copies
        + instructions.map { instruction in
          Instruction(
            code: instruction.code,
            operands: instruction.operands.map { moved($0, instruction.code == .copy) },
            type: instruction.type, name: instruction.name, isLabelled: instruction.isLabelled)
        },
      stores: stores.map { Store(value: moved($0.value, false), view: $0.view) },
      reductions: reductions.map {
        ReductionStore(
          value: moved($0.value, false), type: $0.type, reduction: $0.reduction, dimension: $0.dimension,
          destination: $0.destination)
      }
    )
  }
}
