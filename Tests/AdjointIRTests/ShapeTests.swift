import AdjointArray
import Testing

/// Shapes that no array can have, and what is said of them.
@Suite struct ShapeTests {
  static let impossible: [Shape] = [
    [1 << 40, 1 << 40], [.max], [.max, .max, 0], [0, -1], [-3], [-1, -1], [.min, 2],
    Shape([Int](repeating: 1, count: 65)),
  ]

  @Test(arguments: impossible)
  func anArrayOfAnImpossibleShapeIsRefused(_ shape: Shape) throws {
    #expect(throws: ArrayError.invalidShape(shape)) { try NDArray([1.0], shape: shape) }
    #expect(throws: ArrayError.invalidShape(shape)) { try NDArray([Int32](), shape: shape) }
    let error = try #require(throws: ArrayError.self) { try NDArray([1.0]).reshaped(to: shape) }
    #expect(error == .invalidShape(shape))
    #expect(error.description.contains("\(shape) is negative or too large; give at most 64 extents"))
    #expect(!error.description.contains("\n"))
  }

  @Test func whatIsPossibleStays() throws {
    #expect(try NDArray([Float](), shape: [0, 1 << 48]).count == 0)
    #expect(try NDArray([1.0], shape: Shape([Int](repeating: 1, count: 64))).reshaped(to: []).count == 1)
    #expect(throws: ArrayError.countMismatch(shape: [1 << 48], count: 1)) {
      try NDArray([1.0], shape: [1 << 48])
    }
    #expect(throws: ArrayError.countMismatch(shape: [2, 3], count: 5)) {
      try NDArray([1.0, 2, 3, 4, 5]).reshaped(to: [2, 3])
    }
  }
}
