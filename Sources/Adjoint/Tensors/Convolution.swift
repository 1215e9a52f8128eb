import AdjointArray
import AdjointIR

/// What is added around the spatial axes of an image before windows are laid over it.
public enum WindowPadding: Hashable, Sendable {
  /// Nothing: only windows that lie within the image.
  case valid
  /// As much as makes ⌈extent / stride⌉ windows, half of it before and half behind; the odd one is behind, as in TensorFlow
  /// and JAX.
  case same
  /// So many elements before and behind, for each spatial axis.
  case explicit(before: [Int], after: [Int])

  /// As many elements before as behind, for each spatial axis: PyTorch's `padding`.
  public static func around(_ widths: Int...) -> WindowPadding { .explicit(before: widths, after: widths) }
}

/// The convolution (cross-correlation) of signals with a kernel: y[n, i, o] = Σ x[n, stride · i + dilation · k, c] ·
/// kernel[k, c, o] over k and c.
///
/// - Parameters:
///   - x: `[batch, length, channels]`.
///   - kernel: `[size, channels / groups, outputs]`.
///   - padding: of zeros.
///   - groups: as many parts of the channels and of the outputs, in order; each part of the outputs sees its part of the
///     channels.
/// - Returns: `[batch, windows, outputs]`, with ⌊(length + padding − dilation · (size − 1) − 1) / stride⌋ + 1 windows.
public func conv1d(
  _ x: Tensor, _ kernel: Tensor, stride: Int = 1, padding: WindowPadding = .valid, dilation: Int = 1,
  groups: Int = 1, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("conv1d", [x, kernel], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    try builder.convolve(
      builder.promoted(ids),
      Convolution("conv1d", strides: [stride], dilations: [dilation], groups: groups), padding)
  }
}

/// The convolution (cross-correlation) of images with a kernel, channels last: y[n, i, j, o] = Σ x[n, s₀ i + d₀ k, s₁ j +
/// d₁ l, c] · kernel[k, l, c, o] over k, l and c.
///
/// - Parameters:
///   - x: `[batch, height, width, channels]`.
///   - kernel: `[height, width, channels / groups, outputs]`, the order of JAX, TensorFlow and Swift for TensorFlow.
///   - padding: of zeros.
///   - groups: as many parts of the channels and of the outputs, in order; each part of the outputs sees its part of the
///     channels. With as many groups as channels it is a depthwise convolution.
/// - Returns: `[batch, rows, columns, outputs]`, with ⌊(extent + padding − dilation · (size − 1) − 1) / stride⌋ + 1 windows
///   along each axis.
public func conv2d(
  _ x: Tensor, _ kernel: Tensor, strides: (Int, Int) = (1, 1), padding: WindowPadding = .valid,
  dilations: (Int, Int) = (1, 1), groups: Int = 1, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("conv2d", [x, kernel], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    try builder.convolve(
      builder.promoted(ids),
      Convolution(
        "conv2d", strides: [strides.0, strides.1], dilations: [dilations.0, dilations.1], groups: groups),
      padding)
  }
}

/// The transpose of `conv1d` by its first operand, PyTorch's `ConvTranspose1d`.
///
/// - Parameters:
///   - x: `[batch, length, channels]`.
///   - kernel: `[size, outputs / groups, channels]`: that of the convolution from the outputs to the channels.
///   - padding: of that convolution: so many elements are taken off at either end.
///   - outputPadding: so many elements of the signal behind the last window's, which that convolution would leave out; less
///     than stride or dilation.
/// - Returns: `[batch, (length − 1) · stride − 2 · padding + dilation · (size − 1) + outputPadding + 1, outputs]`.
public func convTranspose1d(
  _ x: Tensor, _ kernel: Tensor, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0,
  dilation: Int = 1, groups: Int = 1, file: String = #fileID, line: Int = #line
) -> Tensor {
  let operation = "conv_transpose1d"
  return Tensor.record(operation, [x, kernel], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    try builder.convolveTransposed(
      builder.promoted(ids),
      Convolution(operation, strides: [stride], dilations: [dilation], groups: groups), [padding],
      [outputPadding])
  }
}

