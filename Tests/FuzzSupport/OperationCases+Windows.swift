import AdjointArray
import AdjointIR

extension OperationCases {
  /// Windows along some axes of arrays: overlapping, apart, with gaps, of one element, none, too large.
  private static let windowForms: [(Shape, Windows)] = [
    ([17], Windows(axes: [0], sizes: [3])),
    ([17], Windows(axes: [0], sizes: [3], strides: [2], dilations: [4])),
    ([16], Windows(axes: [0], sizes: [4], strides: [4])),
    ([5], Windows(axes: [0], sizes: [7])),
    ([5, 0], Windows(axes: [0], sizes: [2])),
    ([3, 9, 2], Windows(axes: [1], sizes: [2], strides: [5])),
    ([1, 6, 7, 3], Windows(axes: [1, 2], sizes: [3, 2])),
    ([2, 8, 8, 16], Windows(axes: [1, 2], sizes: [2, 2], strides: [2, 2])),
    ([2, 7, 6, 1], Windows(axes: [1, 2], sizes: [3, 3], strides: [2, 1], dilations: [1, 2])),
    ([2, 9, 9, 2], Windows(axes: [1, 2], sizes: [5, 5], strides: [2, 2])),
    ([4, 3], Windows(axes: [0, 1], sizes: [1, 1], strides: [2, 1])),
    ([3, 4], Windows(axes: [], sizes: [])),
  ]

  /// Windows alone, and their elements added up where they were.
  public static func windows() throws(GraphError) -> [OperationCase] {
    var result: [OperationCase] = []
    for (shape, windows) in windowForms {
      for type in ScalarType.allCases {
        result.append(try one("\(windows.sizes)", .windows(windows), [values(type, shape)]))
        guard type.isNumeric else { continue }
        let laid = try Operation.windows(windows).resultType([TensorType(type, shape)]).shape
        let extents = windows.axes.map { shape[$0] }
        result.append(
          try one(
            "\(windows.sizes)", .addWindows(windows, extents: extents), [ordinaryValues(type, laid, seed: 5)])
        )
      }
    }
    return result
  }

  /// What is lowered in a way of its own: windows that are reduced or multiplied, products that are added to windows, and
  /// elementwise work before and after.
  public static func windowed() throws(GraphError) -> [OperationCase] {
    var result: [OperationCase] = []
    for (shape, windows) in windowForms where shape.count > 0 && !windows.axes.isEmpty {
      for type in ScalarType.allCases {
        for reduction in Reduction.allCases where reduction.domain.contains(type) {
          result.append(
            try composed("windows of", type, shape) { (builder, x) throws(GraphError) in
              let laid = try builder.append(.windows(windows), [x])
              let rank = builder.shape(laid).rank
              return try builder.reduce(
                reduction, laid, axes: Array((rank - windows.axes.count)..<rank))
            })
        }
        guard type.isNumeric, type != .int64 else { continue }
        result += try products(shape, windows, type)
      }
    }
    return result
  }

  private static func products(_ shape: Shape, _ windows: Windows, _ type: ScalarType) throws(GraphError)
    -> [OperationCase]
  {
    let rank = shape.rank
    let elements = Array(rank..<(rank + windows.axes.count))
    let weights = halves(type, Shape(windows.sizes + [3]), seed: 9)
    let extents = windows.axes.map { shape[$0] }
    let laid = try Operation.windows(windows).resultType([TensorType(type, shape)]).shape
    let free = Array(laid.dimensions.prefix(rank))
    let updates = halves(type, Shape(free + [3]), seed: 10)
    let own = Array(windows.axes.indices)
    return [
      try composed("convolution of", type, shape, weights) { (builder, x) throws(GraphError) in
        let laid = try builder.append(.windows(windows), [x[0]])
        let sum = try builder.append(
          .dot(DotDimensions(lhsContracting: elements, rhsContracting: own)), [laid, x[1]])
        return try builder.unary(.negate, sum)
      },
      try composed("flipped convolution of", type, shape, weights) { (builder, x) throws(GraphError) in
        let turned = try builder.append(.flip(Array(0..<rank)), [x[0]])
        let laid = try builder.append(.windows(windows), [turned])
        return try builder.append(
          .dot(DotDimensions(lhsContracting: own, rhsContracting: elements)), [x[1], laid])
      },
      try composed("correlation of", type, shape, updates) { (builder, x) throws(GraphError) in
        let laid = try builder.append(.windows(windows), [x[0]])
        return try builder.append(
          .dot(DotDimensions(lhsContracting: Array(0..<rank), rhsContracting: Array(0..<rank))), [laid, x[1]])
      },
      try composed("squared windows of", type, shape) { (builder, x) throws(GraphError) in
        let laid = try builder.append(.windows(windows), [x])
        return try builder.append(
          .dot(DotDimensions(lhsContracting: Array(0..<rank), rhsContracting: Array(0..<rank))), [laid, laid])
      },
      try composed("sum of products of", type, Shape(free + [3]), weights) {
        (builder, x) throws(GraphError) in
        let product = try builder.append(
          .dot(DotDimensions(lhsContracting: [rank], rhsContracting: [windows.axes.count])), x)
        return try builder.append(.addWindows(windows, extents: extents), [product])
      },
      try composed("sum of squares of", type, laid) { (builder, x) throws(GraphError) in
        let square = try builder.binary(.multiply, x, x)
        let sum = try builder.append(.addWindows(windows, extents: extents), [square])
        return try builder.binary(.maximum, sum, builder.constant(1, like: sum))
      },
    ]
  }

  /// Multiples of ½ whose products and sums are exact, in whatever order they are taken.
  private static func halves(_ type: ScalarType, _ shape: Shape, seed: UInt64) -> NDArray {
    var random = SplitMix64(seed: seed)
    return array(type, shape) { _ in Literal(((random.unit() - 0.5) * 12).rounded() / 2, as: type) }
  }

  private static func composed(
    _ name: String, _ type: ScalarType, _ shape: Shape,
    _ body: (inout Builder, NodeID) throws(GraphError) -> NodeID
  ) throws(GraphError) -> OperationCase {
    try composed(name, type, shape, nil) { (builder, x) throws(GraphError) in try body(&builder, x[0]) }
  }

  private static func composed(
    _ name: String, _ type: ScalarType, _ shape: Shape, _ other: NDArray?,
    _ body: (inout Builder, [NodeID]) throws(GraphError) -> NodeID
  ) throws(GraphError) -> OperationCase {
    var builder = Builder()
    var inputs = ["a": type == .bool ? values(type, shape) : halves(type, shape, seed: 8)]
    var ids = [builder.argument(.input, "a", TensorType(type, shape))]
    if let other {
      inputs["b"] = other
      ids.append(builder.argument(.input, "b", TensorType(other.scalarType, other.shape)))
    }
    let result = try body(&builder, ids)
    let graph = builder.graph(outputs: [Output("y", result)])
    return OperationCase(name: "\(name) \(type)\(shape)", graph: graph, inputs: inputs)
  }
}
