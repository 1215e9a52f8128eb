import AdjointArray

// The type rule of loops.

extension Operation {
  func scanType(_ scan: Scan, _ result: Int, _ types: [TensorType]) throws(GraphError) -> TensorType {
    let body = scan.body
    guard scan.length >= 0, scan.carryCount >= 0, scan.stackedCount >= 0,
      scan.carryCount + scan.stackedCount <= body.arguments.count, scan.carryCount <= body.outputs.count
    else {
      throw invalid(
        .invalidAttribute,
        "a loop of length \(scan.length) with \(scan.carryCount) carries and \(scan.stackedCount) stacked operands over a graph of \(body.arguments.count) arguments and \(body.outputs.count) results",
        "the graph takes carries, slices and invariants, and gives the next carries first")
    }
    guard body.outputs.indices.contains(result) else {
      throw invalid(
        .invalidAttribute, "result \(result) of a loop with \(body.outputs.count)", "name one that it has")
    }
    for (position, type) in types.enumerated() {
      let taken = body[body.arguments[position]].type
      let expected =
        scan.stackedOperands.contains(position)
        ? TensorType(taken.scalarType, Shape([scan.length] + taken.shape.dimensions)) : taken
      guard type == expected else {
        throw invalid(
          type.scalarType == expected.scalarType ? .shapeMismatch : .typeMismatch,
          "operand \(position) is \(type) where the loop takes \(expected)", "give the type that it takes")
      }
    }
    for carry in 0..<scan.carryCount {
      let (taken, given) = (body[body.arguments[carry]].type, body[body.outputs[carry].node].type)
      guard taken == given else {
        throw invalid(
          taken.scalarType == given.scalarType ? .shapeMismatch : .typeMismatch,
          "carry \(carry) is \(taken) before a run and \(given) after it",
          "a run gives each carry the type that it had")
      }
    }
    if scan.stopsEarly {
      guard scan.carryCount > 0, body[body.arguments[0]].type == TensorType(.bool, .scalar) else {
        throw invalid(
          .invalidAttribute, "a loop that stops early has no bool as its first carry",
          "let the first carry say whether the loop goes on")
      }
    }
    return scan.type(ofResult: result)
  }
}
