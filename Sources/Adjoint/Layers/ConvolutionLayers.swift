import AdjointArray
import AdjointIR

/// A convolution of signals with weights of its own: activation(conv1d(x, W) + b).
///
/// Of an input `[batch, length, channels]` it makes `[batch, windows, filters]`. The weight `[size, channels / groups,
/// filters]` is settled by the first call; the bias `[filters]` starts at 0 and is not regularized.
public struct Conv1D: Layer, WeightedLayer {
  static let kind = "conv"
  public let weight: Parameter
  public let bias: Parameter?
  public let filters: Int
  public let size: Int
  public let stride: Int
  public let padding: WindowPadding
  public let dilation: Int
  public let groups: Int
  public let activation: Activation
  let location: SourceLocation

  /// - Parameters:
  ///   - size: of the kernel.
  ///   - padding, groups: as for ``conv1d(_:_:stride:padding:dilation:groups:file:line:)``.
  ///   - initializer: how the weight starts; without one, He's uniform for relu and its kin, Glorot's otherwise.
  ///   - hasBias: whether b is added.
  public init(
    _ filters: Int, size: Int, stride: Int = 1, padding: WindowPadding = .valid, dilation: Int = 1,
    groups: Int = 1, activation: Activation = .identity, initializer: Initializer? = nil,
    hasBias: Bool = true, file: String = #fileID, line: Int = #line
  ) {
    (self.filters, self.size, self.stride, self.padding) = (filters, size, stride, padding)
    (self.dilation, self.groups, self.activation) = (dilation, groups, activation)
    location = SourceLocation(file: file, line: line)
    weight = Parameter(initializer: initializer ?? activation.initializer) { input in
      [size, (input.dimensions.last ?? 1) / max(1, groups), filters]
    }
    bias = hasBias ? .bias(filters) : nil
  }

  func product(_ x: Tensor, _ weight: Tensor) -> Tensor {
    conv1d(x, weight, stride: stride, padding: padding, dilation: dilation, groups: groups)
  }
}

/// A convolution of images with weights of its own: activation(conv2d(x, W) + b).
///
/// Of an input `[batch, height, width, channels]` it makes `[batch, rows, columns, filters]`. The weight `[height, width,
/// channels / groups, filters]` is settled by the first call; the bias `[filters]` starts at 0 and is not regularized.
public struct Conv2D: Layer, WeightedLayer {
  static let kind = "conv"
  public let weight: Parameter
  public let bias: Parameter?
  public let filters: Int
  public let size: (Int, Int)
  public let strides: (Int, Int)
  public let padding: WindowPadding
  public let dilations: (Int, Int)
  public let groups: Int
  public let activation: Activation
  let location: SourceLocation

  /// - Parameters:
  ///   - size: of the kernel, rows and columns.
  ///   - padding, groups: as for ``conv2d(_:_:strides:padding:dilations:groups:file:line:)``.
  ///   - initializer: how the weight starts; without one, He's uniform for relu and its kin, Glorot's otherwise.
  ///   - hasBias: whether b is added.
  public init(
    _ filters: Int, size: (Int, Int), strides: (Int, Int) = (1, 1), padding: WindowPadding = .valid,
    dilations: (Int, Int) = (1, 1), groups: Int = 1, activation: Activation = .identity,
    initializer: Initializer? = nil, hasBias: Bool = true, file: String = #fileID, line: Int = #line
  ) {
    (self.filters, self.size, self.strides, self.padding) = (filters, size, strides, padding)
    (self.dilations, self.groups, self.activation) = (dilations, groups, activation)
    location = SourceLocation(file: file, line: line)
    weight = Parameter(initializer: initializer ?? activation.initializer) { input in
      [size.0, size.1, (input.dimensions.last ?? 1) / max(1, groups), filters]
    }
    bias = hasBias ? .bias(filters) : nil
  }

  func product(_ x: Tensor, _ weight: Tensor) -> Tensor {
    conv2d(x, weight, strides: strides, padding: padding, dilations: dilations, groups: groups)
  }
}

