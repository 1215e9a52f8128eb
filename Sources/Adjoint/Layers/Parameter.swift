import AdjointArray
import AdjointIR

/// Something that is trained: how it starts and what shape it has, not what it is worth. Its values live in the
/// model or trainer that uses it.
///
/// A parameter's identity is the object: a layer that is called twice shares its parameters.
public final class Parameter: Sendable {
  public let initializer: Initializer
  /// Whether penalties on weights count it: weights yes, biases no.
  public let isRegularized: Bool
  /// Whether an optimizer changes it: not what a layer keeps of the batches that it has seen, which is saved like any other.
  public let isTrained: Bool
  /// Its shape, for the shape of the input at its first use.
  let shape: @Sendable (_ input: Shape) -> Shape

  /// A parameter of a shape that is known.
  public init(
    _ shape: Shape, initializer: Initializer = .glorotUniform, isRegularized: Bool = true,
    isTrained: Bool = true
  ) {
    self.initializer = initializer
    self.isRegularized = isRegularized
    self.isTrained = isTrained
    self.shape = { _ in shape }
  }

  /// A parameter whose shape follows from that of the input at its first use.
  ///
  /// - Parameter shape: the parameter's shape for an input's; it must not fail for any, as it is asked about wrong
  ///   inputs too.
  public init(
    initializer: Initializer = .glorotUniform, isRegularized: Bool = true, isTrained: Bool = true,
    shape: @escaping @Sendable (_ input: Shape) -> Shape
  ) {
    self.initializer = initializer
    self.isRegularized = isRegularized
    self.isTrained = isTrained
    self.shape = shape
  }

  /// The parameter in the trace of `x`, of its scalar type.
  public func callAsFunction(for x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
    tensor(for: x, name: "parameter", at: SourceLocation(file: file, line: line))
  }

  /// - Parameter name: what it is called where its model was not named.
  func tensor(for x: Tensor, name: String, at location: SourceLocation?) -> Tensor {
    x.trace.tensor(of: self, for: x, name: name, at: location)
  }
}

extension Parameter: Hashable {
  public static func == (a: Parameter, b: Parameter) -> Bool { a === b }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
