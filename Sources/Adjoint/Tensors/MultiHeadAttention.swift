import AdjointArray
import AdjointIR

/// The projections of ``multiHeadAttention(_:context:heads:weights:isCausal:mask:checkpoint:file:line:)``. A weight
/// `[in, out]` multiplies from the right, as in ``Dense``; PyTorch's are the transposes.
public struct AttentionWeights {
  /// `[e, w]`: w is the width of all heads together.
  public var query: Tensor
  /// `[c, w]`: c is the width of the context.
  public var key: Tensor
  /// `[c, u]`: u may be another width.
  public var value: Tensor
  /// `[u, o]`.
  public var output: Tensor
  /// `[w]`, `[w]`, `[u]` and `[o]`; none adds nothing.
  public var queryBias, keyBias, valueBias, outputBias: Tensor?

  public init(
    query: Tensor, key: Tensor, value: Tensor, output: Tensor, queryBias: Tensor? = nil,
    keyBias: Tensor? = nil,
    valueBias: Tensor? = nil, outputBias: Tensor? = nil
  ) {
    (self.query, self.key, self.value, self.output) = (query, key, value, output)
    (self.queryBias, self.keyBias, self.valueBias, self.outputBias) = (
      queryBias, keyBias, valueBias, outputBias
    )
  }

  /// Weights that stand side by side in one matrix: those of the queries, then the keys, then the values.
  ///
  /// - Parameters:
  ///   - packed: `[e, 3 w]`.
  ///   - packedBias: `[3 w]`.
  public init(
    packed: Tensor, output: Tensor, packedBias: Tensor? = nil, outputBias: Tensor? = nil,
    file: String = #fileID,
    line: Int = #line
  ) {
    let weights = packed.split(parts: 3, axis: -1, file: file, line: line)
    let biases = packedBias?.split(parts: 3, axis: -1, file: file, line: line)
    self.init(
      query: weights[0], key: weights[1], value: weights[2], output: output, queryBias: biases?[0],
      keyBias: biases?[1], valueBias: biases?[2], outputBias: outputBias)
  }
}

/// Attention by several heads, each with its part of the projections: what the heads give, side by side, times the
/// output's weight. PyTorch's `multi_head_attention_forward`, with rows of a batch first.
///
/// Vaswani et al., Attention Is All You Need, NeurIPS 2017, section 3.2.2.
///
/// - Parameters:
///   - x: `[…, t, e]`, which asks.
///   - context: `[…, s, c]`, which is asked for keys and values; x itself where it is not given.
///   - heads: how many; a divisor of the projections' widths.
///   - isCausal: as in ``attention(_:_:_:isCausal:mask:scale:checkpoint:file:line:)``, as are mask and checkpoint.
///   - mask: broadcast to the scores `[…, heads, t, s]`.
/// - Returns: `[…, t, o]`.
public func multiHeadAttention(
  _ x: Tensor, context: Tensor? = nil, heads: Int, weights: AttentionWeights, isCausal: Bool = false,
  mask: Tensor? = nil, checkpoint: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.compose([x, context, weights.query, mask].compactMap(\.self), file, line) {
    let context = context ?? x
    let parts = [
      (x, weights.query, weights.queryBias), (context, weights.key, weights.keyBias),
      (context, weights.value, weights.valueBias),
    ].map { input, weight, bias in projected(input, weight, bias).divided(among: heads) }
    if let wrong = parts.first(where: \.isPoisoned) { return wrong }
    let result = attention(
      parts[0], parts[1], parts[2], isCausal: isCausal, mask: mask, checkpoint: checkpoint, file: file,
      line: line)
    guard !result.isPoisoned else { return result }
    let byRow = result.swappingAxes(-2, -3)
    let dimensions = byRow.shape.dimensions
    let joined = byRow.reshaped(to: Shape(dimensions.dropLast(2) + [dimensions.suffix(2).reduce(1, *)]))
    return projected(joined, weights.output, weights.outputBias)
  }
}

private func projected(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
  let product = matmul(x, weight)
  return bias.map { product + $0 } ?? product
}

extension Tensor {
  /// `[…, t, w]` as `[…, heads, t, w/heads]`.
  fileprivate func divided(among heads: Int) -> Tensor {
    let fitted = checked("multi_head_attention") { type in
      guard type.rank >= 2 else { return ("\(type) has no rows", "give […, t, width]") }
      let width = type.shape[type.rank - 1]
      guard heads < 1 || width % heads != 0 else { return nil }
      return ("a width of \(width) does not divide among \(heads) heads", "give a divisor of \(width)")
    }
    guard !fitted.isPoisoned else { return fitted }
    let width = shape[rank - 1]
    return fitted.reshaped(to: Shape(shape.dimensions.dropLast() + [heads, width / heads])).swappingAxes(
      -2, -3)
  }
}
