import AdjointArray
import AdjointIR

// The rule of `dot`: two more of its kind.

extension DerivativeRule {
  func dot(_ dimensions: DotDimensions, _ builder: inout Builder) throws(GraphError) -> [NodeID?] {
    let lhs = Side(
      operands[0], builder.shape(operands[0]).rank, dimensions.lhsContracting, dimensions.lhsBatch)
    let rhs = Side(
      operands[1], builder.shape(operands[1]).rank, dimensions.rhsContracting, dimensions.rhsBatch)
    // The cotangent's axes: batch, the left's free axes, the right's.
    let batch = Array(0..<lhs.batch.count)
    let lhsFree = Array(batch.count..<(batch.count + lhs.free.count))
    let rhsFree = Array((batch.count + lhs.free.count)..<(batch.count + lhs.free.count + rhs.free.count))
    return [
      wanted[0] ? try back(lhs, rhs, batch: batch, free: lhsFree, summed: rhsFree, &builder) : nil,
      wanted[1] ? try back(rhs, lhs, batch: batch, free: rhsFree, summed: lhsFree, &builder) : nil,
    ]
  }

  /// One operand of the forward product and the parts that its axes play.
  private struct Side {
    let id: NodeID
    let contracting: [Int]
    let batch: [Int]
    let free: [Int]

    init(_ id: NodeID, _ rank: Int, _ contracting: [Int], _ batch: [Int]) {
      self.id = id
      self.contracting = contracting
      self.batch = batch
      free = (0..<rank).filter { !contracting.contains($0) && !batch.contains($0) }
    }
  }

  /// The cotangent of `own`: the product of the node's cotangent, whose axes `summed` belong to the other
  /// operand, with that operand.
  ///
  /// The product's axes are own's in another order. Of the two orders of operands the one is taken that
  /// needs no transpose, where there is one.
  private func back(
    _ own: Side, _ other: Side, batch: [Int], free: [Int], summed: [Int], _ builder: inout Builder
  ) throws(GraphError) -> NodeID {
    // Which axis of own each of other's contracting axes, ascending, is paired with.
    let paired = zip(other.contracting, own.contracting).sorted { $0.0 < $1.0 }.map(\.1)
    let cotangentFirst = own.batch + own.free + paired
    let otherFirst = own.batch + paired + own.free
    if otherFirst == Array(0..<otherFirst.count), cotangentFirst != otherFirst {
      let dimensions = DotDimensions(
        lhsContracting: other.free, rhsContracting: summed, lhsBatch: other.batch, rhsBatch: batch)
      return try builder.append(.dot(dimensions), [other.id, cotangent])
    }
    let dimensions = DotDimensions(
      lhsContracting: summed, rhsContracting: other.free, lhsBatch: batch, rhsBatch: other.batch)
    let product = try builder.append(.dot(dimensions), [cotangent, other.id])
    return try builder.transpose(product, inverse(cotangentFirst))
  }
}
