import AdjointArray
import AdjointIR
import AdjointLowering

/// Makes loops over the tiles of a map, with one call of a tile primitive for each operation.
struct PrimitiveMaker {
  let program: Program
  let map: MapKernel
  let c: CTree
  private let scope: CScope
  /// Where tiles lie; only used where there are slots.
  private let tile: CExpression
  /// The rows, or columns of a single row, that are to be done, where not all.
  private let range: (first: CExpression, last: CExpression)?
  private let loops: [AxisLoop]
  private let rows, columns: BlockLoop
  private let constants: [(literal: Literal, name: String)]
  /// The C name of each value that lies in a slot.
  let names: [Int: String]

  init(
    program: Program, map: MapKernel, tile: String, range: (first: String, last: String)?, _ scope: CScope,
    in c: CTree
  ) {
    (self.program, self.map, self.scope, self.c) = (program, map, scope, c)
    self.tile = c.name(tile)
    self.range = range.map { (c.name($0.first), c.name($0.last)) }
    loops = map.extents.indices.dropLast(2).map { AxisLoop("i\($0)", extent: map.extents[$0], scope) }
    rows = BlockLoop("i", count: "rows", extent: map.rows, block: map.tile.rows, scope, in: c)
    columns = BlockLoop("j", count: "cols", extent: map.columns, block: map.tile.columns, scope, in: c)
    constants = map.literals.map { ($0, scope.unique($0.constantName)) }
    var names: [Int: String] = [:]
    for (value, place) in map.tile.places.enumerated() {
      if case .slot = place { names[value] = scope.unique(map.instructions[value].name) }
    }
    self.names = names
  }

  /// Makes the body of the kernel's function.
  func make() {
    for (literal, name) in constants {
      let isDecimal = Spelling.machine.text(literal).contains("0x")
      c.append(
        .declareTable(
          .element(literal.scalarType), name, [c.literal(literal)],
          note: isDecimal ? literal.shortened : nil))
    }
    for (value, place) in map.tile.places.enumerated() {
      guard case .slot(let slot) = place, let name = names[value] else { continue }
      let type = CType.element(map.instructions[value].type)
      c.declare(type.pointer(.fixed), name, (tile + slot * map.tile.slotBytes).cast(to: type.pointer()))
    }
    loops.nest(in: c) {
      for reduction in map.reductions where isAlongRows(reduction) {
        // One accumulator for each column, in memory, from the identity on.
        let start = indices(c.integer(0), c.integer(0))
        fill(reduction.destination.pointer(start, program, in: c), c.integer(map.columns), reduction)
      }
      rows.make(in: c, map.rows > 1 ? range : nil, rowOfTiles)
    }
  }

  private func fill(_ target: CExpression, _ count: CExpression, _ reduction: ReductionStore) {
    let identity = c.literal(reduction.reduction.identity(reduction.type))
    c.evaluate(.runtime("fill", reduction.type), [c.integer(1), count, target, count, identity])
  }

  private func rowOfTiles() {
    guard columns.isLooped else { return oneTile(lanes: []) }
    // A row longer than a tile is reduced in 16 accumulators that outlive the tile.
    let split = map.reductions.filter { !isAlongRows($0) }
    let lanes = split.map { reduction in
      let lanes = c.declareArray(.element(reduction.type), scope.unique("lanes"), 16)
      fill(lanes, c.integer(16), reduction)
      return lanes
    }
    columns.make(in: c, map.rows == 1 ? range : nil) { oneTile(lanes: lanes) }
    for (reduction, lanes) in zip(split, lanes) {
      c.evaluate(
        .runtime(reduction.reduction.rawValue + "_finish", reduction.type),
        [pointer(reduction.destination), lanes])
    }
  }

  private func isAlongRows(_ reduction: ReductionStore) -> Bool {
    reduction.dimension == map.extents.count - 2
  }

  // MARK: One tile

