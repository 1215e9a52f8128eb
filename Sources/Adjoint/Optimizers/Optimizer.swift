import AdjointArray
import AdjointIR

/// How parameters follow their gradients. The conventions are PyTorch's.
///
/// Only the kind is part of a compiled step; learning rate and the like are given to each step.
public struct Optimizer: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case gradientDescent, momentum, nesterov, adam
  }
  package let kind: Kind
  private let values: [Double]

  /// Stochastic gradient descent: p ← p − η g.
  ///
  /// With momentum μ ≠ 0, v ← μ v + g and p ← p − η v; with `nesterov`, p ← p − η (g + μ v). As in PyTorch's
  /// `torch.optim.SGD` (no dampening), after Sutskever et al., On the importance of initialization and momentum in
  /// deep learning, ICML 2013, with η outside of v.
  public static func sgd(learningRate: Double, momentum: Double = 0, nesterov: Bool = false) -> Optimizer {
    if momentum == 0 { return Optimizer(kind: .gradientDescent, values: [learningRate]) }
    return Optimizer(kind: nesterov ? .nesterov : .momentum, values: [learningRate, momentum])
  }

  /// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², p ← p − η m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ) and
  /// v̂ = v / (1 − β₂ᵗ) at step t = 1, 2, ….
  ///
  /// Kingma & Ba, Adam: A Method for Stochastic Optimization, ICLR 2015, algorithm 1, as `torch.optim.Adam`.
  public static func adam(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8
  ) -> Optimizer {
    Optimizer(kind: .adam, values: [learningRate, beta1, beta2, epsilon])
  }

  /// What a step is given besides its number: float64 scalars.
  public var hyperparameters: [(name: String, value: Double)] { Array(zip(kind.hyperparameterNames, values)) }

  /// The names of the state that each parameter has, of its type and shape, at first 0.
  package var slots: [String] {
    switch kind {
    case .gradientDescent: []
    case .momentum, .nesterov: ["momentum"]
    case .adam: ["mean", "variance"]
    }
  }

  /// The next values of a parameter and of its state.
  ///
  /// What is scalar is computed in float64 and then cast to the parameter's type.
  ///
  /// - Parameters:
  ///   - state: as many as ``slots``.
  ///   - hyperparameters: those of ``hyperparameters`` and `step`, which is 1 at the first step; float64 scalars.
  package func update(
    parameter: Tensor, gradient: Tensor, state: [Tensor], hyperparameters: [String: Tensor]
  ) -> (parameter: Tensor, state: [Tensor]) {
    parameter.trace.at(nil) { next(parameter, gradient, state, hyperparameters) }
  }

  private func next(
    _ parameter: Tensor, _ gradient: Tensor, _ state: [Tensor], _ hyperparameters: [String: Tensor]
  ) -> (parameter: Tensor, state: [Tensor]) {
    let scalar = { (name: String) in hyperparameters.tensor(name, like: parameter) }
    let typed = { (value: Tensor) in value.cast(to: parameter.scalarType) }
    let rate = scalar("learningRate")
    switch kind {
    case .gradientDescent:
      return (parameter - typed(rate) * gradient, [])
    case .momentum:
      let velocity = typed(scalar("momentum")) * state[0] + gradient
      return (parameter - typed(rate) * velocity, [velocity])
    case .nesterov:
      let momentum = typed(scalar("momentum"))
      let velocity = momentum * state[0] + gradient
      return (parameter - typed(rate) * (gradient + momentum * velocity), [velocity])
    case .adam:
      let (beta1, beta2, step) = (scalar("beta1"), scalar("beta2"), scalar("step"))
      let mean = typed(beta1) * state[0] + typed(1 - beta1) * gradient
      let variance = typed(beta2) * state[1] + typed(1 - beta2) * square(gradient)
      // Numerator and denominator times √(1 − β₂ᵗ), so that the corrections are scalars (section 2 of the paper).
      let correction = sqrt(1 - pow(beta2, step))
      let scaledRate = typed(rate * correction / (1 - pow(beta1, step)))
      let root = sqrt(variance) + typed(scalar("epsilon") * correction)
      return (parameter - scaledRate * (mean / root), [mean, variance])
    }
  }
}

extension Optimizer.Kind {
  var hyperparameterNames: [String] {
    switch self {
    case .gradientDescent: ["learningRate"]
    case .momentum, .nesterov: ["learningRate", "momentum"]
    case .adam: ["learningRate", "beta1", "beta2", "epsilon"]
    }
  }
}
