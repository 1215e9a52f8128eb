import AdjointArray
import AdjointIR

/// The greatest element of each window of signals `[batch, length, channels]`.
///
/// What padding adds is never the greatest. Where several elements are, the first one gets the derivative, as in PyTorch and
/// TensorFlow. A window with a NaN gives NaN.
///
/// - Parameter stride: from window to window; without one, `size`.
public func maxPool1d(
  _ x: Tensor, size: Int, stride: Int? = nil, padding: WindowPadding = .valid, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  Tensor.record("max_pool1d", [x], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    try builder.maxPool("max_pool1d", ids[0], [size], [stride ?? size], padding)
  }
}

/// The greatest element of each window of images `[batch, height, width, channels]`.
///
/// What padding adds is never the greatest. Where several elements are, the first one (row by row) gets the derivative, as in
/// PyTorch and TensorFlow. A window with a NaN gives NaN.
///
/// - Parameter strides: from window to window; without them, `size`.
public func maxPool2d(
  _ x: Tensor, size: (Int, Int), strides: (Int, Int)? = nil, padding: WindowPadding = .valid,
  file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("max_pool2d", [x], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    let strides = strides ?? size
    return try builder.maxPool(
      "max_pool2d", ids[0], [size.0, size.1], [strides.0, strides.1], padding)
  }
}

/// The mean of each window of signals `[batch, length, channels]`.
///
/// - Parameters:
///   - stride: from window to window; without one, `size`.
///   - countsPadding: whether the zeros that padding adds count as elements, as PyTorch's `count_include_pad` says; else the
///     mean is of those in the signal.
public func averagePool1d(
  _ x: Tensor, size: Int, stride: Int? = nil, padding: WindowPadding = .valid, countsPadding: Bool = false,
  file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("average_pool1d", [x], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    try builder.averagePool("average_pool1d", ids[0], [size], [stride ?? size], padding, countsPadding)
  }
}

/// The mean of each window of images `[batch, height, width, channels]`.
///
/// - Parameters:
///   - strides: from window to window; without them, `size`.
///   - countsPadding: whether the zeros that padding adds count as elements, as PyTorch's `count_include_pad` says; else the
///     mean is of those in the image.
public func averagePool2d(
  _ x: Tensor, size: (Int, Int), strides: (Int, Int)? = nil, padding: WindowPadding = .valid,
  countsPadding: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("average_pool2d", [x], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    let strides = strides ?? size
    return try builder.averagePool(
      "average_pool2d", ids[0], [size.0, size.1], [strides.0, strides.1], padding, countsPadding)
  }
}

extension Builder {
  /// The windows of a pooling, once all is checked, and the padding that it asks for.
  private func pooling(
    _ operation: String, _ x: NodeID, _ sizes: [Int], _ strides: [Int], _ padding: WindowPadding
  ) throws(GraphError) -> (windows: Windows, widths: [(before: Int, after: Int)]) {
    let rank = sizes.count
    guard shape(x).rank == rank + 2 else {
      throw GraphError(
        .shapeMismatch, operation: operation, problem: "x is \(shape(x))",
        remedy: "give it as [batch, \(rank == 1 ? "length" : "height, width"), channels]")
    }
    guard sizes.allSatisfy({ $0 >= 1 }), strides.allSatisfy({ $0 >= 1 }) else {
      throw GraphError(
        .invalidAttribute, operation: operation, problem: "windows of \(sizes) with strides \(strides)",
        remedy: "give each ≥ 1")
    }
    let windows = Windows(axes: Array(1...rank), sizes: sizes, strides: strides)
    let widths = try padding.widths(operation, shape(x), windows)
    try checkFit(operation, shape(x), windows, widths)
    for (position, width) in widths.enumerated()
    where max(width.before, width.after) >= sizes[position] {
      // There would be windows of nothing but padding.
      throw GraphError(
        .invalidAttribute, operation: operation,
        problem: "padding \(width.before) and \(width.after) of windows of \(sizes[position])",
        remedy: "pad by less than a window")
    }
    return (windows, widths)
  }

  fileprivate mutating func averagePool(
    _ operation: String, _ x: NodeID, _ sizes: [Int], _ strides: [Int], _ padding: WindowPadding,
    _ countsPadding: Bool
  ) throws(GraphError) -> NodeID {
    let (windows, widths) = try pooling(operation, x, sizes, strides, padding)
    let padded = try padSpatially(x, widths)
    let laid = try append(.windows(windows), [padded])
    let sum = try reduce(.sum, laid, axes: Array((shape(laid).rank - sizes.count)..<shape(laid).rank))
    let whole = sizes.reduce(1, saturatingProduct)
    if countsPadding || widths.allSatisfy({ $0 == (0, 0) }) {
      return try binary(.divide, sum, constant(Double(whole), like: sum))
    }
    // How many elements of each window are in the image.
    var counts = [1.0]
    for (position, axis) in windows.axes.enumerated() {
      let (extent, width) = (shape(x)[axis], widths[position])
      let along = (0..<shape(sum)[axis]).map { index in
        let start = index * strides[position] - width.before
        return Double(max(0, min(start + sizes[position], extent) - max(start, 0)))
      }
      counts = counts.flatMap { outer in along.map { outer * $0 } }
    }
    let places = Shape(windows.axes.map { shape(sum)[$0] } + [1])
    var numbers = NDArray(zeros: places, .float64)
    numbers.withUnsafeMutableElements(of: Double.self) { for i in counts.indices { $0[i] = counts[i] } }
    let divisor = try append(.data(numbers.converted(to: scalarType(sum))), [])
    return try binary(.divide, sum, broadcast(divisor, to: shape(sum)))
  }

