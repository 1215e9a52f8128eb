import AdjointArray
import AdjointIR
import AdjointLowering

/// Writes a map as a loop over tiles whose body calls one tile primitive for each operation.
struct TileEmitter {
  let program: Program
  let map: MapKernel
  private var names: LocalNames
  private var constants: [(literal: Literal, name: String)] = []
  /// The C name of each value that lies in a slot.
  private var slotNames: [String?] = []
  /// Whether there is more than one tile along the rows, and the columns.
  private let loopsOverRows: Bool
  private let loopsOverColumns: Bool
  /// The extents of the tile at hand.
  private let rowsExpression: String
  private let columnsExpression: String
  private let indices: [String]
  /// Whether only the rows, or columns of a single row, `first..<last` are to be done.
  private let isPiece: Bool

  init(program: Program, map: MapKernel, isPiece: Bool = false) {
    self.program = program
    self.map = map
    self.isPiece = isPiece
    names = LocalNames(reserved: map.buffers.map { program.buffers[$0].name })
    indices = map.indexNames
    loopsOverRows = map.tile.rows < map.rows
    loopsOverColumns = map.tile.columns < map.columns
    let (rows, columns) = (min(map.tile.rows, map.rows), min(map.tile.columns, map.columns))
    rowsExpression = map.rows % rows == 0 ? "\(rows)" : "rows"
    columnsExpression = map.columns % columns == 0 ? "\(columns)" : "cols"
  }

  /// The body of the kernel's function, which has a parameter `tile` where slots are used.
  mutating func write(_ writer: inout CWriter, _ used: inout UsedFunctions) {
    nameConstants()
    for (literal, name) in constants {
      let c = literal.c
      let note = c.contains("0x") ? " /* \(literal.shortened) */" : ""
      writer.line("static const \(literal.scalarType.c) \(name)[1] = {\(c)};\(note)")
    }
    for (value, place) in map.tile.places.enumerated() {
      guard case .slot(let slot) = place else {
        slotNames.append(nil)
        continue
      }
      let instruction = map.instructions[value]
      let name = names.unique(instruction.name)
      slotNames.append(name)
      let offset = slot * map.tile.slotBytes
      writer.line(
        "\(instruction.type.c) *const \(name) = (\(instruction.type.c) *)\(offset == 0 ? "tile" : "(tile + \(offset))");"
      )
    }
    var variables = map.extents.indices.dropLast(2).map { indices[$0] }.filter { $0 != "0" }
    if loopsOverRows { variables.append("i") }
    if loopsOverColumns { variables.append("j") }
    if !variables.isEmpty { writer.line("long \(variables.joined(separator: ", "));") }
    outer(0, &writer, &used)
  }

  // MARK: Loops

  private func outer(_ axis: Int, _ writer: inout CWriter, _ used: inout UsedFunctions) {
    if axis >= map.extents.count - 2 {
      rows(&writer, &used)
    } else if indices[axis] == "0" {
      outer(axis + 1, &writer, &used)
    } else {
      var inner = used
      let name = indices[axis]
      writer.block("for (\(name) = 0; \(name) < \(map.extents[axis]); \(name)++)") {
        outer(axis + 1, &$0, &inner)
      }
      used = inner
    }
  }

  private func rows(_ writer: inout CWriter, _ used: inout UsedFunctions) {
    for reduction in map.reductions where isAlongRows(reduction) {
      // One accumulator for each column, in memory, from the identity on.
      let target = pointer(reduction.destination, atTile: false)
      let identity = reduction.reduction.identity(reduction.type).c
      writer.line(
        "\(used.runtime("adj_fill_\(reduction.type.suffix)"))(1, \(map.columns), \(target), \(map.columns), \(identity));"
      )
    }
    guard loopsOverRows else { return columns(&writer, &used) }
    var inner = used
    let step = map.tile.rows == 1 ? "i++" : "i += \(map.tile.rows)"
    let range = isPiece ? "i = first; i < last" : "i = 0; i < \(map.rows)"
    writer.block("for (\(range); \(step))") { writer in
      if rowsExpression == "rows" {
        writer.line(
          "const long rows = \(map.rows) - i < \(map.tile.rows) ? \(map.rows) - i : \(map.tile.rows);")
      }
      columns(&writer, &inner)
    }
    used = inner
  }

