import AdjointArray
import AdjointIR
import AdjointLowering

/// What a map computes, as mathematics for the comment above it, in the names of the code below.
struct Formula {
  let program: Program
  let map: MapKernel
  /// What is longer, or is needed more than once, has a line of its own. Statements of single numbers name less.
  private var longestPart: Int { map.isScalar ? 80 : 40 }
  /// But for what is as short as a name.
  private static let shortestName = 6

  /// One line for each result, `hidden_a = relu(hidden_z + hidden_b)`, and before it for the parts that it is made of.
  var lines: [String] {
    var names = names
    let uses = self.uses
    var lines: [String] = []
    var expressions: [CExpression] = []
    for (index, instruction) in map.instructions.enumerated() {
      let whole = expression(instruction, instruction.operands.map { read($0, expressions) })
      let length = whole.text.utf8.count
      let isStored = stored(index) != nil
      let isNeeded = uses[index] > 1 || (map.isScalar && instruction.isLabelled && uses[index] > 0)
      guard isStored || length > longestPart || (isNeeded && length >= Self.shortestName) else {
        expressions.append(whole)
        continue
      }
      let name = stored(index) ?? names.name(index)
      lines.append("\(name) = \(whole.text)")
      expressions.append(CExpression(name))
    }
    for store in map.stores {
      let name = name(store.view.buffer)
      let value = read(store.value, expressions).text
      if value != name { lines.append("\(name) = \(value)") }
    }
    for reduction in map.reductions {
      let destination = program.buffers[reduction.destination.buffer]
      let along = reduction.dimension == map.extents.count - 1 ? "columns" : "rows"
      let range = destination.count == 1 ? "" : " over \(along)"
      let value = read(reduction.value, expressions).text
      lines.append("\(destination.name) = \(reduction.reduction.rawValue)\(range) of \(value)")
    }
    return lines
  }

  /// The names of values that are not stored, as the code gives them: in tiles to each one in order, among single numbers to those
  /// that are needed.
  private struct ValueNames {
    private var local: LocalNames
    private var names: [String?]
    private let map: MapKernel

    init(_ map: MapKernel, reserved: [String]) {
      local = LocalNames(reserved: reserved)
      names = Array(repeating: nil, count: map.instructions.count)
      self.map = map
      if map.isScalar { return }
      for (index, instruction) in map.instructions.enumerated() {
        if case .slot = map.tile.places[index] { names[index] = local.unique(instruction.name) }
      }
    }

    mutating func name(_ value: Int) -> String {
      if let name = names[value] { return name }
      let name = local.unique(map.instructions[value].name)
      names[value] = name
      return name
    }
  }

  private var names: ValueNames { ValueNames(map, reserved: map.buffers.map(name)) }

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
    case .load(let load): CExpression(name(map.loads[load].buffer))
    case .literal(let literal): CExpression(literal.shortened, literal.doubleValue < 0 ? .prefix : .primary)
    case .value(let value): expressions[value]
    }
  }

  private func expression(_ instruction: Instruction, _ operands: [CExpression]) -> CExpression {
    let call = { (name: String) in
      CExpression("\(name)(\(operands.map(\.text).joined(separator: ", ")))")
    }
    let infix = { (sign: String, own: CExpression.Precedence, right: CExpression.Precedence) in
      CExpression("\(operands[0].binding(own)) \(sign) \(operands[1].binding(right))", own)
    }
    switch instruction.code {
    case .unary(.negate): return CExpression("-" + operands[0].binding(.primary), .prefix)
    case .unary(let function): return call(function.rawValue)
    case .binary(let function):
      switch function {
      case .add: return infix("+", .sum, .sum)
      case .subtract: return infix("-", .sum, .product)
      case .multiply: return infix("*", .product, .product)
      case .divide: return infix("/", .product, .prefix)
      case .and: return infix("and", .logical, .comparison)
      case .or: return infix("or", .logical, .comparison)
      // What is no operator is called by its name.
      default: return call(function.rawValue)
      }
    case .composite, .adam:
      var results: [CExpression] = []
      for step in instruction.steps ?? [] {
        let part = Instruction(code: step.code, operands: [], type: instruction.type, name: instruction.name)
        results.append(expression(part, step.read(operands, results)))
      }
      return results.last ?? CExpression(instruction.name)
    case .compare(let comparison, _): return infix(comparison.c, .comparison, .sum)
    case .select:
      let parts = operands.map { $0.binding(.logical) }
      return CExpression("\(parts[0]) ? \(parts[1]) : \(parts[2])", .conditional)
    case .cast: return call(instruction.type.description)
    case .copy: return operands[0]
    case .iota: return CExpression("index")
    }
  }
}

extension Literal {
  /// The value in the fewest decimals that tell it from its neighbours.
  var shortened: String {
    if let integerValue { return "\(integerValue)" }
    if doubleValue == doubleValue.rounded(), abs(doubleValue) < 1e9 { return "\(Int(doubleValue))" }
    return scalarType == .float32 ? "\(Float(doubleValue))" : "\(doubleValue)"
  }
}
