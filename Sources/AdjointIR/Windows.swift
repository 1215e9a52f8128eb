import AdjointArray

/// Windows that slide along some axes: NumPy's `sliding_window_view`, with steps and gaps.
///
/// Along `axes[i]` a window has `sizes[i]` elements that are `dilations[i]` apart, and the next window starts
/// `strides[i]` elements further on.
public struct Windows: Hashable, Sendable {
  /// Ascending.
  public let axes: [Int]
  public let sizes: [Int]
  public let strides: [Int]
  public let dilations: [Int]

  public init(axes: [Int], sizes: [Int], strides: [Int]? = nil, dilations: [Int]? = nil) {
    self.axes = axes
    self.sizes = sizes
    self.strides = strides ?? [Int](repeating: 1, count: axes.count)
    self.dilations = dilations ?? [Int](repeating: 1, count: axes.count)
  }

  /// From the first to the last element of a window along `axes[position]`, both counted.
  public func span(_ position: Int) -> Int {
    sizes[position] == 0 ? 0 : saturatingSum(saturatingProduct(sizes[position] - 1, dilations[position]), 1)
  }

  /// How many windows fit into `extent` elements along `axes[position]`.
  public func count(_ position: Int, in extent: Int) -> Int {
    extent < span(position) ? 0 : (extent - span(position)) / strides[position] + 1
  }
}

extension Windows {
  /// For each axis of the windows of a row-major array of `shape` how many elements of the array lie between neighbours
  /// along it.
  package func elementStrides(of shape: Shape) -> [Int] { elementStrides(shape.strides) }

  /// The same for an array with these strides.
  package func elementStrides(_ strides: [Int]) -> [Int] {
    var outer = strides
    for (position, axis) in axes.enumerated() {
      outer[axis] = saturatingProduct(outer[axis], self.strides[position])
    }
    return outer + axes.enumerated().map { saturatingProduct(strides[$1], dilations[$0]) }
  }

  /// Whether the windows in an array of `extents` along `axes` take each of its elements once.
  package func isPartition(of extents: [Int]) -> Bool {
    axes.indices.allSatisfy {
      (dilations[$0] == 1 || sizes[$0] == 1) && sizes[$0] == strides[$0]
        && count($0, in: extents[$0]) * strides[$0] == extents[$0]
    }
  }
}
