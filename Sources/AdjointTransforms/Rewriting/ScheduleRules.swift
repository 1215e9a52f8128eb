import AdjointArray
import AdjointIR

// Schedule: forms that kernels like better, tried once before lowering. They keep values, up to the order of a sum and the
// sign of a zero; what derivatives are taken of, and operations counted in, stays as it was written.

private let x = Pattern(.variable(0))
private let y = Pattern(.variable(1))

let scheduleRules: [RewriteRule] = [
  RewriteRule(
    .schedule, "dot-over-one", [.dot],
    "a sum of one product is that product, which joins the kernels around it; of −0 it is −0"
  ) { rewriter, node throws(GraphError) in
    guard let product = ProductShape(rewriter, node), product.depth == 1 else { return nil }
    return try (product.lhs(rewriter) * product.rhs(rewriter)).id
  },
  RewriteRule(
    .schedule, "dot-with-vector", [.dot],
    "a computed matrix times a vector is multiplied and summed up in the kernel that computes it"
  ) { rewriter, node throws(GraphError) in
    guard case .dot(let dimensions) = node.operation, dimensions.lhsBatch.isEmpty,
      dimensions.lhsContracting.count == 1, let product = ProductShape(rewriter, node), product.depth > 1
    else { return nil }
    for matrix in 0..<2 {
      let (columns, ownAxes) = (
        matrix == 0 ? product.columns : product.rows, rewriter.shape(node.operands[matrix]).rank
      )
      guard columns.reduce(1, *) == 1, ownAxes == 2, rewriter.isComputed(node.operands[matrix]) else {
        continue
      }
      let shape = rewriter.shape(node.operands[matrix])
      let axis = (matrix == 0 ? dimensions.lhsContracting : dimensions.rhsContracting)[0]
      let along = axis == 1 ? Shape([shape[1]]) : Shape([shape[0], 1])
      let terms = try rewriter[node.operands[matrix]] * rewriter[node.operands[1 - matrix]].reshape(to: along)
      return try sum(terms, [axis]).reshape(to: node.type.shape).id
    }
    return nil
  },
  RewriteRule(
    .schedule, "dot-of-equal-rows", [.dot], "rows that are equal have equal products, of which one will do"
  ) { rewriter, node throws(GraphError) in
    guard case .dot(let dimensions) = node.operation else { return nil }
    for side in 0..<2 {
      let rank = rewriter.shape(node.operands[side]).rank
      let free = side == 0 ? dimensions.lhsFree(rank: rank) : dimensions.rhsFree(rank: rank)
      guard let one = try rewriter.one(ofEqual: free, node.operands[side]) else { continue }
      var operands = node.operands.map { rewriter[$0] }
      operands[side] = one
      return try rewriter(node.operation, operands).broadcast(to: node.type.shape).id
    }
    return nil
  },
  RewriteRule(
    .schedule, "pad-of-equal-rows", [.pad], "rows that are equal are padded alike"
  ) { rewriter, node throws(GraphError) in
    guard case .pad(let padding) = node.operation else { return nil }
    let operand = rewriter.shape(node.operands[0])
    let kept = operand.dimensions.indices.filter {
      padding.low[$0] == 0 && padding.high[$0] == 0 && padding.interior[$0] == 0
    }
    guard let one = try rewriter.one(ofEqual: kept, node.operands[0]) else { return nil }
    return try rewriter(node.operation, one).broadcast(to: node.type.shape).id
  },
  RewriteRule(
    .schedule, "double", x + x ==> x * 2, agreeing: .bits, where: { $0.isFloat },
    because: "a product joins the product before or after it"),
  RewriteRule(
    .schedule, "negate-last",
    (-x * y ==> -(x * y)).inOrder, (x * -y ==> -(x * y)).inOrder, -x / y ==> -(x / y), x / -y ==> -(x / y),
    agreeing: .bitsButNaNSign, where: { $0.isFloat },
    because: "a sign that comes last goes into a sum as a difference"),
  RewriteRule(
    .schedule, "negate-result", [.reduce(.sum), .dot],
    "−x, summed up, is −(the sum of x): one sign for all terms"
  ) { rewriter, node throws(GraphError) in
    guard node.type.scalarType.isFloatingPoint else { return nil }
    for side in node.operands.indices {
      guard let x = rewriter.match(.negate, node.operands[side]) else { continue }
      var operands = node.operands
      operands[side] = x
      return try (-rewriter[rewriter.make(node.operation, operands)]).id
    }
    return nil
  },
]

