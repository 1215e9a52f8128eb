import AdjointArray
import AdjointIR

/// A graph about one operation, with values for its arguments.
public struct OperationCase: Sendable, CustomStringConvertible {
  /// `max float32 [1,5]x[4,1]`: operation, type and shapes.
  public let name: String
  /// The operation on arguments `a`, `b`, `c` (broadcast first where the shapes differ), as output `y`.
  public let graph: Graph
  /// A value for each argument, by its name.
  public let inputs: [String: NDArray]

  public var description: String { name }
}

/// Every operation alone, over all scalar types of its domain, several forms of shape, and values that are
/// special: zeros of both signs, infinities, NaN, subnormals, the extremes of the type.
///
/// The lists walk `allCases`, so that a new function is covered when it exists.
public enum OperationCases {
  public static func all() throws(GraphError) -> [OperationCase] {
    var result = try unary() + binary() + comparisons()
    result += try selects() + casts() + stopGradients()
    result +=
      try reductions() + cumulatives() + movements() + contractions() + gathers() + loops() + sources()
    result += try linearAlgebra() + draws() + orders() + places() + windows() + windowed()
    return result
  }

  // MARK: Values

  /// Values of `type` at which functions turn, break or round.
  public static func specialValues(_ type: ScalarType) -> [Literal] {
    let small: [Double] = [
      0, -0.0, 1, -1, 0.5, -0.5, 1.5, -1.5, 2, -2, 2.5, 3, -3, 0.1, 1e-3, -1e-3, 1e-7, 7.25, 10, -10, 20, -20,
      .pi / 2, .pi, -.pi, 100.7, -100.7,
    ]
    switch type {
    case .float32:
      let edges: [Float] = [
        .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
        -.leastNormalMagnitude, .leastNormalMagnitude / 2, .greatestFiniteMagnitude,
        -.greatestFiniteMagnitude, 1 + .ulpOfOne, 1 - .ulpOfOne / 2, 88.7, 88.8, -87.3, -103.9, -104, 1e10,
        -1e10, 2_147_483_648, -2_147_483_648, 2_147_483_520, 16_777_216,
      ]
      return small.map { Literal($0, as: type) } + edges.map { Literal($0) }
    case .float64:
      let edges: [Double] = [
        .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
        -.leastNormalMagnitude, .leastNormalMagnitude / 2, .greatestFiniteMagnitude,
        -.greatestFiniteMagnitude, 1 + .ulpOfOne, 1 - .ulpOfOne / 2, 709.7, 709.8, -708.3, -745.1, -745.2,
        1e10, -1e10, 2_147_483_647, 2_147_483_648, -2_147_483_649, 1e300, 1e-300, 0x1p53,
      ]
      return (small + edges).map { Literal($0) }
    case .int32:
      return [0, 1, -1, 2, -2, 3, 7, -8, 31, 100, 46_341, 65_536, .max, .max - 1, .min, .min + 1].map {
        (value: Int32) in Literal(value)
      }
    case .int64:
      let edges: [Int64] = [
        .max, .max - 1, .min, .min + 1, 2_147_483_648, -2_147_483_649, 1 << 53, (1 << 53) + 1, 3_037_000_500,
        16_777_217,
      ]
      return ([0, 1, -1, 2, -2, 3, 7, -8, 31, 100] + edges).map { (value: Int64) in Literal(value) }
    case .bool: return [Literal(false), Literal(true)]
    }
  }

  /// Special values over and over, starting with the `offset`th.
  static func values(_ type: ScalarType, _ shape: Shape, offset: Int = 0) -> NDArray {
    let special = specialValues(type)
    return array(type, shape) { special[($0 + offset) % special.count] }
  }

  /// Numbers of [-2, 2) (integers of [-8, 8)): for sums and products, whose result on special values says
  /// little.
  static func ordinaryValues(_ type: ScalarType, _ shape: Shape, seed: UInt64) -> NDArray {
    var random = SplitMix64(seed: seed)
    let scale: Double = type.isInteger ? 16 : 4
    return array(type, shape) { _ in Literal((random.unit() - 0.5) * scale, as: type) }
  }

