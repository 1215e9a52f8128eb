import AdjointArray
import AdjointIR

// Reductions. Canonicalize has what keeps every bit: another order of terms is another rounding, and where terms
// overflow the difference of a number and a NaN, so that floats are left to algebra.

let reductionRules: [RewriteRule] = [
  RewriteRule(
    .canonicalize, "reduce-reduce", Reduction.allCases.map { .reduce($0) },
    "one reduction over all axes, where the order of terms does not matter: max, min, any, all, and integers, which wrap"
  ) { rewriter, node throws(GraphError) in
    guard case .reduce(let reduction, _) = node.operation,
      reduction == .maximum || reduction == .minimum || !node.type.scalarType.isFloatingPoint
    else { return nil }
    return try rewriter.mergedReductions(node)
  },
  RewriteRule(
    .algebra, "reassociate-reductions", [.reduce(.sum), .reduce(.product)],
    "one sum or product over all axes, whose terms meet in another order"
  ) { rewriter, node throws(GraphError) in try rewriter.mergedReductions(node) },
  RewriteRule(
    .canonicalize, "sum-of-broadcast", [.reduce(.sum)],
    "n times the same number is n · x, where that is exact: for integers, and constants such as 1"
  ) { rewriter, node throws(GraphError) in
    guard let (x, count, kept) = rewriter.matchSumOfBroadcast(node),
      node.type.scalarType.isInteger || rewriter.isExact(rewriter.literal(x), times: count)
    else { return nil }
    return try rewriter.product(x, count, keeping: kept, node.type)
  },
  RewriteRule(
    .algebra, "multiply-for-sum", [.reduce(.sum)],
    "n times the same number is n · x, rounded once instead of n times"
  ) { rewriter, node throws(GraphError) in
    guard let (x, count, kept) = rewriter.matchSumOfBroadcast(node) else { return nil }
    return try rewriter.product(x, count, keeping: kept, node.type)
  },
  RewriteRule(
    .canonicalize, "extreme-of-broadcast",
    [.reduce(.maximum), .reduce(.minimum), .reduce(.any), .reduce(.all)],
    "the greatest of equal numbers is that number"
  ) { rewriter, node throws(GraphError) in
    guard case .reduce(_, let axes) = node.operation, let x = rewriter.matchBroadcast(node.operands[0]),
      rewriter.shape(x).isScalar
    else { return nil }
    let count = axes.reduce(1) { $0 * rewriter.shape(node.operands[0])[$1] }
    return count > 0 ? try rewriter[x].broadcast(to: node.type.shape).id : nil
  },
]

extension Rewriter {
  /// One reduction in place of two of the same kind.
  fileprivate func mergedReductions(_ node: Candidate) throws(GraphError) -> NodeID? {
    guard case .reduce(let reduction, let outer) = node.operation,
      let (x, inner) = match(reduction, node.operands[0])
    else { return nil }
    let left = (0..<shape(x).rank).filter { !inner.contains($0) }
    return try reduce(reduction, self[x], (inner + outer.map { left[$0] }).sorted()).id
  }

  /// What is repeated, how often each element of it is summed, and its axes that are summed, all of extent 1.
  fileprivate func matchSumOfBroadcast(_ node: Candidate) -> (NodeID, count: Int, kept: [Int])? {
    guard case .reduce(_, let axes) = node.operation, let x = matchBroadcast(node.operands[0]) else {
      return nil
    }
    let from = shape(x)
    let full = shape(node.operands[0])
    let offset = full.rank - from.rank
    let count = axes.reduce(1) { $0 * full[$1] }
    guard count > 0, axes.allSatisfy({ $0 < offset || from[$0 - offset] == 1 }) else { return nil }
    return (x, count, axes.compactMap { $0 >= offset ? $0 - offset : nil })
  }

  /// `count` · x in `type`, the shape of what is left without the axes `kept`, or broadcast from it.
  fileprivate func product(_ x: NodeID, _ count: Int, keeping kept: [Int], _ type: TensorType)
    throws(GraphError) -> NodeID
  {
    let squeezed = try self[x].reshape(to: shape(x).reducing(kept, keepingDimensions: false))
    // An integer sum wraps, and so does the count.
    let factor =
      type.scalarType.isInteger
      ? Literal(wrapping: Int64(count), as: type.scalarType) : Literal(Double(count), as: type.scalarType)
    return try (squeezed * constant(factor, squeezed.shape)).broadcast(to: type.shape).id
  }

  /// Whether the sums of 1, 2, … `count` times this number have no rounding.
  ///
  /// They are multiples of the number's last bit: none needs more bits than the last, the largest, does.
  fileprivate func isExact(_ literal: Literal?, times count: Int) -> Bool {
    guard let literal, literal.scalarType.isFloatingPoint else { return false }
    let number = literal.doubleValue
    let isSingle = literal.scalarType == .float32
    let sum = number * Double(count)
    // −0 + −0 is +0, as sums start from +0.
    guard number.isFinite, isSingle ? Float(sum).isFinite : sum.isFinite else { return false }
    if number == 0 { return number.sign == .plus }
    let digits = number.significand * Double(sign: .plus, exponent: number.significandWidth, significand: 1)
    return digits * Double(count) < (isSingle ? 0x1p24 : 0x1p53)
  }
}