/// The transpose of `conv2d` by its first operand, PyTorch's `ConvTranspose2d`, channels last.
///
/// - Parameters:
///   - x: `[batch, height, width, channels]`.
///   - kernel: `[height, width, outputs / groups, channels]`: that of the convolution from the outputs to the channels.
///   - padding: of that convolution: so many elements are taken off at either end of each axis.
///   - outputPadding: so many elements of the image behind the last window's, which that convolution would leave out; less
///     than stride or dilation.
/// - Returns: `[batch, rows, columns, outputs]`, with (extent − 1) · stride − 2 · padding + dilation · (size − 1) +
///   outputPadding + 1 elements along each axis.
public func convTranspose2d(
  _ x: Tensor, _ kernel: Tensor, strides: (Int, Int) = (1, 1), padding: (Int, Int) = (0, 0),
  outputPadding: (Int, Int) = (0, 0), dilations: (Int, Int) = (1, 1), groups: Int = 1,
  file: String = #fileID, line: Int = #line
) -> Tensor {
  let operation = "conv_transpose2d"
  return Tensor.record(operation, [x, kernel], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    try builder.convolveTransposed(
      builder.promoted(ids),
      Convolution(
        operation, strides: [strides.0, strides.1], dilations: [dilations.0, dilations.1], groups: groups),
      [padding.0, padding.1], [outputPadding.0, outputPadding.1])
  }
}

/// What a convolution is, but for its operands.
private struct Convolution {
  let name: String
  let strides: [Int]
  let dilations: [Int]
  let groups: Int

  init(_ name: String, strides: [Int], dilations: [Int], groups: Int) {
    self.name = name
    self.strides = strides
    self.dilations = dilations
    self.groups = groups
  }

  /// The number of spatial axes.
  var rank: Int { strides.count }
  var layout: String { rank == 1 ? "[batch, length, channels]" : "[batch, height, width, channels]" }

  func mismatch(_ problem: String, _ remedy: String) -> GraphError {
    GraphError(.shapeMismatch, operation: name, problem: problem, remedy: remedy)
  }

  func check(_ x: Shape, _ kernel: Shape) throws(GraphError) {
    guard x.rank == rank + 2, kernel.rank == rank + 2 else {
      throw mismatch(
        "x is \(x) and the kernel \(kernel)", "give x as \(layout) and the kernel rank \(rank + 2)")
    }
    guard strides.allSatisfy({ $0 >= 1 }), dilations.allSatisfy({ $0 >= 1 }), groups >= 1 else {
      throw GraphError(
        .invalidAttribute, operation: name,
        problem: "strides \(strides), dilations \(dilations), \(groups) groups", remedy: "give each ≥ 1")
    }
    guard kernel.dimensions.prefix(rank).allSatisfy({ $0 >= 1 }) else {
      throw mismatch("the kernel \(kernel) is empty", "give it at least one element along each axis")
    }
    guard x[rank + 1] % groups == 0, kernel[rank + 1] % groups == 0 else {
      throw mismatch(
        "\(x[rank + 1]) channels of x \(x) and \(kernel[rank + 1]) of the kernel \(kernel) are not \(groups) equal groups",
        "let groups divide both")
    }
  }
}