  private func oneTile(lanes: [CExpression]) {
    for (value, instruction) in map.instructions.enumerated() { compute(value, instruction, lanes) }
    for (index, reduction) in map.reductions.enumerated() where !map.tile.places.contains(.sum(index)) {
      reduce([reduction.value], to: index, by: reduction.reduction.rawValue, lanes)
    }
    for index in map.tile.copiedStores {
      let view = map.stores[index].view
      let value = place(of: map.stores[index].value)
      c.evaluate(
        .runtime("copy_strided", program.buffers[view.buffer].scalarType),
        extents + [pointer(view), rowStride(view), c.integer(view.strides.last ?? 1)]
          + [value.pointer, value.stride, c.integer(value.isColumn ? 0 : 1)])
    }
  }

  private var extents: [CExpression] { [rows.count, columns.count] }

  /// Adds the tile at hand to reduction number `index`: its values, or products of two.
  private func reduce(_ values: [Instruction.Operand], to index: Int, by name: String, _ lanes: [CExpression])
  {
    let reduction = map.reductions[index]
    let operands = values.map(place)
    let bits = [c.integer(operands.columnBits)]
    if isAlongRows(reduction) {
      c.evaluate(
        .runtime(name + "_rows", reduction.type),
        extents + [pointer(reduction.destination)] + operands.arguments + bits)
    } else if columns.isLooped {
      let own = lanes[map.reductions[..<index].count { !isAlongRows($0) }]
      c.evaluate(
        .runtime(name + "_lanes", reduction.type), [columns.count, own] + operands.map(\.pointer) + bits)
    } else {
      let target = [pointer(reduction.destination), rowStride(reduction.destination)]
      c.evaluate(.runtime(name + "_cols", reduction.type), extents + target + operands.arguments + bits)
    }
  }

  private func compute(_ value: Int, _ instruction: Instruction, _ lanes: [CExpression]) {
    switch map.tile.places[value] {
    // While its factors are there: their places may be another value's before the tile ends.
    case .sum(let sum): return reduce(instruction.operands, to: sum, by: "sum_mul", lanes)
    case .part: return
    case .slot, .store: break
    }
    if case .update(let update, let result) = instruction.code {
      // One call for all results, at the last of them.
      if result == update.resultCount - 1 { self.update(update, first: value - result) }
      return
    }
    let target = place(of: .value(value))
    let head = extents + [target].arguments
    if case .iota(let offset, let strides) = instruction.code {
      let start = View(buffer: 0, offset: offset, strides: strides).position(tileStart, in: c)
      let rowStep = strides.count > 1 ? strides[strides.count - 2] : 0
      return c.evaluate(
        instruction.primitive, head + [start, c.integer(rowStep), c.integer(strides.last ?? 0)])
    }
    // A load whose columns are neither contiguous nor repeated is brought in by a strided copy.
    if instruction.code == .copy, case .load(let load) = instruction.operands[0],
      let columnStride = map.loads[load].strides.last, columnStride != 0, columnStride != 1
    {
      let view = map.loads[load]
      return c.evaluate(
        .runtime("copy_strided", instruction.type),
        head + [c.integer(1), pointer(view), rowStride(view), c.integer(columnStride)])
    }
    let (function, read) = map.primitive(of: instruction)
    let operands = read.map(place)
    if let ahead = placesAhead(of: value), !operands[0].isColumn {
      return c.evaluate(
        .runtime("exp_ahead", instruction.type), [columns.count, target.pointer, operands[0].pointer] + ahead)
    }
    c.evaluate(function, head + operands.arguments + [c.integer(operands.columnBits)])
  }

  /// Three places that the kernel touches soon, where `value` is the first exp of a long row: memory comes in while that
  /// computes. Of 24 MB that saves a fifth of the time that x² + exp(x²), its root and its derivative take.
  private func placesAhead(of value: Int) -> [CExpression]? {
    guard case .unary(.exp) = map.instructions[value].code, map.rows == 1, columns.isLooped,
      !map.instructions[..<value].contains(where: { $0.code == .unary(.exp) })
    else { return nil }
    let type = map.instructions[value].type
    let isLong = { (view: View) in
      view.strides.last == 1 && program.buffers[view.buffer].scalarType == type
    }
    // What this tile stores, and what the next one loads.
    let stored = map.stores.map(\.view).filter(isLong).map(pointer)
    let loaded = map.loads.filter(isLong).map { pointer($0) + map.tile.columns }
    let places = Array((stored + loaded).prefix(3))
    guard let first = places.first, places.count * map.columns * type.byteSize >= Self.leastBytesAhead else {
      return nil
    }
    return places + Array(repeating: first, count: 3 - places.count)
  }

