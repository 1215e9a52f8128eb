import AdjointArray
import AdjointIR

/// How parameters follow their gradients. The conventions are PyTorch's.
///
/// Only the kind, and whether gradients are clipped, are part of a compiled step; learning rate and the like are given to
/// each step. In the formulas p is a parameter, g its gradient, η the learning rate, and t = 1, 2, … the number of the
/// step; all other letters are state, at first 0, or numbers.
public struct Optimizer: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case gradientDescent, momentum, nesterov
    case adaGrad(Epsilon)
    case rmsProp(Epsilon, isCentered: Bool, hasMomentum: Bool)
    case adaDelta
    case adam(Epsilon)
    case amsGrad, adamW, lion
    case lbfgs(history: Int)
  }

  /// Where the small number stands that keeps a denominator from being 0.
  public enum Epsilon: Sendable, Hashable {
    /// √v + ε, as in PyTorch.
    case outsideRoot
    /// √(v + ε), as in many a course.
    case insideRoot
  }

  package let kind: Kind
  private var values: [Double]
  /// How the learning rate changes in the course of training.
  public private(set) var schedule = Schedule.constant
  /// How gradients are bounded before they are followed.
  public private(set) var clipping: Clipping?

  private init(_ kind: Kind, _ values: [Double]) {
    self.kind = kind
    self.values = values
  }

  /// The same with a learning rate that follows `schedule` from the given one on.
  public func scheduled(_ schedule: Schedule) -> Optimizer {
    var result = self
    result.schedule = schedule
    return result
  }

  /// The same on gradients that are bounded first.
  public func clipping(_ clipping: Clipping) -> Optimizer {
    var result = self
    result.clipping = clipping
    return result
  }

  /// Stochastic gradient descent: p ← p − η g.
  ///
  /// With momentum μ ≠ 0, v ← μ v + g and p ← p − η v; with `nesterov`, p ← p − η (g + μ v). As in PyTorch's
  /// `torch.optim.SGD` (no dampening), after Sutskever et al., On the importance of initialization and momentum in
  /// deep learning, ICML 2013, with η outside of v.
  public static func sgd(learningRate: Double, momentum: Double = 0, nesterov: Bool = false) -> Optimizer {
    if momentum == 0 { return Optimizer(.gradientDescent, [learningRate]) }
    return Optimizer(nesterov ? .nesterov : .momentum, [learningRate, momentum])
  }

  /// G ← G + g², p ← p − η g / (√G + ε).
  ///
  /// Duchi, Hazan & Singer, Adaptive subgradient methods for online learning and stochastic optimization, JMLR 12 (2011),
  /// with the diagonal of G, as `torch.optim.Adagrad`.
  public static func adaGrad(
    learningRate: Double = 1e-2, epsilon: Double = 1e-10, _ place: Epsilon = .outsideRoot
  ) -> Optimizer {
    Optimizer(.adaGrad(place), [learningRate, epsilon])
  }

  /// v ← ρ v + (1 − ρ) g², p ← p − η g / (√v + ε).
  ///
  /// With `isCentered`, a ← ρ a + (1 − ρ) g, and v − a² stands for v in the root; with momentum μ ≠ 0, b ← μ b + g / (√v + ε)
  /// and p ← p − η b. Tieleman & Hinton, lecture 6.5 of Neural Networks for Machine Learning (2012), as
  /// `torch.optim.RMSprop`, where ρ is called alpha.
  public static func rmsProp(
    learningRate: Double = 1e-2, decay: Double = 0.99, epsilon: Double = 1e-8, momentum: Double = 0,
    isCentered: Bool = false, _ place: Epsilon = .outsideRoot
  ) -> Optimizer {
    let kind = Kind.rmsProp(place, isCentered: isCentered, hasMomentum: momentum != 0)
    return Optimizer(kind, [learningRate, decay, epsilon] + (momentum == 0 ? [] : [momentum]))
  }

  /// v ← ρ v + (1 − ρ) g², d = √(u + ε) / √(v + ε) · g, u ← ρ u + (1 − ρ) d², p ← p − η d.
  ///
  /// Zeiler, ADADELTA: An adaptive learning rate method (2012), as `torch.optim.Adadelta`.
  public static func adaDelta(
    learningRate: Double = 1, decay: Double = 0.9, epsilon: Double = 1e-6
  ) -> Optimizer {
    Optimizer(.adaDelta, [learningRate, decay, epsilon])
  }

  /// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², p ← p − η m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ) and
  /// v̂ = v / (1 − β₂ᵗ).
  ///
  /// Kingma & Ba, Adam: A Method for Stochastic Optimization, ICLR 2015, algorithm 1, as `torch.optim.Adam`.
  public static func adam(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    _ place: Epsilon = .outsideRoot
  ) -> Optimizer {
    Optimizer(.adam(place), [learningRate, beta1, beta2, epsilon])
  }

  /// Adam with w ← max(w, v), and w for v in the root.
  ///
  /// Reddi, Kale & Kumar, On the convergence of Adam and beyond, ICLR 2018, as `torch.optim.Adam(amsgrad=True)`: the maximum
  /// is of v as it is, and corrected afterwards.
  public static func amsGrad(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8
  ) -> Optimizer {
    Optimizer(.amsGrad, [learningRate, beta1, beta2, epsilon])
  }

  /// p ← p − η λ p, then Adam: weights decay beside the gradient, not through it. Only regularized parameters (weights, not
  /// biases) decay.
  ///
  /// Loshchilov & Hutter, Decoupled weight decay regularization, ICLR 2019, as `torch.optim.AdamW`, which decays all
  /// parameters that it is given.
  public static func adamW(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 1e-2
  ) -> Optimizer {
    Optimizer(.adamW, [learningRate, beta1, beta2, epsilon, weightDecay])
  }

  /// p ← p − η λ p, p ← p − η sign(β₁ m + (1 − β₁) g), m ← β₂ m + (1 − β₂) g. Only regularized parameters decay.
  ///
  /// Chen et al., Symbolic discovery of optimization algorithms, NeurIPS 2023, algorithm 2.
  public static func lion(
    learningRate: Double = 1e-4, beta1: Double = 0.9, beta2: Double = 0.99, weightDecay: Double = 0
  ) -> Optimizer {
    Optimizer(.lion, [learningRate, beta1, beta2, weightDecay])
  }

  /// L-BFGS: p ← p + α d with d = −H g, H from the last `history` differences of points and gradients, and α by a line search
  /// for the strong Wolfe conditions, in which α = 1 is tried first (in the first step 1 / max(1, Σ|g|)).
  ///
  /// Liu & Nocedal, On the limited memory BFGS method for large scale optimization, Mathematical Programming 45 (1989); Nocedal
  /// & Wright, Numerical Optimization, algorithms 3.5, 3.6 and 7.5. An epoch is one such step, on all rows at once: for smooth
  /// costs of a few thousand parameters, such as those of physics-informed networks. Training ends where no lower cost is found.
  public static func lbfgs(history: Int = 10) -> Optimizer { Optimizer(.lbfgs(history: history), []) }

  /// How many pairs of differences are kept by L-BFGS; `nil` where a step follows its gradient alone.
  package var lbfgsHistory: Int? {
    if case .lbfgs(let history) = kind { history } else { nil }
  }

  /// What a step is compiled for: the kind, and how gradients are bounded.
  var form: String {
    switch clipping {
    case nil: "\(kind)"
    case .value: "\(kind) with gradients clipped by value"
    case .norm: "\(kind) with gradients clipped by norm"
    }
  }

  /// Whether parameters are moved not by the compiled step but with what it says of gradients.
  var movesByItself: Bool { lbfgsHistory != nil }

  /// What a step is given besides its number: float64 scalars.
  public var hyperparameters: [(name: String, value: Double)] {
    Array(zip(kind.hyperparameterNames, values)) + (clipping.map { [("clip", $0.bound)] } ?? [])
  }

  /// The same with another value of a number that the kind has; `nil` where it has none of that name.
  package func with(_ name: String, _ value: Double) -> Optimizer? {
    guard let index = kind.hyperparameterNames.firstIndex(of: name) else { return nil }
    var result = self
    result.values[index] = value
    return result
  }

  /// The values of ``hyperparameters`` at a step.
  ///
  /// - Parameters:
  ///   - step: its number, from 1 on.
  ///   - stepsPerEpoch: how many there are in an epoch.
  package func settings(step: Int, stepsPerEpoch: Int) -> [Double] {
    var result = hyperparameters.map(\.value)
    // L-BFGS has no rate.
    if !result.isEmpty { result[0] *= schedule.factor(step: step, stepsPerEpoch: stepsPerEpoch) }
    return result
  }

  /// The names of the state that each parameter has, of its type and shape, at first 0.
  package var slots: [String] {
    switch kind {
    case .gradientDescent, .lbfgs: []
    case .momentum, .nesterov, .lion: ["momentum"]
    case .adaGrad: ["squares"]
    case .rmsProp(_, let isCentered, let hasMomentum):
      ["squares"] + (isCentered ? ["mean"] : []) + (hasMomentum ? ["momentum"] : [])
    case .adaDelta: ["squares", "updates"]
    case .adam, .adamW: ["mean", "variance"]
    case .amsGrad: ["mean", "variance", "maximum"]
    }
  }
}

