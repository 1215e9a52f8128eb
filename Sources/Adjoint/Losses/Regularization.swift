import AdjointArray
import AdjointIR

/// A penalty on weights (not on biases) that is added to the cost.
///
/// Which terms there are is settled when the step is compiled; their coefficients are given to each step.
public struct Regularization: Sendable, Hashable {
  /// λ of λ Σ|w|.
  public let l1: Double?
  /// λ of λ Σw².
  public let l2: Double?

  public static let none = Regularization(l1: nil, l2: nil)

  /// λ Σ|w|; the derivative at w = 0 is 0.
  public static func l1(_ coefficient: Double) -> Regularization { Regularization(l1: coefficient, l2: nil) }

  /// λ Σw², as in Keras, with the derivative 2λw. PyTorch's `weight_decay` is 2λ of this.
  public static func l2(_ coefficient: Double) -> Regularization { Regularization(l1: nil, l2: coefficient) }

  /// λ₁ Σ|w| + λ₂ Σw²: the elastic net.
  public static func combined(l1: Double, l2: Double) -> Regularization { Regularization(l1: l1, l2: l2) }

  /// The coefficients, which are inputs of the compiled step: `l1`, `l2`.
  public var hyperparameters: [(name: String, value: Double)] {
    [("l1", l1), ("l2", l2)].compactMap { name, value in value.map { (name, $0) } }
  }

  /// The penalty as a scalar of the type of the first weight; `nil` where there is none.
  ///
  /// - Parameters:
  ///   - weights: the regularized parameters.
  ///   - hyperparameters: those of ``hyperparameters``, as float64 scalars.
  package func penalty(_ weights: [Tensor], hyperparameters: [String: Tensor]) -> Tensor? {
    guard let first = weights.first else { return nil }
    return first.trace.at(nil) { penalty(weights, first, hyperparameters) }
  }

  private func penalty(_ weights: [Tensor], _ first: Tensor, _ hyperparameters: [String: Tensor]) -> Tensor? {
    func total(_ term: (Tensor) -> Tensor) -> Tensor {
      weights.dropFirst().reduce(term(first)) { $0 + term($1).cast(to: first.scalarType) }
    }
    var terms: [Tensor] = []
    for (name, _) in self.hyperparameters {
      let coefficient = hyperparameters.tensor(name, like: first).cast(to: first.scalarType)
      terms.append(coefficient * (name == "l1" ? total { sum(abs($0)) } : total { sum(square($0)) }))
    }
    return terms.dropFirst().reduce(terms.first) { partial, term in partial.map { $0 + term } }
  }
}

extension [String: Tensor] {
  /// The hyper-parameter `name`; where it is missing, poison, and an error in the trace of `other`.
  func tensor(_ name: String, like other: Tensor) -> Tensor {
    if let tensor = self[name] { return tensor }
    other.trace.record(
      GraphError(
        .invalidAttribute, operation: "hyperparameter", problem: "'\(name)' is missing",
        remedy: "give it as a float64 scalar"))
    return Tensor.poison(like: other)
  }
}
