import AdjointArray
import AdjointIR

extension Tensor {
  /// The axes in another order: axis i of the result is axis `permutation[i]` of this. Without arguments they are
  /// reversed.
  public func transposed(_ permutation: Int..., file: String = #fileID, line: Int = #line) -> Tensor {
    moved("transpose", file, line) { builder, id throws(GraphError) in
      let rank = builder.shape(id).rank
      if permutation.isEmpty { return try builder.transpose(id, Array((0..<rank).reversed())) }
      var axes: [Int] = []
      for axis in permutation { axes.append(try builder.normalizedAxis(axis, rank: rank, "transpose")) }
      return try builder.transpose(id, axes)
    }
  }

  /// The two axes exchanged: NumPy's `swapaxes`.
  public func swappingAxes(_ a: Int, _ b: Int, file: String = #fileID, line: Int = #line) -> Tensor {
    moved("swap_axes", file, line) { builder, id throws(GraphError) in
      let rank = builder.shape(id).rank
      var order = Array(0..<rank)
      order.swapAt(
        try builder.normalizedAxis(a, rank: rank, "swap_axes"),
        try builder.normalizedAxis(b, rank: rank, "swap_axes"))
      return try builder.transpose(id, order)
    }
  }

  /// Axis `source` at position `target`, the others in their order: NumPy's `moveaxis`.
  public func movingAxis(
    from source: Int, to target: Int, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    moved("move_axis", file, line) { builder, id throws(GraphError) in
      let rank = builder.shape(id).rank
      let source = try builder.normalizedAxis(source, rank: rank, "move_axis")
      let target = try builder.normalizedAxis(target, rank: rank, "move_axis")
      var order = (0..<rank).filter { $0 != source }
      order.insert(source, at: target)
      return try builder.transpose(id, order)
    }
  }

  /// The same elements in row-major order under another shape; one extent may be −1, and is then what is left.
  public func reshaped(to shape: Shape, file: String = #fileID, line: Int = #line) -> Tensor {
    moved("reshape", file, line) { builder, id throws(GraphError) in
      var dimensions = shape.dimensions
      let known = dimensions.filter { $0 != -1 }
      if let open = dimensions.firstIndex(of: -1), known.count == dimensions.count - 1 {
        let rest = known.reduce((product: 1, overflow: false)) { partial, extent in
          let next = partial.product.multipliedReportingOverflow(by: extent)
          return (next.partialValue, partial.overflow || next.overflow)
        }
        let count = builder.shape(id).count
        guard !rest.overflow, rest.product > 0, count % rest.product == 0 else {
          throw GraphError(
            .shapeMismatch, operation: "reshape",
            problem: "\(count) elements do not divide into \(shape)",
            remedy: "give extents whose product divides \(count)")
        }
        dimensions[open] = count / rest.product
      }
      return try builder.reshape(id, to: Shape(dimensions))
    }
  }

  /// Repeated to `shape` by NumPy's rules: aligned at the last axis, extents of 1 repeat.
  public func broadcast(to shape: Shape, file: String = #fileID, line: Int = #line) -> Tensor {
    moved("broadcast", file, line) { builder, id throws(GraphError) in try builder.broadcast(id, to: shape) }
  }

  /// Without the named axes, whose extents must be 1; without all axes of extent 1 where none is named.
  public func squeezed(axes: Int..., file: String = #fileID, line: Int = #line) -> Tensor {
    moved("squeeze", file, line) { builder, id throws(GraphError) in
      let shape = builder.shape(id)
      var dropped = Set((0..<shape.rank).filter { axes.isEmpty && shape[$0] == 1 })
      for axis in axes {
        let axis = try builder.normalizedAxis(axis, rank: shape.rank, "squeeze")
        guard shape[axis] == 1 else {
          throw GraphError(
            .shapeMismatch, operation: "squeeze", problem: "axis \(axis) of \(shape) is not of extent 1",
            remedy: "name an axis of extent 1, or reduce this one")
        }
        dropped.insert(axis)
      }
      return try builder.reshape(id, to: shape.reducing(Array(dropped), keepingDimensions: false))
    }
  }

  /// With a new axis of extent 1 at position `axis` of the result; −1 puts it last.
  public func expandedDimensions(axis: Int, file: String = #fileID, line: Int = #line) -> Tensor {
    moved("expand_dimensions", file, line) { builder, id throws(GraphError) in
      var dimensions = builder.shape(id).dimensions
      let axis = try builder.normalizedAxis(axis, rank: dimensions.count + 1, "expand_dimensions")
      dimensions.insert(1, at: axis)
      return try builder.reshape(id, to: Shape(dimensions))
    }
  }

  /// All elements as a vector.
  public func flattened(file: String = #fileID, line: Int = #line) -> Tensor {
    reshaped(to: [-1], file: file, line: line)
  }

  func moved(
    _ operation: String, _ file: String, _ line: Int,
    _ body: (inout Builder, NodeID) throws(GraphError) -> NodeID
  ) -> Tensor {
    Tensor.record(operation, [self], at: SourceLocation(file: file, line: line)) {
      builder, ids throws(GraphError) in try body(&builder, ids[0])
    }
  }
}

/// `tensors` one after the other along `axis`; all their other extents are equal. Of several types the result has the
/// latest in the order of promotion.
public func concatenated(
  _ tensors: [Tensor], axis: Int = 0, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("concatenate", tensors, at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    let axis = try builder.normalizedAxis(axis, rank: builder.shape(ids[0]).rank, "concatenate")
    return ids.count == 1 ? ids[0] : try builder.append(.concatenate(axis: axis), builder.promoted(ids))
  }
}

/// `tensors` of one shape along a new axis at position `axis` of the result. Of several types the result has the latest
/// in the order of promotion.
public func stacked(
  _ tensors: [Tensor], axis: Int = 0, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("stack", tensors, at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    var dimensions = builder.shape(ids[0]).dimensions
    let axis = try builder.normalizedAxis(axis, rank: dimensions.count + 1, "stack")
    for id in ids where builder.shape(id) != builder.shape(ids[0]) {
      throw GraphError(
        .shapeMismatch, operation: "stack", problem: "\(builder.type(ids[0])) and \(builder.type(id)) differ",
        remedy: "stack tensors of one shape, or use concatenated")
    }
    dimensions.insert(1, at: axis)
    var layers: [NodeID] = []
    for id in try builder.promoted(ids) { layers.append(try builder.reshape(id, to: Shape(dimensions))) }
    return ids.count == 1 ? layers[0] : try builder.append(.concatenate(axis: axis), layers)
  }
}
