import AdjointArray
import AdjointIR

// Assignment without a variable: a tensor never changes, so that what is assigned to is a new one.

extension Tensor {
  /// This tensor, but `value` where `mask`, a bool tensor, holds: NumPy's `x[mask] = value`.
  ///
  /// Both are broadcast to this tensor's shape, and the value is cast to its type where promotion allows that. The
  /// derivative flows to the value where the mask holds, and to this tensor elsewhere.
  public func replacing(
    where mask: Tensor, with value: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    Tensor.record("replace", [self, mask, value], at: SourceLocation(file: file, line: line)) {
      builder, ids throws(GraphError) in
      let shape = builder.shape(ids[0])
      let value = try builder.cast(ids[2], like: ids[0], "replace")
      return try builder.select(
        builder.broadcast(ids[1], to: shape), builder.broadcast(value, to: shape), ids[0])
    }
  }

  /// The same with a number.
  public func replacing(
    where mask: Tensor, with value: Double, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    Tensor.compose([self, mask], file, line) {
      replacing(where: mask, with: Tensor.constant(value, like: self))
    }
  }

  /// This tensor, but `value` at the places that the subscript of `selections` takes: NumPy's `x[a:b, i] = value`.
  ///
  /// The value is broadcast to the shape of that part, and cast to this tensor's type where promotion allows that. The
  /// derivative flows to the value from those places, and to this tensor from the others.
  public func replacing(
    _ selections: any AxisSelection..., with value: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    replacing(selections.map(\.axisRange), value, file, line)
  }

  /// The same with a number.
  public func replacing(
    _ selections: any AxisSelection..., with value: Double, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    Tensor.compose([self], file, line) {
      replacing(selections.map(\.axisRange), Tensor.constant(value, like: self), file, line)
    }
  }

  private func replacing(_ ranges: [AxisRange], _ value: Tensor, _ file: String, _ line: Int) -> Tensor {
    Tensor.record("replace", [self, value], at: SourceLocation(file: file, line: line)) {
      builder, ids throws(GraphError) in
      let shape = builder.shape(ids[0])
      let selection = try SliceSelection(ranges, of: shape)
      let part = selection.shape
      let fitted = try builder.broadcast(
        builder.cast(ids[1], like: ids[0], "replace"),
        to: part.reducing(selection.dropped, keepingDimensions: false))
      let turned = try builder.flip(builder.reshape(fitted, to: part), selection.reversed)
      if part.count == shape.count { return turned }
      let padding = selection.slice.padding(to: shape)
      let isReplaced = try builder.append(
        .pad(padding), [builder.broadcast(builder.constant(Literal(true)), to: part)])
      return try builder.select(isReplaced, builder.append(.pad(padding), [turned]), ids[0])
    }
  }
}

extension Builder {
  /// `id` in the type of `other`, where the two together have that type.
  fileprivate mutating func cast(_ id: NodeID, like other: NodeID, _ operation: String) throws(GraphError)
    -> NodeID
  {
    let (own, target) = (scalarType(id), scalarType(other))
    guard target.promoted(with: own) == target else {
      throw GraphError(
        .typeMismatch, operation: operation, problem: "\(own) does not go into \(target)",
        remedy: "cast one, as in x.cast(to: .\(target))")
    }
    return try cast(id, to: target)
  }
}

extension Slice {
  /// What puts the elements of this slice back to their places in `shape`.
  fileprivate func padding(to shape: Shape) -> Padding {
    let high = shape.dimensions.indices.map { axis in
      let count = extent(axis)
      return shape[axis] - starts[axis] - (count == 0 ? 0 : (count - 1) * steps[axis] + 1)
    }
    return Padding(low: starts, high: high, interior: steps.map { $0 - 1 })
  }
}
