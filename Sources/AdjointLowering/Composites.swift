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
    isInnerFirst ? "\(inner.rawValue)_\(outer.rawValue)" : "\(outer.rawValue)_\(inner.rawValue)_from"
  }

  var steps: [Instruction.Step] {
    [
      .init(inner, .operand(0), .operand(1)),
      isInnerFirst ? .init(outer, .step(0), .operand(2)) : .init(outer, .operand(2), .step(0)),
    ]
  }
}

extension Instruction {
  /// One operation of an instruction that stands for several.
  public struct Step: Sendable {
    public enum Operand: Hashable, Sendable {
      /// Of the instruction.
      case operand(Int)
      /// The result of an earlier step.
      case step(Int)
    }
    public let code: Code
    public let operands: [Operand]

    init(_ function: BinaryFunction, _ a: Operand, _ b: Operand) {
      code = .binary(function)
      operands = [a, b]
    }

    init(_ function: UnaryFunction, _ a: Operand) {
      code = .unary(function)
      operands = [a]
    }

    private init(_ code: Code, _ operands: [Operand]) { (self.code, self.operands) = (code, operands) }

    func replacing(_ operands: [Operand]) -> Step { Step(code, operands) }
  }

  /// The operations that the instruction stands for, the last one its result; `nil` where it is one itself.
  public var steps: [Step]? {
    switch code {
    case .composite(let composite): composite.steps
    case .update(let update, let result): update.steps(ofResult: result)
    case .unary, .binary, .compare, .select, .cast, .copy, .iota: nil
    }
  }

  func replacing(_ code: Code, _ operands: [Operand]) -> Instruction {
    Instruction(code: code, operands: operands, type: type, name: name, isLabelled: isLabelled)
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
        chosen[index] = instruction.replacing(
          .composite(composite), chosen[value].operands + [instruction.operands[1 - position]])
        isAbsorbed[value] = true
        break
      }
    }
    guard isAbsorbed.contains(true) else { return self }
    var kept: [Instruction] = []
    var renumbering = Renumbering(instructions.count)
    for (index, instruction) in chosen.enumerated() where !isAbsorbed[index] {
      kept.append(instruction.replacing(instruction.code, instruction.operands.map(renumbering.moved)))
      renumbering.places[index] = kept.count - 1
    }
    return renumbering.applied(to: self, kept)
  }
}

/// Where instructions went.
struct Renumbering {
  var places: [Int]

  init(_ count: Int) { places = Array(repeating: -1, count: count) }

  func moved(_ operand: Instruction.Operand) -> Instruction.Operand {
    if case .value(let value) = operand { .value(places[value]) } else { operand }
  }

  func applied(to body: MapBody, _ instructions: [Instruction]) -> MapBody {
    MapBody(
      instructions: instructions,
      stores: body.stores.map { Store(value: moved($0.value), view: $0.view) },
      reductions: body.reductions.map {
        ReductionStore(
          value: moved($0.value), type: $0.type, reduction: $0.reduction, dimension: $0.dimension,
          destination: $0.destination)
      })
  }
}
