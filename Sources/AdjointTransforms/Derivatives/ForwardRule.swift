import AdjointArray
import AdjointIR

/// One node's part of the forward sweep: from the tangents of its operands to that of its result.
///
/// Elementwise functions share their derivatives with reverse mode; an operation that is linear in an operand is applied to
/// that operand's tangent.
struct ForwardRule {
  let node: Node
  let operands: [Term]
  /// The node itself: its value.
  let y: Term
  /// For each operand its tangent, `nil` where it is zero or no derivative flows.
  let tangents: [Term?]

  var terms: Terms { y.terms }

  init(_ id: NodeID, tangents: [Term?], in terms: Terms) {
    node = terms.builder.nodes[id]
    operands = node.operands.map { terms[$0] }
    y = terms[id]
    self.tangents = tangents
  }

  /// The tangent of the result, `nil` where it is zero.
  func apply(_ calls: inout [CallTangent.Key: CallTangent]) throws(GraphError) -> Term? {
    switch node.operation {
    case .argument, .constant, .data, .iota, .compare, .stopGradient:
      return nil
    case .unary(let function):
      return try total { _, t throws(GraphError) in try derivative(of: function, t, operands[0], y) }
    case .binary(let function):
      return try total { position, t throws(GraphError) in
        try derivative(of: function, by: position, t, operands[0], operands[1], y)
      }
    case .select:
      return try select(operands[0], filled(1), filled(2))
    case .reduce(let reduction, let axes):
      return try reduce(reduction, axes)
    case .cast, .reshape, .transpose, .broadcast, .slice, .flip, .pad, .windows, .addWindows:
      return try linear(0)
    case .dot:
      return try total { position, _ throws(GraphError) in try linear(position) }
    case .concatenate:
      var parts: [Term] = []
      for position in operands.indices { parts.append(try filled(position)) }
      return try terms(node.operation, parts)
    case .barrier:
      return tangents[0]
    case .structured(let operation):
      return try structured(operation)
    case .scan(let scan, let result):
      return try self.scan(scan, result)
    case .call(let callee, let result):
      return try call(callee, result, &calls)
    }
  }

  /// The operation with the tangent in the place of the operand at `position`.
  func linear(_ position: Int) throws(GraphError) -> Term? {
    guard let tangent = tangents[position] else { return nil }
    var operands = operands
    operands[position] = tangent
    return try terms(node.operation, operands)
  }

  /// The tangent of the operand at `position`, as zeros where there is none.
  private func filled(_ position: Int) throws(GraphError) -> Term {
    try tangents[position].orZeros(like: operands[position])
  }

  /// The sum of what `part` makes of the operands that have tangents.
  private func total(of part: (Int, Term) throws(GraphError) -> Term?) throws(GraphError) -> Term? {
    var total: Term?
    for (position, tangent) in tangents.enumerated() {
      guard let tangent, let term = try part(position, tangent) else { continue }
      total = if let sum = total { try sum + term } else { term }
    }
    return total
  }

  /// A call's tangent is a call.
  private func call(
    _ callee: Callee, _ result: Int, _ calls: inout [CallTangent.Key: CallTangent]
  ) throws(GraphError) -> Term {
    let key = CallTangent.Key(callee: callee, result: result, given: tangents.map { $0 != nil })
    let tangent = try calls.known(key) { () throws(GraphError) in try CallTangent(key) }
    return try tangent.append(operands, y, tangents.compactMap(\.self))
  }
}
