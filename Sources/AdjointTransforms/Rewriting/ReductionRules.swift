import AdjointArray
import AdjointIR

// Canonicalize: reductions.

let reductionRules: [RewriteRule] = [
  RewriteRule(
    .canonicalize, "reduce-reduce", Reduction.allCases.map { .reduce($0) },
    "one reduction over all axes; a sum's or product's order of terms, and so its rounding, may change"
  ) { rewriter, node throws(GraphError) in
    guard case .reduce(let reduction, let outer) = node.operation,
      let (x, inner) = rewriter.match(reduction, node.operands[0])
    else { return nil }
    let left = (0..<rewriter.shape(x).rank).filter { !inner.contains($0) }
    return try rewriter.reduce(reduction, x, axes: (inner + outer.map { left[$0] }).sorted())
  },
  RewriteRule(
    .canonicalize, "sum-of-broadcast", [.reduce(.sum)],
    "n times the same number is n · x, rounded once instead of n times"
  ) { rewriter, node throws(GraphError) in
    guard case .reduce(_, let axes) = node.operation, let x = rewriter.matchBroadcast(node.operands[0]) else {
      return nil
    }
    let from = rewriter.shape(x)
    let full = rewriter.shape(node.operands[0])
    let offset = full.rank - from.rank
    let count = axes.reduce(1) { $0 * full[$1] }
    guard count > 0, axes.allSatisfy({ $0 < offset || from[$0 - offset] == 1 }) else { return nil }
    // The axes that are left, all of which the operand has or repeats.
    let kept = axes.compactMap { $0 >= offset ? $0 - offset : nil }
    let squeezed = try rewriter.reshape(x, to: from.reducing(kept, keepingDimensions: false))
    let repeated = TensorType(node.type.scalarType, rewriter.shape(squeezed))
    let product = try rewriter.binary(
      .multiply, squeezed, rewriter.constant(Double(count), like: repeated))
    return try rewriter.broadcast(product, to: node.type.shape)
  },
  RewriteRule(
    .canonicalize, "extreme-of-broadcast", [.reduce(.maximum), .reduce(.minimum)],
    "the greatest of equal numbers is that number"
  ) { rewriter, node throws(GraphError) in
    guard case .reduce(_, let axes) = node.operation, let x = rewriter.matchBroadcast(node.operands[0]),
      rewriter.shape(x).isScalar
    else { return nil }
    let count = axes.reduce(1) { $0 * rewriter.shape(node.operands[0])[$1] }
    return count > 0 ? try rewriter.broadcast(x, to: node.type.shape) : nil
  },
]
