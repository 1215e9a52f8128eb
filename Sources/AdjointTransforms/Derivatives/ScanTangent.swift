import AdjointArray
import AdjointIR

extension ForwardRule {
  /// The tangent of a loop is the loop that hands the tangents of its carries on beside them.
  func scan(_ scan: Scan, _ result: Int) throws(GraphError) -> Term? {
    let tangent = try ScanTangent(scan, given: tangents.map { $0 != nil })
    guard let place = tangent.results[result] else { return nil }
    return try terms(.scan(tangent.scan, result: place), tangent.operands(operands, tangents))
  }
}

/// The loop of a scan and its tangents.
private struct ScanTangent {
  let scan: Scan
  /// For each result of the original where its tangent is among those of `scan`.
  let results: [Int?]
  /// The carries that have tangents.
  private let carries: [Int]
  private let original: Scan
  private let given: [Bool]

  init(_ scan: Scan, given: [Bool]) throws(GraphError) {
    let body = scan.body
    let varied = ScanRoles.varied(scan, given)
    let carries = (0..<scan.carryCount).filter { varied.carries[$0] }
    let outputs = scan.stackedResults.filter { varied.outputs[$0] }
    let operands = carries + (scan.carryCount..<body.arguments.count).filter { given[$0] }
    (self.carries, self.given, original) = (carries, given, scan)

    // Carries, slices and invariants, each followed by the tangents of those that have one.
    var builder = Builder()
    var mapping: [NodeID: NodeID] = [:]
    var tangents: [Int: NodeID] = [:]
    let parts = [0..<scan.carryCount, scan.stackedOperands, scan.invariantOperands]
    for part in parts {
      for position in part {
        let id = body.arguments[position]
        guard case .argument(let argument) = body[id].operation else { continue }
        builder.provenance = body[id].provenance
        builder.provenance.labels.removeAll { $0 == argument.name }
        mapping[id] = builder.argument(argument.kind, argument.name, argument.type)
      }
      for position in part where operands.contains(position) {
        let id = body.arguments[position]
        builder.provenance = body[id].provenance.tangent
        tangents[position] = builder.argument(.input, "t_carry", body[id].type)
      }
    }
    for (id, node) in body.nodes.enumerated() where mapping[id] == nil {
      builder.provenance = node.provenance
      mapping[id] = try builder.append(node.operation, node.operands.compactMap { mapping[$0] })
    }
    let ends = (carries + outputs).map { mapping[body.outputs[$0].node] ?? 0 }
    builder.provenance = .none
    let moved = try builder.jvp(
      of: ends, withRespectTo: operands.map { mapping[body.arguments[$0]] ?? 0 },
      tangents: operands.compactMap { tangents[$0] })
    let primal = body.outputs.map { mapping[$0.node] ?? 0 }
    let all =
      primal.prefix(scan.carryCount) + moved.prefix(carries.count) + primal.dropFirst(scan.carryCount)
      + moved.dropFirst(carries.count)
    self.scan = Scan(
      builder.graph(outputs: all.enumerated().map { Output("y\($0.offset)", $0.element) }),
      carries: scan.carryCount + carries.count,
      stacked: scan.stackedCount + scan.stackedOperands.count { given[$0] }, length: scan.length,
      isReversed: scan.isReversed, memory: scan.memory, stopsEarly: scan.stopsEarly)
    var results = [Int?](repeating: nil, count: body.outputs.count)
    for (index, carry) in carries.enumerated() { results[carry] = scan.carryCount + index }
    for (index, output) in outputs.enumerated() {
      results[output] = carries.count + body.outputs.count + index
    }
    self.results = results
  }

  /// The operands of the loop, given those of the original and their tangents.
  func operands(_ operands: [Term], _ tangents: [Term?]) throws(GraphError) -> [Term] {
    var result = Array(operands.prefix(original.carryCount))
    for carry in carries { result.append(try tangents[carry].orZeros(like: operands[carry])) }
    for part in [original.stackedOperands, original.invariantOperands] {
      result += operands[part]
      result += part.compactMap { tangents[$0] }
    }
    return result
  }
}
