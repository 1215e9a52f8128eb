import AdjointArray
import AdjointIR

// Movement, contraction, gather and scatter, and the sources of values.
extension OperationCases {
  public static func movements() throws(GraphError) -> [OperationCase] {
    let slices: [(Shape, Slice)] = [
      ([17], Slice(starts: [0], ends: [17], steps: [1])), ([17], Slice(starts: [1], ends: [17], steps: [3])),
      ([17], Slice(starts: [5], ends: [5], steps: [1])), ([17], Slice(starts: [2], ends: [9], steps: [100])),
      ([5, 7], Slice(starts: [1, 2], ends: [5, 6], steps: [2, 1])),
      ([2, 3, 16], Slice(starts: [0, 1, 0], ends: [2, 2, 16], steps: [1, 1, 5])),
      ([0, 4], Slice(starts: [0, 1], ends: [0, 3], steps: [1, 1])),
      ([], Slice(starts: [], ends: [], steps: [])),
    ]
    let paddings: [(Shape, Padding)] = [
      ([5], Padding(low: [0], high: [0], interior: [0])), ([5], Padding(low: [2], high: [3], interior: [0])),
      ([5], Padding(low: [0], high: [0], interior: [2])), ([0], Padding(low: [2], high: [1], interior: [4])),
      ([3, 4], Padding(low: [1, 0], high: [0, 2], interior: [1, 2])),
      ([1, 16], Padding(low: [0, 1], high: [1, 0], interior: [3, 0])),
      ([], Padding(low: [], high: [], interior: [])),
    ]
    let reshapes: [(Shape, Shape)] = [
      ([], [1, 1]), ([12], [3, 4]), ([3, 4], [12]), ([2, 3, 4], [4, 6]), ([0, 3], [5, 0]), ([1], []),
    ]
    let transposes: [(Shape, [Int])] = [
      ([], []), ([7], [0]), ([3, 17], [1, 0]), ([3, 17], [0, 1]), ([2, 3, 5], [2, 0, 1]),
      ([2, 3, 5], [0, 2, 1]), ([2, 1, 3, 4], [3, 1, 0, 2]), ([0, 4], [1, 0]), ([33, 31], [1, 0]),
    ]
    let broadcasts: [(Shape, Shape)] = [
      ([], [17]), ([], [2, 3]), ([5], [4, 5]), ([4, 1], [4, 5]), ([1], [0]), ([3, 1, 2], [2, 3, 4, 2]),
      ([1, 1], [33, 17]),
    ]
    let concatenations: [([Shape], Int)] = [
      ([[3]], 0), ([[3], [4]], 0), ([[3], [0], [5]], 0), ([[2, 3], [2, 5]], 1), ([[2, 3], [1, 3]], 0),
      ([[2, 1, 4], [2, 3, 4], [2, 0, 4], [2, 2, 4]], 1), ([[0, 2], [0, 2]], 1),
    ]
    let flips: [(Shape, [Int])] = [
      ([], []), ([1], [0]), ([17], [0]), ([3, 17], [0]), ([3, 17], [1]), ([33, 16], [0, 1]),
      ([0, 4], [0, 1]),
      ([2, 1, 5], [1, 2]),
    ]
    var result: [OperationCase] = []
    for type in ScalarType.allCases {
      for (shape, axes) in flips {
        result.append(try one("axes \(axes)", .flip(axes), [values(type, shape)]))
      }
      for (shape, slice) in slices { result.append(try one("", .slice(slice), [values(type, shape)])) }
      for (shape, padding) in paddings { result.append(try one("", .pad(padding), [values(type, shape)])) }
      for (shape, target) in reshapes {
        result.append(try one("to \(target)", .reshape(target), [values(type, shape)]))
      }
      for (shape, order) in transposes {
        result.append(try one("by \(order)", .transpose(order), [values(type, shape)]))
      }
      for (shape, target) in broadcasts {
        result.append(try one("to \(target)", .broadcast(target), [values(type, shape, offset: 2)]))
      }
      for (shapes, axis) in concatenations {
        let operands = shapes.enumerated().map { values(type, $0.element, offset: $0.offset) }
        result.append(try one("axis \(axis)", .concatenate(axis: axis), operands))
      }
    }
    return result
  }

