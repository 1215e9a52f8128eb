import AdjointArray
import AdjointIR
import AdjointLowering

/// Makes loops of a map, with one expression for each value.
///
/// Where functions are the runtime's, that is for a compiler that vectorises. None vectorises `tanhf`, and a call an element costs
/// ten times what the runtime's function takes. So the iteration space is cut into strips of a few hundred elements. What
/// functions and sums along rows take and give lies in arrays of a strip's size, in the L1 cache; all else is computed where it
/// is needed. Functions, sums and their order are the runtime's, so that results are those of the primitives bit for bit.
///
/// Where they are written out, and in a map without such calls, there is one loop nest, not cut.
final class LoopMaker {
  let program: Program
  let map: MapKernel
  let c: CTree
  /// An expression is given a name of its own where it would become deeper than this.
  private static let maximumDepth = 32

  private let usesRuntime: Bool
  private let scope: CScope
  private let loops: [AxisLoop]
  private let indices: [CExpression]
  /// The loop nest in which each instruction is computed, or after which it is called.
  private let stages: [Int]
  /// The last loop nest, which stores.
  private let last: Int
  /// The array of each value that is needed beyond its loop nest.
  private var arrays: [Int: String] = [:]
  /// Those that need none, as they are stored anyway where nothing else is read: the store.
  private var direct: [Int: Int] = [:]
  /// The reductions along rows, and down columns.
  private let totals, rowReductions: [ReductionStore]
  /// The variables in which totals run, where they do.
  private let accumulators: [String]
  private let rowsInStrip, columnsInStrip: Int
  private let rowStrips, columnStrips: BlockLoop
  /// The names of the values that got one.
  private(set) var names: [Int: String] = [:]

  /// - Parameter scope: that of the block in which the map stands, which keeps what it reads and writes.
  init(program: Program, map: MapKernel, usesRuntime: Bool, _ scope: CScope, in c: CTree) {
    self.program = program
    self.map = map
    self.usesRuntime = usesRuntime
    self.scope = scope
    self.c = c
    loops = map.loops(scope)
    indices = loops.map { $0.index(in: c) }
    rowReductions = map.reductions.filter { $0.dimension == map.extents.count - 2 }
    totals = map.reductions.filter { $0.dimension == map.extents.count - 1 }
    accumulators = usesRuntime ? [] : totals.map { scope.unique(program.accumulatorName($0)) }
    let isCalled = map.instructions.map { usesRuntime && $0.isRuntimeCall }
    let stages = Self.stages(of: map, isCalled)
    let last = stages.indices.map { stages[$0] + (isCalled[$0] ? 1 : 0) }.max() ?? 0
    (self.stages, self.last) = (stages, last)

    let crossing = usesRuntime ? Self.crossing(map, stages, last, totals, rowReductions) : []
    for (index, store) in map.stores.enumerated() {
      guard case .value(let value) = store.value, crossing.contains(value), direct[value] == nil,
        store.view.strides.last == 1, !map.loads.contains(where: { $0.buffer == store.view.buffer })
      else { continue }
      direct[value] = index
    }
    let kept = crossing.subtracting(direct.keys).sorted()
    for value in kept { arrays[value] = scope.unique(map.instructions[value].name + "_strip") }

    let bytes = kept.reduce(0) { $0 + map.instructions[$1].type.byteSize }
    let isCut = usesRuntime && (bytes > 0 || !direct.isEmpty || !totals.isEmpty)
    let fitting = program.target.tileBytes / max(1, bytes) / 16 * 16
    let elements = isCut ? max(16, min(program.target.maximumTileElements, fitting)) : Int.max
    let strip: (rows: Int, columns: Int)
    if map.columns > elements {
      // Whole registers, so that the lanes of a reduction that goes on in the next strip do not shift.
      let pieces = (map.columns + elements - 1) / elements
      strip = (1, min(elements, ((map.columns + pieces - 1) / pieces + 15) / 16 * 16))
    } else {
      strip = (min(map.rows, max(1, elements / max(1, map.columns))), map.columns)
    }
    (rowsInStrip, columnsInStrip) = strip
    rowStrips = BlockLoop("i_strip", count: "rows", extent: map.rows, block: strip.rows, scope, in: c)
    columnStrips = BlockLoop(
      "j_strip", count: "cols", extent: map.columns, block: strip.columns, scope, in: c)
  }

