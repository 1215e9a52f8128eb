import AdjointArray
import AdjointIR
import AdjointLowering

/// What a map computes, as mathematics for the comment above it.
struct Formula {
  let program: Program
  let map: MapKernel
  /// Longer formulas are cut with an ellipsis.
  static let maximumLength = 240

  /// One line for each result, `hidden_a = relu(hidden_z + hidden_b)`, and before them for what they share.
  var lines: [String] {
    let shared = map.instructions.indices.filter { sharedName(.value($0)) != nil }.map { value in
      "\(map.instructions[value].name) = \(cut(text(.value(value))))"
    }
    let stores = map.stores.map { store in "\(name(store.view.buffer)) = \(cut(text(store.value)))" }
    let reductions = map.reductions.map { reduction in
      let destination = program.buffers[reduction.destination.buffer]
      let along = reduction.dimension == map.extents.count - 1 ? "columns" : "rows"
      let range = destination.count == 1 ? "" : " over \(along)"
      let value = known(reduction.value) ?? text(reduction.value)
      return "\(destination.name) = \(reduction.reduction.rawValue)\(range) of \(cut(value))"
    }
    return shared + stores + reductions
  }

  /// The name under which a formula may speak of the value.
  private func known(_ operand: Instruction.Operand) -> String? { stored(operand) ?? sharedName(operand) }

  /// The user's name of a value that several formulas need and that is not stored.
  private func sharedName(_ operand: Instruction.Operand) -> String? {
    guard case .value(let value) = operand, map.instructions[value].isLabelled, stored(operand) == nil else {
      return nil
    }
    let name = map.instructions[value].name
    let isOnlyOne = map.instructions.count { $0.name == name } == 1
    let uses = map.instructions.count { $0.operands.contains(operand) }
    return isOnlyOne && uses > 1 ? name : nil
  }

  private func cut(_ text: String) -> String {
    text.utf8.count <= Self.maximumLength ? text : text.prefix(Self.maximumLength) + " …"
  }

  /// The name of the array in which a value is stored, if it is.
  private func stored(_ operand: Instruction.Operand) -> String? {
    map.stores.first { $0.value == operand }.map { name($0.view.buffer) }
  }

  private func name(_ buffer: BufferID) -> String { program.buffers[buffer].name }

  private func text(_ operand: Instruction.Operand) -> String { expression(operand, depth: 0).text }

  /// Inside a formula, values that are stored or shared are named and not written out once more.
  private func expression(_ operand: Instruction.Operand, depth: Int) -> CExpression {
    switch operand {
    case .load(let load): CExpression(name(map.loads[load].buffer))
    case .literal(let literal): CExpression(literal.shortened, literal.doubleValue < 0 ? .prefix : .primary)
    case .value(let value):
      if depth > 0, let name = known(operand) {
        CExpression(name)
      } else {
        expression(map.instructions[value], depth: depth)
      }
    }
  }

  private func expression(_ instruction: Instruction, depth: Int) -> CExpression {
    if depth > 12 { return CExpression(instruction.name) }
    return expression(instruction, instruction.operands.map { expression($0, depth: depth + 1) })
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
