import AdjointArray
import AdjointIR

extension Tensor {
  /// Part of this tensor: `x[0]`, `x[2..<5, -1]`, `x[AxisRange.all, ..<3]`, `x[AxisRange(by: -1)]`.
  ///
  /// Selections are of the first axes, the others are taken whole. An integer takes one index and drops its axis.
  /// Unlike Python's, a range that leaves its axis is an error.
  public subscript(
    _ selections: any AxisSelection..., file file: String = #fileID, line line: Int = #line
  ) -> Tensor {
    let ranges = selections.map(\.axisRange)
    return moved("slice", file, line) { builder, id throws(GraphError) in try builder.slice(id, ranges) }
  }

  /// The indices `from`, `from + by`, … before `to` of `axis`; negative ones count from the end, and without `to`
  /// the slice goes to the end. A negative `by` goes backwards, from the last index unless `from` says otherwise.
  public func sliced(
    axis: Int, from: Int? = nil, to: Int? = nil, by: Int = 1, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    moved("slice", file, line) { builder, id throws(GraphError) in
      let rank = builder.shape(id).rank
      let axis = try builder.normalizedAxis(axis, rank: rank, "slice")
      var ranges = [AxisRange](repeating: .all, count: rank)
      ranges[axis] = AxisRange(from: from, to: to, by: by)
      return try builder.slice(id, ranges)
    }
  }

  /// `parts` parts of equal extent along `axis`, which stays: of `[n, 6]` along 1 in 3 parts three tensors `[n, 2]`.
  public func split(parts: Int, axis: Int, file: String = #fileID, line: Int = #line) -> [Tensor] {
    split(axis, file, line, count: parts) { shape, axis throws(GraphError) in
      guard (1...Self.mostParts).contains(parts), shape[axis] % parts == 0 else {
        throw GraphError(
          .shapeMismatch, operation: "split",
          problem: "axis \(axis) of \(shape) does not divide into \(parts) equal parts",
          remedy: "give a divisor of \(shape[axis]), or the sizes")
      }
      return Array(repeating: shape[axis] / parts, count: parts)
    }
  }

  /// Parts of the extents `sizes` along `axis`, which stays; together they are the whole axis.
  public func split(sizes: [Int], axis: Int, file: String = #fileID, line: Int = #line) -> [Tensor] {
    split(axis, file, line, count: sizes.count) { shape, axis throws(GraphError) in
      var rest = shape[axis]
      for size in sizes {
        guard 0 <= size, size <= rest else {
          rest = -1
          break
        }
        rest -= size
      }
      guard rest == 0 else {
        throw GraphError(
          .shapeMismatch, operation: "split",
          problem: "the sizes \(sizes) do not make up axis \(axis) of \(shape)",
          remedy: "give sizes of at least 0 whose sum is \(shape[axis])")
      }
      return sizes
    }
  }

  /// More nodes than a graph should have, so that an axis of extent 0 cannot be cut into any number of parts.
  private static let mostParts = 1 << 16

  /// - Parameter sizes: takes the shape and the axis, counted from 0.
  private func split(
    _ axis: Int, _ file: String, _ line: Int, count: Int,
    sizes: (Shape, Int) throws(GraphError) -> [Int]
  ) -> [Tensor] {
    let location = SourceLocation(file: file, line: line)
    let parts = Tensor.recordAll("split", [self], at: location) { builder, ids throws(GraphError) in
      let shape = builder.shape(ids[0])
      let axis = try builder.normalizedAxis(axis, rank: shape.rank, "split")
      var start = 0
      var result: [NodeID] = []
      for size in try sizes(shape, axis) {
        var ranges = [AxisRange](repeating: .all, count: shape.rank)
        ranges[axis] = AxisRange(from: start, to: start + size)
        result.append(try builder.slice(ids[0], ranges))
        start += size
      }
      return result
    }
    return parts
      ?? Array(repeating: Tensor.poison(like: self), count: Swift.max(0, Swift.min(count, Self.mostParts)))
  }

  /// The parts at each index of `axis`, which leaves the shape: of `[n, 3]` along 1 three tensors `[n]`.
  public func split(axis: Int, file: String = #fileID, line: Int = #line) -> [Tensor] {
    unstacked(nil, axis, file, line)
  }

  /// The two parts along `axis`, of extent 2, which leaves the shape.
  public func unstacked(axis: Int, file: String = #fileID, line: Int = #line) -> (Tensor, Tensor) {
    let parts = unstacked(2, axis, file, line)
    return (parts[0], parts[1])
  }

  public func unstacked(axis: Int, file: String = #fileID, line: Int = #line) -> (Tensor, Tensor, Tensor) {
    let parts = unstacked(3, axis, file, line)
    return (parts[0], parts[1], parts[2])
  }

  public func unstacked(axis: Int, file: String = #fileID, line: Int = #line) -> (
    Tensor, Tensor, Tensor, Tensor
  ) {
    let parts = unstacked(4, axis, file, line)
    return (parts[0], parts[1], parts[2], parts[3])
  }

  public func unstacked(axis: Int, file: String = #fileID, line: Int = #line) -> (
    Tensor, Tensor, Tensor, Tensor, Tensor
  ) {
    let parts = unstacked(5, axis, file, line)
    return (parts[0], parts[1], parts[2], parts[3], parts[4])
  }

  public func unstacked(axis: Int, file: String = #fileID, line: Int = #line) -> (
    Tensor, Tensor, Tensor, Tensor, Tensor, Tensor
  ) {
    let parts = unstacked(6, axis, file, line)
    return (parts[0], parts[1], parts[2], parts[3], parts[4], parts[5])
  }

  /// The parts along `axis`, `count` of them where that is given: poison where there are others.
  private func unstacked(_ count: Int?, _ axis: Int, _ file: String, _ line: Int) -> [Tensor] {
    let location = SourceLocation(file: file, line: line)
    let parts = Tensor.recordAll("unstack", [self], at: location) { builder, ids throws(GraphError) in
      let shape = builder.shape(ids[0])
      let axis = try builder.normalizedAxis(axis, rank: shape.rank, "unstack")
      if let count, shape[axis] != count {
        throw GraphError(
          .shapeMismatch, operation: "unstack",
          problem: "axis \(axis) of \(shape) does not have \(count) parts",
          remedy: "take \(shape[axis]) of them, or use split(axis:)")
      }
      var result: [NodeID] = []
      for index in 0..<shape[axis] {
        var ranges = [AxisRange](repeating: .all, count: shape.rank)
        ranges[axis] = index.axisRange
        result.append(try builder.slice(ids[0], ranges))
      }
      return result
    }
    if let parts { return parts }
    let guess = shape.dimensions.indices.contains(axis) ? shape[axis] : 1
    return Array(repeating: Tensor.poison(like: self), count: count ?? guess)
  }
}

extension Builder {
  /// `ranges` has one for each of the first axes.
  mutating func slice(_ id: NodeID, _ ranges: [AxisRange]) throws(GraphError) -> NodeID {
    let selection = try SliceSelection(ranges, of: shape(id))
    let isWhole = selection.shape == shape(id)
    let part = isWhole ? id : try append(.slice(selection.slice), [id])
    let turned = try flip(part, selection.reversed)
    return try reshape(turned, to: selection.shape.reducing(selection.dropped, keepingDimensions: false))
  }
}