  private func columns(_ writer: inout CWriter, _ used: inout UsedFunctions) {
    guard loopsOverColumns else { return body(&writer, &used) }
    // A row longer than a tile is reduced in 16 accumulators that outlive the tile.
    let split = map.reductions.filter { !isAlongRows($0) }
    for (index, reduction) in split.enumerated() {
      let lanes = lanesName(index, of: split.count)
      writer.line("\(reduction.type.c) \(lanes)[16];")
      writer.line(
        "\(used.runtime("adj_fill_\(reduction.type.suffix)"))(1, 16, \(lanes), 16, \(reduction.reduction.identity(reduction.type).c));"
      )
    }
    var inner = used
    let range = isPiece && map.rows == 1 ? "j = first; j < last" : "j = 0; j < \(map.columns)"
    writer.block("for (\(range); j += \(map.tile.columns))") { writer in
      if columnsExpression == "cols" {
        writer.line(
          "const long cols = \(map.columns) - j < \(map.tile.columns) ? \(map.columns) - j : \(map.tile.columns);"
        )
      }
      body(&writer, &inner)
    }
    used = inner
    for (index, reduction) in split.enumerated() {
      writer.line(
        "\(used.runtime("adj_\(reduction.reduction.rawValue)_finish_\(reduction.type.suffix)"))(\(pointer(reduction.destination, atTile: true, columns: false)), \(lanesName(index, of: split.count)));"
      )
    }
  }

  private func lanesName(_ index: Int, of count: Int) -> String { count == 1 ? "lanes" : "lanes\(index)" }

  // MARK: One tile

  private func body(_ writer: inout CWriter, _ used: inout UsedFunctions) {
    for (value, instruction) in map.instructions.enumerated() { write(value, instruction, &writer, &used) }
    for (index, reduction) in map.reductions.enumerated() where !map.tile.places.contains(.sum(index)) {
      reduce([reduction.value], to: index, by: reduction.reduction.rawValue, &writer, &used)
    }
    for index in map.tile.copiedStores {
      let store = map.stores[index]
      let value = place(of: store.value)
      let type = program.buffers[store.view.buffer].scalarType.suffix
      let columnStride = store.view.strides.last ?? 1
      writer.line(
        "\(used.runtime("adj_copy_strided_\(type)"))(\(rowsExpression), \(columnsExpression), \(pointer(store.view, atTile: true)), \(rowStride(store.view)), \(columnStride), \(value.pointer), \(value.stride), \(value.isColumn ? 0 : 1));"
      )
    }
  }

  /// Writes the call that adds the tile at hand to reduction number `index`: of its values, or of products of two.
  private func reduce(
    _ values: [Instruction.Operand], to index: Int, by name: String, _ writer: inout CWriter,
    _ used: inout UsedFunctions
  ) {
    let reduction = map.reductions[index]
    let operands = values.map(place)
    let bits = columnBits(operands)
    func function(_ form: String) -> String {
      used.runtime("adj_\(name)_\(form)_\(reduction.type.suffix)")
    }
    let tile = "\(rowsExpression), \(columnsExpression)"
    let strided = operands.map { "\($0.pointer), \($0.stride)" }.joined(separator: ", ")
    if isAlongRows(reduction) {
      let target = pointer(reduction.destination, atTile: true)
      writer.line("\(function("rows"))(\(tile), \(target), \(strided), \(bits));")
    } else if loopsOverColumns {
      let position = map.reductions[..<index].count { !isAlongRows($0) }
      let lanes = lanesName(position, of: map.reductions.count { !isAlongRows($0) })
      let list = operands.map(\.pointer).joined(separator: ", ")
      writer.line("\(function("lanes"))(\(columnsExpression), \(lanes), \(list), \(bits));")
    } else {
      let target = pointer(reduction.destination, atTile: true)
      let step = rowStride(reduction.destination)
      writer.line("\(function("cols"))(\(tile), \(target), \(step), \(strided), \(bits));")
    }
  }

  /// Bit k says that operand k has one value a row.
  private func columnBits(_ operands: [(pointer: String, stride: String, isColumn: Bool)]) -> Int {
    operands.enumerated().reduce(0) { $0 | ($1.element.isColumn ? 1 << $1.offset : 0) }
  }

