import AdjointArray
import AdjointIR

// Cholesky factors and triangular systems.
extension OperationCases {
  public static func linearAlgebra() throws(GraphError) -> [OperationCase] {
    // Below, at and above what is taken at a time: four rows, and columns up to the width of two registers.
    let matrices: [Shape] = [
      [0, 0], [1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [7, 7], [8, 8], [17, 17], [33, 33], [69, 69],
      [3, 0, 0],
      [2, 4, 4], [2, 3, 5, 5], [0, 3, 3],
    ]
    let systems: [(Shape, Int)] = [
      ([0, 0], 2), ([3, 3], 0), ([1, 1], 1), ([2, 2], 3), ([3, 3], 1), ([4, 4], 4), ([5, 5], 7), ([8, 8], 1),
      ([6, 6], 69), ([33, 33], 17), ([2, 5, 5], 3), ([2, 3, 4, 4], 1), ([0, 3, 3], 2),
    ]
    var result: [OperationCase] = []
    for type in [ScalarType.float32, .float64] {
      for (number, shape) in matrices.enumerated() {
        result.append(try one("", .structured(.cholesky), [dominant(type, shape, seed: UInt64(number))]))
      }
      for (number, (shape, columns)) in systems.enumerated() {
        for isLower in [false, true] {
          for isTransposed in [false, true] {
            let form = TriangularSolve(isLower: isLower, isTransposed: isTransposed)
            let rhs = Shape(shape.dimensions.dropLast() + [columns])
            let operands = [
              dominant(type, shape, seed: UInt64(number)), ordinaryValues(type, rhs, seed: 50),
            ]
            result.append(
              try one(
                "\(isLower ? "lower" : "upper")\(isTransposed ? " transposed" : "")",
                .structured(.triangularSolve(form)),
                operands))
          }
        }
      }
    }
    return result
  }

  /// Matrices whose diagonals outweigh the rest of their rows: those of their lower triangles are positive definite.
  /// They are not symmetric, so that a triangle which must not be read shows.
  static func dominant(_ type: ScalarType, _ shape: Shape, seed: UInt64) -> NDArray {
    let n = shape.dimensions.last ?? 0
    var random = SplitMix64(seed: seed)
    return array(type, shape) { index in
      let isDiagonal = index / n % n == index % n
      return Literal(isDiagonal ? Double(2 * n) + random.unit() : random.unit() * 4 - 2.003, as: type)
    }
  }
}
