import AdjointArray
import AdjointIR

// Reductions over some axes, all of them where none is named. Negative axes count from the last. With
// `keepDimensions` the reduced axes stay with extent 1.

/// The sum; 0 over no elements.
public func sum(
  _ x: Tensor, axes: Int..., keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  reduce(.sum, x, axes, keepDimensions, file, line)
}

/// The arithmetic mean, of a floating-point tensor; NaN over no elements.
public func mean(
  _ x: Tensor, axes: Int..., keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  mean(x, axes, keepDimensions, file, line)
}

/// The greatest element; NaN where any is, −∞ over none. Equal ones share the derivative equally.
public func max(
  _ x: Tensor, axes: Int..., keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  reduce(.maximum, x, axes, keepDimensions, file, line)
}

/// The least element; NaN where any is, ∞ over none. Equal ones share the derivative equally.
public func min(
  _ x: Tensor, axes: Int..., keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  reduce(.minimum, x, axes, keepDimensions, file, line)
}

/// The product; 1 over no elements.
public func product(
  _ x: Tensor, axes: Int..., keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  reduce(.product, x, axes, keepDimensions, file, line)
}

/// The mean of the squared distances from the mean: divided by n, as NumPy's `var` is.
public func variance(
  _ x: Tensor, axes: Int..., keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  variance(x, axes, keepDimensions, file, line)
}

extension Tensor {
  /// The sum; see the function ``Adjoint/sum(_:axes:keepDimensions:file:line:)``.
  public func sum(
    axes: Int..., keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    reduce(.sum, self, axes, keepDimensions, file, line)
  }

  /// The arithmetic mean; see the function of this name.
  public func mean(
    axes: Int..., keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    Adjoint.mean(self, axes, keepDimensions, file, line)
  }

  /// The greatest element; see the function of this name.
  public func max(
    axes: Int..., keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    reduce(.maximum, self, axes, keepDimensions, file, line)
  }

  /// The least element; see the function of this name.
  public func min(
    axes: Int..., keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    reduce(.minimum, self, axes, keepDimensions, file, line)
  }

  /// The variance; see the function of this name.
  public func variance(
    axes: Int..., keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    Adjoint.variance(self, axes, keepDimensions, file, line)
  }
}

private func reduce(
  _ reduction: Reduction, _ x: Tensor, _ axes: [Int], _ keepDimensions: Bool, _ file: String, _ line: Int
) -> Tensor {
  Tensor.record(reduction.rawValue, [x], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    let axes = try builder.reductionAxes(axes, of: ids[0], reduction.rawValue)
    return try builder.reduce(reduction, ids[0], axes: axes, keepingDimensions: keepDimensions)
  }
}

private func mean(_ x: Tensor, _ axes: [Int], _ keepDimensions: Bool, _ file: String, _ line: Int) -> Tensor {
  Tensor.record("mean", [x], at: SourceLocation(file: file, line: line)) { builder, ids throws(GraphError) in
    guard builder.scalarType(ids[0]).isFloatingPoint else {
      throw GraphError(
        .typeMismatch, operation: "mean", problem: "it is not defined on \(builder.scalarType(ids[0]))",
        remedy: "cast to float32 or float64 first")
    }
    let axes = try builder.reductionAxes(axes, of: ids[0], "mean")
    let sum = try builder.reduce(.sum, ids[0], axes: axes, keepingDimensions: keepDimensions)
    let count = axes.reduce(1) { $0 * builder.shape(ids[0])[$1] }
    return try builder.binary(.divide, sum, builder.constant(Double(count), like: sum))
  }
}

private func variance(
  _ x: Tensor, _ axes: [Int], _ keepDimensions: Bool, _ file: String, _ line: Int
) -> Tensor {
  Tensor.compose([x], file, line) {
    let deviation = x - mean(x, axes, true, file, line)
    return mean(square(deviation), axes, keepDimensions, file, line)
  }
}

extension Builder {
  /// `axes` counted from 0 and ascending; all of them for none.
  fileprivate func reductionAxes(_ axes: [Int], of id: NodeID, _ operation: String) throws(GraphError)
    -> [Int]
  {
    let rank = shape(id).rank
    if axes.isEmpty { return Array(0..<rank) }
    var result: [Int] = []
    for axis in axes {
      let axis = try normalizedAxis(axis, rank: rank, operation)
      if result.contains(axis) {
        throw GraphError(
          .invalidAttribute, operation: operation, problem: "axis \(axis) is named twice",
          remedy: "name each axis once")
      }
      result.append(axis)
    }
    return result.sorted()
  }
}
