import AdjointArray
import AdjointIR

/// Attention by several heads, with projections of its own; see
/// ``multiHeadAttention(_:context:heads:weights:isCausal:mask:checkpoint:file:line:)``.
///
/// Of an input `[batch, t, e]` it makes `[batch, t, e]`: each of the t rows of a sequence is a mean of what the rows say, by how
/// well they answer it. The weights of queries, keys and values `[e, width]` and of the output `[width, e]` start by Glorot's
/// rule; their biases start at 0 and are not regularized.
public struct MultiHeadAttention: Layer {
  public let query: Parameter
  public let key: Parameter
  public let value: Parameter
  public let output: Parameter
  public let queryBias: Parameter?
  public let keyBias: Parameter?
  public let valueBias: Parameter?
  public let outputBias: Parameter?
  public let heads: Int
  public let isCausal: Bool
  private let location: SourceLocation

  /// - Parameters:
  ///   - width: of all heads together, a multiple of `heads`.
  ///   - outputs: the width of what is made; of the input where the two are to be added.
  ///   - isCausal: whether a row is answered by those before it and itself alone.
  ///   - hasBias: whether the projections add biases.
  public init(
    heads: Int, width: Int, outputs: Int? = nil, isCausal: Bool = false, hasBias: Bool = true,
    file: String = #fileID, line: Int = #line
  ) {
    self.heads = heads
    self.isCausal = isCausal
    location = SourceLocation(file: file, line: line)
    let projection = { Parameter { input in [input.dimensions.last ?? 1, width] } }
    (query, key, value) = (projection(), projection(), projection())
    output = Parameter { input in [width, outputs ?? input.dimensions.last ?? 1] }
    (queryBias, keyBias, valueBias) =
      hasBias ? (.bias(width), .bias(width), .bias(width)) : (nil, nil, nil)
    outputBias =
      hasBias
      ? Parameter(initializer: .zeros, isRegularized: false) { input in
        [outputs ?? input.dimensions.last ?? 1]
      } : nil
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { self(x, context: x) }

  /// Attention of the rows of `x` to those of another sequence.
  ///
  /// - Parameters:
  ///   - x: `[batch, t, e]`.
  ///   - context: `[batch, s, c]`.
  public func callAsFunction(_ x: Tensor, context: Tensor) -> Tensor {
    let name = x.trace.path(of: query)?.layerName ?? "attention"
    return x.trace.within(.layer(name)) {
      x.trace.at(location) {
        let tensor = { (parameter: Parameter, part: String, input: Tensor) in
          parameter.tensor(for: input, name: "\(name).\(part)", at: nil)
        }
        let weights = AttentionWeights(
          query: tensor(query, "query", x), key: tensor(key, "key", context),
          value: tensor(value, "value", context), output: tensor(output, "output", x),
          queryBias: queryBias.map { tensor($0, "queryBias", x) },
          keyBias: keyBias.map { tensor($0, "keyBias", context) },
          valueBias: valueBias.map { tensor($0, "valueBias", context) },
          outputBias: outputBias.map { tensor($0, "outputBias", x) })
        return multiHeadAttention(x, context: context, heads: heads, weights: weights, isCausal: isCausal)
          .labelled(name.cName + "_a")
      }
    }
  }
}
