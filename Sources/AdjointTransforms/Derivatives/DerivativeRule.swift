import AdjointArray
import AdjointIR

/// One node's part of the reverse sweep: from the cotangent of its result to those of its operands.
///
/// A new operation gets its line in ``apply(_:)`` and in `Node.carriesDerivative`; the rules stand in one file for each
/// family.
struct DerivativeRule {
  let node: Node
  let operands: [Term]
  /// The node itself: its forward value.
  let y: Term
  /// The cotangent of the result.
  let g: Term
  /// Which operands' cotangents are asked for.
  let wanted: [Bool]

  var terms: Terms { g.terms }

  init(_ id: NodeID, cotangent: Term, wanted: [Bool]) {
    let terms = cotangent.terms
    node = terms.builder.nodes[id]
    operands = node.operands.map { terms[$0] }
    (y, g) = (terms[id], cotangent)
    self.wanted = wanted
  }

  /// For each operand what flows into it, `nil` where nothing does.
  func apply(_ calls: inout [CallDerivative.Key: CallDerivative]) throws(GraphError) -> [Term?] {
    switch node.operation {
    case .argument, .constant, .data, .iota: return []
    case .unary(let function): return [try derivative(of: function, g, operands[0], y)]
    case .binary(let function):
      let (a, b) = (operands[0], operands[1])
      return [
        wanted[0] ? try derivative(of: function, by: 0, g, a, b, y) : nil,
        wanted[1] ? try derivative(of: function, by: 1, g, a, b, y) : nil,
      ]
    case .compare, .stopGradient: return operands.map { _ in nil }
    case .select:
      return [
        nil, wanted[1] ? try select(operands[0], g, 0) : nil,
        wanted[2] ? try select(operands[0], 0, g) : nil,
      ]
    case .cast: return [try g.cast(to: operands[0].scalarType)]
    case .reduce(let reduction, let axes): return [try reduce(reduction, axes)]
    case .dot(let dimensions): return try dot(dimensions)
    case .reshape: return [try g.reshape(to: operands[0].shape)]
    case .transpose(let permutation): return [try g.transpose(inverse(permutation))]
    case .broadcast:
      return [terms[try terms.builder.sum(g.id, broadcastFrom: operands[0].shape)]]
    case .slice(let slice): return [try self.slice(slice)]
    case .flip: return [try terms(node.operation, g)]
    case .pad(let padding): return [try pad(padding)]
    case .concatenate(let axis): return try concatenate(axis)
    case .windows(let windows):
      return [try terms(.addWindows(windows, extents: windows.axes.map { operands[0].shape[$0] }), g)]
    case .addWindows(let windows, _): return [try terms(.windows(windows), g)]
    case .structured(let operation): return try structured(operation)
    case .barrier: return [g]
    case .scan:
      // The sweep hands the cotangents of all results of a loop back at once.
      return operands.map { _ in nil }
    case .call(let callee, let result): return try call(callee, result, &calls)
    }
  }

  /// A call's backward pass is a call.
  private func call(
    _ callee: Callee, _ result: Int, _ calls: inout [CallDerivative.Key: CallDerivative]
  ) throws(GraphError) -> [Term?] {
    let key = CallDerivative.Key(callee: callee, result: result, wanted: wanted)
    let derivative = try calls.known(key) { () throws(GraphError) in try CallDerivative(key) }
    return try derivative.append(operands, y, g)
  }
}

extension Node {
  /// Whether a derivative can flow from this node to its operand at `position`: both are floating-point, and
  /// the operation is not constant in it almost everywhere.
  func carriesDerivative(_ position: Int, among nodes: [Node]) -> Bool {
    guard type.scalarType.isFloatingPoint, nodes[operands[position]].type.scalarType.isFloatingPoint else {
      return false
    }
    switch operation {
    case .argument, .constant, .data, .iota, .compare, .stopGradient: return false
    case .unary(let function): return !function.isPiecewiseConstant
    case .select: return position > 0
    case .structured(let operation): return operation.carriesDerivative(position)
    case .binary, .cast, .reduce, .dot, .reshape, .transpose, .broadcast, .slice, .flip, .pad, .concatenate,
      .windows, .addWindows, .barrier, .call, .scan:
      return true
    }
  }
}
