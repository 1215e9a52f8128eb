import AdjointArray
import AdjointIR

// Stabilize: forms that do not overflow, underflow or cancel (Higham, Accuracy and Stability of Numerical Algorithms,
// 2nd ed., ch. 1 and 4). What they make is smooth where the function is: derivatives of any order are right at 0, too,
// so that |x| and max(x, 0) do not occur in it, but choices by x .> 0.
//
// sqrt(x² + y²) is left alone: a function that does not overflow there has other bits in each backend, while the root
// has the same.

let stabilizeRules: [RewriteRule] = logarithmRules + exponentialRules

/// log(1 + eˣ) as max(x, 0) + log1p(e^−|x|).
func softplus(_ x: Pattern) -> Pattern { select(x .> 0, x, 0) + softplusTail(x) }

/// log σ(x) as min(x, 0) − log1p(e^−|x|).
func logSigmoid(_ x: Pattern) -> Pattern { select(x .> 0, 0, x) - softplusTail(x) }

private func softplusTail(_ x: Pattern) -> Pattern { log1p(exp(select(x .> 0, -x, x))) }

extension Rewriter {
  /// Whether `id` is −|x|, as such or as a choice of −x and x: the exponent of a softplus that is stable already.
  func isMinusMagnitude(_ id: NodeID) -> Bool {
    if case .select = builder.nodes[id].operation {
      let branches = builder.nodes[id].operands
      return match(.negate, branches[1]) == branches[2] || match(.negate, branches[2]) == branches[1]
    }
    guard let x = match(.negate, id) else { return false }
    return match(.absolute, x) != nil
  }

  /// What is summed along which axes, where `id` is a sum, reshaped and repeated or not.
  func repeatedSum(_ id: NodeID) -> (terms: NodeID, axes: [Int])? {
    let unrepeated = matchBroadcast(id) ?? id
    return match(.sum, matchReshape(unrepeated) ?? unrepeated).map { ($0.0, $0.axes) }
  }

  /// Whether `id` is x − max x already, whichever way that maximum was repeated.
  func isShiftedByMaximum(_ id: NodeID) -> Bool {
    guard case .binary(.subtract) = builder.nodes[id].operation else { return false }
    var shift = builder.nodes[builder.nodes[id].operands[1]]
    for _ in 0..<8 {
      switch shift.operation {
      case .reduce(.maximum, _), .binary(.maximum): return true
      case .broadcast, .reshape, .stopGradient: shift = builder.nodes[shift.operands[0]]
      case .select: shift = builder.nodes[shift.operands[1]]
      case .argument, .constant, .data, .iota, .unary, .binary, .compare, .cast, .reduce, .structured, .dot,
        .transpose, .slice, .flip, .pad, .concatenate, .windows, .addWindows, .scan, .barrier, .call:
        return false
      }
    }
    return false
  }

  /// `extreme` as a number that no derivative flows through, or 0 where it is not finite: ∞ − ∞ is not the answer.
  func shift(_ extreme: Term) throws(GraphError) -> Term {
    let m = try self(.stopGradient, extreme)
    return try select(abs(m) .< .infinity, m, 0)
  }
}
