import AdjointArray
import AdjointIR

/// Two operations on numbers as one instruction, of three operands x, y and z: `inner(x, y)` and z, combined by `outer`. Both
/// round, so that the bits are those of two instructions; what is saved is writing and reading what lies between.
public struct Composite: Hashable, Sendable {
  public let inner: BinaryFunction
  public let outer: BinaryFunction
  /// Whether it is `outer(inner(x, y), z)`, else `outer(z, inner(x, y))`.
  public let isInnerFirst: Bool

  /// Those for which there are primitives: what derivatives and optimizers are made of.
  public static let all = [
    Composite(inner: .multiply, outer: .add, isInnerFirst: true),
    Composite(inner: .multiply, outer: .subtract, isInnerFirst: true),
    Composite(inner: .multiply, outer: .subtract, isInnerFirst: false),
    Composite(inner: .multiply, outer: .multiply, isInnerFirst: true),
    Composite(inner: .add, outer: .multiply, isInnerFirst: true),
    Composite(inner: .subtract, outer: .multiply, isInnerFirst: true),
    Composite(inner: .add, outer: .add, isInnerFirst: true),
  ]

  /// The runtime's name without the type: `mul_add` is x · y + z, `sub_mul_from` is z − x · y.
  public var name: String {
    switch (outer, isInnerFirst) {
    case (.subtract, false): "\(outer.rawValue)_\(inner.rawValue)_from"
    default: "\(inner.rawValue)_\(outer.rawValue)"
    }
  }

  /// The two operations, the outer one with the inner one's result as operand 0 or 1.
  public func parts(_ type: ScalarType) -> (inner: Instruction, outer: Instruction) {
    let part = { Instruction(code: .binary($0), operands: [], type: type, name: $0.rawValue) }
    return (part(inner), part(outer))
  }
}

/// The body of a map.
struct MapBody {
  var instructions: [Instruction]
  var stores: [Store]
  var reductions: [ReductionStore]

  /// The same with pairs of operations as composites, where nobody else reads what lies between.
  func withComposites() -> MapBody {
    var uses = [Int](repeating: 0, count: instructions.count)
    let ends = stores.map(\.value) + reductions.map(\.value)
    for case .value(let value) in instructions.flatMap(\.operands) + ends { uses[value] += 1 }

    var chosen = instructions
    var isAbsorbed = [Bool](repeating: false, count: instructions.count)
    for (index, instruction) in instructions.enumerated() {
      guard case .binary(let outer) = instruction.code, instruction.type.isFloatingPoint else { continue }
      for position in 0..<2 {
        guard case .value(let value) = instruction.operands[position], uses[value] == 1,
          case .binary(let inner) = chosen[value].code, chosen[value].type == instruction.type
        else { continue }
        let isFirst = position == 0 || outer == .add || outer == .multiply
        let composite = Composite(inner: inner, outer: outer, isInnerFirst: isFirst)
        guard Composite.all.contains(composite) else { continue }
        chosen[index] = Instruction(
          code: .composite(composite), operands: chosen[value].operands + [instruction.operands[1 - position]],
          type: instruction.type, name: instruction.name, isLabelled: instruction.isLabelled)
        isAbsorbed[value] = true
        break
      }
    }
    guard isAbsorbed.contains(true) else { return self }

    var kept: [Instruction] = []
    var places: [Int] = []
    let moved = { (operand: Instruction.Operand) -> Instruction.Operand in
      if case .value(let value) = operand { .value(places[value]) } else { operand }
    }
    for (index, instruction) in chosen.enumerated() {
      places.append(kept.count)
      if isAbsorbed[index] { continue }
      kept.append(
        Instruction(
          code: instruction.code, operands: instruction.operands.map(moved), type: instruction.type,
          name: instruction.name, isLabelled: instruction.isLabelled))
    }
    return MapBody(
      instructions: kept, stores: stores.map { Store(value: moved($0.value), view: $0.view) },
      reductions: reductions.map {
        ReductionStore(
          value: moved($0.value), type: $0.type, reduction: $0.reduction, dimension: $0.dimension,
          destination: $0.destination)
      })
  }
}
