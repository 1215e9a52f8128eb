import AdjointArray
import AdjointIR

/// An update of several arrays that one tile primitive does in one pass over them.
///
/// The table of its steps is all that the compiler knows of it: the steps are found among the instructions of a map and become
/// one instruction for each result, one behind the other. Everything is rounded where the separate operations round.
///
/// The primitive takes the results, in the order of the arrays that they replace; the arrays; and the numbers.
public enum FusedUpdate: String, Hashable, Sendable, CaseIterable {
  case adam

  struct Table {
    /// How many operands are arrays, and how many the numbers behind them are.
    let arrayCount, numberCount: Int
    let steps: [Instruction.Step]
    /// Those of the steps that are results, in their order, and the array that each replaces.
    let results: [(step: Int, replaces: Int)]
  }

  // Made once: every subtraction is compared with them.
  private static let tables: [FusedUpdate: Table] = [
    // m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²,   p ← p − η (m / (√v + ε))
    // of p, m, v and g, and of β₁, 1 − β₁, β₂, 1 − β₂, η and ε.
    .adam: Table(
      arrayCount: 4, numberCount: 6,
      steps: [
        .init(.multiply, .operand(4), .operand(1)), .init(.multiply, .operand(5), .operand(3)),
        .init(.add, .step(0), .step(1)),
        .init(.multiply, .operand(6), .operand(2)), .init(.multiply, .operand(3), .operand(3)),
        .init(.multiply, .operand(7), .step(4)), .init(.add, .step(3), .step(5)),
        .init(.sqrt, .step(6)), .init(.add, .step(7), .operand(9)), .init(.divide, .step(2), .step(8)),
        .init(.multiply, .operand(8), .step(9)), .init(.subtract, .operand(0), .step(10)),
      ],
      results: [(step: 2, replaces: 1), (step: 6, replaces: 2), (step: 11, replaces: 0)])
  ]

  /// What the instruction of a result does: its own steps, and which operands and earlier results they read.
  private struct Part {
    var steps: [Instruction.Step] = []
    var reads: [Instruction.Step.Operand] = []
  }

  private static let parts: [FusedUpdate: [Part]] = tables.mapValues { table in
    var start = 0
    return table.results.map { result in
      var part = Part()
      for step in table.steps[start...result.step] {
        part.steps.append(
          step.replacing(
            step.operands.map { operand in
              if case .step(let index) = operand, index >= start { return .step(index - start) }
              if let known = part.reads.firstIndex(of: operand) { return .operand(known) }
              part.reads.append(operand)
              return .operand(part.reads.count - 1)
            }))
      }
      start = result.step + 1
      return part
    }
  }

  var table: Table { Self.tables[self] ?? Table(arrayCount: 0, numberCount: 0, steps: [], results: []) }
  private var parts: [Part] { Self.parts[self] ?? [] }

  package var resultCount: Int { table.results.count }

  func steps(ofResult result: Int) -> [Instruction.Step] { parts[result].steps }

  /// What the primitive takes, of the instructions of the results: for each result its place among them, then arrays and numbers.
  package func arguments(_ instructions: ArraySlice<Instruction>)
    -> (results: [Int], arrays: [Instruction.Operand], numbers: [Instruction.Operand])
  {
    let table = table
    var found = [Instruction.Operand?](repeating: nil, count: table.arrayCount + table.numberCount)
    for (instruction, part) in zip(instructions, parts) {
      for (operand, read) in zip(instruction.operands, part.reads) {
        if case .operand(let role) = read { found[role] = operand }
      }
    }
    let results = table.results.indices.sorted { table.results[$0].replaces < table.results[$1].replaces }
    let operands = found.compactMap(\.self)
    return (results, Array(operands.prefix(table.arrayCount)), Array(operands.dropFirst(table.arrayCount)))
  }

  /// The operands of a result's instruction.
  fileprivate func operands(
    ofResult result: Int, _ found: [Instruction.Operand], _ value: (_ step: Int) -> Instruction.Operand
  ) -> [Instruction.Operand] {
    parts[result].reads.map {
      switch $0 {
      case .operand(let role): found[role]
      case .step(let step): value(step)
      }
    }
  }
}

extension MapBody {
  /// The same with the operations of updates as their results, where nobody reads what lies between.
  func withFusedUpdates(_ loads: [View]) -> MapBody {
    var body = self
    for update in FusedUpdate.allCases {
      var last = instructions.count - 1
      while last >= 0 {
        if last < body.instructions.count, let match = UpdateMatch(update, body, endingAt: last, loads) {
          body = match.replaced(in: body)
        }
        last -= 1
      }
    }
    return body
  }
}

/// The steps of an update among the instructions of a map.
private struct UpdateMatch {
  private let update: FusedUpdate
  private let operands: [Instruction.Operand]
  /// The instruction of each step.
  private let places: [Int]

  init?(_ update: FusedUpdate, _ body: MapBody, endingAt last: Int, _ loads: [View]) {
    let table = update.table
    let steps = table.steps
    guard steps.last?.code == body.instructions[last].code, body.instructions[last].type.isFloatingPoint
    else {
      return nil
    }
    var found = [Instruction.Operand?](repeating: nil, count: table.arrayCount + table.numberCount)
    var places = [Int](repeating: -1, count: steps.count)
    places[steps.count - 1] = last
    for position in steps.indices.reversed() {
      guard places[position] >= 0 else { return nil }
      let instruction = body.instructions[places[position]]
      guard instruction.code == steps[position].code, instruction.type == body.instructions[last].type else {
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
    (self.update, self.places, operands) = (update, places, found.compactMap(\.self))
    guard operands.count == found.count,
      operands.prefix(table.arrayCount).allSatisfy({ Self.isArray($0, loads) }),
      operands.dropFirst(table.arrayCount).allSatisfy({ Self.isNumber($0, loads) })
    else { return nil }
    // Nobody else reads what lies between; the results are read by those who store them.
    for (index, instruction) in body.instructions.enumerated() where !places.contains(index) {
      for case .value(let value) in instruction.operands where places.contains(value) { return nil }
    }
    for case .value(let value) in body.reductions.map(\.value) where places.contains(value) { return nil }
    for (step, place) in places.enumerated() {
      let isStored = body.stores.contains { $0.value == .value(place) }
      if isStored != table.results.contains(where: { $0.step == step }) { return nil }
    }
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
    var renumbering = Renumbering(body.instructions.count)
    var kept: [Instruction] = []
    for (index, instruction) in body.instructions.enumerated() {
      if index == places.last {
        // All operands are there, and the results stand together.
        for (result, step) in update.table.results.map(\.step).enumerated() {
          let operands = update.operands(ofResult: result, operands) { .value(places[$0]) }
          kept.append(
            body.instructions[places[step]].replacing(
              .update(update, result: result), operands.map(renumbering.moved)))
          renumbering.places[places[step]] = kept.count - 1
        }
      } else if !places.contains(index) {
        kept.append(instruction.replacing(instruction.code, instruction.operands.map(renumbering.moved)))
        renumbering.places[index] = kept.count - 1
      }
    }
    return renumbering.applied(to: body, kept)
  }
}
