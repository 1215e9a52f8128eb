import AdjointArray
import AdjointIR

/// `[n, d]` as `[n] + shape`: what the rows of a ``Table`` are to a layer that takes images. The reverse of ``Flatten``.
public struct Unflatten: Layer {
  /// The shape of a row, such as `[28, 28, 1]`: height, width, channels.
  public let shape: Shape
  private let location: SourceLocation

  public init(_ shape: Shape, file: String = #fileID, line: Int = #line) {
    self.shape = shape
    location = SourceLocation(file: file, line: line)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.trace.at(location) {
      x.reshaped(to: Shape([x.shape.dimensions.first ?? 1] + shape.dimensions))
    }
  }
}
