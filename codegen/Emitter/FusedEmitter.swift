import AdjointArray
import AdjointIR
import AdjointLowering

/// Writes a map for a compiler that vectorises: everything between two calls of the runtime is one loop nest, whose
/// values are in registers.
///
/// No compiler vectorises `tanhf`, and a call an element costs ten times what the runtime's function takes. So the
/// iteration space is cut into strips of a few hundred elements. What functions and sums along rows take and give lies in
/// arrays of a strip's size, in the L1 cache; all else is computed where it is needed. A map without such calls is one
/// loop nest, not cut.
///
/// Functions, sums and their order are the runtime's, so that results are those of the tile dialect bit for bit.
struct FusedEmitter {
  let program: Program
  let map: MapKernel

  private let indices: [String]
  private var names: LocalNames
  /// The loop nest in which each instruction is computed, or after which it is called.
  private let stages: [Int]
  /// The last loop nest, which stores.
  private let last: Int
  /// The array of each value that is needed beyond its loop nest.
  private var arrays: [Int: String] = [:]
  /// Those that need none, as they are stored anyway where nothing else is read: the store.
  private let direct: [Int: Int]
  private let totals: [ReductionStore]
  private let rowReductions: [ReductionStore]
  /// The extents of a strip; those of the space where it is not cut.
  private let strip: (rows: Int, columns: Int)

  init(program: Program, map: MapKernel) {
    self.program = program
    self.map = map
    indices = map.indexNames
    names = LocalNames(reserved: map.buffers.map { program.buffers[$0].name })
    rowReductions = map.reductions.filter { $0.dimension == map.extents.count - 2 }
    totals = map.reductions.filter { $0.dimension == map.extents.count - 1 }
    let schedule = Self.stages(of: map)
    stages = schedule
    last = schedule.indices.map { schedule[$0] + (map.instructions[$0].isRuntimeCall ? 1 : 0) }.max() ?? 0

    var crossing = Set<Int>()
    for (index, instruction) in map.instructions.enumerated() {
      for case .value(let operand) in instruction.operands
      where instruction.isRuntimeCall || schedule[operand] < schedule[index] {
        crossing.insert(operand)
      }
      if instruction.isRuntimeCall { crossing.insert(index) }
    }
    for case .value(let value) in totals.map(\.value) { crossing.insert(value) }
    for case .value(let value) in map.stores.map(\.value) + rowReductions.map(\.value)
    where schedule[value] < last { crossing.insert(value) }
    var direct: [Int: Int] = [:]
    for (index, store) in map.stores.enumerated() {
      guard case .value(let value) = store.value, crossing.contains(value), direct[value] == nil,
        store.view.strides.last == 1, !map.loads.contains(where: { $0.buffer == store.view.buffer })
      else { continue }
      direct[value] = index
    }
    self.direct = direct
    crossing.subtract(direct.keys)
    for value in crossing.sorted() { arrays[value] = names.unique(map.instructions[value].name + "_strip") }

    let bytes = crossing.reduce(0) { $0 + map.instructions[$1].type.byteSize }
    let isCut = bytes > 0 || !direct.isEmpty || !totals.isEmpty
    let fitting = program.target.tileBytes / max(1, bytes) / 16 * 16
    let elements = isCut ? max(16, min(program.target.maximumTileElements, fitting)) : Int.max
    if map.columns > elements {
      // Whole registers, so that the lanes of a reduction that goes on in the next strip do not shift.
      let pieces = (map.columns + elements - 1) / elements
      strip = (1, min(elements, ((map.columns + pieces - 1) / pieces + 15) / 16 * 16))
    } else {
      strip = (min(map.rows, max(1, elements / max(1, map.columns))), map.columns)
    }
  }

  /// Each instruction as late as those who need it allow, so that little is kept between loop nests; a call is after the
  /// nest of its number, and its result is there from the next one on.
  private static func stages(of map: MapKernel) -> [Int] {
    var earliest: [Int] = []
    for instruction in map.instructions {
      var stage = 0
      for case .value(let operand) in instruction.operands {
        stage = max(stage, earliest[operand] + (map.instructions[operand].isRuntimeCall ? 1 : 0))
      }
      earliest.append(stage)
    }
    let last = earliest.indices.map { earliest[$0] + (map.instructions[$0].isRuntimeCall ? 1 : 0) }.max() ?? 0
    var stages = map.instructions.indices.map { map.instructions[$0].isRuntimeCall ? earliest[$0] : last }
    for (index, instruction) in map.instructions.enumerated().reversed() {
      for case .value(let operand) in instruction.operands where !map.instructions[operand].isRuntimeCall {
        stages[operand] = min(stages[operand], stages[index])
      }
    }
    return stages
  }

