import AdjointArray
import AdjointIR

/// Layers one after the other.
///
/// ```swift
/// let model = Sequential {
///   Dense(64, activation: .relu)
///   Dense(1)
/// }
/// ```
public struct Sequential: Layer {
  public let layers: [any Layer]

  public init(_ layers: [any Layer]) { self.layers = layers }
  public init(@SequentialBuilder _ layers: () -> [any Layer]) { self.layers = layers() }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let prefix = x.trace.scopePrefix(of: self)
    return zip(namedParts, layers).reduce(x) { x, part in
      x.trace.within(.layer(prefix + part.0.name)) { part.1(x) }
    }
  }
}

/// Collects the layers of a ``Sequential``; `if` and `for` work in it.
@resultBuilder
public enum SequentialBuilder {
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
  public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }
  public static func buildEither(first part: [any Layer]) -> [any Layer] { part }
  public static func buildEither(second part: [any Layer]) -> [any Layer] { part }
  public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
}

/// A multi-layer perceptron: dense layers of the given widths, with an activation between them and none at the end.
public struct MLP: Layer {
  public let layers: Sequential
  /// The width of the input.
  public let inputs: Int?
  private let location: SourceLocation

  /// - Parameter sizes: the width of the input, then those of the layers: `[2, 32, 32, 1]`.
  public init(
    _ sizes: [Int], activation: Activation = .tanh, initializer: Initializer? = nil, file: String = #fileID,
    line: Int = #line
  ) {
    inputs = sizes.first
    let widths = sizes.dropFirst()
    layers = Sequential(
      widths.enumerated().map { index, width in
        Dense(
          width, activation: index == widths.count - 1 ? .identity : activation, initializer: initializer,
          file: file, line: line)
      })
    location = SourceLocation(file: file, line: line)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard let inputs else { return x }
    return layers(
      x.checked("MLP", at: location) { type in
        type.shape.dimensions.last == inputs
          ? nil
          : (
            "its input \(type.shape) is not of width \(inputs)", "give […, \(inputs)], or another first size"
          )
      })
  }
}
