import AdjointArray
import AdjointIR

// The backward pass of a loop is a loop in the other direction, whose carries are the cotangents of the carries and the
// sums of those of the invariants. What it reads of each forward run, the forward loop keeps as further results; the loop
// that does so, and the one that was there, become one (`Graph.tidyingLoops`).

/// The backward loop of a scan, for all of its results at once.
struct ScanDerivative {
  private let forward: Scan
  private let backward: Scan
  /// The operands and results of the scan by the parts they play.
  private let roles: ScanRoles
  /// The results of `backward` that are cotangents of the operands.
  private let results: [Int?]
  /// The operands of `backward` behind its carries.
  private let stacked: [Source]
  private let invariants: [Int]
  private let wantedInvariants: [Int]

  /// Where a stacked operand of the backward loop comes from.
  private enum Source {
    /// The cotangent of a result.
    case cotangent(Int)
    /// A result of the forward loop.
    case kept(Int)
    case operand(Int)
  }

  /// - Parameters:
  ///   - wanted: for each operand whether its cotangent is asked for.
  ///   - given: for each result whether it has a cotangent.
  init(_ scan: Scan, wanted: [Bool], given: [Bool]) throws(GraphError) {
    let roles = ScanRoles(scan, wanted: wanted, given: given)
    self.roles = roles
    let body = scan.body
    wantedInvariants = scan.invariantOperands.filter { wanted[$0] }
    let wantedStacks = scan.stackedOperands.filter { wanted[$0] }
    let stackedResults = scan.stackedResults.filter { given[$0] }

    // The body with its vjp behind it.
    var draft = Builder(body)
    let known = draft.nodes.count
    let seed = { (builder: inout Builder, name: String, id: NodeID) in
      builder.provenance = builder.nodes[id].cotangentProvenance
      return builder.argument(.input, name, builder.type(id))
    }
    let carrySeeds = roles.active.map { seed(&draft, "d_carry", body.arguments[$0]) }
    let sums = wantedInvariants.map { seed(&draft, "d_sum", body.arguments[$0]) }
    let resultSeeds = stackedResults.map { seed(&draft, "d_result", body.outputs[$0].node) }
    let targets = roles.active + wantedStacks + wantedInvariants
    draft.provenance = .none
    let cotangents = try draft.vjp(
      of: (roles.active + stackedResults).map { body.outputs[$0].node },
      withRespectTo: targets.map { body.arguments[$0] }, cotangents: carrySeeds + resultSeeds)
    var totals: [NodeID] = []
    for (sum, part) in zip(sums, cotangents.suffix(wantedInvariants.count)) {
      draft.provenance = draft.nodes[sum].provenance
      totals.append(try draft.binary(.add, sum, part))
    }
    let carries = Array(cotangents.prefix(roles.active.count))
    let slices = Array(cotangents.dropFirst(roles.active.count).prefix(wantedStacks.count))
    let outputs = carries + totals + slices

    // What is read of the forward run.
    let reading = ForwardReading(scan, draft.nodes, known: known, from: outputs)
    var keptNodes = body.outputs.map(\.node)
    var kept: [Int] = []
    for id in reading.kept {
      if let result = keptNodes.dropFirst(scan.carryCount).firstIndex(of: id) {
        kept.append(result)
      } else {
        keptNodes.append(id)
        kept.append(keptNodes.count - 1)
      }
    }
    forward = scan.replacing(
      Graph(nodes: body.nodes, outputs: keptNodes.enumerated().map { Output("y\($0.offset)", $0.element) }))

    // The parts in the order in which a loop takes them.
    var builder = Builder()
    var mapping: [NodeID: NodeID] = [:]
    func take(_ id: NodeID) {
      builder.provenance = draft.nodes[id].provenance
      let name = builder.provenance.label ?? "kept"
      builder.provenance.labels.removeAll { $0 == name }
      mapping[id] = builder.argument(.input, name, draft.type(id))
    }
    for id in carrySeeds + sums + resultSeeds + reading.kept { take(id) }
    for position in reading.stacked { take(body.arguments[position]) }
    for position in reading.invariants { take(body.arguments[position]) }
    for (id, node) in draft.nodes.enumerated() where reading.isComputed[id] && mapping[id] == nil {
      builder.provenance = node.provenance
      mapping[id] = try builder.append(node.operation, node.operands.compactMap { mapping[$0] })
    }
    stacked =
      stackedResults.map(Source.cotangent) + kept.map(Source.kept) + reading.stacked.map(Source.operand)
    invariants = reading.invariants
    backward = Scan(
      builder.graph(
        outputs: outputs.enumerated().map { Output("y\($0.offset)", mapping[$0.element] ?? 0) }),
      carries: carries.count + totals.count, stacked: stacked.count, length: scan.length,
      isReversed: !scan.isReversed, memory: scan.memory)

    var results = [Int?](repeating: nil, count: body.arguments.count)
    for (index, position) in (roles.active + wantedInvariants + wantedStacks).enumerated() {
      results[position] = index
    }
    self.results = results
  }