extension Builder {
  fileprivate mutating func convolve(
    _ operands: [NodeID], _ convolution: Convolution, _ padding: WindowPadding
  ) throws(GraphError) -> NodeID {
    let (x, kernel) = (shape(operands[0]), shape(operands[1]))
    let (rank, groups) = (convolution.rank, convolution.groups)
    try convolution.check(x, kernel)
    guard x[rank + 1] == saturatingProduct(kernel[rank], groups) else {
      throw convolution.mismatch(
        "x \(x) has \(x[rank + 1]) channels, the kernel \(kernel) is for \(saturatingProduct(kernel[rank], groups))",
        "give a kernel [\(rank == 1 ? "size" : "height, width"), \(x[rank + 1] / groups), outputs]")
    }
    let windows = Windows(
      axes: Array(1...rank), sizes: Array(kernel.dimensions.prefix(rank)), strides: convolution.strides,
      dilations: convolution.dilations)
    let widths = try padding.widths(convolution.name, x, windows)
    let padded = try padSpatially(operands[0], widths)
    try checkFit(convolution.name, x, windows, widths)

    let isGrouped = groups > 1
    var image = padded
    var weights = operands[1]
    if isGrouped {
      image = try reshape(
        padded, to: Shape(shape(padded).dimensions.dropLast() + [groups, x[rank + 1] / groups]))
      weights = try reshape(
        weights, to: Shape(kernel.dimensions.dropLast() + [groups, kernel[rank + 1] / groups]))
    }
    // [batch, windows…, (group,) channels, elements…], of which the elements go before the channels: along a row of the
    // kernel they lie together in memory.
    let laid = try append(.windows(windows), [image])
    let channels = isGrouped ? rank + 2 : rank + 1
    let elements = Array((channels + 1)...(channels + rank))
    let patches = try transpose(laid, Array(0..<channels) + elements + [channels])
    let dimensions = DotDimensions(
      lhsContracting: Array(channels...(channels + rank)), rhsContracting: Array(0...rank),
      lhsBatch: isGrouped ? [rank + 1] : [], rhsBatch: isGrouped ? [rank + 1] : [])
    let product = try append(.dot(dimensions), [patches, weights])
    guard isGrouped else { return product }
    // [group, batch, windows…, outputs of the group]
    let ordered = try transpose(product, Array(1...(rank + 1)) + [0, rank + 2])
    return try reshape(
      ordered, to: Shape(shape(ordered).dimensions.dropLast(2) + [kernel[rank + 1]]))
  }

  fileprivate mutating func convolveTransposed(
    _ operands: [NodeID], _ convolution: Convolution, _ padding: [Int], _ outputPadding: [Int]
  ) throws(GraphError) -> NodeID {
    let (x, kernel) = (shape(operands[0]), shape(operands[1]))
    let (rank, groups) = (convolution.rank, convolution.groups)
    try convolution.check(x, kernel)
    guard x[rank + 1] == kernel[rank + 1] else {
      throw convolution.mismatch(
        "x \(x) has \(x[rank + 1]) channels, the kernel \(kernel) is for \(kernel[rank + 1])",
        "give a kernel [\(rank == 1 ? "size" : "height, width"), outputs\(groups == 1 ? "" : " / groups"), \(x[rank + 1])]"
      )
    }
    let (strides, dilations) = (convolution.strides, convolution.dilations)
    guard padding.allSatisfy({ $0 >= 0 }),
      zip(outputPadding, zip(strides, dilations)).allSatisfy({ 0 <= $0 && $0 < max($1.0, $1.1) })
    else {
      throw GraphError(
        .invalidAttribute, operation: convolution.name,
        problem: "padding \(padding) and output padding \(outputPadding) with strides \(strides)",
        remedy: "give padding ≥ 0, and output padding from 0 to less than stride or dilation")
    }
    let windows = Windows(
      axes: Array(1...rank), sizes: Array(kernel.dimensions.prefix(rank)), strides: strides,
      dilations: dilations)
    // What the windows cover, with as much behind them as leaves no room for another one.
    var (extents, missing, ends): ([Int], [Int], [Int]) = ([], [], [])
    for axis in 0..<rank {
      let between = saturatingProduct(max(0, x[axis + 1] - 1), strides[axis])
      let covered = x[axis + 1] == 0 ? 0 : saturatingSum(between, windows.span(axis))
      let room = min(outputPadding[axis], strides[axis] - 1)
      let whole = saturatingSum(covered, outputPadding[axis])
      guard x[axis + 1] > 0, whole - padding[axis] > padding[axis] else {
        throw convolution.mismatch(
          "nothing of x \(x) is left with a kernel \(kernel) and padding \(padding)",
          "give at least one element along each axis, and less padding")
      }
      extents.append(saturatingSum(covered, room))
      missing.append(outputPadding[axis] - room)
      ends.append(whole - padding[axis])
    }

    let isGrouped = groups > 1
    var (signal, weights) = (operands[0], operands[1])
    if isGrouped {
      let parts = [groups, x[rank + 1] / groups]
      signal = try reshape(signal, to: Shape(x.dimensions.dropLast() + parts))
      weights = try reshape(weights, to: Shape(kernel.dimensions.dropLast() + parts))
    }
    let own = isGrouped ? rank + 2 : rank + 1
    let dimensions = DotDimensions(
      lhsContracting: [own], rhsContracting: [own], lhsBatch: isGrouped ? [rank + 1] : [],
      rhsBatch: isGrouped ? [rank + 1] : [])
    // [(group,) batch, places…, elements…, outputs]
    let product = try append(.dot(dimensions), [signal, weights])
    let first = isGrouped ? 1 : 0
    let places = Array(first...(first + rank))
    let elements = Array((first + rank + 1)...(first + 2 * rank))
    let group = isGrouped ? [0] : []
    let patches = try transpose(product, places + group + [first + 2 * rank + 1] + elements)
    let sum = try append(.addWindows(windows, extents: extents), [patches])
    let whole = try reshape(
      sum, to: Shape([x[0]] + extents + [saturatingProduct(kernel[rank], groups)]))
    let full = try padSpatially(whole, missing.map { (0, $0) })
    guard (0..<rank).contains(where: { padding[$0] > 0 }) else { return full }
    return try append(
      .slice(
        Slice(
          starts: [0] + padding + [0], ends: [x[0]] + ends + [saturatingProduct(kernel[rank], groups)],
          steps: [Int](repeating: 1, count: rank + 2))), [full])
  }