  /// Each instruction as late as those who need it allow, so that little is kept between loop nests; a call is after the
  /// nest of its number, and its result is there from the next one on.
  private static func stages(of map: MapKernel, _ isCalled: [Bool]) -> [Int] {
    var earliest: [Int] = []
    for instruction in map.instructions {
      var stage = 0
      for case .value(let operand) in instruction.operands {
        stage = max(stage, earliest[operand] + (isCalled[operand] ? 1 : 0))
      }
      earliest.append(stage)
    }
    let last = earliest.indices.map { earliest[$0] + (isCalled[$0] ? 1 : 0) }.max() ?? 0
    var stages = earliest.indices.map { isCalled[$0] ? earliest[$0] : last }
    for (index, instruction) in map.instructions.enumerated().reversed() {
      for case .value(let operand) in instruction.operands where !isCalled[operand] {
        stages[operand] = min(stages[operand], stages[index])
      }
    }
    return stages
  }

  /// The values that are needed beyond the loop nest that computes them.
  private static func crossing(
    _ map: MapKernel, _ stages: [Int], _ last: Int, _ totals: [ReductionStore],
    _ rowReductions: [ReductionStore]
  ) -> Set<Int> {
    var crossing = Set<Int>()
    for (index, instruction) in map.instructions.enumerated() {
      for case .value(let operand) in instruction.operands
      where instruction.isRuntimeCall || stages[operand] < stages[index] {
        crossing.insert(operand)
      }
      if instruction.isRuntimeCall { crossing.insert(index) }
    }
    for case .value(let value) in totals.map(\.value) { crossing.insert(value) }
    for case .value(let value) in map.stores.map(\.value) + rowReductions.map(\.value)
    where stages[value] < last { crossing.insert(value) }
    return crossing
  }

  // MARK: Loops

  /// Makes the body of the kernel's function (or, for a map of one element, the statements).
  func make() {
    for (value, array) in arrays.sorted(by: { $0.key < $1.key }) {
      c.declareArray(.element(map.instructions[value].type), array, max(1, rowsInStrip * columnsInStrip))
    }
    loops.dropLast(2).nest(in: c) {
      for reduction in rowReductions {
        // One accumulator for each column, in memory, from the identity on.
        loops.suffix(1).nest(in: c) {
          c.assign(element(reduction.destination), c.literal(reduction.reduction.identity(reduction.type)))
        }
      }
      rowStrips.make(in: c) { columns() }
    }
  }

  private func columns() {
    guard columnStrips.isLooped else { return strip() }
    // A row longer than a strip is reduced in 16 accumulators that outlive the strip.
    let lanes = totals.map { reduction in
      let lanes = c.declareArray(.element(reduction.type), scope.unique("lanes"), 16)
      let identity = c.literal(reduction.reduction.identity(reduction.type))
      c.evaluate(
        .runtime("fill", reduction.type), [c.integer(1), c.integer(16), lanes, c.integer(16), identity])
      return lanes
    }
    columnStrips.make(in: c) {
      strip()
      for (reduction, lanes) in zip(totals, lanes) {
        let operand = place(of: reduction.value, reduction.type)
        c.evaluate(
          .runtime(reduction.reduction.rawValue + "_lanes", reduction.type),
          [columnStrips.count, lanes, operand.pointer, c.integer([operand].columnBits)])
      }
    }
    for (reduction, lanes) in zip(totals, lanes) {
      c.evaluate(
        .runtime(reduction.reduction.rawValue + "_finish", reduction.type),
        [pointer(reduction.destination), lanes])
    }
  }

  // MARK: One strip

  private func strip() {
    for stage in 0...last {
      nest(stage)
      c.append(.barrier)
      for (index, instruction) in map.instructions.enumerated()
      where usesRuntime && instruction.isRuntimeCall && stages[index] == stage {
        call(index, instruction)
      }
    }
    guard usesRuntime, !columnStrips.isLooped else { return }
    for reduction in totals {
      let operand = [place(of: reduction.value, reduction.type)]
      let step = map.rows == 1 ? 0 : reduction.destination.strides[map.extents.count - 2]
      c.evaluate(
        .runtime(reduction.reduction.rawValue + "_cols", reduction.type),
        [rowStrips.count, columnStrips.count, pointer(reduction.destination), c.integer(step)]
          + operand.arguments + [c.integer(operand.columnBits)])
    }
  }

