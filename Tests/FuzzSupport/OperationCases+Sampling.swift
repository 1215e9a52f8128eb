import AdjointArray
import AdjointIR

// Random bits and sorting.
extension OperationCases {
  public static func draws() throws(GraphError) -> [OperationCase] {
    let keys: [(seed: Int64, step: Int64)] = [(0, 0), (7, 1), (-1, .min), (.max, 0x1_0000_0001)]
    var result: [OperationCase] = []
    for type in ScalarType.allCases where type.isNumeric {
      for (number, shape) in ([[], [0], [1], [3], [3, 17], [2, 3, 5], [257]] as [Shape]).enumerated() {
        let (seed, step) = keys[number % keys.count]
        let key = array(.int64, [2]) { Literal($0 == 0 ? seed : step) }
        for stream in [0, 3, Int(UInt32.max)] {
          let bits = RandomBits(TensorType(type, shape), stream: stream)
          result.append(try one("\(type)\(shape) stream \(stream)", .structured(.randomBits(bits)), [key]))
        }
      }
    }
    return result
  }

  public static func orders() throws(GraphError) -> [OperationCase] {
    let forms: [(Shape, Int)] = [
      ([1], 0), ([2], 0), ([17], 0), ([100], 0), ([0], 0), ([3, 40], 1), ([40, 3], 0), ([2, 5, 3], 1),
      ([2, 0, 3], 1), ([0, 4], 1), ([1000], 0),
    ]
    var result: [OperationCase] = []
    for type in ScalarType.allCases where type.isNumeric {
      for (shape, axis) in forms {
        for isDescending in [false, true] {
          let operation = Operation.structured(.argsort(axis: axis, isDescending: isDescending))
          result.append(try one("of special values", operation, [values(type, shape)]))
          // Many equal ones.
          var random = SplitMix64(seed: UInt64(shape.count))
          let few = array(type, shape) { _ in Literal(Double(random.below(7) - 3), as: type) }
          result.append(try one("of few values", operation, [few]))
        }
        result.append(
          try one(
            "", .structured(.argsort(axis: axis, isDescending: false)),
            [array(type, shape) { Literal(Double(shape.count - $0), as: type) }]))
      }
    }
    return result
  }

  public static func places() throws(GraphError) -> [OperationCase] {
    let forms: [(sorted: Shape, values: Shape)] = [
      ([1], [1]), ([0], [3]), ([17], [40]), ([100], [0]), ([1000], [33]), ([2, 9], [2, 4]),
      ([0, 3], [0, 2]),
      ([2, 3, 5], [2, 3, 1]),
    ]
    var result: [OperationCase] = []
    for type in ScalarType.allCases where type.isNumeric {
      for (shape, searched) in forms {
        let count = max(1, shape[shape.rank - 1])
        // Each number twice, and NaN at the end where there is one.
        let sorted = array(type, shape) { index in
          let place = index % count
          return type.isFloatingPoint && place > 10 && place == count - 1
            ? Literal(Double.nan, as: type) : Literal(Double(place / 2 - 3), as: type)
        }
        for isRight in [false, true] {
          let operation = Operation.structured(.searchSorted(isRight: isRight))
          result.append(try one("of special values", operation, [sorted, values(type, searched)]))
          var random = SplitMix64(seed: UInt64(shape.count))
          let few = array(type, searched) { _ in Literal(Double(random.below(9) - 4), as: type) }
          result.append(try one("of few values", operation, [sorted, few]))
        }
      }
    }
    return result
  }
}
