/// Which triangle of a matrix is solved with, and how. What lies in the other one is not read.
public struct TriangularSolve: Hashable, Sendable {
  /// The lower triangle, else the upper one.
  public let isLower: Bool
  /// The transpose of that triangle is the matrix.
  public let isTransposed: Bool

  public init(isLower: Bool, isTransposed: Bool = false) {
    self.isLower = isLower
    self.isTransposed = isTransposed
  }
}
