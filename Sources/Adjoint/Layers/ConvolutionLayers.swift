import AdjointArray
import AdjointIR

/// A convolution of images with weights of its own: activation(conv2d(x, W) + b).
///
/// Of an input `[batch, height, width, channels]` it makes `[batch, rows, columns, filters]`. The weight `[height, width,
/// channels / groups, filters]` is settled by the first call; the bias `[filters]` starts at 0 and is not regularized.
public struct Conv2D: Layer {
  public let weight: Parameter
  public let bias: Parameter?
  public let filters: Int
  public let size: (Int, Int)
  public let strides: (Int, Int)
  public let padding: WindowPadding
  public let dilations: (Int, Int)
  public let groups: Int
  public let activation: Activation
  private let location: SourceLocation

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
    self.filters = filters
    self.size = size
    self.strides = strides
    self.padding = padding
    self.dilations = dilations
    self.groups = groups
    self.activation = activation
    location = SourceLocation(file: file, line: line)
    weight = Parameter(initializer: initializer ?? activation.initializer) { input in
      [size.0, size.1, (input.dimensions.last ?? 1) / max(1, groups), filters]
    }
    bias = hasBias ? Parameter([filters], initializer: .zeros, isRegularized: false) : nil
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let name = x.trace.path(of: weight)?.layerName ?? "conv"
    return x.trace.within(.layer(name)) {
      x.trace.at(location) {
        var z = conv2d(
          x, weight.tensor(for: x, name: name + ".weight", at: nil), strides: strides, padding: padding,
          dilations: dilations, groups: groups)
        if let bias { z = z + bias.tensor(for: z, name: name + ".bias", at: nil) }
        z.labelled(name.cName + "_z")
        return activation == .identity ? z : activation(z).labelled(name.cName + "_a")
      }
    }
  }
}

/// The greatest element of each window of images; see ``maxPool2d(_:size:strides:padding:file:line:)``.
public struct MaxPool2D: Layer {
  public let size: (Int, Int)
  public let strides: (Int, Int)
  public let padding: WindowPadding
  private let location: SourceLocation

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
