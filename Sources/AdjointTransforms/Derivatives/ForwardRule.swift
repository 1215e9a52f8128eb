import AdjointArray
import AdjointIR

/// One node's part of the forward sweep: from the tangents of its operands to that of its result.
///
/// Elementwise functions share their derivatives with reverse mode (``LocalDerivative``); an operation that is linear
/// in an operand is applied to that operand's tangent.
struct ForwardRule {
  let node: Node
  let id: NodeID
  /// For each operand its tangent, `nil` where it is zero or no derivative flows.
  let tangents: [NodeID?]

  private var operands: [NodeID] { node.operands }

  /// The tangent of the result, `nil` where it is zero.
  func apply(
    _ builder: inout Builder, calls: inout [CallTangent.Key: CallTangent]
  ) throws(GraphError) -> NodeID? {
    switch node.operation {
    case .argument, .constant, .data, .iota, .compare, .randomBits, .argsort, .stopGradient:
      return nil
    case .unary(let function):
      return try sum(&builder) { builder, _, seed throws(GraphError) in
        try local(seed).unary(function, &builder)
      }
    case .binary(let function):
      return try sum(&builder) { builder, position, seed throws(GraphError) in
        try local(seed).binary(function, by: position, &builder)
      }
    case .select:
      return try builder.append(.select, [operands[0], filled(1, &builder), filled(2, &builder)])
    case .reduce(let reduction, let axes):
      return try reduce(reduction, axes, &builder)
    case .cumulative(let function, let axis, let isReversed):
      return try cumulative(function, axis, isReversed, &builder)
    case .cast, .reshape, .transpose, .broadcast, .slice, .flip, .pad, .windows, .addWindows:
      return try linear(0, &builder)
    case .gatherRows, .scatterAddRows, .gather, .scatterAdd:
      return try linear(0, &builder)
    case .dot:
      return try sum(&builder) { builder, position, _ throws(GraphError) in
        try linear(position, &builder)
      }
    case .concatenate:
      var parts: [NodeID] = []
      for position in operands.indices { parts.append(try filled(position, &builder)) }
      return try builder.append(node.operation, parts)
    case .barrier:
      return tangents[0]
    case .cholesky:
      return try cholesky(&builder)
    case .triangularSolve(let solve):
      return try triangularSolve(solve, &builder)
    case .scan(let scan, let result):
      return try self.scan(scan, result, &builder)
    case .call(let callee, let result):
      return try call(callee, result, &builder, &calls)
    }
  }

  private func local(_ seed: NodeID) -> LocalDerivative {
    LocalDerivative(operands: operands, y: id, seed: seed)
  }

  /// The operation with the tangent in the place of the operand at `position`.
  private func linear(_ position: Int, _ builder: inout Builder) throws(GraphError) -> NodeID? {
    guard let tangent = tangents[position] else { return nil }
    var operands = operands
    operands[position] = tangent
    return try builder.append(node.operation, operands)
  }

  /// The tangent of the operand at `position`, as zeros where there is none.
  private func filled(_ position: Int, _ builder: inout Builder) throws(GraphError) -> NodeID {
    if let tangent = tangents[position] { return tangent }
    return try builder.constant(0, like: operands[position])
  }

  /// The sum of what `part` makes of the operands that have tangents.
  private func sum(
    _ builder: inout Builder,
    of part: (inout Builder, Int, NodeID) throws(GraphError) -> NodeID?
  ) throws(GraphError) -> NodeID? {
    var total: NodeID?
    for (position, tangent) in tangents.enumerated() {
      guard let tangent, let term = try part(&builder, position, tangent) else { continue }
      total = if let sum = total { try builder.binary(.add, sum, term) } else { term }
    }
    return total
  }

  private func reduce(_ reduction: Reduction, _ axes: [Int], _ builder: inout Builder) throws(GraphError)
    -> NodeID?
  {
    guard let tangent = tangents[0] else { return nil }
    let x = operands[0]
    switch reduction {
    case .sum:
      return try linear(0, &builder)
    case .maximum, .minimum:
      // The mean of the tangents of equal extremes. Where a NaN is there is none, and the mean is 0.
      let isExtreme = try builder.compare(.equal, x, builder.expand(id, axes, like: x))
      let ones = try builder.cast(isExtreme, to: builder.scalarType(x))
      let number = try builder.append(.reduce(.sum, axes: axes), [ones])
      let chosen = try builder.select(isExtreme, tangent, builder.constant(0, like: x))
      let total = try builder.append(.reduce(.sum, axes: axes), [chosen])
      return try builder.binary(
        .divide, total, builder.binary(.maximum, number, builder.constant(1, like: number)))
    case .product:
      let terms = try builder.binary(.multiply, tangent, builder.productOfOthers(x, axes))
      return try builder.append(.reduce(.sum, axes: axes), [terms])
    case .any, .all:
      // Their values are bool, so that no tangent gets here.
      return nil
    }
  }

  private func cumulative(
    _ function: Cumulative, _ axis: Int, _ isReversed: Bool, _ builder: inout Builder
  ) throws(GraphError) -> NodeID? {
    guard let tangent = tangents[0] else { return nil }
    switch function {
    case .sum:
      return try linear(0, &builder)
    case .product:
      // y_i = x_i y_{i−1} moves by y_{i−1} dx_i + x_i dy_{i−1}.
      let x = operands[0]
      let before = try builder.productsBefore(x, axis, isReversed: isReversed)
      let own = try builder.binary(.multiply, before, tangent)
      let factors = try builder.dropping(1, of: x, axis, fromEnd: isReversed)
      return try builder.linearRecurrence(own, factors, axis, isReversed: isReversed)
    }
  }

  /// A call's tangent is a call.
  private func call(
    _ callee: Callee, _ result: Int, _ builder: inout Builder, _ calls: inout [CallTangent.Key: CallTangent]
  ) throws(GraphError) -> NodeID {
    let key = CallTangent.Key(callee: callee, result: result, given: tangents.map { $0 != nil })
    let tangent: CallTangent
    if let known = calls[key] {
      tangent = known
    } else {
      tangent = try CallTangent(key)
      calls[key] = tangent
    }
    return try tangent.append(operands, id, tangents.compactMap { $0 }, &builder)
  }
}