  /// With zeros around the spatial axes, which are those between the first and the last.
  mutating func padSpatially(_ id: NodeID, _ widths: [(before: Int, after: Int)]) throws(GraphError) -> NodeID
  {
    if widths.allSatisfy({ $0 == (0, 0) }) { return id }
    return try append(
      .pad(
        Padding(
          low: [0] + widths.map(\.before) + [0], high: [0] + widths.map(\.after) + [0],
          interior: [Int](repeating: 0, count: widths.count + 2))), [id])
  }

  /// - Throws: where not a single window fits an axis.
  func checkFit(
    _ operation: String, _ x: Shape, _ windows: Windows, _ widths: [(before: Int, after: Int)]
  ) throws(GraphError) {
    for (position, axis) in windows.axes.enumerated() {
      let extent = saturatingSum(saturatingSum(x[axis], widths[position].before), widths[position].after)
      guard windows.count(position, in: extent) > 0 else {
        throw GraphError(
          .shapeMismatch, operation: operation,
          problem:
            "a window of \(windows.span(position)) elements does not fit axis \(axis) of \(x), \(extent) with its padding",
          remedy: "give a smaller window, or more padding")
      }
    }
  }
}

extension WindowPadding {
  /// How much that is along each of the windows' axes of an image of shape `x`.
  func widths(_ operation: String, _ x: Shape, _ windows: Windows) throws(GraphError) -> [(
    before: Int, after: Int
  )] {
    switch self {
    case .valid:
      return windows.axes.map { _ in (0, 0) }
    case .same:
      return windows.axes.enumerated().map { position, axis in
        guard windows.strides[position] >= 1, x[axis] >= 1 else { return (0, 0) }
        let last = (x[axis] - 1) / windows.strides[position] * windows.strides[position]
        let total = max(0, saturatingSum(last, windows.span(position)) - x[axis])
        return (total / 2, total - total / 2)
      }
    case .explicit(let before, let after):
      guard before.count == windows.axes.count, after.count == windows.axes.count,
        (before + after).allSatisfy({ $0 >= 0 })
      else {
        throw GraphError(
          .invalidAttribute, operation: operation, problem: "padding \(before) before and \(after) behind",
          remedy: "give one number ≥ 0 for each of \(windows.axes.count) spatial axes")
      }
      return zip(before, after).map { ($0, $1) }
    }
  }
}