  /// The cotangents of the operands, given those of the results.
  func append(_ operands: [Term], _ cotangents: [Term?], _ terms: Terms) throws(GraphError) -> [Term?] {
    var first: [Term] = []
    for carry in roles.active { first.append(try cotangents[carry].orZeros(like: operands[carry])) }
    for position in wantedInvariants { first.append(try operands[position].number(0)) }
    for source in stacked {
      switch source {
      case .cotangent(let result):
        guard let cotangent = cotangents[result] else { continue }
        first.append(cotangent)
      case .kept(let result): first.append(try terms(.scan(forward, result: result), operands))
      case .operand(let position): first.append(operands[position])
      }
    }
    first += invariants.map { operands[$0] }
    var parts: [Term?] = []
    for result in results {
      parts.append(
        try result.map { result throws(GraphError) in try terms(.scan(backward, result: result), first) })
    }
    return parts
  }
}

/// Which carries of a scan take part in a derivative.
struct ScanRoles {
  /// Floating-point carries that depend on what is asked for, and on which something given depends, ascending.
  let active: [Int]

  /// - Parameters:
  ///   - wanted: for each operand whether a derivative by it is asked for.
  ///   - given: for each result whether the derivative of it is.
  init(_ scan: Scan, wanted: [Bool], given: [Bool]) {
    let varied = Self.varied(scan, wanted)
    let body = scan.body
    let builder = Builder(body)
    // From the results back, until no more carries are reached.
    var useful = (0..<scan.carryCount).map { given[$0] }
    var isChanging = true
    while isChanging {
      isChanging = false
      var needed = [Bool](repeating: false, count: body.nodes.count)
      for (result, output) in body.outputs.enumerated()
      where result < scan.carryCount ? useful[result] : given[result] { needed[output.node] = true }
      for id in needed.indices.reversed() where needed[id] {
        for (position, operand) in body.nodes[id].operands.enumerated()
        where body.nodes[id].carriesDerivative(position, among: builder.nodes) { needed[operand] = true }
      }
      for carry in 0..<scan.carryCount where !useful[carry] && needed[body.arguments[carry]] {
        useful[carry] = true
        isChanging = true
      }
    }
    active = (0..<scan.carryCount).filter { varied.carries[$0] && useful[$0] }
  }

  /// For each carry and each output of the body whether it depends, differentiably, on what is wanted.
  static func varied(_ scan: Scan, _ wanted: [Bool]) -> (carries: [Bool], outputs: [Bool]) {
    let body = scan.body
    let builder = Builder(body)
    let isFloat = { (id: NodeID) in body[id].type.scalarType.isFloatingPoint }
    var carries = (0..<scan.carryCount).map { wanted[$0] && isFloat(body.arguments[$0]) }
    while true {
      var varies = [Bool](repeating: false, count: body.nodes.count)
      for (position, id) in body.arguments.enumerated() {
        varies[id] = position < scan.carryCount ? carries[position] : wanted[position] && isFloat(id)
      }
      for (id, node) in body.nodes.enumerated() where !node.operation.isArgument {
        varies[id] = node.operands.indices.contains { position in
          varies[node.operands[position]] && node.carriesDerivative(position, among: builder.nodes)
        }
      }
      let outputs = body.outputs.map { varies[$0.node] }
      let next = (0..<scan.carryCount).map { carries[$0] || outputs[$0] }
      if next == carries { return (carries, outputs) }
      carries = next
    }
  }
}

/// What a backward run reads of the forward run.
private struct ForwardReading {
  /// Nodes of the body whose values the forward loop keeps, ascending.
  private(set) var kept: [NodeID] = []
  /// Stacked and invariant operands, by position.
  private(set) var stacked: [Int] = []
  private(set) var invariants: [Int] = []
  /// For each node whether the backward run computes it.
  private(set) var isComputed: [Bool]

  init(_ scan: Scan, _ nodes: [Node], known: Int, from outputs: [NodeID]) {
    let position = Dictionary(uniqueKeysWithValues: scan.body.arguments.enumerated().map { ($1, $0) })
    // What differs from run to run.
    var changes = [Bool](repeating: false, count: known)
    for id in 0..<known {
      changes[id] =
        position[id].map { !scan.invariantOperands.contains($0) }
        ?? nodes[id].operands.contains { changes[$0] }
    }
    var needed = [Bool](repeating: false, count: nodes.count)
    isComputed = needed
    for output in outputs { needed[output] = true }
    for id in needed.indices.reversed() where needed[id] {
      if let position = position[id] {
        if position < scan.carryCount {
          kept.append(id)
        } else if scan.stackedOperands.contains(position) {
          stacked.append(position)
        } else {
          invariants.append(position)
        }
      } else if id < known, scan.memory == .values, changes[id], !nodes[id].operation.isFree {
        kept.append(id)
      } else {
        isComputed[id] = true
        for operand in nodes[id].operands { needed[operand] = true }
      }
    }
    kept.reverse()
    stacked.reverse()
    invariants.reverse()
  }
}

extension Operation {
  /// Whether a value is had from its operand at once, so that the operand is kept rather than the value.
  fileprivate var isFree: Bool {
    switch self {
    case .constant, .data, .iota, .reshape, .transpose, .broadcast, .slice, .flip, .windows, .stopGradient:
      true
    case .argument, .unary, .binary, .compare, .select, .cast, .reduce, .structured, .dot, .pad,
      .concatenate, .addWindows, .barrier, .call, .scan:
      false
    }
  }
}