  private func write(
    _ value: Int, _ instruction: Instruction, _ writer: inout CWriter, _ used: inout UsedFunctions
  ) {
    if case .sum(let sum) = map.tile.places[value] {
      // While its factors are there: their places may be another value's before the tile ends.
      return reduce(instruction.operands, to: sum, by: "sum_mul", &writer, &used)
    }
    if case .adam(let result) = instruction.code {
      // One call for all three results, at the last of them.
      if result == .parameter { writeAdam(value, instruction, &writer, &used) }
      return
    }
    if case .part = map.tile.places[value] { return }
    let target = place(of: .value(value))
    let head = "\(rowsExpression), \(columnsExpression), \(target.pointer), \(target.stride)"
    if case .iota(let offset, let strides) = instruction.code {
      let start = View(buffer: 0, offset: offset, strides: strides).position(tileStart)
      let rowStep = strides.count > 1 ? strides[strides.count - 2] : 0
      writer.line(
        "\(used.runtime("adj_iota_\(instruction.type.suffix)"))(\(head), \(start), \(rowStep), \(strides.last ?? 0));"
      )
      return
    }
    // A load whose columns are neither contiguous nor repeated is brought in by a strided copy.
    if instruction.code == .copy, case .load(let load) = instruction.operands[0],
      let columnStride = map.loads[load].strides.last, columnStride != 0, columnStride != 1
    {
      let view = map.loads[load]
      writer.line(
        "\(used.runtime("adj_copy_strided_\(instruction.type.suffix)"))(\(head), 1, \(pointer(view, atTile: true)), \(rowStride(view)), \(columnStride));"
      )
      return
    }
    let (name, read) = primitive(of: instruction)
    let operands = read.map(place)
    if let ahead = placesAhead(of: value), !operands[0].isColumn {
      let list = [columnsExpression, target.pointer, operands[0].pointer] + ahead
      return writer.line(
        "\(used.runtime("adj_exp_ahead_\(instruction.type.suffix)"))(\(list.joined(separator: ", ")));")
    }
    let list = operands.map { "\($0.pointer), \($0.stride)" }.joined(separator: ", ")
    writer.line("\(used.runtime("adj_" + name))(\(head), \(list), \(columnBits(operands)));")
  }

  /// The primitive that computes an instruction, and what it reads.
  private func primitive(of instruction: Instruction) -> (name: String, read: [Instruction.Operand]) {
    guard case .value(let part)? = instruction.operands.first, case .part = map.tile.places[part] else {
      return (instruction.primitiveName, instruction.operands)
    }
    let operands = map.instructions[part].operands
    return instruction.code == .select
      ? ("where_positive_" + instruction.type.suffix, [operands[0], instruction.operands[1]])
      : ("add_relu_" + instruction.type.suffix, operands)
  }

  /// Three places that the kernel touches soon, where `value` is the first exp of a long row: memory comes in while that
  /// computes. Of 24 MB that saves a fifth of the time that x² + exp(x²), its root and its derivative take.
  private func placesAhead(of value: Int) -> [String]? {
    guard case .unary(.exp) = map.instructions[value].code, map.rows == 1, loopsOverColumns,
      !map.instructions[..<value].contains(where: { $0.code == .unary(.exp) })
    else { return nil }
    let type = map.instructions[value].type
    let isLong = { (view: View) in
      view.strides.last == 1 && program.buffers[view.buffer].scalarType == type
    }
    // What this tile stores, and what the next one loads.
    let stored = map.stores.map(\.view).filter(isLong).map { pointer($0, atTile: true) }
    let loaded = map.loads.filter(isLong).map { "\(pointer($0, atTile: true)) + \(map.tile.columns)" }
    let places = Array((stored + loaded).prefix(3))
    guard let first = places.first, places.count * map.columns * type.byteSize >= Self.leastBytesAhead else {
      return nil
    }
    return places + [String](repeating: first, count: 3 - places.count)
  }

  /// What fits an L1 cache is there already. (A strip of a large batch is beyond it, and so is what comes after it.)
  private static let leastBytesAhead = 1 << 15

