import AdjointArray
import AdjointIR

// The rule of `dot`: two more of its kind.

extension DerivativeRule {
  func dot(_ dimensions: DotDimensions) throws(GraphError) -> [Term?] {
    let lhs = Side(operands[0], dimensions.lhsContracting, dimensions.lhsBatch)
    let rhs = Side(operands[1], dimensions.rhsContracting, dimensions.rhsBatch)
    // The cotangent's axes: batch, the left's free axes, the right's.
    let batch = Array(0..<lhs.batch.count)
    let lhsFree = Array(batch.count..<(batch.count + lhs.free.count))
    let rhsFree = Array((batch.count + lhs.free.count)..<(batch.count + lhs.free.count + rhs.free.count))
    return [
      wanted[0] ? try back(lhs, rhs, batch: batch, free: lhsFree, summed: rhsFree) : nil,
      wanted[1] ? try back(rhs, lhs, batch: batch, free: rhsFree, summed: lhsFree) : nil,
    ]
  }

  /// One operand of the forward product and the parts that its axes play.
  private struct Side {
    let term: Term
    let contracting: [Int]
    let batch: [Int]
    let free: [Int]

    init(_ term: Term, _ contracting: [Int], _ batch: [Int]) {
      self.term = term
      self.contracting = contracting
      self.batch = batch
      free = (0..<term.shape.rank).filter { !contracting.contains($0) && !batch.contains($0) }
    }
  }

  /// The cotangent of `own`: the product of g, whose axes `summed` belong to the other
  /// operand, with that operand.
  ///
  /// The product's axes are own's in another order. Of the two orders of operands the one is taken that
  /// needs no transpose, where there is one.
  private func back(_ own: Side, _ other: Side, batch: [Int], free: [Int], summed: [Int])
    throws(GraphError) -> Term
  {
    // Which axis of own each of other's contracting axes, ascending, is paired with.
    let paired = zip(other.contracting, own.contracting).sorted { $0.0 < $1.0 }.map(\.1)
    let cotangentFirst = own.batch + own.free + paired
    let otherFirst = own.batch + paired + own.free
    if otherFirst == Array(0..<otherFirst.count), cotangentFirst != otherFirst {
      let dimensions = DotDimensions(
        lhsContracting: other.free, rhsContracting: summed, lhsBatch: other.batch, rhsBatch: batch)
      return try terms(.dot(dimensions), other.term, g)
    }
    let dimensions = DotDimensions(
      lhsContracting: summed, rhsContracting: other.free, lhsBatch: batch, rhsBatch: other.batch)
    return try terms(.dot(dimensions), g, other.term).transpose(inverse(cotangentFirst))
  }
}
