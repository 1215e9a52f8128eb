import AdjointArray
import AdjointIR

/// A fully connected layer: activation(x · W + b).
///
/// Of an input `[…, in]` it makes `[…, units]`. The weight `[in, units]` is settled by the first call; the bias
/// `[units]` starts at 0 and is not regularized.
public struct Dense: Layer, WeightedLayer {
  static let kind = "dense"
  public let weight: Parameter
  public let bias: Parameter?
  public let units: Int
  public let activation: Activation
  let location: SourceLocation

  /// - Parameters:
  ///   - initializer: how the weight starts; without one, He's uniform for relu and its kin, Glorot's otherwise.
  ///   - hasBias: whether b is added.
  public init(
    _ units: Int, activation: Activation = .identity, initializer: Initializer? = nil, hasBias: Bool = true,
    file: String = #fileID, line: Int = #line
  ) {
    self.units = units
    self.activation = activation
    location = SourceLocation(file: file, line: line)
    weight = Parameter(initializer: initializer ?? activation.initializer) { input in
      [input.dimensions.last ?? 1, units]
    }
    bias = hasBias ? .bias(units) : nil
  }

  func product(_ x: Tensor, _ weight: Tensor) -> Tensor { matmul(x, weight) }
}