  public static func contractions() throws(GraphError) -> [OperationCase] {
    let forms: [(Shape, Shape, DotDimensions)] = [
      ([], [], DotDimensions(lhsContracting: [], rhsContracting: [])),
      ([5], [5], DotDimensions(lhsContracting: [0], rhsContracting: [0])),
      ([5], [3], DotDimensions(lhsContracting: [], rhsContracting: [])),
      ([4, 5], [5], DotDimensions(lhsContracting: [1], rhsContracting: [0])),
      ([5], [5, 3], DotDimensions(lhsContracting: [0], rhsContracting: [0])),
      // The four forms of a product of matrices, transposed or not.
      ([4, 5], [5, 3], .matmul(rank: 2)),
      ([5, 4], [5, 3], DotDimensions(lhsContracting: [0], rhsContracting: [0])),
      ([4, 5], [3, 5], DotDimensions(lhsContracting: [1], rhsContracting: [1])),
      ([5, 4], [3, 5], DotDimensions(lhsContracting: [0], rhsContracting: [1])),
      ([17, 33], [33, 31], .matmul(rank: 2)), ([1, 64], [64, 1], .matmul(rank: 2)),
      ([0, 5], [5, 3], .matmul(rank: 2)), ([4, 0], [0, 3], .matmul(rank: 2)),
      ([2, 4, 5], [2, 5, 3], .matmul(rank: 3)), ([2, 3, 4, 5], [2, 3, 5, 2], .matmul(rank: 4)),
      // Batch axes inside, two contracting axes in crossed order, all contracted.
      (
        [4, 2, 5], [5, 3, 2],
        DotDimensions(lhsContracting: [2], rhsContracting: [0], lhsBatch: [1], rhsBatch: [2])
      ),
      ([2, 3, 4], [3, 5, 2], DotDimensions(lhsContracting: [0, 1], rhsContracting: [2, 0])),
      ([2, 3, 4], [2, 3, 4], DotDimensions(lhsContracting: [0, 1, 2], rhsContracting: [0, 1, 2])),
      (
        [3, 4], [3, 4],
        DotDimensions(lhsContracting: [], rhsContracting: [], lhsBatch: [0, 1], rhsBatch: [0, 1])
      ),
    ]
    var result: [OperationCase] = []
    for type in ScalarType.allCases where type.isNumeric {
      for (number, (lhs, rhs, dimensions)) in forms.enumerated() {
        let operands = [
          ordinaryValues(type, lhs, seed: UInt64(number)), ordinaryValues(type, rhs, seed: 100),
        ]
        let name =
          "\(dimensions.lhsContracting)\(dimensions.rhsContracting) batch \(dimensions.lhsBatch)\(dimensions.rhsBatch)"
        result.append(try one(name, .dot(dimensions), operands))
      }
    }
    return result
  }

  /// Indices within range: those out of range are a status of the step, not a value.
  public static func gathers() throws(GraphError) -> [OperationCase] {
    let indices: [(Shape, [Int32])] = [
      ([], [3]), ([1], [0]), ([5], [4, 0, 2, 2, 4]), ([2, 3], [0, 1, 2, 3, 4, 0]), ([0], []),
    ]
    var result: [OperationCase] = []
    for type in ScalarType.allCases {
      for (shape, numbers) in indices {
        var places = NDArray(zeros: shape, .int32)
        places.withUnsafeMutableElements(of: Int32.self) {
          for index in numbers.indices { $0[index] = numbers[index] }
        }
        for row in [[], [1], [17], [2, 3], [0]] as [Shape] {
          let table = values(type, Shape([5] + row.dimensions))
          result.append(try one("", .structured(.gatherRows), [table, places]))
          guard type.isNumeric else { continue }
          let updates = ordinaryValues(type, Shape(shape.dimensions + row.dimensions), seed: 3)
          result.append(try one("of 5", .structured(.scatterAddRows(rows: 5)), [updates, places]))
        }
      }
      for (shape, axis, extent) in [
        ([7], 0, 5), ([3, 4], 0, 5), ([3, 4], 1, 5), ([2, 3, 17], 1, 4), ([0, 3], 0, 0),
      ]
        as [(Shape, Int, Int)]
      {
        var random = SplitMix64(seed: 9)
        let places = array(.int32, shape) { _ in Literal(Int32(random.below(max(1, extent)))) }
        var dimensions = shape.dimensions
        dimensions[axis] = extent
        let table = values(type, Shape(dimensions))
        result.append(try one("axis \(axis)", .structured(.gather(axis: axis)), [table, places]))
        guard type.isNumeric else { continue }
        let updates = ordinaryValues(type, shape, seed: 4)
        result.append(
          try one(
            "axis \(axis) of \(extent)", .structured(.scatterAdd(axis: axis, extent: extent)),
            [updates, places]))
      }
    }
    return result
  }

  /// Running sums and what they are multiplied by, of numbers of all types, in both directions: c' = c + x·w, y = c·x.
  public static func loops() throws(GraphError) -> [OperationCase] {
    var result: [OperationCase] = []
    for type in ScalarType.allCases where type.isNumeric {
      for (length, shape) in [(0, [3]), (1, []), (5, []), (30, [17]), (9, [3, 5]), (30, [0])]
        as [(Int, Shape)]
      {
        var body = Builder()
        let carry = body.argument(.input, "c", TensorType(type, shape))
        let slice = body.argument(.input, "x", TensorType(type, shape))
        let factor = body.argument(.input, "w", TensorType(type, []))
        let next = try body.binary(.add, carry, body.binary(.multiply, slice, factor))
        let kept = try body.binary(.multiply, carry, slice)
        let graph = body.graph(outputs: [Output("c", next), Output("y", kept)])
        let operands = [
          ordinaryValues(type, shape, seed: 5),
          ordinaryValues(type, Shape([length] + shape.dimensions), seed: 6),
          ordinaryValues(type, [], seed: 7),
        ]
        for (isReversed, output) in [(false, 0), (false, 1), (true, 1)] {
          let scan = Scan(graph, carries: 1, stacked: 1, length: length, isReversed: isReversed)
          result.append(
            try one(
              "of \(length)\(isReversed ? " reversed" : "") \(output)", .scan(scan, result: output), operands)
          )
        }
      }
    }
    return result
  }

  /// Constants, arrays and iota.
  public static func sources() throws(GraphError) -> [OperationCase] {
    var result: [OperationCase] = []
    for type in ScalarType.allCases {
      for (number, literal) in specialValues(type).enumerated() {
        result.append(try one("\(type) \(number)", .constant(literal), []))
      }
      for shape in [[], [0], [1], [65], [3, 17]] as [Shape] {
        result.append(try one("\(type)\(shape)", .data(values(type, shape)), []))
      }
      guard type.isNumeric else { continue }
      for count in [0, 1, 16, 17, 513] {
        result.append(try one("\(type)[\(count)]", .iota(count: count, type), []))
      }
    }
    return result
  }
}
