import AdjointArray
import AdjointIR
import Testing

@testable import AdjointInterpreter

@Suite struct ContractionTests {
  /// Each row: dimensions, left, right, result's shape, and the values that the NumPy expression gives.
  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let dimensions: DotDimensions
    let lhs: Shape
    let rhs: Shape
    let rhsStart: Double
    let shape: Shape
    let values: [Double]
  }

  static let cases = [
    Case(
      description: "np.arange(6.).reshape(2, 3) @ np.arange(12.).reshape(3, 4)",
      dimensions: .matmul(rank: 2), lhs: [2, 3], rhs: [3, 4], rhsStart: 0, shape: [2, 4],
      values: [20, 23, 26, 29, 56, 68, 80, 92]),
    Case(
      description:
        "np.einsum('bij,bki->bjk', np.arange(12.).reshape(2,3,2), np.arange(24.).reshape(2,4,3) - 10)",
      dimensions: DotDimensions(lhsContracting: [1], rhsContracting: [2], lhsBatch: [0], rhsBatch: [0]),
      lhs: [2, 3, 2], rhs: [2, 4, 3], rhsStart: -10, shape: [2, 2, 4],
      values: [-50, -32, -14, 4, -77, -50, -23, 4, 76, 148, 220, 292, 85, 166, 247, 328]),
    Case(
      description:
        "np.einsum('ijk,kjl->il', np.arange(12.).reshape(2,3,2), np.arange(12.).reshape(2,3,2) - 4)",
      dimensions: DotDimensions(lhsContracting: [1, 2], rhsContracting: [1, 0]),
      lhs: [2, 3, 2], rhs: [2, 3, 2], rhsStart: -4, shape: [2, 2], values: [40, 55, 76, 127]),
    Case(
      description: "np.einsum('i,j->ij', np.arange(2.), np.arange(3.) + 3)",
      dimensions: DotDimensions(lhsContracting: [], rhsContracting: []),
      lhs: [2], rhs: [3], rhsStart: 3, shape: [2, 3], values: [0, 0, 0, 3, 4, 5]),
    Case(
      description: "np.arange(3.) @ (np.arange(3.) + 1)",
      dimensions: DotDimensions(lhsContracting: [0], rhsContracting: [0]),
      lhs: [3], rhs: [3], rhsStart: 1, shape: .scalar, values: [8]),
    Case(
      description: "np.zeros((2, 0)) @ np.zeros((0, 2))",
      dimensions: .matmul(rank: 2), lhs: [2, 0], rhs: [0, 2], rhsStart: 0, shape: [2, 2],
      values: [0, 0, 0, 0]),
  ]

  @Test(arguments: cases)
  func productsAreNumPys(example: Case) throws {
    for type in [ScalarType.float32, .float64, .int32] {
      let found = try value(
        .dot(example.dimensions), counting(example.lhs).converted(to: type),
        counting(example.rhs, from: example.rhsStart).converted(to: type))
      #expect(found.shape == example.shape)
      #expect(found.doubles == example.values)
    }
  }

  @Test func integerProductsWrap() throws {
    let a = try NDArray([Int32(65536)], shape: [1, 1])
    #expect(try value(.dot(.matmul(rank: 2)), a, a).elements() == [Int32(0)])
  }
}
