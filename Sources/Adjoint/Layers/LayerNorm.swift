import AdjointArray
import AdjointIR

/// Layer normalization along the last axis: (x − μ) / √(σ² + ε) · gain + bias.
///
/// Of an input `[…, d]` it makes `[…, d]`, whose rows are independent. The gain `[d]` starts at 1, the bias `[d]` at 0;
/// neither is regularized.
public struct LayerNorm: Layer {
  public let gain: Parameter
  public let bias: Parameter?
  public let epsilon: Double
  private let location: SourceLocation

  /// - Parameter hasBias: whether the bias is added.
  public init(
    epsilon: Double = 1e-5, hasBias: Bool = true, file: String = #fileID, line: Int = #line
  ) {
    self.epsilon = epsilon
    location = SourceLocation(file: file, line: line)
    let width = { @Sendable (input: Shape) -> Shape in [input.dimensions.last ?? 1] }
    gain = Parameter(initializer: .constant(1), isRegularized: false, shape: width)
    bias = hasBias ? Parameter(initializer: .zeros, isRegularized: false, shape: width) : nil
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let name = x.trace.path(of: gain)?.layerName ?? "layerNorm"
    return x.trace.within(.layer(name)) {
      x.trace.at(location) {
        layerNorm(
          x, gain: gain.tensor(for: x, name: name + ".gain", at: nil),
          bias: bias?.tensor(for: x, name: name + ".bias", at: nil), epsilon: epsilon
        ).labelled(name.cName + "_a")
      }
    }
  }
}
