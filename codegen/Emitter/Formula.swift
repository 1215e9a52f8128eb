import AdjointArray
import AdjointIR
import AdjointLowering

/// What a map computes, as mathematics for the comment above it.
struct Formula {
  let program: Program
  let map: MapKernel
  /// Longer formulas are cut with an ellipsis.
  static let maximumLength = 240

  /// One line for each result: `hidden1_a = relu(hidden1_z + hidden1_b)`.
  var lines: [String] {
    let stores = map.stores.map { store in
      "\(name(store.view.buffer)) = \(cut(text(store.value)))"
    }
    let reductions = map.reductions.map { reduction in
      let along = reduction.dimension == map.extents.count - 1 ? "along columns" : "along rows"
      return
        "\(name(reduction.destination.buffer)) = \(reduction.reduction.rawValue) \(along) of \(cut(text(reduction.value)))"
    }
    return stores + reductions
  }

  private func cut(_ text: String) -> String {
    text.count <= Self.maximumLength ? text : text.prefix(Self.maximumLength) + " …"
  }

  private func name(_ buffer: BufferID) -> String { program.buffers[buffer].name }

  /// Values that are stored, or labelled and used again, are named instead of written out once more.
  private func text(_ operand: Instruction.Operand) -> String {
    switch operand {
    case .load(let load): return name(map.loads[load].buffer)
    case .literal(let literal): return shortened(literal)
    case .value(let root): return text(value: root, depth: 0)
    }
  }

  private func text(value: Int, depth: Int) -> String {
    let instruction = map.instructions[value]
    if depth > 12 { return instruction.label ?? "…" }
    let operands = instruction.operands.map { operand -> String in
      switch operand {
      case .load, .literal: return text(operand)
      case .value(let inner):
        if let store = map.stores.first(where: { $0.value == operand }) { return name(store.view.buffer) }
        return text(value: inner, depth: depth + 1)
      }
    }
    let simple = { (text: String) in
      text.contains(" ") && !(text.hasSuffix(")") && !text.hasPrefix("(")) ? "(\(text))" : text
    }
    switch instruction.code {
    case .unary(let function):
      if function == .negate { return "-" + simple(operands[0]) }
      return "\(function.rawValue)(\(operands[0]))"
    case .binary(let function):
      let symbols: [BinaryFunction: String] = [
        .add: "+", .subtract: "-", .multiply: "*", .divide: "/", .and: "and", .or: "or",
      ]
      guard let symbol = symbols[function] else {
        return "\(function.rawValue)(\(operands.joined(separator: ", ")))"
      }
      if function == .add { return "\(operands[0]) + \(operands[1])" }
      return "\(simple(operands[0])) \(symbol) \(simple(operands[1]))"
    case .compare(let comparison, _):
      return "\(simple(operands[0])) \(comparison.c) \(simple(operands[1]))"
    case .select: return "\(simple(operands[0])) ? \(simple(operands[1])) : \(simple(operands[2]))"
    case .cast: return "\(instruction.type)(\(operands[0]))"
    case .copy: return operands[0]
    case .iota: return "index"
    }
  }

  private func shortened(_ literal: Literal) -> String {
    let value = literal.doubleValue
    if value == value.rounded(), abs(value) < 1e9 { return "\(Int(value))" }
    return literal.scalarType == .float32 ? "\(Float(value))" : "\(value)"
  }
}