  /// The loops over the strip, with the statements of one element.
  private func nest(_ stage: Int) {
    let here = map.instructions.indices.filter {
      stages[$0] == stage && !(usesRuntime && map.instructions[$0].isRuntimeCall)
    }
    let isLast = stage == last
    guard statesSomething(here, isLast) else { return }
    over(loops.dropLast().last, rowStrips) {
      for (reduction, name) in zip(totals, accumulators) {
        let type = totalType(reduction)
        c.declare(.element(type), name, c.literal(reduction.reduction.identity(type)))
      }
      over(loops.last, columnStrips) { statements(here, isLast) }
      for (reduction, name) in zip(totals, accumulators) {
        let isWide = totalType(reduction) != reduction.type
        let total = c.name(name)
        c.assign(
          element(reduction.destination), isWide ? total.cast(to: .element(reduction.type)) : total)
      }
    }
  }

  /// Whether there is a statement in the nest: what is only computed where it is read has none.
  private func statesSomething(_ here: [Int], _ isLast: Bool) -> Bool {
    if isLast, map.stores.indices.contains(where: { !isDirect($0) }) || !rowReductions.isEmpty { return true }
    if isLast, !usesRuntime { return true }
    return here.contains { arrays[$0] != nil || direct[$0] != nil }
  }

  private func over(_ axis: AxisLoop?, _ strips: BlockLoop, _ body: () -> Void) {
    guard let axis, let name = axis.name else { return body() }
    c.loop(name, from: strips.start, to: strips.end, body)
  }

  /// One accumulator for a whole row loses digits that the runtime's sixteen keep; a wider one does not.
  private func totalType(_ reduction: ReductionStore) -> ScalarType {
    switch reduction.reduction {
    case .sum, .product: reduction.type == .float32 ? .float64 : reduction.type
    case .maximum, .minimum, .any, .all: reduction.type
    }
  }

  // MARK: One element

  private func statements(_ here: [Int], _ isLast: Bool) {
    let stores = isLast ? map.stores.indices.filter { !isDirect($0) }.map { map.stores[$0] } : []
    let ends = isLast ? stores.map(\.value) + rowReductions.map(\.value) : []
    let sums = isLast && !usesRuntime ? totals.map(\.value) : []
    var uses = [Int](repeating: 0, count: map.instructions.count)
    for case .value(let value) in here.flatMap({ map.instructions[$0].operands }) + ends + sums {
      uses[value] += 1
    }
    // What is stored over something that this body reads is computed before anything is stored.
    let isOverwriting = !Set(stores.map(\.view.buffer)).isDisjoint(with: map.loads.map(\.buffer))
    let stored = Set(stores.map(\.value))
    let early = isOverwriting && stores.count > 1 ? stored : []
    let choices = here.map { map.instructions[$0] }.filter { $0.code == .select }
    // TinyCC miscompiles a choice whose condition is a choice between constants. Where both sides of a choice are computed before it,
    // it needs no branch, and is vectorised.
    let conditions = choices.map { $0.operands[0] }.filter { isChoice($0) }
    let apart = Set(conditions + (usesRuntime ? choices.flatMap { $0.operands.dropFirst() } : []))
    var loaded: [Int: CExpression] = [:]
    var expressions: [Int: CExpression] = [:]
    func read(_ operand: Instruction.Operand) -> CExpression {
      switch operand {
      case .load(let load): loaded[load] ?? element(map.loads[load])
      case .literal(let literal): c.literal(literal)
      case .value(let value): expressions[value] ?? keptElement(value)
      }
    }

    for index in here {
      let instruction = map.instructions[index]
      if usesRuntime, instruction.code == .select {
        for case .load(let load) in instruction.operands.dropFirst() where loaded[load] == nil {
          let buffer = program.buffers[map.loads[load].buffer]
          let name = scope.unique(buffer.name + "_value")
          loaded[load] = c.declare(
            .element(buffer.scalarType).constant, name, element(map.loads[load]))
        }
      }
      var value: CExpression
      if case .iota(let offset, let strides) = instruction.code {
        let place = View(buffer: 0, offset: offset, strides: strides).position(indices, in: c)
        value = instruction.value(of: [place], in: c)
      } else {
        value = instruction.value(of: instruction.operands.map(read), in: c)
      }
      let isKept = arrays[index] != nil || direct[index] != nil
      let isNamed =
        uses[index] + (isKept ? 1 : 0) > 1 && value.depth > 0 || value.depth > Self.maximumDepth
        || (instruction.isLabelled && value.depth > 1 && !isKept && !stored.contains(.value(index)))
        || early.contains(.value(index)) || (apart.contains(.value(index)) && value.depth > 0)
      if isNamed {
        let name = scope.unique(localName(instruction.name))
        names[index] = name
        value = c.declare(.element(instruction.type).constant, name, value)
      }
      if isKept { c.assign(keptElement(index), value) }
      expressions[index] = value
    }
    guard isLast else { return }
    for reduction in rowReductions {
      accumulate(reduction, reduction.type, element(reduction.destination), read(reduction.value))
    }
    for (reduction, name) in zip(totals, accumulators) {
      accumulate(reduction, totalType(reduction), c.name(name), read(reduction.value))
    }
    for store in stores { c.assign(element(store.view), read(store.value)) }
  }

