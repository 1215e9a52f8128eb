import AdjointArray
import AdjointIR

// The derivatives of structured operations; those that take more than a line stand in files of their own.

extension DerivativeRule {
  /// For each operand what flows into it, `nil` where nothing does.
  func structured(_ operation: StructuredOperation) throws(GraphError) -> [Term?] {
    switch operation {
    case .randomBits, .argsort, .searchSorted: return operands.map { _ in nil }
    case .cumulative(let function, let axis, let isReversed):
      return [try cumulative(function, axis, isReversed)]
    case .gatherRows: return [try scatterAddRows(g, operands[1], rows: operands[0].shape[0]), nil]
    case .scatterAddRows: return [try gatherRows(g, operands[1]), nil]
    case .gather(let axis):
      return [try scatterAdd(g, operands[1], axis: axis, extent: operands[0].shape[axis]), nil]
    case .scatterAdd(let axis, _): return [try gather(g, operands[1], axis: axis), nil]
    case .cholesky: return [try cholesky()]
    case .triangularSolve(let solve): return try triangularSolve(solve)
    }
  }
}

extension ForwardRule {
  /// The tangent of the result, `nil` where it is zero.
  func structured(_ operation: StructuredOperation) throws(GraphError) -> Term? {
    switch operation {
    case .randomBits, .argsort, .searchSorted: return nil
    case .cumulative(let function, let axis, let isReversed):
      return try cumulative(function, axis, isReversed)
    case .gatherRows, .scatterAddRows, .gather, .scatterAdd: return try linear(0)
    case .cholesky: return try cholesky()
    case .triangularSolve(let solve): return try triangularSolve(solve)
    }
  }
}

extension StructuredOperation {
  /// Whether a derivative can flow to the operand at `position`, if both are floating-point.
  func carriesDerivative(_ position: Int) -> Bool {
    switch self {
    case .randomBits, .argsort, .searchSorted: false
    case .gatherRows, .scatterAddRows, .gather, .scatterAdd: position == 0
    case .cumulative, .cholesky, .triangularSolve: true
    }
  }
}

private func gatherRows(_ table: Term, _ indices: Term) throws(GraphError) -> Term {
  try table.terms(.structured(.gatherRows), table, indices)
}

private func scatterAddRows(_ updates: Term, _ indices: Term, rows: Int) throws(GraphError) -> Term {
  try updates.terms(.structured(.scatterAddRows(rows: rows)), updates, indices)
}

private func gather(_ table: Term, _ indices: Term, axis: Int) throws(GraphError) -> Term {
  try table.terms(.structured(.gather(axis: axis)), table, indices)
}

private func scatterAdd(_ updates: Term, _ indices: Term, axis: Int, extent: Int) throws(GraphError) -> Term {
  try updates.terms(.structured(.scatterAdd(axis: axis, extent: extent)), updates, indices)
}