  static func array(_ type: ScalarType, _ shape: Shape, _ element: (Int) -> Literal) -> NDArray {
    var result = NDArray(zeros: shape, type)
    let size = type.byteSize
    result.withUnsafeMutableBytes { bytes in
      for index in 0..<shape.count {
        let literal = element(index)
        withUnsafeBytes(of: literal.bits.littleEndian) { source in
          for byte in 0..<size { bytes[index * size + byte] = source[byte] }
        }
      }
    }
    return result
  }

  /// All pairs of special values, as two vectors.
  private static func pairs(_ type: ScalarType) -> [NDArray] {
    let count = specialValues(type).count
    let special = specialValues(type)
    return [
      array(type, [count * count]) { special[$0 / count] },
      array(type, [count * count]) { special[$0 % count] },
    ]
  }

  // MARK: One graph

  /// `operation` on arguments with the values of `operands`, each broadcast to `shape` where one is given.
  static func one(
    _ name: String, _ operation: Operation, _ operands: [NDArray], broadcast shape: Shape? = nil
  ) throws(GraphError) -> OperationCase {
    var builder = Builder()
    var inputs: [String: NDArray] = [:]
    var ids: [NodeID] = []
    for (letter, value) in zip(["a", "b", "c", "d"], operands) {
      var id = builder.argument(.input, letter, TensorType(value.scalarType, value.shape))
      inputs[letter] = value
      if let shape { id = try builder.broadcast(id, to: shape) }
      ids.append(id)
    }
    let result = try builder.append(operation, ids)
    let graph = builder.graph(outputs: [Output("y", result)])
    let types = operands.map { "\($0.scalarType)\($0.shape)" }.joined(separator: " ")
    return OperationCase(
      name: "\(operation.name)\(name.isEmpty ? "" : " " + name) \(types)", graph: graph, inputs: inputs)
  }

  // MARK: Elementwise

  /// Scalar, vectors around the width of a register and a tile, none, a matrix, four axes.
  private static let forms: [Shape] = [[], [0], [1], [17], [513], [3, 16], [5, 0, 2], [2, 3, 1, 5]]

  public static func unary() throws(GraphError) -> [OperationCase] {
    var result: [OperationCase] = []
    for function in UnaryFunction.allCases {
      for type in ScalarType.allCases where function.domain.contains(type) {
        result.append(try one("special", .unary(function), [values(type, [specialValues(type).count])]))
        for (offset, shape) in forms.enumerated() {
          result.append(try one("", .unary(function), [values(type, shape, offset: offset + 2)]))
        }
      }
    }
    return result
  }

  public static func binary() throws(GraphError) -> [OperationCase] {
    try pairwise(BinaryFunction.allCases.map { (.binary($0), $0.domain) })
  }

  public static func comparisons() throws(GraphError) -> [OperationCase] {
    try pairwise(Comparison.allCases.map { (.compare($0), $0.domain) })
  }

  /// Operands of one shape, and those that meet by broadcasting.
  private static func pairwise(_ operations: [(Operation, Domain)])
    throws(GraphError) -> [OperationCase]
  {
    let broadcasts: [(Shape, Shape)] = [
      ([], [17]), ([17], []), ([4, 1], [1, 5]), ([3, 16], [16]), ([3, 1], [3, 33]), ([0, 3], [1]),
      ([2, 1, 3], [5, 1]),
    ]
    var result: [OperationCase] = []
    for (operation, domain) in operations {
      for type in ScalarType.allCases where domain.contains(type) {
        result.append(try one("special", operation, pairs(type)))
        for (offset, shape) in forms.enumerated() {
          result.append(
            try one("", operation, [values(type, shape, offset: offset), values(type, shape, offset: 5)]))
        }
        for (a, b) in broadcasts {
          result.append(
            try one(
              "broadcast", operation, [values(type, a, offset: 3), values(type, b, offset: 1)],
              broadcast: a.broadcast(with: b)))
        }
      }
    }
    return result
  }