  fileprivate mutating func maxPool(
    _ operation: String, _ x: NodeID, _ sizes: [Int], _ strides: [Int], _ padding: WindowPadding
  ) throws(GraphError) -> NodeID {
    let (windows, widths) = try pooling(operation, x, sizes, strides, padding)
    var padded = x
    if !widths.allSatisfy({ $0 == (0, 0) }) {
      let inside = try padSpatially(broadcast(constant(Literal(true)), to: shape(x)), widths)
      let least = constant(Reduction.maximum.identity(scalarType(x)))
      padded = try select(inside, padSpatially(x, widths), least)
    }
    let type = TensorType(scalarType(padded), shape(padded))
    var body = Builder()
    let greatest = try body.maximum(of: windows, body.argument(.input, "x", type))
    guard type.scalarType.isFloatingPoint else { return try maximum(of: windows, padded) }
    let graph = body.graph(outputs: [Output("y", greatest)])
    let vjp = try Self.maximumDerivative(of: windows, type, TensorType(type.scalarType, body.shape(greatest)))
    return try append(.call(Callee(graph, derivative: .given(vjp)), result: 0), [padded])
  }

  /// The greatest element of each window.
  private mutating func maximum(of windows: Windows, _ x: NodeID) throws(GraphError) -> NodeID {
    let laid = try append(.windows(windows), [x])
    let rank = shape(laid).rank
    return try reduce(.maximum, laid, axes: Array((rank - windows.axes.count)..<rank))
  }

  /// Brings the cotangent of each window's greatest element back to where it was.
  ///
  /// That is a sum of as many numbers as there are windows, and not one of as many as they have elements: of each window the
  /// first element is sought that is not less than the greatest one.
  private static func maximumDerivative(of windows: Windows, _ image: TensorType, _ result: TensorType)
    throws(GraphError) -> Graph
  {
    var builder = Builder()
    let x = builder.argument(.input, "x", image)
    let y = builder.argument(.input, "y", result)
    let cotangent = builder.argument(.input, "d_y", result)
    let rank = windows.axes.count
    let spatial = Shape(windows.axes.map { image.shape[$0] })
    let counts = windows.axes.map { result.shape[$0] }
    /// The element at `offsets` of all windows in an array whose axes from `axis` on are spatial.
    func element(_ array: NodeID, _ offsets: [Int], from axis: Int) throws(GraphError) -> NodeID {
      var starts = [Int](repeating: 0, count: builder.shape(array).rank)
      var ends = builder.shape(array).dimensions
      var steps = [Int](repeating: 1, count: starts.count)
      for position in 0..<rank {
        starts[axis + position] = offsets[position]
        steps[axis + position] = windows.strides[position]
        ends[axis + position] = offsets[position] + (counts[position] - 1) * windows.strides[position] + 1
      }
      return try builder.append(.slice(Slice(starts: starts, ends: ends, steps: steps)), [array])
    }
    /// Elements of an image with the same spatial place in its first window.
    let place = { (offsets: [Int]) in
      Literal(Int32(truncatingIfNeeded: zip(offsets, spatial.strides).reduce(0) { $0 + $1.0 * $1.1 }))
    }
    var elements: [[Int]] = [[]]
    for size in windows.sizes { elements = elements.flatMap { outer in (0..<size).map { outer + [$0] } } }
    var index = try builder.broadcast(
      builder.constant(place(elements[elements.count - 1])), to: result.shape)
    for offsets in elements.dropLast().reversed() {
      let isLess = try builder.compare(.less, element(x, offsets, from: 1), y)
      index = try builder.select(
        isLess, index, builder.broadcast(builder.constant(place(offsets)), to: result.shape))
    }
    let all = try builder.reshape(builder.append(.iota(count: spatial.count, .int32), []), to: spatial)
    let first = try element(all, [Int](repeating: 0, count: rank), from: 0)
    let column = try builder.reshape(first, to: Shape(counts + [1]))
    index = try builder.binary(.add, index, builder.broadcast(column, to: result.shape))

    let (batch, channels) = (image.shape[0], image.shape[rank + 1])
    let flat: Shape = [batch, counts.reduce(1, *), channels]
    let sum = try builder.append(
      .structured(.scatterAdd(axis: 1, extent: spatial.count)),
      [builder.reshape(cotangent, to: flat), builder.reshape(index, to: flat)])
    let back = try builder.reshape(sum, to: image.shape)
    return builder.graph(outputs: [Output("d_x", back)])
  }
}
