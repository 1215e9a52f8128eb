import AdjointArray
import AdjointIR

/// Scaled dot-product attention: softmax(scale · Q Kᵀ + mask) V, for each query a mean of the values, weighted by how
/// well their keys fit. PyTorch's `scaled_dot_product_attention`.
///
/// Vaswani et al., Attention Is All You Need, NeurIPS 2017, equation 1. The greatest score of each query is subtracted
/// from its scores, so that nothing overflows, and the sum of the weights divides the result rather than each weight
/// (Dao et al., FlashAttention, NeurIPS 2022). A query for which no key is allowed gives 0, and so do its derivatives.
///
/// - Parameters:
///   - query: `[…, t, d]`.
///   - key: `[…, s, d]`.
///   - value: `[…, s, v]`. The leading axes, such as batch and heads, are broadcast together.
///   - isCausal: whether query i sees keys 0 to i only, for t ≠ s too.
///   - mask: broadcast to the scores `[…, t, s]`. A bool one says where a key may be seen; numbers are added to the
///     scores, with −∞ for a key that may not.
///   - scale: 1/√d where it is not given.
///   - checkpoint: whether the backward pass computes the scores again from query and key, as ``checkpoint(_:file:line:_:)``
///     does, so that no t × s matrix is kept for it.
/// - Returns: `[…, t, v]`.
public func attention(
  _ query: Tensor, _ key: Tensor, _ value: Tensor, isCausal: Bool = false, mask: Tensor? = nil,
  scale: Double? = nil, checkpoint isCheckpointed: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  let operands = [query, key, value, mask].compactMap(\.self)
  return Tensor.compose(operands, file, line) {
    let checked = query.fitting(key, value)
    guard !checked.isPoisoned else { return checked }
    let scale = scale ?? 1 / Double(Swift.max(1, query.shape[query.rank - 1])).squareRoot()
    let body = { (x: [Tensor]) in
      [weightedMean(x[0], x[1], x[2], isCausal, x.count > 3 ? x[3] : nil, scale)]
    }
    let arguments = [checked] + operands.dropFirst()
    return isCheckpointed
      ? checkpoint(arguments, file: file, line: line, body)[0] : body(arguments)[0]
  }
}

private func weightedMean(
  _ query: Tensor, _ key: Tensor, _ value: Tensor, _ isCausal: Bool, _ mask: Tensor?, _ scale: Double
) -> Tensor {
  var scores = matmul(query * scale, key.swappingAxes(-1, -2))
  if let mask { scores = masked(scores, mask) }
  if isCausal {
    let (rows, columns) = (scores.shape[scores.rank - 2], scores.shape[scores.rank - 1])
    let row = Tensor.iota(rows, in: scores.trace).expandedDimensions(axis: 1)
    scores = select(Tensor.iota(columns, in: scores.trace) .<= row, scores, -.infinity)
  }
  let weights = exp(scores - softmaxShift(scores, -1))
  let total = sum(weights, axes: -1, keepDimensions: true)
  // The greatest weight is 1, so that only the sum of none is 0.
  return matmul(weights, value) / select(total .== 0, 1, total)
}

private func masked(_ scores: Tensor, _ mask: Tensor) -> Tensor {
  let fitted = Tensor.record("attention", [mask, scores]) { builder, ids throws(GraphError) in
    let (own, whole) = (builder.type(ids[0]), builder.shape(ids[1]))
    guard own.scalarType == .bool || own.scalarType.isFloatingPoint else {
      throw GraphError(
        .typeMismatch, operation: "attention", problem: "a mask of \(own.scalarType)",
        remedy: "give a bool one, or numbers to add to the scores")
    }
    guard own.shape.broadcast(with: whole) == whole else {
      throw GraphError(
        .shapeMismatch, operation: "attention",
        problem: "the mask \(own) is not broadcast to the scores \(whole)",
        remedy: "give one of the last two axes of the scores, or with leading ones of theirs")
    }
    return ids[0]
  }
  return mask.scalarType == .bool ? select(fitted, scores, -.infinity) : scores + fitted
}

extension Tensor {
  /// These queries, poisoned where `key` or `value` do not fit them.
  fileprivate func fitting(_ key: Tensor, _ value: Tensor) -> Tensor {
    Tensor.record("attention", [self, key, value]) { builder, ids throws(GraphError) in
      let shapes = ids.map { builder.shape($0) }
      func mismatch(_ remedy: String) -> GraphError {
        GraphError(
          .shapeMismatch, operation: "attention",
          problem: "queries \(shapes[0]), keys \(shapes[1]) and values \(shapes[2]) do not fit",
          remedy: remedy)
      }
      for id in ids { try builder.requireFloatingPoint(id, "attention") }
      guard shapes.allSatisfy({ $0.rank >= 2 }) else {
        throw mismatch("give […, t, d], […, s, d] and […, s, v]")
      }
      let ends = shapes.map { Array($0.dimensions.suffix(2)) }
      guard ends[0][1] == ends[1][1] else { throw mismatch("queries and keys need one width") }
      guard ends[1][0] == ends[2][0] else { throw mismatch("give one value for each key") }
      let leading = shapes.map { Shape(Array($0.dimensions.dropLast(2))) }
      guard leading[0].broadcast(with: leading[1])?.broadcast(with: leading[2]) != nil else {
        throw mismatch("extents before the last two, aligned at their end, must be equal or 1")
      }
      return ids[0]
    }
  }
}
