import AdjointArray

/// `[n, …]` as `[n, rest]`: what an image is to a dense layer. A vector becomes one column.
public struct Flatten: Layer {
  public init() {}

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard x.rank != 2, let rows = x.shape.dimensions.first else { return x }
    // Not -1, which has no meaning where there are no rows.
    let columns = x.shape.dimensions.dropFirst().reduce(1, *)
    return x.trace.at(nil) { x.reshaped(to: [rows, columns]) }
  }
}