  public static func selects() throws(GraphError) -> [OperationCase] {
    var result: [OperationCase] = []
    for type in ScalarType.allCases {
      for (offset, shape) in forms.enumerated() {
        let operands = [
          values(.bool, shape, offset: offset), values(type, shape), values(type, shape, offset: 7),
        ]
        result.append(try one("", .select, operands))
      }
      let operands = [values(.bool, [4, 1]), values(type, [1, 17]), values(type, [], offset: 2)]
      result.append(try one("broadcast", .select, operands, broadcast: [4, 17]))
    }
    return result
  }

  public static func casts() throws(GraphError) -> [OperationCase] {
    var result: [OperationCase] = []
    for source in ScalarType.allCases {
      for target in ScalarType.allCases {
        let special = values(source, [specialValues(source).count])
        result.append(try one("to \(target) special", .cast(target), [special]))
        for shape in forms { result.append(try one("to \(target)", .cast(target), [values(source, shape)])) }
      }
    }
    return result
  }

  public static func stopGradients() throws(GraphError) -> [OperationCase] {
    var result: [OperationCase] = []
    for type in ScalarType.allCases {
      for operation in [Operation.stopGradient, .barrier] {
        result.append(try one("", operation, [values(type, [3, 17])]))
      }
    }
    return result
  }

  // MARK: Reductions

  public static func reductions() throws(GraphError) -> [OperationCase] {
    let forms: [(Shape, [Int])] = [
      ([], []), ([1], [0]), ([17], [0]), ([513], [0]), ([0], [0]), ([4, 0], [0]), ([4, 0], [1]),
      ([3, 17], []), ([3, 17], [0]), ([3, 17], [1]), ([3, 17], [0, 1]), ([2, 3, 5], [1]),
      ([2, 3, 5], [0, 2]), ([2, 3, 4, 5], [1, 2]), ([33, 1], [1]),
    ]
    var result: [OperationCase] = []
    for reduction in Reduction.allCases {
      for type in ScalarType.allCases where reduction.domain.contains(type) {
        for (number, (shape, axes)) in forms.enumerated() {
          let operation = Operation.reduce(reduction, axes: axes)
          let ordinary = ordinaryValues(type, shape, seed: UInt64(number))
          result.append(try one("axes \(axes)", operation, [ordinary]))
        }
        // One special value among ordinary ones in each row.
        let special = specialValues(type)
        var random = SplitMix64(seed: 1)
        let rows = array(type, [special.count, 5]) {
          $0 % 5 == 2 ? special[$0 / 5] : Literal(random.unit() * 4 - 2, as: type)
        }
        result.append(try one("special", .reduce(reduction, axes: [1]), [rows]))
      }
    }
    return result
  }

  public static func cumulatives() throws(GraphError) -> [OperationCase] {
    let forms: [(Shape, Int)] = [
      ([1], 0), ([17], 0), ([513], 0), ([0], 0), ([4, 0], 0), ([4, 0], 1), ([3, 17], 0), ([3, 17], 1),
      ([2, 3, 5], 1), ([33, 1], 1),
    ]
    var result: [OperationCase] = []
    for function in Cumulative.allCases {
      for type in ScalarType.allCases where function.domain.contains(type) {
        for (number, (shape, axis)) in forms.enumerated() {
          let operation = Operation.structured(.cumulative(function, axis: axis, isReversed: number % 2 == 1))
          result.append(
            try one("axis \(axis)", operation, [ordinaryValues(type, shape, seed: UInt64(number))]))
        }
        let special = values(type, [specialValues(type).count, 3])
        result.append(
          try one("special", .structured(.cumulative(function, axis: 1, isReversed: false)), [special]))
      }
    }
    return result
  }
}
