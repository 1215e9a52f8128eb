import AdjointArray
import AdjointIR

extension BatchingRule {
  /// A loop over many values at once: the new axis is the first of carries and invariants, and the second, behind that of
  /// the runs, of what is stacked.
  func scan(_ scan: Scan, _ result: Int, _ builder: inout Builder) throws(GraphError) -> NodeID {
    var isBatched = operands.map(\.isBatched)
    // A carry has got the axis where what it is made of has.
    var (body, results) = try scan.body.batched(isBatched, extent)
    while let carry = (0..<scan.carryCount).first(where: { results[$0].isBatched && !isBatched[$0] }) {
      isBatched[carry] = true
      (body, results) = try scan.body.batched(isBatched, extent)
    }
    var outputs: [Output] = []
    for (index, value) in results.enumerated() {
      let node =
        index < scan.carryCount && isBatched[index] ? try value.spread(over: extent, &body) : value.node
      outputs.append(Output("y\(index)", node))
    }
    let batched = Scan(
      body.graph(outputs: outputs), carries: scan.carryCount, stacked: scan.stackedCount, length: scan.length,
      isReversed: scan.isReversed, memory: scan.memory, stopsEarly: scan.stopsEarly && !isBatched[0])
    var placed: [NodeID] = []
    for (position, operand) in operands.enumerated() {
      if scan.stackedOperands.contains(position), operand.isBatched {
        let rank = builder.shape(operand.node).rank
        placed.append(try builder.transpose(operand.node, [1, 0] + Array(2..<rank)))
      } else if position < scan.carryCount, isBatched[position] {
        placed.append(try operand.spread(over: extent, &builder))
      } else {
        placed.append(operand.node)
      }
    }
    let value = try builder.append(.scan(batched, result: result), placed)
    if result < scan.carryCount ? isBatched[result] : results[result].isBatched {
      guard result >= scan.carryCount else { return value }
      return try builder.transpose(value, [1, 0] + Array(2..<builder.shape(value).rank))
    }
    return try BatchedValue(node: value, isBatched: false).spread(over: extent, &builder)
  }
}