/// The transpose of a convolution of signals, with weights of its own: activation(convTranspose1d(x, W) + b).
///
/// Of an input `[batch, length, channels]` it makes `[batch, (length − 1) · stride − 2 · padding + size + outputPadding,
/// filters]`: with a stride it makes signals longer. The weight `[size, filters, channels]` is settled by the first call; the
/// bias `[filters]` starts at 0 and is not regularized.
public struct ConvTranspose1D: Layer, WeightedLayer {
  static let kind = "convTranspose"
  public let weight: Parameter
  public let bias: Parameter?
  public let filters: Int
  public let size: Int
  public let stride: Int
  public let padding: Int
  public let outputPadding: Int
  public let activation: Activation
  let location: SourceLocation

  /// - Parameters:
  ///   - size: of the kernel.
  ///   - padding, outputPadding: as for
  ///     ``convTranspose1d(_:_:stride:padding:outputPadding:dilation:groups:file:line:)``.
  ///   - initializer: how the weight starts; without one, He's uniform for relu and its kin, Glorot's otherwise.
  ///   - hasBias: whether b is added.
  public init(
    _ filters: Int, size: Int, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0,
    activation: Activation = .identity, initializer: Initializer? = nil, hasBias: Bool = true,
    file: String = #fileID, line: Int = #line
  ) {
    (self.filters, self.size, self.stride, self.padding) = (filters, size, stride, padding)
    (self.outputPadding, self.activation) = (outputPadding, activation)
    location = SourceLocation(file: file, line: line)
    weight = Parameter(initializer: initializer ?? activation.initializer) { input in
      [size, filters, input.dimensions.last ?? 1]
    }
    bias = hasBias ? .bias(filters) : nil
  }

  func product(_ x: Tensor, _ weight: Tensor) -> Tensor {
    convTranspose1d(x, weight, stride: stride, padding: padding, outputPadding: outputPadding)
  }
}

/// The transpose of a convolution of images, with weights of its own: activation(convTranspose2d(x, W) + b).
///
/// Of an input `[batch, height, width, channels]` it makes `[batch, rows, columns, filters]`, with (extent − 1) · stride − 2 ·
/// padding + size + outputPadding elements along each axis: with strides it makes images larger. The weight `[height, width,
/// filters, channels]` is settled by the first call; the bias `[filters]` starts at 0 and is not regularized.
public struct ConvTranspose2D: Layer, WeightedLayer {
  static let kind = "convTranspose"
  public let weight: Parameter
  public let bias: Parameter?
  public let filters: Int
  public let size: (Int, Int)
  public let strides: (Int, Int)
  public let padding: (Int, Int)
  public let outputPadding: (Int, Int)
  public let activation: Activation
  let location: SourceLocation

  /// - Parameters:
  ///   - size: of the kernel, rows and columns.
  ///   - padding, outputPadding: as for
  ///     ``convTranspose2d(_:_:strides:padding:outputPadding:dilations:groups:file:line:)``.
  ///   - initializer: how the weight starts; without one, He's uniform for relu and its kin, Glorot's otherwise.
  ///   - hasBias: whether b is added.
  public init(
    _ filters: Int, size: (Int, Int), strides: (Int, Int) = (1, 1), padding: (Int, Int) = (0, 0),
    outputPadding: (Int, Int) = (0, 0), activation: Activation = .identity,
    initializer: Initializer? = nil, hasBias: Bool = true, file: String = #fileID, line: Int = #line
  ) {
    (self.filters, self.size, self.strides, self.padding) = (filters, size, strides, padding)
    (self.outputPadding, self.activation) = (outputPadding, activation)
    location = SourceLocation(file: file, line: line)
    weight = Parameter(initializer: initializer ?? activation.initializer) { input in
      [size.0, size.1, filters, input.dimensions.last ?? 1]
    }
    bias = hasBias ? .bias(filters) : nil
  }

  func product(_ x: Tensor, _ weight: Tensor) -> Tensor {
    convTranspose2d(x, weight, strides: strides, padding: padding, outputPadding: outputPadding)
  }
}
