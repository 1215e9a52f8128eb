import AdjointArray
import AdjointIR

/// Sets each element to 0 with probability `rate` in training, and divides the others by 1 − `rate`; where a model is
/// evaluated or predicts, it does nothing.
public struct Dropout: Layer {
  public let rate: Double
  private let location: SourceLocation

  /// - Parameter rate: of 0 to 1.
  public init(_ rate: Double, file: String = #fileID, line: Int = #line) {
    self.rate = rate
    location = SourceLocation(file: file, line: line)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.trace.at(location) { dropout(x, rate: rate, file: location.file, line: location.line) }
  }
}