  // MARK: Loops

  private var loopsOverRows: Bool { strip.rows < map.rows }
  private var loopsOverColumns: Bool { strip.columns < map.columns }
  private var rowRange: (start: String, end: String) {
    loopsOverRows ? ("i_strip", "i_end") : ("0", "\(map.rows)")
  }
  private var columnRange: (start: String, end: String) {
    loopsOverColumns ? ("j_strip", "j_end") : ("0", "\(map.columns)")
  }
  private var rowCount: String {
    loopsOverRows && map.rows % strip.rows != 0 ? "i_end - i_strip" : "\(strip.rows)"
  }
  private var columnCount: String {
    loopsOverColumns && map.columns % strip.columns != 0 ? "j_end - j_strip" : "\(strip.columns)"
  }
  /// The loop indices at the first element of the strip.
  private var stripStart: [String] {
    indices.enumerated().map { axis, name in
      switch axis {
      case map.extents.count - 1: columnRange.start
      case map.extents.count - 2: rowRange.start
      default: name
      }
    }
  }

  /// The body of the kernel's function.
  mutating func write(_ writer: inout CWriter, _ used: inout UsedFunctions) {
    for value in arrays.keys.sorted() {
      let type = map.instructions[value].type.c
      writer.line("\(type) \(arrays[value] ?? "")[\(max(1, strip.rows * strip.columns))];")
    }
    var loops = CWriter()
    around(0, &loops, &used)
    let variables = (indices.dropLast(2) + ["i_strip", "j_strip"] + indices.suffix(2)).filter { name in
      loops.lines.contains { $0.contains("for (\(name) = ") }
    }
    if !variables.isEmpty { writer.line("long \(variables.joined(separator: ", "));") }
    // Where strips are all equal and hold calls only, nobody asks where one ends.
    let isNeeded = { (line: String) in
      ["i_end", "j_end"].allSatisfy { name in
        !line.contains("const long \(name) =") || loops.lines.count { $0.contains(name) } > 1
      }
    }
    for line in loops.lines where isNeeded(line) { writer.line(line) }
  }

  private mutating func around(_ axis: Int, _ writer: inout CWriter, _ used: inout UsedFunctions) {
    if axis >= map.extents.count - 2 { return rows(&writer, &used) }
    if indices[axis] == "0" { return around(axis + 1, &writer, &used) }
    let (name, extent) = (indices[axis], map.extents[axis])
    writer.open("for (\(name) = 0; \(name) < \(extent); \(name)++)")
    around(axis + 1, &writer, &used)
    writer.close()
  }

  private mutating func rows(_ writer: inout CWriter, _ used: inout UsedFunctions) {
    for reduction in rowReductions {
      // One accumulator for each column, in memory, from the identity on.
      let start = "\(element(reduction.destination)) = \(reduction.reduction.identity(reduction.type).c);"
      let name = indices[indices.count - 1]
      writer.line(name == "0" ? start : "for (\(name) = 0; \(name) < \(map.columns); \(name)++) \(start)")
    }
    guard loopsOverRows else { return columns(&writer, &used) }
    writer.open("for (i_strip = 0; i_strip < \(map.rows); i_strip += \(strip.rows))")
    end("i", map.rows, strip.rows, &writer)
    columns(&writer, &used)
    writer.close()
  }

  private mutating func columns(_ writer: inout CWriter, _ used: inout UsedFunctions) {
    guard loopsOverColumns else { return body(&writer, &used) }
    // A row longer than a strip is reduced in 16 accumulators that outlive the strip.
    let lanes = totals.map { _ in names.unique("lanes_of_sum") }
    for (reduction, lanes) in zip(totals, lanes) {
      writer.line("\(reduction.type.c) \(lanes)[16];")
      let fill = used.runtime("adj_fill_\(reduction.type.suffix)")
      writer.line("\(fill)(1, 16, \(lanes), 16, \(reduction.reduction.identity(reduction.type).c));")
    }
    writer.open("for (j_strip = 0; j_strip < \(map.columns); j_strip += \(strip.columns))")
    end("j", map.columns, strip.columns, &writer)
    body(&writer, &used)
    for (reduction, lanes) in zip(totals, lanes) {
      let operand = place(of: reduction.value, reduction.type)
      let function = used.runtime("adj_\(reduction.reduction.rawValue)_lanes_\(reduction.type.suffix)")
      writer.line("\(function)(\(columnCount), \(lanes), \(operand.pointer), \(operand.isColumn ? 1 : 0));")
    }
    writer.close()
    for (reduction, lanes) in zip(totals, lanes) {
      let function = used.runtime("adj_\(reduction.reduction.rawValue)_finish_\(reduction.type.suffix)")
      writer.line("\(function)(\(pointer(reduction.destination)), \(lanes));")
    }
  }

