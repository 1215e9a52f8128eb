import AdjointArray
import AdjointIR
import AdjointLowering

/// What a map computes, as mathematics for the comment above it, in the names of the code below.
struct Formula {
  let program: Program
  let map: MapKernel
  /// Those that the code gives to values; it stores others, or does not name them.
  let names: [Int: String]
  private let c = CTree()
  /// What is longer, or is needed more than once, has a line of its own. Statements of single numbers name less.
  private var longestPart: Int { map.isScalar ? 80 : 40 }
  /// But for what is as short as a name.
  private static let shortestName = 6

  init(program: Program, map: MapKernel, names: [Int: String]) {
    (self.program, self.map, self.names) = (program, map, names)
  }

  /// One line for each result, `hidden_a = relu(hidden_z + hidden_b)`, and before it for the parts that it is made of.
  var lines: [String] {
    // A part that the code has no name for gets one here.
    let own = CScope(taken: map.buffers.map(name) + names.values)
    let uses = self.uses
    var lines: [String] = []
    var expressions: [CExpression] = []
    for (index, instruction) in map.instructions.enumerated() {
      let whole = expression(instruction, instruction.operands.map { read($0, expressions) })
      let text = CPrinter.text(whole, .mathematics)
      let stored = stored(index)
      let isNeeded = uses[index] > 1 || (map.isScalar && instruction.isLabelled && uses[index] > 0)
      let length = text.utf8.count
      guard stored != nil || length > longestPart || (isNeeded && length >= Self.shortestName) else {
        expressions.append(whole)
        continue
      }
      let name = stored ?? names[index] ?? own.unique(instruction.name)
      lines.append("\(name) = \(text)")
      expressions.append(c.name(name))
    }
    for store in map.stores {
      let name = name(store.view.buffer)
      let value = CPrinter.text(read(store.value, expressions), .mathematics)
      if value != name { lines.append("\(name) = \(value)") }
    }
    for reduction in map.reductions {
      let destination = program.buffers[reduction.destination.buffer]
      let along = reduction.dimension == map.extents.count - 1 ? "columns" : "rows"
      let range = destination.count == 1 ? "" : " over \(along)"
      let value = CPrinter.text(read(reduction.value, expressions), .mathematics)
      lines.append("\(destination.name) = \(reduction.reduction.rawValue)\(range) of \(value)")
    }
    return lines
  }

  /// How often each value is read by another one, or reduced.
  private var uses: [Int] {
    var uses = [Int](repeating: 0, count: map.instructions.count)
    let reductions = map.reductions.map(\.value)
    for case .value(let value) in map.instructions.flatMap(\.operands) + reductions { uses[value] += 1 }
    return uses
  }

  /// The name of the array in which a value is stored, if it is.
  private func stored(_ value: Int) -> String? {
    map.stores.first { $0.value == .value(value) }.map { name($0.view.buffer) }
  }

  private func name(_ buffer: BufferID) -> String { program.buffers[buffer].name }

  private func read(_ operand: Instruction.Operand, _ expressions: [CExpression]) -> CExpression {
    switch operand {
    case .load(let load): c.name(name(map.loads[load].buffer))
    case .literal(let literal): c.literal(literal)
    case .value(let value): expressions[value]
    }
  }

  private func expression(_ instruction: Instruction, _ operands: [CExpression]) -> CExpression {
    let call = { c.call(.program($0), operands) }
    let infix = { (sign: CTree.Infix) in operands[0].infix(sign, operands[1]) }
    switch instruction.code {
    case .unary(.negate): return operands[0].prefix(.negate)
    case .unary(let function): return call(function.rawValue)
    case .binary(let function):
      switch function {
      case .add: return infix(.add)
      case .subtract: return infix(.subtract)
      case .multiply: return infix(.multiply)
      case .divide: return infix(.divide)
      case .and: return infix(.both)
      case .or: return infix(.either)
      // What is no operator is called by its name.
      default: return call(function.rawValue)
      }
    case .composite, .update:
      var results: [CExpression] = []
      for step in instruction.steps ?? [] {
        let part = Instruction(code: step.code, operands: [], type: instruction.type, name: instruction.name)
        results.append(expression(part, step.read(operands, results)))
      }
      return results.last ?? c.name(instruction.name)
    case .compare(let comparison, _): return infix(.compare(comparison))
    case .select: return operands[0].choose(operands[1], operands[2])
    case .cast: return call(instruction.type.description)
    case .copy: return operands[0]
    case .iota: return c.name("index")
    }
  }
}
