import AdjointArray
import AdjointIR

/// One node's part of the reverse sweep: from the cotangent of its result to those of its operands.
///
/// A new operation gets its line in ``apply(_:calls:)`` and in `Node.carriesDerivative`; the rules stand in one
/// file for each family.
struct DerivativeRule {
  let node: Node
  let id: NodeID
  let cotangent: NodeID
  /// Which operands' cotangents are asked for.
  let wanted: [Bool]

  var operands: [NodeID] { node.operands }
  private var local: LocalDerivative { LocalDerivative(operands: operands, y: id, seed: cotangent) }

  /// For each operand what flows into it, `nil` where nothing does.
  func apply(
    _ builder: inout Builder, calls: inout [CallDerivative.Key: CallDerivative]
  ) throws(GraphError) -> [NodeID?] {
    switch node.operation {
    case .argument, .constant, .data, .iota: return []
    case .unary(let function): return [try local.unary(function, &builder)]
    case .binary(let function):
      return [
        wanted[0] ? try local.binary(function, by: 0, &builder) : nil,
        wanted[1] ? try local.binary(function, by: 1, &builder) : nil,
      ]
    case .compare, .randomBits, .argsort, .stopGradient: return operands.map { _ in nil }
    case .select: return try select(&builder)
    case .cast: return [try builder.cast(cotangent, to: builder.scalarType(operands[0]))]
    case .reduce(let reduction, let axes): return [try reduce(reduction, axes, &builder)]
    case .cumulative(let function, let axis, let isReversed):
      return [try cumulative(function, axis, isReversed, &builder)]
    case .dot(let dimensions): return try dot(dimensions, &builder)
    case .reshape: return [try builder.reshape(cotangent, to: builder.shape(operands[0]))]
    case .transpose(let permutation): return [try transpose(permutation, &builder)]
    case .broadcast: return [try builder.sum(cotangent, broadcastFrom: builder.shape(operands[0]))]
    case .slice(let slice): return [try self.slice(slice, &builder)]
    case .flip(let axes): return [try builder.append(.flip(axes), [cotangent])]
    case .pad(let padding): return [try pad(padding, &builder)]
    case .concatenate(let axis): return try concatenate(axis, &builder)
    case .gatherRows: return [try gatherRows(&builder), nil]
    case .gather(let axis):
      let extent = builder.shape(operands[0])[axis]
      return [try builder.append(.scatterAdd(axis: axis, extent: extent), [cotangent, operands[1]]), nil]
    case .scatterAdd(let axis, _):
      return [try builder.append(.gather(axis: axis), [cotangent, operands[1]]), nil]
    case .scatterAddRows: return [try builder.append(.gatherRows, [cotangent, operands[1]]), nil]
    case .windows(let windows):
      let extents = windows.axes.map { builder.shape(operands[0])[$0] }
      return [try builder.append(.addWindows(windows, extents: extents), [cotangent])]
    case .addWindows(let windows, _): return [try builder.append(.windows(windows), [cotangent])]
    case .cholesky: return [try cholesky(&builder)]
    case .triangularSolve(let solve): return try triangularSolve(solve, &builder)
    case .barrier: return [cotangent]
    case .scan:
      // The sweep hands the cotangents of all results of a loop back at once.
      return operands.map { _ in nil }
    case .call(let callee, let result): return try call(callee, result, &builder, &calls)
    }
  }
}

extension DerivativeRule {
  fileprivate func select(_ builder: inout Builder) throws(GraphError) -> [NodeID?] {
    let condition = operands[0]
    let zero = try builder.constant(0, like: cotangent)
    return [
      nil,
      wanted[1] ? try builder.append(.select, [condition, cotangent, zero]) : nil,
      wanted[2] ? try builder.append(.select, [condition, zero, cotangent]) : nil,
    ]
  }
}

extension Node {
  /// Whether a derivative can flow from this node to its operand at `position`: both are floating-point, and
  /// the operation is not constant in it almost everywhere.
  func carriesDerivative(_ position: Int, _ builder: Builder) -> Bool {
    guard type.scalarType.isFloatingPoint, builder.scalarType(operands[position]).isFloatingPoint else {
      return false
    }
    switch operation {
    case .argument, .constant, .data, .iota, .compare, .randomBits, .argsort, .stopGradient: return false
    case .unary(let function): return !function.isPiecewiseConstant
    case .select: return position > 0
    case .gatherRows, .scatterAddRows, .gather, .scatterAdd: return position == 0
    case .binary, .cast, .reduce, .cumulative, .dot, .reshape, .transpose, .broadcast, .slice, .flip, .pad,
      .concatenate, .windows, .addWindows, .cholesky, .triangularSolve, .barrier, .call, .scan:
      return true
    }
  }
}

extension DerivativeRule {
  /// A call's backward pass is a call.
  fileprivate func call(
    _ callee: Callee, _ result: Int, _ builder: inout Builder,
    _ calls: inout [CallDerivative.Key: CallDerivative]
  ) throws(GraphError) -> [NodeID?] {
    let key = CallDerivative.Key(callee: callee, result: result, wanted: wanted)
    let derivative: CallDerivative
    if let known = calls[key] {
      derivative = known
    } else {
      derivative = try CallDerivative(key)
      calls[key] = derivative
    }
    return try derivative.append(operands, id, cotangent, &builder)
  }
}
