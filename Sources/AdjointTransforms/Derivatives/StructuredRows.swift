import AdjointArray
import AdjointIR

// How rows pass through structured operations.

extension Builder {
  /// The axis of the node that follows the rows, given those of its operands (`nil` where an operand does not
  /// depend on them); `nil` where rows meet.
  func followedAxis(_ operation: StructuredOperation, _ node: Node, _ axes: [Int?]) -> Int? {
    let rank = node.type.rank
    let first = axes.compactMap { $0 }.first
    let agreed = Set(axes.compactMap { $0 }).count == 1 ? first : nil
    switch operation {
    case .cumulative(_, let along, _), .gather(let along), .scatterAdd(let along, _), .argsort(let along, _):
      return agreed == along ? nil : agreed
    case .gatherRows:
      // Of one table for all, each index takes what is its own.
      if axes[0] == nil { return axes[1] }
      guard axes[1] == nil, let axis = agreed, axis > 0 else { return nil }
      return axis - 1 + shape(node.operands[1]).rank
    case .scatterAddRows:
      let leading = shape(node.operands[1]).rank
      guard axes[1] == nil, let axis = agreed, axis >= leading else { return nil }
      return axis - leading + 1
    case .randomBits:
      return nil
    case .searchSorted:
      // Each value is searched for by itself.
      return agreed.flatMap { $0 < rank - 1 || axes[0] == nil ? $0 : nil }
    case .cholesky:
      return agreed.flatMap { $0 < rank - 2 ? $0 : nil }
    case .triangularSolve:
      // The columns of the right-hand side are as independent as leading axes are.
      guard let axis = agreed else { return nil }
      return axis < rank - 2 || (axis == rank - 1 && axes[0] == nil) ? axis : nil
    }
  }
}

extension StructuredOperation {
  /// The axis of an operand that numbers the rows that a row of the result needs, where it is `axis` of another operand; `nil`
  /// where it needs the whole operand.
  func partnerAxis(of axis: Int, rank: Int) -> Int? {
    switch self {
    case .gather, .scatterAdd: axis
    // Values need all the numbers that they are searched among.
    case .searchSorted: axis < rank - 1 ? axis : nil
    // Columns of the right-hand side need the whole matrix.
    case .triangularSolve: axis < rank - 2 ? axis : nil
    case .cumulative, .gatherRows, .scatterAddRows, .randomBits, .argsort, .cholesky: nil
    }
  }

  /// The rows of the table that updates are summed in, each with the index of the same place; `nil` where none are.
  var summedRows: Int? {
    switch self {
    case .scatterAddRows(let rows): rows
    case .cumulative, .gatherRows, .gather, .scatterAdd, .randomBits, .argsort, .searchSorted, .cholesky,
      .triangularSolve:
      nil
    }
  }
}
