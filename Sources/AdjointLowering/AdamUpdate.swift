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
    case .mean: Self.meanSteps
    case .variance: Self.varianceSteps
    case .parameter: Self.parameterSteps
    }
  }

  /// How many operands it has, of which the first are arrays, the others numbers.
  fileprivate var operandCount: Int { self == .parameter ? 5 : 4 }
  fileprivate var arrayCount: Int { self == .parameter ? 3 : 2 }

  // Made once: every subtraction is compared with them.
  private static let meanSteps: [Instruction.Step] = [
    .init(.multiply, .operand(2), .operand(0)), .init(.multiply, .operand(3), .operand(1)),
    .init(.add, .step(0), .step(1)),
  ]
  private static let varianceSteps: [Instruction.Step] = [
    .init(.multiply, .operand(2), .operand(0)), .init(.multiply, .operand(1), .operand(1)),
    .init(.multiply, .operand(3), .step(1)), .init(.add, .step(0), .step(2)),
  ]
  private static let parameterSteps: [Instruction.Step] = [
    .init(.sqrt, .operand(2)), .init(.add, .step(0), .operand(4)), .init(.divide, .operand(1), .step(1)),
    .init(.multiply, .operand(3), .step(2)), .init(.subtract, .operand(0), .step(3)),
  ]
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
  /// The instructions that are the steps of one result, the last of which computes it.
  private struct Match {
    let result: AdamResult
    let operands: [Instruction.Operand]
    let places: [Int]

    var index: Int { places[places.count - 1] }
    var arrays: ArraySlice<Instruction.Operand> { operands.prefix(result.arrayCount) }
    var numbers: ArraySlice<Instruction.Operand> { operands.dropFirst(result.arrayCount) }
  }
  /// Of the mean, the variance and the parameter.
  private let matches: [Match]

  init?(_ body: MapBody, endingAt last: Int, _ loads: [View]) {
    guard body.instructions[last].code == .binary(.subtract), body.instructions[last].type.isFloatingPoint,
      let parameter = Self.match(.parameter, last, body), case .value(let first) = parameter.operands[1],
      case .value(let second) = parameter.operands[2], let mean = Self.match(.mean, first, body),
      let variance = Self.match(.variance, second, body), mean.operands[1] == variance.operands[1]
    else { return nil }
    matches = [mean, variance, parameter]
    for match in matches {
      guard match.numbers.allSatisfy({ Self.isNumber($0, loads) }),
        match.arrays.allSatisfy({ Self.isArray($0, loads) })
      else { return nil }
    }
    // Nobody else reads what lies between; the results are read by those who store them.
    for (index, instruction) in body.instructions.enumerated() where !contains(index) {
      for case .value(let value) in instruction.operands where contains(value) { return nil }
    }
    for reduction in body.reductions {
      if case .value(let value) = reduction.value, contains(value) { return nil }
    }
    for match in matches {
      for place in match.places {
        let isStored = body.stores.contains { $0.value == .value(place) }
        if isStored != (place == match.index) { return nil }
      }
    }
  }

  private func contains(_ instruction: Int) -> Bool { matches.contains { $0.places.contains(instruction) } }

  /// The instruction `index` and those before it, if they are the steps of `result`.
  private static func match(_ result: AdamResult, _ index: Int, _ body: MapBody) -> Match? {
    let steps = result.steps
    var found = [Instruction.Operand?](repeating: nil, count: result.operandCount)
    var places = [Int](repeating: -1, count: steps.count)
    places[steps.count - 1] = index
    for position in steps.indices.reversed() {
      guard places[position] >= 0 else { return nil }
      let instruction = body.instructions[places[position]]
      guard instruction.code == steps[position].code, instruction.type == body.instructions[index].type else {
        return nil
      }
      for (own, wanted) in zip(instruction.operands, steps[position].operands) {
        switch wanted {
        case .operand(let role):
          guard found[role] == nil || found[role] == own else { return nil }
          found[role] = own
        case .step(let step):
          guard case .value(let value) = own, places[step] < 0 || places[step] == value else { return nil }
          places[step] = value
        }
      }
    }
    let operands = found.compactMap(\.self)
    return operands.count == found.count ? Match(result: result, operands: operands, places: places) : nil
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
    let last = matches[2].index
    var renumbering = Renumbering(body.instructions.count)
    var kept: [Instruction] = []
    for (index, instruction) in body.instructions.enumerated() {
      if index == last {
        // All operands are there, and the three results stand together.
        for match in matches {
          kept.append(
            body.instructions[match.index].replacing(
              .adam(match.result), match.operands.map(renumbering.moved)))
          renumbering.places[match.index] = kept.count - 1
        }
      } else if !contains(index) {
        kept.append(instruction.replacing(instruction.code, instruction.operands.map(renumbering.moved)))
        renumbering.places[index] = kept.count - 1
      }
    }
    return renumbering.applied(to: body, kept)
  }
}
