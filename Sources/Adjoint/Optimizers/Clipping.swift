import AdjointArray
import AdjointIR

/// A bound on gradients, which is an input of the compiled step.
public enum Clipping: Sendable, Hashable {
  /// Each element is clamped to −bound...bound: `torch.nn.utils.clip_grad_value_`.
  case value(Double)
  /// All gradients are multiplied by min(1, bound / (n + 10⁻⁶)), n their norm as one vector:
  /// `torch.nn.utils.clip_grad_norm_`. Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural networks,
  /// ICML 2013.
  case norm(Double)

  var bound: Double {
    switch self {
    case .value(let bound), .norm(let bound): bound
    }
  }

  /// The clipped gradients.
  ///
  /// - Parameter bound: a float64 scalar.
  package func clipped(_ gradients: [Tensor], bound: Tensor) -> [Tensor] {
    guard let first = gradients.first else { return [] }
    return first.trace.at(nil) {
      switch self {
      case .value:
        return gradients.map { gradient in
          let bound = bound.cast(to: gradient.scalarType)
          return max(min(gradient, bound), -bound)
        }
      case .norm:
        let squares = gradients.map { sum(square($0)).cast(to: .float64) }
        let norm = sqrt(squares.dropFirst().reduce(squares[0], +))
        let factor = min(bound / (norm + 1e-6), 1)
        return gradients.map { factor.cast(to: $0.scalarType) * $0 }
      }
    }
  }
}
