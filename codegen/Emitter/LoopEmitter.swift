import AdjointArray
import AdjointIR
import AdjointLowering

/// Writes a map as a loop nest whose body is ordinary C, one expression for each value.
struct LoopEmitter {
  let program: Program
  let map: MapKernel
  /// An expression is given a name of its own where it would become deeper than this.
  static let maximumDepth = 32

  private let indices: [String]
  private var names: LocalNames
  /// The reductions along rows, each with the variable in which it runs.
  private var totals: [(reduction: ReductionStore, name: String)] = []
  /// The reductions down columns, which run in memory.
  private let rowReductions: [ReductionStore]

  init(program: Program, map: MapKernel) {
    self.program = program
    self.map = map
    indices = map.indexNames
    names = LocalNames(reserved: map.buffers.map { program.buffers[$0].name })
    rowReductions = map.reductions.filter { $0.dimension == map.extents.count - 2 }
    for reduction in map.reductions where reduction.dimension == map.extents.count - 1 {
      totals.append((reduction, names.unique(accumulatorName(reduction))))
    }
  }

  /// The body of the kernel's function (or, for a map of one element, the statements).
  mutating func write(_ writer: inout CWriter, _ used: inout UsedFunctions) {
    let variables = indices.filter { $0 != "0" }
    if !variables.isEmpty { writer.line("long \(variables.joined(separator: ", "));") }
    var statements = CWriter()
    body(&statements, &used)

    let columns = map.extents.count - 1
    nest(0..<max(0, columns - 1), &writer) { writer in
      for reduction in rowReductions {
        let start = "\(element(reduction.destination)) = \(reduction.reduction.identity(reduction.type).c);"
        nest(columns..<(columns + 1), &writer) { $0.line(start) }
      }
      nest(max(0, columns - 1)..<columns, &writer) { writer in
        for (reduction, name) in totals {
          let type = totalType(reduction)
          writer.line("\(type.c) \(name) = \(reduction.reduction.identity(type).c);")
        }
        nest(columns..<(columns + 1), &writer) { writer in
          for line in statements.lines { writer.line(line) }
        }
        for (reduction, name) in totals {
          let cast = totalType(reduction) == reduction.type ? "" : "(\(reduction.type.c))"
          writer.line("\(element(reduction.destination)) = \(cast)\(name);")
        }
      }
    }
  }

  /// `loss_total` for the sum that becomes `loss` or `loss_sum`.
  private func accumulatorName(_ reduction: ReductionStore) -> String {
    let function = reduction.reduction
    var stem = program.buffers[reduction.destination.buffer].name
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

  /// One accumulator for a whole row loses digits that the runtime's sixteen keep; a wider one does not.
  private func totalType(_ reduction: ReductionStore) -> ScalarType {
    switch reduction.reduction {
    case .sum, .product: reduction.type == .float32 ? .float64 : reduction.type
    case .maximum, .minimum, .any, .all: reduction.type
    }
  }

  private func nest(_ axes: Range<Int>, _ writer: inout CWriter, _ body: (inout CWriter) -> Void) {
    guard let axis = axes.first else { return body(&writer) }
    let rest = (axis + 1)..<axes.upperBound
    let name = indices[axis]
    if name == "0" { return nest(rest, &writer, body) }
    writer.block("for (\(name) = 0; \(name) < \(map.extents[axis]); \(name)++)") { nest(rest, &$0, body) }
  }

  private func element(_ view: View) -> String {
    "\(program.buffers[view.buffer].name)[\(view.position(indices))]"
  }

  // MARK: One element

  private mutating func body(_ writer: inout CWriter, _ used: inout UsedFunctions) {
    var uses = [Int](repeating: 0, count: map.instructions.count)
    let ends = map.stores.map(\.value) + map.reductions.map(\.value)
    for case .value(let value) in map.instructions.flatMap(\.operands) + ends { uses[value] += 1 }

    // What is stored over something that this body reads is computed before anything is stored.
    let isOverwriting = !Set(map.stores.map(\.view.buffer)).isDisjoint(with: map.loads.map(\.buffer))
    let early = isOverwriting && map.stores.count > 1 ? Set(map.stores.map(\.value)) : []
    // TinyCC miscompiles a choice whose condition is a choice between constants.
    let conditions = Set(
      map.instructions.compactMap { $0.code == .select ? $0.operands[0] : nil }
    ).filter { if case .value(let value) = $0 { map.instructions[value].code == .select } else { false } }

    let stored = Set(map.stores.map(\.value))
    var expressions: [CExpression] = []
    for (index, instruction) in map.instructions.enumerated() {
      let operands: [CExpression]
      if case .iota(let offset, let strides) = instruction.code {
        operands = [View(buffer: 0, offset: offset, strides: strides).positionExpression(indices)]
      } else {
        operands = instruction.operands.map { read($0, expressions) }
      }
      let expression = instruction.scalarExpression(operands, &used)
      let isNamed =
        uses[index] > 1 && expression.depth > 0 || expression.depth > Self.maximumDepth
        || (instruction.isLabelled && expression.depth > 1 && !stored.contains(.value(index)))
        || early.contains(.value(index)) || conditions.contains(.value(index))
      if isNamed {
        let name = names.unique(localName(instruction.name))
        writer.line("const \(instruction.type.c) \(name) = \(expression.text);")
        expressions.append(CExpression(name))
      } else {
        expressions.append(expression)
      }
    }
    for reduction in rowReductions {
      let place = element(reduction.destination)
      accumulate(reduction, reduction.type, place, read(reduction.value, expressions), &writer, &used)
    }
    for (reduction, name) in totals {
      let value = read(reduction.value, expressions)
      accumulate(reduction, totalType(reduction), name, value, &writer, &used)
    }
    for store in map.stores {
      writer.line("\(element(store.view)) = \(read(store.value, expressions).text);")
    }
  }

  private func read(_ operand: Instruction.Operand, _ expressions: [CExpression]) -> CExpression {
    switch operand {
    case .load(let load): CExpression(element(map.loads[load]))
    case .value(let value): expressions[value]
    case .literal(let literal): literal.expression
    }
  }

  /// Inside the loops a name means one element: where the array has the name, the indices tell them apart.
  private func localName(_ name: String) -> String {
    guard map.buffers.contains(where: { program.buffers[$0].name == name }) else { return name }
    let place = indices.filter { $0 != "0" }.joined()
    return name + "_" + (place.isEmpty ? "value" : place)
  }

  private func accumulate(
    _ reduction: ReductionStore, _ type: ScalarType, _ place: String, _ value: CExpression,
    _ writer: inout CWriter, _ used: inout UsedFunctions
  ) {
    switch reduction.reduction {
    case .sum where type.isFloatingPoint: writer.line("\(place) += \(value.text);")
    case .product where type.isFloatingPoint: writer.line("\(place) *= \(value.binding(.sum));")
    case .sum, .product, .maximum, .minimum, .any, .all:
      let step = reduction.reduction.combined(CExpression(place), value, type, &used)
      writer.line("\(place) = \(step.text);")
    }
  }
}
