/// A part of a network: a value that holds parameters and turns a tensor into another.
///
/// A struct of parameters and layers needs nothing else:
///
/// ```swift
/// struct Residual: Layer {
///   let inner = Dense(64, activation: .tanh)
///   func callAsFunction(_ x: Tensor) -> Tensor { x + inner(x) }
/// }
/// ```
///
/// Its parameters are named by their paths in the model, as `inner.weight`.
public protocol Layer: Sendable {
  func callAsFunction(_ x: Tensor) -> Tensor
}
