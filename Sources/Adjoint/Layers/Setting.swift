/// A number that belongs to a layer and is not trained, such as the rate of dropout.
///
/// A training step takes it as an input, so that another value needs no other code; see ``Trainer/adjust(optimizer:regularization:settings:)``.
/// Elsewhere it is a constant.
///
/// A setting's identity is the object, as a ``Parameter``'s is; it is called by its path in the model, `dropout1.rate`.
public final class Setting: Sendable {
  /// What it is at first.
  public let value: Double
  /// What it may be.
  public let range: ClosedRange<Double>

  /// - Parameter range: a value outside is an error where a step is recorded.
  public init(_ value: Double, in range: ClosedRange<Double> = -Double.infinity ... .infinity) {
    self.value = value
    self.range = range
  }

  /// The setting in the trace of `x`, a scalar of its type.
  public func callAsFunction(for x: Tensor) -> Tensor {
    (x.trace.input(for: self) ?? Tensor.constant(value, .float64, in: x.trace)).cast(to: x.scalarType)
  }
}

extension Setting: Hashable {
  public static func == (a: Setting, b: Setting) -> Bool { a === b }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// A setting as a trace knows it.
struct TracedSetting {
  let setting: Setting
  /// Its path in the model, unique in the trace.
  let name: String
  /// A float64 scalar.
  let tensor: Tensor
}