  /// Declares where the strip at hand ends.
  private func end(_ index: String, _ extent: Int, _ size: Int, _ writer: inout CWriter) {
    let next = "\(index)_strip + \(size)"
    writer.line(
      extent % size == 0
        ? "const long \(index)_end = \(next);"
        : "const long \(index)_end = \(next) < \(extent) ? \(next) : \(extent);")
  }

  // MARK: One strip

  private mutating func body(_ writer: inout CWriter, _ used: inout UsedFunctions) {
    for stage in 0...last {
      var statements = CWriter()
      self.statements(of: stage, isLast: stage == last, &statements, &used)
      if !statements.lines.isEmpty { nest(statements.lines, &writer) }
      for (index, instruction) in map.instructions.enumerated()
      where instruction.isRuntimeCall && stages[index] == stage {
        call(index, instruction, &writer, &used)
      }
    }
    guard !loopsOverColumns else { return }
    for reduction in totals {
      let operand = place(of: reduction.value, reduction.type)
      let function = used.runtime("adj_\(reduction.reduction.rawValue)_cols_\(reduction.type.suffix)")
      let step = map.rows == 1 ? 0 : reduction.destination.strides[map.extents.count - 2]
      writer.line(
        "\(function)(\(rowCount), \(columnCount), \(pointer(reduction.destination)), \(step), \(operand.pointer), \(operand.stride), \(operand.isColumn ? 1 : 0));"
      )
    }
  }

  /// The statements of one element, in the loops over the strip.
  private func nest(_ statements: [String], _ writer: inout CWriter) {
    var opened = 0
    for (name, range) in zip(indices.suffix(2), [rowRange, columnRange].suffix(indices.count))
    where name != "0" {
      writer.open("for (\(name) = \(range.start); \(name) < \(range.end); \(name)++)")
      opened += 1
    }
    if opened == 0 { writer.open("") }
    for line in statements { writer.line(line) }
    for _ in 0..<max(1, opened) { writer.close() }
  }

  private mutating func statements(
    of stage: Int, isLast: Bool, _ writer: inout CWriter, _ used: inout UsedFunctions
  ) {
    let here = map.instructions.indices.filter {
      stages[$0] == stage && !map.instructions[$0].isRuntimeCall
    }
    let stores = isLast ? map.stores.indices.filter { !isDirect($0) }.map { map.stores[$0] } : []
    let reductions = isLast ? rowReductions : []
    var uses = [Int](repeating: 0, count: map.instructions.count)
    let ends = stores.map(\.value) + reductions.map(\.value)
    for case .value(let value) in here.flatMap({ map.instructions[$0].operands }) + ends { uses[value] += 1 }
    // What is stored over something that this body reads is computed before anything is stored.
    let isOverwriting = !Set(stores.map(\.view.buffer)).isDisjoint(with: map.loads.map(\.buffer))
    let early = isOverwriting && stores.count > 1 ? Set(stores.map(\.value)) : []
    // Both sides of a choice are computed before it: then it needs no branch, and is vectorised.
    let sides = Set(
      here.flatMap { map.instructions[$0].code == .select ? map.instructions[$0].operands.dropFirst() : [] })
    var loaded: [Int: CExpression] = [:]

    var expressions: [Int: CExpression] = [:]
    for index in here {
      let instruction = map.instructions[index]
      let operands: [CExpression]
      if case .iota(let offset, let strides) = instruction.code {
        operands = [View(buffer: 0, offset: offset, strides: strides).positionExpression(indices)]
      } else {
        if instruction.code == .select {
          for case .load(let load) in instruction.operands.dropFirst() where loaded[load] == nil {
            let buffer = program.buffers[map.loads[load].buffer]
            let name = names.unique(buffer.name + "_value")
            writer.line("const \(buffer.scalarType.c) \(name) = \(element(map.loads[load]));")
            loaded[load] = CExpression(name)
          }
        }
        operands = instruction.operands.map { read($0, expressions, loaded) }
      }
      var expression = instruction.scalarExpression(operands, &used)
      let isKept = arrays[index] != nil || direct[index] != nil
      if uses[index] + (isKept ? 1 : 0) > 1 && expression.depth > 0
        || expression.depth > LoopEmitter.maximumDepth || early.contains(.value(index))
        || sides.contains(.value(index)) && expression.depth > 0
      {
        let name = names.unique(instruction.name)
        writer.line("const \(instruction.type.c) \(name) = \(expression.text);")
        expression = CExpression(name)
      }
      if isKept { writer.line("\(kept(index)) = \(expression.text);") }
      expressions[index] = expression
    }
    for reduction in reductions {
      let place = CExpression(element(reduction.destination))
      let value = read(reduction.value, expressions)
      let step = reduction.reduction.combined(place, value, reduction.type, &used)
      writer.line("\(place.text) = \(step.text);")
    }
    for store in stores {
      writer.line("\(element(store.view)) = \(read(store.value, expressions).text);")
    }
  }

