import AdjointArray
import AdjointIR

/// One of the three results of Adam's update, which a tile primitive computes in one pass:
///
///     m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²,   p ← p − η (m / (√v + ε))
///
/// Everything is rounded where the separate operations round. The three are consecutive instructions in this order.
public enum AdamResult: Hashable, Sendable {
  /// Of m, g, and the numbers β₁ and 1 − β₁.
  case mean
  /// Of v, g, and the numbers β₂ and 1 − β₂.
  case variance
  /// Of p, the new m and v, and the numbers η and ε.
  case parameter

  var steps: [Instruction.Step] {
    switch self {
    case .mean:
      [
        .init(.multiply, .operand(2), .operand(0)), .init(.multiply, .operand(3), .operand(1)),
        .init(.add, .step(0), .step(1)),
      ]
    case .variance:
      [
        .init(.multiply, .operand(2), .operand(0)), .init(.multiply, .operand(1), .operand(1)),
        .init(.multiply, .operand(3), .step(1)), .init(.add, .step(0), .step(2)),
      ]
    case .parameter:
      [
        .init(.sqrt, .operand(2)), .init(.add, .step(0), .operand(4)), .init(.divide, .operand(1), .step(1)),
        .init(.multiply, .operand(3), .step(2)), .init(.subtract, .operand(0), .step(3)),
      ]
    }
  }
}

extension MapBody {
  /// The same with the operations of Adam's updates as their three results, where nobody reads what lies between.
  func withAdam(_ loads: [View]) -> MapBody {
    var body = self
    var last = instructions.count - 1
    while last >= 0 {
      if last < body.instructions.count, let update = AdamUpdate(body, endingAt: last, loads) {
        body = update.replaced(in: body)
      }
      last -= 1
    }
    return body
  }
}

/// The operations of one update among the instructions of a map.
private struct AdamUpdate {
  private var operands: [AdamResult: [Instruction.Operand]] = [:]
  /// The instructions that compute the results.
  private var results: [AdamResult: Int] = [:]
  private var members: Set<Int> = []

  init?(_ body: MapBody, endingAt last: Int, _ loads: [View]) {
    guard body.instructions[last].code == .binary(.subtract), body.instructions[last].type.isFloatingPoint,
      match(.parameter, last, body), let update = operands[.parameter], case .value(let mean) = update[1],
      case .value(let variance) = update[2], match(.mean, mean, body), match(.variance, variance, body),
      operands[.mean]?[1] == operands[.variance]?[1]
    else { return nil }
    let numbers = operands.values.flatMap { $0[($0.count == 5 ? 3 : 2)...] }
    let arrays = operands.values.flatMap { $0[..<($0.count == 5 ? 3 : 2)] }
    guard numbers.allSatisfy({ Self.isNumber($0, loads) }), arrays.allSatisfy({ Self.isArray($0, loads) })
    else {
      return nil
    }
    // Nobody else reads what lies between; the results are read by those who store them.
    let stored = Set(body.stores.map(\.value))
    for (index, instruction) in body.instructions.enumerated() where !members.contains(index) {
      for case .value(let value) in instruction.operands where members.contains(value) { return nil }
    }
    for reduction in body.reductions {
      if case .value(let value) = reduction.value, members.contains(value) { return nil }
    }
    for member in members where stored.contains(.value(member)) != results.values.contains(member) {
      return nil
    }
  }

  /// Whether the instruction `index` and those before it are the steps of `result`; notes what they read.
  private mutating func match(_ result: AdamResult, _ index: Int, _ body: MapBody) -> Bool {
    let steps = result.steps
    let count =
      1
      + steps.flatMap(\.operands).compactMap { if case .operand(let role) = $0 { role } else { nil } }
      .reduce(0, max)
    var found = [Instruction.Operand?](repeating: nil, count: count)
    var places = [Int](repeating: -1, count: steps.count)
    places[steps.count - 1] = index
    for position in steps.indices.reversed() {
      guard places[position] >= 0 else { return false }
      let instruction = body.instructions[places[position]]
      guard instruction.code == steps[position].code, instruction.type == body.instructions[index].type else {
        return false
      }
      for (own, wanted) in zip(instruction.operands, steps[position].operands) {
        switch wanted {
        case .operand(let role):
          guard found[role] == nil || found[role] == own else { return false }
          found[role] = own
        case .step(let step):
          guard case .value(let value) = own, places[step] < 0 || places[step] == value else { return false }
          places[step] = value
        }
      }
    }
    operands[result] = found.compactMap(\.self)
    results[result] = index
    members.formUnion(places)
    return operands[result]?.count == count
  }

  private static func isNumber(_ operand: Instruction.Operand, _ loads: [View]) -> Bool {
    if case .load(let load) = operand { loads[load].strides.allSatisfy { $0 == 0 } } else { false }
  }

  private static func isArray(_ operand: Instruction.Operand, _ loads: [View]) -> Bool {
    switch operand {
    case .load(let load): loads[load].strides.last == 1
    case .value: true
    case .literal: false
    }
  }

  func replaced(in body: MapBody) -> MapBody {
    let order: [AdamResult] = [.mean, .variance, .parameter]
    let last = results[.parameter]
    var renumbering = Renumbering(body.instructions.count)
    var kept: [Instruction] = []
    for (index, instruction) in body.instructions.enumerated() {
      if index == last {
        // All operands are there, and the three results stand together.
        for result in order {
          guard let old = results[result], let operands = operands[result] else { continue }
          kept.append(
            body.instructions[old].replacing(.adam(result), operands.map(renumbering.moved)))
          renumbering.places[old] = kept.count - 1
        }
      } else if !members.contains(index) {
        kept.append(instruction.replacing(instruction.code, instruction.operands.map(renumbering.moved)))
        renumbering.places[index] = kept.count - 1
      }
    }
    return renumbering.applied(to: body, kept)
  }
}