extension Optimizer.Kind: CustomStringConvertible {
  package var description: String {
    switch self {
    case .gradientDescent: "gradient descent"
    case .momentum: "momentum"
    case .nesterov: "Nesterov"
    case .adaGrad(let place): "AdaGrad" + place.suffix
    case .rmsProp(let place, let isCentered, let hasMomentum):
      (isCentered ? "centered RMSProp" : "RMSProp") + (hasMomentum ? " with momentum" : "") + place.suffix
    case .adaDelta: "AdaDelta"
    case .adam(let place): "Adam" + place.suffix
    case .amsGrad: "AMSGrad"
    case .adamW: "AdamW"
    case .lion: "Lion"
    case .lbfgs(let history): "L-BFGS of \(history)"
    }
  }

  /// The learning rate first.
  var hyperparameterNames: [String] {
    switch self {
    case .gradientDescent: ["learningRate"]
    case .momentum, .nesterov: ["learningRate", "momentum"]
    case .adaGrad: ["learningRate", "epsilon"]
    case .rmsProp(_, _, let hasMomentum):
      ["learningRate", "decay", "epsilon"] + (hasMomentum ? ["momentum"] : [])
    case .adaDelta: ["learningRate", "decay", "epsilon"]
    case .adam, .amsGrad: ["learningRate", "beta1", "beta2", "epsilon"]
    case .adamW: ["learningRate", "beta1", "beta2", "epsilon", "weightDecay"]
    case .lion: ["learningRate", "beta1", "beta2", "weightDecay"]
    case .lbfgs: []
    }
  }
}

extension Optimizer.Epsilon {
  fileprivate var suffix: String {
    switch self {
    case .outsideRoot: ""
    case .insideRoot: " with ε in the root"
    }
  }
}
