import AdjointArray
import AdjointIR

// Canonicalize: movement that moves nothing, or twice. All of them keep every bit.

let movementRules: [RewriteRule] = [
  RewriteRule(
    .canonicalize, "move-nothing", [.reshape, .transpose, .broadcast, .slice, .pad, .concatenate, .cast],
    "every element stays where and what it is"
  ) { rewriter, node throws(GraphError) in
    guard node.operands.count == 1, rewriter.type(node.operands[0]) == node.type else { return nil }
    switch node.operation {
    case .transpose(let permutation):
      return permutation == Array(0..<permutation.count) ? node.operands[0] : nil
    case .reshape, .broadcast, .slice, .pad, .concatenate, .cast:
      // With an extent kept, nothing can have been cut off or added.
      return node.operands[0]
    case .argument, .constant, .data, .iota, .unary, .binary, .compare, .select, .reduce, .structured, .dot,
      .flip, .windows, .addWindows, .scan, .stopGradient, .barrier, .call:
      return nil
    }
  },
  RewriteRule(
    .canonicalize, "reshape-reshape", [.reshape], "only the last shape counts"
  ) { rewriter, node throws(GraphError) in
    guard let x = rewriter.matchReshape(node.operands[0]) else { return nil }
    return try rewriter[x].reshape(to: node.type.shape).id
  },
  RewriteRule(
    .canonicalize, "transpose-transpose", [.transpose], "two permutations are one"
  ) { rewriter, node throws(GraphError) in
    guard case .transpose(let outer) = node.operation,
      let (x, inner) = rewriter.matchTranspose(node.operands[0])
    else { return nil }
    return try rewriter[x].transpose(outer.map { inner[$0] }).id
  },
  RewriteRule(
    .canonicalize, "flip-flip", [.flip], "axes that are reversed twice are as before"
  ) { rewriter, node throws(GraphError) in
    guard case .flip(let outer) = node.operation,
      case .flip(let inner) = rewriter.builder.nodes[node.operands[0]].operation
    else { return nil }
    let axes = Set(outer).symmetricDifference(inner).sorted()
    let x = rewriter.builder.nodes[node.operands[0]].operands[0]
    return axes.isEmpty ? x : try rewriter.make(.flip(axes), [x])
  },
  RewriteRule(
    .canonicalize, "broadcast-broadcast", [.broadcast], "only the last shape counts"
  ) { rewriter, node throws(GraphError) in
    guard let x = rewriter.matchBroadcast(node.operands[0]) else { return nil }
    return try rewriter[x].broadcast(to: node.type.shape).id
  },
  RewriteRule(
    .canonicalize, "broadcast-of-reshape", [.broadcast],
    "where the reshape only adds or drops extents of 1 that the broadcast would add, it reads the same elements"
  ) { rewriter, node throws(GraphError) in
    guard let x = rewriter.matchReshape(node.operands[0]),
      let direct = rewriter.shape(x).broadcastStrides(to: node.type.shape),
      direct == rewriter.shape(node.operands[0]).broadcastStrides(to: node.type.shape)
    else { return nil }
    return try rewriter[x].broadcast(to: node.type.shape).id
  },
  RewriteRule(
    .canonicalize, "move-repeated-scalar", [.reshape, .transpose, .slice, .flip],
    "all elements are the same one, wherever they are moved"
  ) { rewriter, node throws(GraphError) in
    guard let x = rewriter.matchBroadcast(node.operands[0]), rewriter.shape(x).isScalar else { return nil }
    return try rewriter[x].broadcast(to: node.type.shape).id
  },
  RewriteRule(
    .canonicalize, "reshape-of-scalar-constant", [.reshape], "one constant, whatever the extents of 1"
  ) { rewriter, node throws(GraphError) in
    guard let literal = rewriter.literal(node.operands[0]) else { return nil }
    return try rewriter.constant(literal, node.type.shape).id
  },
  RewriteRule(
    .canonicalize, "cast-back", [.cast], "float32 → float64 → float32 is exact"
  ) { rewriter, node throws(GraphError) in
    guard case .cast = rewriter.builder.nodes[node.operands[0]].operation else { return nil }
    let inner = rewriter.look(node.operands[0])
    let x = inner.operands[0]
    guard rewriter.type(x) == node.type else { return nil }
    switch (node.type.scalarType, inner.type.scalarType) {
    case (.bool, _), (.int32, .int32), (.int32, .int64), (.int32, .float64), (.int64, .int64),
      (.float32, .float32), (.float32, .float64), (.float64, .float64):
      return x
    case (.int32, .bool), (.int32, .float32), (.int64, .bool), (.int64, .int32), (.int64, .float32),
      (.int64, .float64), (.float32, .bool), (.float32, .int32), (.float32, .int64), (.float64, .bool),
      (.float64, .int32), (.float64, .int64), (.float64, .float32):
      return nil
    }
  },
  RewriteRule(
    .canonicalize, "dot-of-transpose", [.dot],
    "a product names its axes, so it can read the matrix as it lies"
  ) { rewriter, node throws(GraphError) in
    guard case .dot(let old) = node.operation else { return nil }
    var dimensions = old
    var operands = node.operands
    // Axes of windows are in the order in which they lie together in memory, and should be in the derivative, too.
    if let (x, permutation) = rewriter.matchTranspose(operands[0]), !rewriter.isWindows(x) {
      let free = old.lhsFree(rank: permutation.count).map { permutation[$0] }
      if free == free.sorted() {
        operands[0] = x
        dimensions = DotDimensions(
          lhsContracting: old.lhsContracting.map { permutation[$0] }, rhsContracting: old.rhsContracting,
          lhsBatch: old.lhsBatch.map { permutation[$0] }, rhsBatch: old.rhsBatch)
      }
    }
    if let (x, permutation) = rewriter.matchTranspose(operands[1]), !rewriter.isWindows(x) {
      let free = old.rhsFree(rank: permutation.count).map { permutation[$0] }
      if free == free.sorted() {
        operands[1] = x
        dimensions = DotDimensions(
          lhsContracting: dimensions.lhsContracting,
          rhsContracting: old.rhsContracting.map { permutation[$0] }, lhsBatch: dimensions.lhsBatch,
          rhsBatch: old.rhsBatch.map { permutation[$0] })
      }
    }
    return operands == node.operands ? nil : try rewriter.make(.dot(dimensions), operands)
  },
]

extension Rewriter {
  fileprivate func isWindows(_ id: NodeID) -> Bool {
    if case .windows = builder.nodes[id].operation { true } else { false }
  }
}