  private func isChoice(_ operand: Instruction.Operand) -> Bool {
    if case .value(let value) = operand { map.instructions[value].code == .select } else { false }
  }

  private func isDirect(_ store: Int) -> Bool {
    guard case .value(let value) = map.stores[store].value else { return false }
    return direct[value] == store
  }

  /// Inside the loops a name means one element: where the array has the name, the indices tell them apart.
  private func localName(_ name: String) -> String {
    guard map.buffers.contains(where: { program.buffers[$0].name == name }) else { return name }
    let place = loops.compactMap(\.name).joined()
    return name + "_" + (place.isEmpty ? "value" : place)
  }

  private func accumulate(
    _ reduction: ReductionStore, _ type: ScalarType, _ place: CExpression, _ value: CExpression
  ) {
    switch reduction.reduction {
    case .sum where type.isFloatingPoint: c.append(.accumulate(place.id, .add, value.id))
    case .product where type.isFloatingPoint: c.append(.accumulate(place.id, .multiply, value.id))
    case .sum, .product, .maximum, .minimum, .any, .all:
      c.assign(place, reduction.reduction.combined(place, value, type))
    }
  }

  private func element(_ view: View) -> CExpression { view.element(indices, program, in: c) }

  /// The element of a value that another loop nest or a call computes.
  private func keptElement(_ value: Int) -> CExpression {
    guard let array = arrays[value] else {
      return direct[value].map { element(map.stores[$0].view) } ?? c.integer(0)
    }
    let row = indices.dropLast().last ?? c.integer(0)
    let inRow = rowsInStrip == 1 ? c.integer(0) : (row - rowStrips.start) * columnsInStrip
    return c.name(array)[inRow + indices[indices.count - 1] - columnStrips.start]
  }

  // MARK: Calls

  private func call(_ index: Int, _ instruction: Instruction) {
    let target = place(of: .value(index), instruction.type)
    let operands = instruction.operands.map { place(of: $0, instruction.type) }
    c.evaluate(
      instruction.primitive,
      [rowStrips.count, columnStrips.count] + [target].arguments + operands.arguments
        + [c.integer(operands.columnBits)])
  }

  /// Where a value lies for the strip at hand.
  private func place(of operand: Instruction.Operand, _ type: ScalarType) -> TileOperand {
    switch operand {
    case .literal(let literal):
      return TileOperand(pointer: c.single(literal), stride: c.integer(0), isColumn: true)
    case .load(let load): return place(map.loads[load], isColumn: (map.loads[load].strides.last ?? 0) == 0)
    case .value(let value):
      if let array = arrays[value] {
        return TileOperand(pointer: c.name(array), stride: c.integer(columnsInStrip), isColumn: false)
      }
      guard let store = direct[value] else {
        return TileOperand(pointer: c.integer(0), stride: c.integer(0), isColumn: true)
      }
      return place(map.stores[store].view, isColumn: false)
    }
  }

  private func place(_ view: View, isColumn: Bool) -> TileOperand {
    TileOperand(pointer: pointer(view), stride: rowStride(view), isColumn: isColumn)
  }

  /// A pointer to the view's first element in the strip.
  private func pointer(_ view: View) -> CExpression {
    let start = Array((indices.dropLast(2) + [rowStrips.start, columnStrips.start]).suffix(indices.count))
    return view.pointer(start, program, in: c)
  }

  /// Elements from one row of the strip to the next; with a single row it does not matter, and is the length.
  private func rowStride(_ view: View) -> CExpression {
    if map.rows == 1 { return view.strides.last == 0 ? c.integer(0) : columnStrips.count }
    return c.integer(view.strides[view.strides.count - 2])
  }
}

extension Program {
  /// `loss_total` for the sum that becomes `loss` or `loss_sum`.
  fileprivate func accumulatorName(_ reduction: ReductionStore) -> String {
    let function = reduction.reduction
    var stem = buffers[reduction.destination.buffer].name
    if stem.hasSuffix("_" + function.rawValue) { stem.removeLast(function.rawValue.utf8.count + 1) }
    return switch function {
    case .sum: stem + "_total"
    case .product: stem + "_product"
    case .maximum: stem + "_greatest"
    case .minimum: stem + "_least"
    case .any: stem + "_found"
    case .all: stem + "_held"
    }
  }
}
