import AdjointArray
import AdjointData
import AdjointIR
import Foundation

/// How a parameter starts. The fans are the numbers of values that each output is summed from, and that each input
/// goes to: of a weight `[in, out]` these extents.
public enum Initializer: Hashable, Sendable {
  case zeros
  case constant(Double)
  /// Uniform within ±√(6 / (fanIn + fanOut)), of variance 2 / (fanIn + fanOut).
  ///
  /// Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010,
  /// equation 16.
  case glorotUniform
  /// Normal of variance 2 / (fanIn + fanOut); not truncated.
  case glorotNormal
  /// Uniform within ±√(6 / fanIn), of variance 2 / fanIn.
  ///
  /// He, Zhang, Ren & Sun, Delving Deep into Rectifiers, ICCV 2015, equation 10.
  case heUniform
  /// Normal of variance 2 / fanIn; not truncated.
  case heNormal
  case normal(mean: Double = 0, standardDeviation: Double = 1)
  /// Uniform within `low..<high`.
  case uniform(low: Double, high: Double)

  /// `gain` times a matrix with orthonormal rows or columns, whichever are fewer: of a normal matrix of the last extent's
  /// columns and all others' rows, by Gram and Schmidt's method, twice, in float64.
  ///
  /// Saxe, McClelland & Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, ICLR
  /// 2014.
  case orthogonal(gain: Double = 1)

  /// First values for a parameter: the same for the same state of the generator, on every run.
  ///
  /// - Parameter scalarType: float32 or float64; the numbers are drawn in float64 and rounded.
  public func values(
    shape: Shape, fanIn: Int, fanOut: Int, scalarType: ScalarType,
    using generator: inout some RandomNumberGenerator
  ) -> NDArray {
    let sum = Double(max(1, saturatingSum(fanIn, fanOut)))
    let fanIn = Double(max(1, fanIn))
    switch self {
    case .zeros:
      return NDArray(zeros: shape, scalarType)
    case .constant(let value):
      return NDArray(repeating: Literal(value, as: scalarType), shape: shape)
    case .glorotUniform:
      return Self.uniform(within: (6 / sum).squareRoot()).drawn(shape, scalarType, &generator)
    case .glorotNormal:
      return Self.normal(standardDeviation: (2 / sum).squareRoot()).drawn(shape, scalarType, &generator)
    case .heUniform:
      return Self.uniform(within: (6 / fanIn).squareRoot()).drawn(shape, scalarType, &generator)
    case .heNormal:
      return Self.normal(standardDeviation: (2 / fanIn).squareRoot()).drawn(shape, scalarType, &generator)
    case .orthogonal(let gain):
      return Self.orthogonal(shape, gain, scalarType, &generator)
    case .normal, .uniform:
      return drawn(shape, scalarType, &generator)
    }
  }

  private static func uniform(within bound: Double) -> Initializer { .uniform(low: -bound, high: bound) }

  private func drawn(
    _ shape: Shape, _ scalarType: ScalarType, _ generator: inout some RandomNumberGenerator
  ) -> NDArray {
    guard scalarType == .float32 else {
      var result = NDArray(zeros: shape, .float64)
      result.withUnsafeMutableElements(of: Double.self) { for i in $0.indices { $0[i] = draw(&generator) } }
      return result.converted(to: scalarType)
    }
    // At once in the type that most have: parameters may be what takes most of the memory.
    var result = NDArray(zeros: shape, scalarType)
    result.withUnsafeMutableElements(of: Float.self) {
      for i in $0.indices { $0[i] = Float(draw(&generator)) }
    }
    return result
  }

  /// One number; those that are not random take none from the generator.
  private func draw(_ generator: inout some RandomNumberGenerator) -> Double {
    switch self {
    case .normal(let mean, let deviation):
      // Box & Muller, Ann. Math. Statist. 29, 1958; 1 − u is in (0, 1], so that its logarithm is finite.
      let radius = (-2 * log(1 - Self.unit(&generator))).squareRoot()
      return mean + deviation * (radius * cos(2 * Double.pi * Self.unit(&generator)))
    case .uniform(let low, let high):
      return low + (high - low) * Self.unit(&generator)
    case .constant(let value):
      return value
    case .zeros, .glorotUniform, .glorotNormal, .heUniform, .heNormal, .orthogonal:
      return 0
    }
  }

  private static func orthogonal(
    _ shape: Shape, _ gain: Double, _ scalarType: ScalarType, _ generator: inout some RandomNumberGenerator
  ) -> NDArray {
    let columns = shape.dimensions.last ?? 1
    let rows = columns == 0 ? 0 : shape.count / columns
    let (count, length) = (min(rows, columns), max(rows, columns))
    var basis: [[Double]] = []
    while basis.count < count {
      var vector = (0..<length).map { _ in Self.normal().draw(&generator) }
      // A second time takes away what rounding left of the others.
      for _ in 0..<2 {
        for other in basis {
          let part = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
          for i in 0..<length { vector[i] -= part * other[i] }
        }
      }
      let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      // Of normal numbers no vector lies among the others, but for a generator that is none.
      basis.append(norm > 0 ? vector.map { $0 / norm } : vector)
    }
    var result = NDArray(zeros: shape, .float64)
    result.withUnsafeMutableElements(of: Double.self) { elements in
      for row in 0..<rows {
        for column in 0..<columns {
          elements[row * columns + column] =
            gain * (rows <= columns ? basis[row][column] : basis[column][row])
        }
      }
    }
    return result.converted(to: scalarType)
  }

  /// Uniform in 0..<1, a multiple of 2⁻⁵³. Written out, as the standard library does not promise that its
  /// `random(in:using:)` stays the same.
  private static func unit(_ generator: inout some RandomNumberGenerator) -> Double {
    Double(generator.next() >> 11) * 0x1p-53
  }

  /// The fans of a parameter of `shape`: the last extent is out, the one before in, and each is multiplied by those
  /// before (a convolution's window); of a vector both are its extent.
  static func fans(of shape: Shape) -> (in: Int, out: Int) {
    guard shape.rank >= 2 else { return (shape.count, shape.count) }
    let window = shape.dimensions.dropLast(2).reduce(1, *)
    return (window * shape[shape.rank - 2], window * shape[shape.rank - 1])
  }
}
