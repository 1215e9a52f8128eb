import AdjointArray
import AdjointIR

// Cholesky factors and triangular systems among the random graph's steps.
extension GraphGenerator {
  /// The Cholesky factor of a matrix made of a new one and of a value that fits it, or a solution with such a matrix.
  mutating func linearAlgebra() throws(GraphError) {
    let n = random.pick([1, 2, 3, 4, 5, 9])
    let shape = Shape(random.pick([[], [], [2], [1, 3]]) + [n, n])
    let matrix = try dominant(shape)
    if random.chance(0.5) {
      return try keep(
        try builder.append(.structured(.cholesky), [matrix.id]), bound: 1.74, isExact: matrix.isExact)
    }
    let columns = Shape(shape.dimensions.dropLast() + [random.pick([1, 2, 5, 17])])
    let rhs = floats.last { builder.shape($0.id) == columns } ?? argument(.input, scalarType, columns)
    let form = TriangularSolve(isLower: random.chance(0.5), isTransposed: random.chance(0.5))
    try keep(
      try builder.append(.structured(.triangularSolve(form)), [matrix.id, rhs.id]), bound: rhs.bound,
      isExact: matrix.isExact && rhs.isExact)
  }

  /// Twice the identity and a matrix whose rows and columns sum up to at most 1 in magnitude: each of its triangles with
  /// its mirror image is positive definite, and solving with one does not enlarge anything.
  private mutating func dominant(_ shape: Shape) throws(GraphError) -> Value {
    let n = shape.dimensions.last ?? 0
    var matrix = argument(random.chance(0.5) ? .parameter : .input, scalarType, shape)
    let fitting = floats.filter { builder.shape($0.id).broadcast(with: shape) == shape }
    if !fitting.isEmpty {
      let other = random.pick(fitting)
      matrix = Value(
        id: try builder.binary(.add, matrix.id, other.id), bound: matrix.bound + other.bound,
        isExact: matrix.isExact && other.isExact)
    }
    // A power of two: products with it are exact.
    var scale = 1.0
    while scale * matrix.bound * Double(n) > 1 { scale /= 2 }
    let small = try builder.binary(.multiply, matrix.id, builder.constant(scale, like: matrix.id))
    let place = try builder.append(.iota(count: n, .int32), [])
    let isDiagonal = try builder.compare(.equal, place, builder.reshape(place, to: [n, 1]))
    let identity = try builder.cast(isDiagonal, to: scalarType)
    let doubled = try builder.binary(.multiply, identity, builder.constant(2, like: identity))
    return Value(
      id: try builder.binary(.add, small, doubled), bound: 3, isExact: matrix.isExact)
  }
}
