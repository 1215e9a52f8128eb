import Adjoint

/// What networks are made of beside products and activations; PyTorch says what these give.
extension TableEntry {
  static let networks: [TableEntry] = attention + multiHeadAttention + normalization

  private static let attention: [TableEntry] = [
    TableEntry("attention") { x in [Adjoint.attention(x[0], x[1], x[2])] },
    TableEntry("attention causal") { x in [Adjoint.attention(x[0], x[1], x[2], isCausal: true)] },
    TableEntry("attention causal checkpointed") { x in
      [Adjoint.attention(x[0], x[1], x[2], isCausal: true, checkpoint: true)]
    },
    TableEntry("attention scaled") { x in [Adjoint.attention(x[0], x[1], x[2], scale: 0.7)] },
    TableEntry("attention masked") { x in [Adjoint.attention(x[0], x[1], x[2], mask: x[3])] },
    TableEntry("attention masked checkpointed") { x in
      [Adjoint.attention(x[0], x[1], x[2], mask: x[3], checkpoint: true)]
    },
    TableEntry("attention masked and causal") { x in
      [Adjoint.attention(x[0], x[1], x[2], isCausal: true, mask: x[3])]
    },
  ]

  private static let multiHeadAttention: [TableEntry] = [
    TableEntry("multiHeadAttention") { x in
      let weights = AttentionWeights(packed: x[1], output: x[2], packedBias: x[3], outputBias: x[4])
      return [Adjoint.multiHeadAttention(x[0], heads: 2, weights: weights)]
    },
    TableEntry("multiHeadAttention causal") { x in
      let weights = AttentionWeights(query: x[1], key: x[2], value: x[3], output: x[4])
      return [Adjoint.multiHeadAttention(x[0], heads: 3, weights: weights, isCausal: true, checkpoint: true)]
    },
    TableEntry("multiHeadAttention of a context") { x in
      let weights = AttentionWeights(
        query: x[2], key: x[3], value: x[4], output: x[5], queryBias: x[6], keyBias: x[7], valueBias: x[8],
        outputBias: x[9])
      return [Adjoint.multiHeadAttention(x[0], context: x[1], heads: 2, weights: weights, mask: x[10])]
    },
  ]

  private static let normalization: [TableEntry] = [
    TableEntry("layerNorm") { x in [layerNorm(x[0], gain: x[1], bias: x[2])] },
    TableEntry("layerNorm plain") { layerNorm($0) },
    TableEntry("layerNorm of two axes") { x in [layerNorm(x[0], axes: -2, -1, gain: x[1], bias: x[2])] },
    TableEntry("layerNorm with epsilon") { x in [layerNorm(x[0], gain: x[1], epsilon: 0.5)] },
    TableEntry("rmsNorm") { rmsNorm($0, gain: $1) },
    TableEntry("rmsNorm of two axes") { rmsNorm($0, axes: 1, 2, epsilon: 0.25) },
    TableEntry("batchNorm") { x in
      let (output, mean, variance) = batchNorm(x[0], gain: x[1], bias: x[2])
      return [output, mean, variance]
    },
    TableEntry("batchNorm plain") { x in
      let (output, mean, variance) = batchNorm(x[0])
      return [output, mean, variance]
    },
    TableEntry("batchNorm with statistics") { x in
      [batchNorm(x[0], mean: x[1], variance: x[2], gain: x[3], bias: x[4], epsilon: 1e-3)]
    },
    TableEntry("groupNorm") { x in [groupNorm(x[0], groups: 2, gain: x[1], bias: x[2])] },
    TableEntry("groupNorm of each channel") { x in [groupNorm(x[0], groups: x[0].shape.dimensions.last ?? 0)]
    },
  ]
}