  private func read(
    _ operand: Instruction.Operand, _ here: [Int: CExpression], _ loaded: [Int: CExpression] = [:]
  ) -> CExpression {
    switch operand {
    case .load(let load): loaded[load] ?? CExpression(element(map.loads[load]))
    case .literal(let literal): literal.expression
    case .value(let value): here[value] ?? CExpression(kept(value))
    }
  }

  private func isDirect(_ store: Int) -> Bool {
    guard case .value(let value) = map.stores[store].value else { return false }
    return direct[value] == store
  }

  private func element(_ view: View) -> String {
    "\(program.buffers[view.buffer].name)[\(view.position(indices))]"
  }

  /// The element of a value that another loop nest or a call computes.
  private func kept(_ value: Int) -> String {
    guard let array = arrays[value] else {
      return direct[value].map { element(map.stores[$0].view) } ?? "0"
    }
    let (row, column) = (indices.count > 1 ? indices[indices.count - 2] : "0", indices[indices.count - 1])
    let i = loopsOverRows ? "(i - i_strip)" : row
    let j = loopsOverColumns ? "j - j_strip" : column
    return "\(array)[\(sum([product(strip.rows == 1 ? "0" : i, strip.columns), j]))]"
  }

  // MARK: Calls

  private func call(
    _ index: Int, _ instruction: Instruction, _ writer: inout CWriter, _ used: inout UsedFunctions
  ) {
    let target = place(of: .value(index), instruction.type)
    let operands = instruction.operands.map { place(of: $0, instruction.type) }
    var bits = 0
    for (position, operand) in operands.enumerated() where operand.isColumn { bits |= 1 << position }
    let list = operands.map { "\($0.pointer), \($0.stride)" }.joined(separator: ", ")
    let function = used.runtime("adj_" + instruction.primitiveName)
    writer.line(
      "\(function)(\(rowCount), \(columnCount), \(target.pointer), \(target.stride), \(list), \(bits));")
  }

  /// Where a value lies for the strip at hand: pointer, row stride, and whether it has one value a row.
  private func place(
    of operand: Instruction.Operand, _ type: ScalarType
  ) -> (pointer: String, stride: String, isColumn: Bool) {
    switch operand {
    case .literal(let literal): return ("(const \(type.c)[1]){\(literal.c)}", "0", true)
    case .load(let load):
      let view = map.loads[load]
      return (pointer(view), rowStride(view), (view.strides.last ?? 0) == 0)
    case .value(let value):
      if let array = arrays[value] { return (array, "\(strip.columns)", false) }
      guard let store = direct[value] else { return ("0", "0", true) }
      let view = map.stores[store].view
      return (pointer(view), rowStride(view), false)
    }
  }

  /// A pointer to the view's first element in the strip.
  private func pointer(_ view: View) -> String {
    let position = view.position(stripStart)
    let name = program.buffers[view.buffer].name
    return position == "0" ? name : "\(name) + \(position)"
  }

  /// Elements from one row of the strip to the next; with a single row it does not matter, and is the length.
  private func rowStride(_ view: View) -> String {
    if map.rows == 1 { return view.strides.last == 0 ? "0" : columnCount }
    return "\(view.strides[view.strides.count - 2])"
  }
}
