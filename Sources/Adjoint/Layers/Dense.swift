import AdjointArray
import AdjointIR

/// A fully connected layer: activation(x · W + b).
///
/// Of an input `[…, in]` it makes `[…, units]`. The weight `[in, units]` is settled by the first call; the bias
/// `[units]` starts at 0 and is not regularized.
public struct Dense: Layer {
  public let weight: Parameter
  public let bias: Parameter?
  public let units: Int
  public let activation: Activation
  private let location: SourceLocation

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
    bias = hasBias ? Parameter([units], initializer: .zeros, isRegularized: false) : nil
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let name = x.trace.path(of: weight)?.layerName ?? "dense"
    return x.trace.within(.layer(name)) {
      x.trace.at(location) {
        var z = matmul(x, weight.tensor(for: x, name: name + ".weight", at: nil))
        if let bias { z = z + bias.tensor(for: z, name: name + ".bias", at: nil) }
        z.labelled(name.cName + "_z")
        return activation == .identity ? z : activation(z).labelled(name.cName + "_a")
      }
    }
  }
}

extension String {
  /// `encoder.dense1` for `encoder.dense1.weight`; `nil` where there is no path.
  var layerName: String? { lastIndex(of: ".").map { String(self[..<$0]) } }
  /// As a label in C: `encoder_dense1`.
  var cName: String { String(map { $0 == "." ? "_" : $0 }) }
}
