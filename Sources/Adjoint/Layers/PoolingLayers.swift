import AdjointArray
import AdjointIR

/// The greatest element of each window of signals; see ``maxPool1d(_:size:stride:padding:file:line:)``.
public struct MaxPool1D: Layer {
  public let size: Int
  public let stride: Int
  public let padding: WindowPadding
  private let location: SourceLocation

  /// Makes `[batch, windows, channels]` of `[batch, length, channels]`.
  ///
  /// - Parameter stride: from window to window; without one, `size`.
  public init(
    size: Int = 2, stride: Int? = nil, padding: WindowPadding = .valid, file: String = #fileID,
    line: Int = #line
  ) {
    (self.size, self.stride, self.padding) = (size, stride ?? size, padding)
    location = SourceLocation(file: file, line: line)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.trace.at(location) { maxPool1d(x, size: size, stride: stride, padding: padding) }
  }
}

/// The mean of each window of signals; see ``averagePool1d(_:size:stride:padding:countsPadding:file:line:)``.
public struct AveragePool1D: Layer {
  public let size: Int
  public let stride: Int
  public let padding: WindowPadding
  public let countsPadding: Bool
  private let location: SourceLocation

  /// Makes `[batch, windows, channels]` of `[batch, length, channels]`.
  ///
  /// - Parameters:
  ///   - stride: from window to window; without one, `size`.
  ///   - countsPadding: whether the zeros that padding adds count as elements.
  public init(
    size: Int = 2, stride: Int? = nil, padding: WindowPadding = .valid, countsPadding: Bool = false,
    file: String = #fileID, line: Int = #line
  ) {
    (self.size, self.stride, self.padding) = (size, stride ?? size, padding)
    self.countsPadding = countsPadding
    location = SourceLocation(file: file, line: line)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.trace.at(location) {
      averagePool1d(x, size: size, stride: stride, padding: padding, countsPadding: countsPadding)
    }
  }
}

/// The greatest element of each window of images; see ``maxPool2d(_:size:strides:padding:file:line:)``.
public struct MaxPool2D: Layer {
  public let size: (Int, Int)
  public let strides: (Int, Int)
  public let padding: WindowPadding
  private let location: SourceLocation

  /// Makes `[batch, rows, columns, channels]` of `[batch, height, width, channels]`.
  ///
  /// - Parameter strides: from window to window, down and to the right; without them, `size`.
  public init(
    size: (Int, Int) = (2, 2), strides: (Int, Int)? = nil, padding: WindowPadding = .valid,
    file: String = #fileID, line: Int = #line
  ) {
    self.size = size
    self.strides = strides ?? size
    self.padding = padding
    location = SourceLocation(file: file, line: line)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.trace.at(location) { maxPool2d(x, size: size, strides: strides, padding: padding) }
  }
}

/// The mean of each window of images; see ``averagePool2d(_:size:strides:padding:countsPadding:file:line:)``.
public struct AveragePool2D: Layer {
  public let size: (Int, Int)
  public let strides: (Int, Int)
  public let padding: WindowPadding
  public let countsPadding: Bool
  private let location: SourceLocation

  /// Makes `[batch, rows, columns, channels]` of `[batch, height, width, channels]`.
  ///
  /// - Parameters:
  ///   - strides: from window to window, down and to the right; without them, `size`.
  ///   - countsPadding: whether the zeros that padding adds count as elements.
  public init(
    size: (Int, Int) = (2, 2), strides: (Int, Int)? = nil, padding: WindowPadding = .valid,
    countsPadding: Bool = false, file: String = #fileID, line: Int = #line
  ) {
    self.size = size
    self.strides = strides ?? size
    self.padding = padding
    self.countsPadding = countsPadding
    location = SourceLocation(file: file, line: line)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.trace.at(location) {
      averagePool2d(x, size: size, strides: strides, padding: padding, countsPadding: countsPadding)
    }
  }
}
