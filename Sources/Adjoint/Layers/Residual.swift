import AdjointArray
import AdjointIR

/// Layers beside which their input goes on: x + layers(x), or shortcut(x) + layers(x) where these make another shape.
///
/// ```swift
/// Residual {
///   Dense(64, activation: .tanh)
///   Dense(64)
/// }
/// ```
///
/// He, Zhang, Ren & Sun, Deep residual learning for image recognition, CVPR 2016.
public struct Residual: Layer {
  public let layers: Sequential
  public let shortcut: (any Layer)?
  private let location: SourceLocation

  /// - Parameter shortcut: what brings x to the shape of what the layers make; where they keep it, none is needed.
  public init(
    shortcut: (any Layer)? = nil, file: String = #fileID, line: Int = #line,
    @SequentialBuilder _ layers: () -> [any Layer]
  ) {
    self.layers = Sequential(layers())
    self.shortcut = shortcut
    location = SourceLocation(file: file, line: line)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let aside = shortcut?(x) ?? x
    let made = layers(x)
    // A sum would broadcast.
    let fitted = made.checked("residual", at: location) { type in
      type.shape == aside.shape || aside.isPoisoned
        ? nil
        : (
          "the layers make \(type.shape), and beside them goes \(aside.shape)",
          "let them keep the shape, or give a shortcut that makes \(type.shape) of \(x.shape)"
        )
    }
    return x.trace.at(location) { aside + fitted }
  }
}

extension Residual: NamedParts {
  var namedParts: [(name: String, part: Any)] {
    layers.namedParts + (shortcut.map { [("shortcut", $0)] } ?? [])
  }
}