  private func writeAdam(
    _ value: Int, _ parameter: Instruction, _ writer: inout CWriter, _ used: inout UsedFunctions
  ) {
    let (mean, variance) = (map.instructions[value - 2], map.instructions[value - 1])
    let results = [value, value - 2, value - 1].map { place(of: .value($0)) }
    let arrays = [parameter.operands[0], mean.operands[0], variance.operands[0], mean.operands[1]].map(place)
    let numbers = (mean.operands[2...] + variance.operands[2...] + parameter.operands[3...]).map(place)
    let list = (results + arrays).map { "\($0.pointer), \($0.stride)" } + numbers.map(\.pointer)
    writer.line(
      "\(used.runtime("adj_adam_\(parameter.type.suffix)"))(\(rowsExpression), \(columnsExpression), \(list.joined(separator: ", ")));"
    )
  }

  /// Where a value lies for the tile at hand: pointer, row stride, and whether it has one value a row.
  private func place(of operand: Instruction.Operand) -> (pointer: String, stride: String, isColumn: Bool) {
    switch operand {
    case .literal(let literal):
      return (constants.first { $0.literal == literal }?.name ?? literal.c, "0", true)
    case .load(let load):
      let view = map.loads[load]
      return (pointer(view, atTile: true), rowStride(view), (view.strides.last ?? 0) == 0)
    case .value(let value):
      switch map.tile.places[value] {
      case .slot: return (slotNames[value] ?? "tile", columnsExpression, false)
      case .store(let store):
        let view = map.stores[store].view
        return (pointer(view, atTile: true), rowStride(view), false)
      case .sum, .part: return ("0", "0", true)
      }
    }
  }

  /// The loop indices at the first element of the tile.
  private var tileStart: [String] {
    indices.enumerated().map { axis, name in
      switch axis {
      case map.extents.count - 1: loopsOverColumns ? "j" : "0"
      case map.extents.count - 2: loopsOverRows ? "i" : "0"
      default: name
      }
    }
  }

  /// A pointer to the view's first element in the tile, or (`atTile` false) in the first tile of these rows.
  private func pointer(_ view: View, atTile: Bool, columns: Bool = true) -> String {
    var start = tileStart
    if !atTile {
      for axis in start.indices.suffix(2) { start[axis] = "0" }
    }
    if !columns { start[start.count - 1] = "0" }
    let position = view.position(start)
    let name = program.buffers[view.buffer].name
    return position == "0" ? name : "\(name) + \(position)"
  }

  /// Elements from one row of the tile to the next; with a single row it does not matter, and is the length.
  private func rowStride(_ view: View) -> String {
    if map.rows == 1 { return view.strides.last == 0 ? "0" : columnsExpression }
    return "\(view.strides[view.strides.count - 2])"
  }

  private func isAlongRows(_ reduction: ReductionStore) -> Bool {
    reduction.dimension == map.extents.count - 2
  }

  private mutating func nameConstants() {
    let read = map.instructions.indices.flatMap { index -> [Instruction.Operand] in
      if case .part = map.tile.places[index] { return [] }
      return primitive(of: map.instructions[index]).read
    }
    let operands = read + map.reductions.map(\.value)
    for case .literal(let literal) in operands where !constants.contains(where: { $0.literal == literal }) {
      constants.append((literal, names.unique(literal.constantName)))
    }
  }
}

extension Instruction {
  /// The name of the runtime's primitive, without its prefix: `exp_f32`, `lt_f64`, `cast_i32_f32`.
  var primitiveName: String {
    switch code {
    case .unary(let function): function.rawValue + "_" + type.suffix
    case .binary(let function): function.rawValue + "_" + type.suffix
    case .composite(let composite): composite.name + "_" + type.suffix
    case .adam: "adam_" + type.suffix
    case .compare(let comparison, let operandType): comparison.rawValue + "_" + operandType.suffix
    case .select: "select_" + type.suffix
    case .cast(let source): "cast_" + source.suffix + "_" + type.suffix
    case .copy: "copy_" + type.suffix
    case .iota: "iota_" + type.suffix
    }
  }
}

extension Literal {
  /// A name that says the value where that is short: `two`, `half`, `minus_one`, else `constant`.
  fileprivate var constantName: String {
    let known: [Double: String] = [0: "zero", 1: "one", 2: "two", 0.5: "half", -1: "minus_one"]
    return known[doubleValue] ?? "constant"
  }
}
