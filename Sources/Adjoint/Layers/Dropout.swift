import AdjointArray
import AdjointIR

/// Sets each element to 0 with probability `rate` in training, and divides the others by 1 − `rate`; where a model is
/// evaluated or predicts, it does nothing.
public struct Dropout: Layer {
  /// Of 0 to 1.
  public let rate: Setting
  private let location: SourceLocation

  /// - Parameter rate: of 0 to 1.
  public init(_ rate: Double, file: String = #fileID, line: Int = #line) {
    self.rate = Setting(rate, in: 0...1)
    location = SourceLocation(file: file, line: line)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.trace.at(location) {
      guard rate.range.contains(rate.value), let given = x.trace.input(for: rate) else {
        return dropout(x, rate: rate.value, file: location.file, line: location.line)
      }
      return dropout(x, rate: given, file: location.file, line: location.line)
    }
  }
}
