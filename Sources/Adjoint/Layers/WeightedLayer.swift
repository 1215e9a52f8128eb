import AdjointIR

/// A layer with a weight, and mostly a bias: activation(x ∘ W + b), where ∘ is the layer's own.
protocol WeightedLayer: Layer {
  /// What it is called where its model was not named.
  static var kind: String { get }
  var weight: Parameter { get }
  var bias: Parameter? { get }
  var activation: Activation { get }
  /// The user's line.
  var location: SourceLocation { get }
  /// x ∘ W.
  func product(_ x: Tensor, _ weight: Tensor) -> Tensor
}

extension WeightedLayer {
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let name = x.trace.path(of: weight)?.layerName ?? Self.kind
    return x.trace.within(.layer(name)) {
      x.trace.at(location) {
        var z = product(x, weight.tensor(for: x, name: name + ".weight", at: nil))
        if let bias { z = z + bias.tensor(for: z, name: name + ".bias", at: nil) }
        z.labelled(name.cName + "_z")
        return activation == .identity ? z : activation(z).labelled(name.cName + "_a")
      }
    }
  }
}

extension Parameter {
  /// A bias of `count` elements, one along the last axis: it starts at 0 and is not regularized.
  static func bias(_ count: Int) -> Parameter {
    Parameter([count], initializer: .zeros, isRegularized: false)
  }
}

extension String {
  /// `encoder.dense1` for `encoder.dense1.weight`; `nil` where there is no path.
  var layerName: String? { lastIndex(of: ".").map { String(self[..<$0]) } }
  /// As a label in C: `encoder_dense1`.
  var cName: String { String(map { $0 == "." ? "_" : $0 }) }
}