/// A contraction as a matrix product: what extents the result has from either side, and over how many terms it sums.
private struct ProductShape {
  let batch: [Int]
  let rows: [Int]
  let columns: [Int]
  let depth: Int
  private let dimensions: DotDimensions
  private let operands: [NodeID]

  init?(_ rewriter: Rewriter, _ node: Candidate) {
    guard case .dot(let dimensions) = node.operation else { return nil }
    let (lhs, rhs) = (rewriter.shape(node.operands[0]), rewriter.shape(node.operands[1]))
    batch = dimensions.lhsBatch.map { lhs[$0] }
    rows = dimensions.lhsFree(rank: lhs.rank).map { lhs[$0] }
    columns = dimensions.rhsFree(rank: rhs.rank).map { rhs[$0] }
    depth = dimensions.lhsContracting.reduce(1) { $0 * lhs[$1] }
    self.dimensions = dimensions
    operands = node.operands
  }

  /// The left factor where each term has one product, over the result's shape.
  func lhs(_ rewriter: Rewriter) throws(GraphError) -> Term {
    let free = dimensions.lhsFree(rank: rewriter.shape(operands[0]).rank)
    return try placed(
      operands[0], dimensions.lhsBatch + free, dimensions.lhsContracting,
      batch + rows + columns.map { _ in 1 }, rewriter)
  }

  func rhs(_ rewriter: Rewriter) throws(GraphError) -> Term {
    let free = dimensions.rhsFree(rank: rewriter.shape(operands[1]).rank)
    return try placed(
      operands[1], dimensions.rhsBatch + free, dimensions.rhsContracting,
      batch + rows.map { _ in 1 } + columns, rewriter)
  }

  /// A factor with the axes `kept` in this order, as `shape`, over the result's shape; the other axes have extents of 1.
  private func placed(
    _ factor: NodeID, _ kept: [Int], _ others: [Int], _ shape: [Int], _ rewriter: Rewriter
  ) throws(GraphError) -> Term {
    let ordered = kept == kept.sorted() ? rewriter[factor] : try rewriter[factor].transpose(kept + others)
    return try ordered.reshape(to: Shape(shape)).broadcast(to: Shape(batch + rows + columns))
  }
}

extension Rewriter {
  /// Where `id` repeats its operand along some of `axes`: the same with an extent of 1 along these.
  fileprivate func one(ofEqual axes: [Int], _ id: NodeID) throws(GraphError) -> Term? {
    guard let source = matchBroadcast(id) else { return nil }
    let (whole, own) = (shape(id), shape(source))
    let missing = whole.rank - own.rank
    let equal = axes.filter { whole[$0] > 1 && ($0 < missing || own[$0 - missing] == 1) }
    guard !equal.isEmpty else { return nil }
    var extents = whole.dimensions
    for axis in equal { extents[axis] = 1 }
    return try self[source].broadcast(to: Shape(extents))
  }

  /// Whether a kernel of elementwise operations makes this value.
  fileprivate func isComputed(_ id: NodeID) -> Bool {
    switch builder.nodes[id].operation {
    case .unary, .binary, .select: true
    case .argument, .constant, .data, .iota, .compare, .cast, .reduce, .structured, .dot, .reshape,
      .transpose, .broadcast, .slice, .flip, .pad, .concatenate, .windows, .addWindows, .stopGradient,
      .barrier, .scan, .call:
      false
    }
  }
}
