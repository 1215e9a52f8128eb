import AdjointIR

// Activations that are x times a gate between 0 and 1. All of them are smooth, 0 at −∞ and ∞ at ∞.

/// The form of ``gelu(_:form:file:line:)``.
public enum GELUForm: Hashable, Sendable {
  /// ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), an approximation that differs by less than 0.0005.
  case tanh
  /// ½ x (1 + erf(x/√2)): x times the probability that a normal variable is less than x.
  case erf
}

/// The Gaussian error linear unit, in one of two forms.
///
/// Hendrycks & Gimpel, Gaussian Error Linear Units, 2016. As JAX's, it has the tanh form unless told otherwise;
/// PyTorch's has the other. Both are computed without the sum of 1 and nearly −1.
public func gelu(
  _ x: Tensor, form: GELUForm = .tanh, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.compose(floatingPoint: "gelu", x, file, line) { x in
    switch form {
    case .tanh:
      // ½ (1 + tanh u) = σ(2u).
      return gated(x, within: 50) { x in
        let scale = 2 * (2 / Double.pi).squareRoot()
        return sigmoid(scale * (x + 0.044715 * (x * x * x)))
      }
    case .erf:
      return gated(x, within: 50) { 0.5 * erfc(-(0.5.squareRoot()) * $0) }
    }
  }
}

/// x · σ(x), also called swish.
///
/// Elfwing, Uchibe & Doya, Neural Networks 107, 2018; Ramachandran, Zoph & Le, Searching for Activation Functions, 2017.
public func silu(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose(floatingPoint: "silu", x, file, line) { gated($0, within: 1000) { sigmoid($0) } }
}

/// x · tanh(log(1 + eˣ)).
///
/// Misra, Mish: A Self Regularized Non-Monotonic Activation Function, BMVC 2020.
public func mish(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose(floatingPoint: "mish", x, file, line) { gated($0, within: 1000) { tanh(softplus($0)) } }
}

/// x · gate(x), where beyond ±`bound` the gate is 0 and 1 to the last bit.
///
/// There both are computed from the bound instead: −∞ · 0 is not the answer, nor is what overflows in the gate's
/// derivative.
private func gated(_ x: Tensor, within bound: Double, _ gate: (Tensor) -> Tensor) -> Tensor {
  let raised = select(x .< -bound, -bound, x)
  return raised * gate(select(raised .> bound, bound, raised))
}
