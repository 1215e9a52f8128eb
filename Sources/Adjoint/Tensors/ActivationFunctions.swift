import AdjointArray
import AdjointIR

// Functions that networks use between layers, of each element, most of them written with others. At a kink, the
// derivative of every order is the one from the left, but for relu, which has 0 there anyway. What is not chosen is
// computed from another argument, so that no infinity of it meets a zero in the derivative.

/// max(x, 0); NaN stays NaN. The derivative at 0 is 0.
public func relu(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.relu, x, file, line)
}

/// The logistic function 1 / (1 + e⁻ˣ).
public func sigmoid(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.sigmoid, x, file, line)
}

/// log(1 + eˣ), which neither overflows for large x nor vanishes for very negative x.
public func softplus(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose(floatingPoint: "softplus", x, file, line) { x in
    let isPositive = x .> 0
    return select(isPositive, x, 0) + log1p(exp(minusMagnitude(x, isPositive)))
  }
}

/// log σ(x) = −log(1 + e⁻ˣ), which is x where σ(x) underflows, and does not vanish where σ(x) rounds to 1.
public func logSigmoid(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose(floatingPoint: "log_sigmoid", x, file, line) { -softplus(-$0) }
}

/// −|x| from the branch of `isPositive`: unlike −abs(x) it is smooth in each, so that derivatives at 0 of what is
/// smooth as a whole are right to any order.
func minusMagnitude(_ x: Tensor, _ isPositive: Tensor) -> Tensor { select(isPositive, -x, x) }

/// x where it is positive, and `slope` · x elsewhere, where the derivative is `slope`, at 0 too.
///
/// Maas, Hannun & Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models, ICML 2013.
public func leakyRelu(
  _ x: Tensor, slope: Double = 0.01, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.compose(floatingPoint: "leaky_relu", x, file, line) { select($0 .> 0, $0, slope * $0) }
}

/// x where it is positive, and `alpha` · (eˣ − 1) elsewhere; the derivative at 0 is `alpha`.
///
/// Clevert, Unterthiner & Hochreiter, Fast and Accurate Deep Network Learning by ELUs, ICLR 2016.
public func elu(_ x: Tensor, alpha: Double = 1, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose(floatingPoint: "elu", x, file, line) { x in
    let isPositive = x .> 0
    // The exponential of a large x, though not chosen, would make the derivative 0 · ∞.
    let negative = expm1(select(isPositive, 0, x))
    return select(isPositive, x, alpha == 1 ? negative : alpha * negative)
  }
}

/// λx where x is positive, and λα(eˣ − 1) elsewhere, with λ = 1.0507… and α = 1.6732…, which keep mean 0 and variance 1
/// from layer to layer; the derivative at 0 is λα.
///
/// Klambauer, Unterthiner, Mayr & Hochreiter, Self-Normalizing Neural Networks, NeurIPS 2017.
public func selu(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose(floatingPoint: "selu", x, file, line) {
    1.0507009873554804934193349852946 * elu($0, alpha: 1.6732632423543772848170429916717)
  }
}

/// x/6 + ½ between −3 and 3, and 0 and 1 beyond them; the derivative at −3 is 0, that at 3 is ⅙.
///
/// Howard et al., Searching for MobileNetV3, ICCV 2019.
public func hardSigmoid(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose(floatingPoint: "hard_sigmoid", x, file, line) { x in
    select(x .<= -3, 0, select(x .> 3, 1, x / 6 + 0.5))
  }
}

/// x / (1 + |x|), smooth at 0; ±1 at ±∞.
///
/// Written as 1 − 1/(1 + |x|) beyond ±1, so that the derivative 1/(1 + |x|)² keeps its digits far out.
/// Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010.
public func softsign(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.compose(floatingPoint: "softsign", x, file, line) { x in
    let isLarge = abs(x) .> 1
    let small = select(isLarge, 0, x)
    let large = select(isLarge, x, 1)
    return select(isLarge, sign(large) * (1 - 1 / (1 + abs(large))), small / (1 + abs(small)))
  }
}