  /// What fits an L1 cache is there already. (A strip of a large batch is beyond it, and so is what comes after it.)
  private static let leastBytesAhead = 1 << 15

  private func update(_ update: FusedUpdate, first: Int) {
    let own = map.instructions[first..<(first + update.resultCount)]
    let (results, arrays, numbers) = update.arguments(own)
    let places = results.map { place(of: .value(first + $0)) } + arrays.map(place)
    c.evaluate(
      map.instructions[first].primitive, extents + places.arguments + numbers.map { place(of: $0).pointer })
  }

  // MARK: Places

  /// Where a value lies for the tile at hand.
  private func place(of operand: Instruction.Operand) -> TileOperand {
    switch operand {
    case .literal(let literal):
      let constant = constants.first { $0.literal == literal }.map { c.name($0.name) }
      return TileOperand(pointer: constant ?? c.literal(literal), stride: c.integer(0), isColumn: true)
    case .load(let load):
      let view = map.loads[load]
      return place(view, isColumn: (view.strides.last ?? 0) == 0)
    case .value(let value):
      switch map.tile.places[value] {
      case .slot:
        let slot = names[value].map(c.name) ?? tile
        return TileOperand(pointer: slot, stride: columns.count, isColumn: false)
      case .store(let store): return place(map.stores[store].view, isColumn: false)
      case .sum, .part: return TileOperand(pointer: c.integer(0), stride: c.integer(0), isColumn: true)
      }
    }
  }

  private func place(_ view: View, isColumn: Bool) -> TileOperand {
    TileOperand(pointer: pointer(view), stride: rowStride(view), isColumn: isColumn)
  }

  /// The loop indices at the first element of the tile.
  private var tileStart: [CExpression] { indices(rows.start, columns.start) }

  private func indices(_ row: CExpression, _ column: CExpression) -> [CExpression] {
    loops.map { $0.index(in: c) } + [row, column].suffix(map.extents.count)
  }

  /// A pointer to the view's first element in the tile.
  private func pointer(_ view: View) -> CExpression { view.pointer(tileStart, program, in: c) }

  /// Elements from one row of the tile to the next; with a single row it does not matter, and is the length.
  private func rowStride(_ view: View) -> CExpression {
    if map.rows == 1 { return view.strides.last == 0 ? c.integer(0) : columns.count }
    return c.integer(view.strides[view.strides.count - 2])
  }
}

extension MapKernel {
  /// The primitive that computes an instruction, and what it reads.
  fileprivate func primitive(of instruction: Instruction) -> (CFunction, read: [Instruction.Operand]) {
    guard case .value(let part)? = instruction.operands.first, case .part = tile.places[part] else {
      return (instruction.primitive, instruction.operands)
    }
    let operands = instructions[part].operands
    return instruction.code == .select
      ? (.runtime("where_positive", instruction.type), [operands[0], instruction.operands[1]])
      : (.runtime("add_relu", instruction.type), operands)
  }

  /// The numbers that primitives read, each once.
  fileprivate var literals: [Literal] {
    let read = instructions.indices.flatMap { index -> [Instruction.Operand] in
      if case .part = tile.places[index] { return [] }
      return primitive(of: instructions[index]).read
    }
    var result: [Literal] = []
    for case .literal(let literal) in read + reductions.map(\.value) where !result.contains(literal) {
      result.append(literal)
    }
    return result
  }
}

extension Literal {
  /// A name that says the value where that is short: `two`, `half`, `minus_one`, else `constant`.
  fileprivate var constantName: String {
    let known: [Double: String] = [0: "zero", 1: "one", 2: "two", 0.5: "half", -1: "minus_one"]
    return known[doubleValue] ?? "constant"
  }
}
