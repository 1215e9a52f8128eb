import AdjointArray
import AdjointIR

extension Tensor {
  /// The elements in reverse order along `axes`, along all of them where none is named: NumPy's `flip`.
  public func flipped(axes: Int..., file: String = #fileID, line: Int = #line) -> Tensor {
    moved("flip", file, line) { builder, id throws(GraphError) in
      let all = Array(0..<builder.shape(id).rank)
      return try builder.flip(id, axes.isEmpty ? all : builder.normalizedAxes(axes, of: id, "flip"))
    }
  }

  /// The elements moved on by `shift` places along `axis`, those at the end to its start; backwards where `shift` is
  /// negative. NumPy's `roll`.
  public func rolled(by shift: Int, axis: Int, file: String = #fileID, line: Int = #line) -> Tensor {
    moved("roll", file, line) { builder, id throws(GraphError) in
      let shape = builder.shape(id)
      let axis = try builder.normalizedAxis(axis, rank: shape.rank, "roll")
      let extent = shape[axis]
      guard extent > 0, shift % extent != 0 else { return id }
      // The index that comes first.
      let first = shift > 0 ? extent - shift % extent : -(shift % extent)
      var ranges = [AxisRange](repeating: .all, count: shape.rank)
      ranges[axis] = AxisRange(from: first)
      let front = try builder.slice(id, ranges)
      ranges[axis] = AxisRange(to: first)
      return try builder.append(.concatenate(axis: axis), [front, builder.slice(id, ranges)])
    }
  }

  /// The whole tensor repeated `counts[i]` times along axis i, aligned at the last axis: NumPy's `tile`.
  public func tiled(_ counts: Int..., file: String = #fileID, line: Int = #line) -> Tensor {
    moved("tile", file, line) { builder, id throws(GraphError) in
      let own = builder.shape(id).dimensions
      let rank = Swift.max(own.count, counts.count)
      let extents = Array(repeating: 1, count: rank - own.count) + own
      let counts = Array(repeating: 1, count: rank - counts.count) + counts
      return try builder.repeated(id, "tile", zip(counts, extents).flatMap { [($0, true), ($1, false)] })
    }
  }

  /// Each element `count` times in a row along `axis`: NumPy's `repeat`.
  public func repeated(_ count: Int, axis: Int, file: String = #fileID, line: Int = #line) -> Tensor {
    moved("repeat", file, line) { builder, id throws(GraphError) in
      let shape = builder.shape(id)
      let axis = try builder.normalizedAxis(axis, rank: shape.rank, "repeat")
      return try builder.repeated(
        id, "repeat",
        (0..<shape.rank).flatMap { index in
          let count = index == axis ? count : 1
          return [(shape[index], false), (count, true)]
        })
    }
  }
}

extension Builder {
  /// `id` with the axes `axes` in reverse order.
  mutating func flip(_ id: NodeID, _ axes: [Int]) throws(GraphError) -> NodeID {
    let turned = axes.filter { shape(id)[$0] > 1 }.sorted()
    return turned.isEmpty ? id : try append(.flip(turned), [id])
  }

  /// `id`, to whose axes `extents` adds new ones: repeated along these, and each pair of neighbours joined to one axis.
  fileprivate mutating func repeated(
    _ id: NodeID, _ operation: String, _ extents: [(extent: Int, isNew: Bool)]
  ) throws(GraphError) -> NodeID {
    for (count, isNew) in extents where isNew && !(0...Shape.maximalCount).contains(count) {
      throw GraphError(
        .invalidAttribute, operation: operation, problem: "\(count) repetitions",
        remedy: "give at least 0, and no more than memory holds")
    }
    let spread = try reshape(id, to: Shape(extents.map { $0.isNew ? 1 : $0.extent }))
    // Its type rule sees to it that no product below overflows.
    let repeated = try broadcast(spread, to: Shape(extents.map(\.extent)))
    let pairs = stride(from: 0, to: extents.count, by: 2)
    return try reshape(repeated, to: Shape(pairs.map { extents[$0].extent * extents[$0 + 1].extent }))
  }
}
