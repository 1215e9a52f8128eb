import AdjointArray
import AdjointIR

// Reductions over some axes, all of them where none is named. Negative axes count from the last. With
// `keepDimensions` the reduced axes stay with extent 1.

/// The sum; 0 over no elements. Integers wrap.
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

/// Whether any element of a bool tensor holds; false over none.
public func any(
  _ x: Tensor, axes: Int..., keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  reduce(.any, x, axes, keepDimensions, file, line)
}

/// Whether all elements of a bool tensor hold; true over none.
public func all(
  _ x: Tensor, axes: Int..., keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  reduce(.all, x, axes, keepDimensions, file, line)
}

/// The product; 1 over no elements. Integers wrap. The derivative by an element is the product of the others, also
/// where some are zero.
public func product(
  _ x: Tensor, axes: Int..., keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  reduce(.product, x, axes, keepDimensions, file, line)
}

/// The sum of the squared distances from the mean, divided by n − `correction`: NumPy's `var` with `ddof`.
///
/// A correction of 1 gives the estimate from a sample. Where n is not greater than the correction the result is NaN
/// or ∞.
public func variance(
  _ x: Tensor, axes: Int..., correction: Int = 0, keepDimensions: Bool = false, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  variance(x, axes, correction, keepDimensions, file, line)
}

/// The square root of the variance: NumPy's `std`. Where all elements are equal the derivative is 0.
public func standardDeviation(
  _ x: Tensor, axes: Int..., correction: Int = 0, keepDimensions: Bool = false, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  Tensor.compose([x], file, line) {
    rootFlatAtZero(variance(x, axes, correction, keepDimensions, file, line))
  }
}

/// √x, whose derivative at 0 is 0: there the root is taken of 1.
func rootFlatAtZero(_ x: Tensor) -> Tensor {
  let isZero = x .== 0
  return select(isZero, 0, sqrt(select(isZero, 1, x)))
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

  /// The variance, divided by the number of elements; see the function of this name.
  public func variance(
    axes: Int..., keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    Adjoint.variance(self, axes, 0, keepDimensions, file, line)
  }
}

func reduce(
  _ reduction: Reduction, _ x: Tensor, _ axes: [Int], _ keepDimensions: Bool, _ file: String, _ line: Int
) -> Tensor {
  Tensor.record(reduction.rawValue, [x], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    let axes = try builder.reductionAxes(axes, of: ids[0], reduction.rawValue)
    return try builder.reduce(reduction, ids[0], axes: axes, keepingDimensions: keepDimensions)
  }
}

private func mean(_ x: Tensor, _ axes: [Int], _ keepDimensions: Bool, _ file: String, _ line: Int) -> Tensor {
  average("mean", x, axes, 0, keepDimensions, file, line)
}

/// The sum divided by n − `correction`, or by 0 where that is negative.
func average(
  _ operation: String, _ x: Tensor, _ axes: [Int], _ correction: Int, _ keepDimensions: Bool,
  _ file: String = #fileID, _ line: Int = #line
) -> Tensor {
  Tensor.record(operation, [x], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    try builder.requireFloatingPoint(ids[0], operation)
    let axes = try builder.reductionAxes(axes, of: ids[0], operation)
    let sum = try builder.reduce(.sum, ids[0], axes: axes, keepingDimensions: keepDimensions)
    let count = axes.reduce(1) { $0 * builder.shape(ids[0])[$1] }
    let divisor = Swift.max(0, Double(count) - Double(correction))
    return try builder.binary(.divide, sum, builder.constant(divisor, like: sum))
  }
}

private func variance(
  _ x: Tensor, _ axes: [Int], _ correction: Int, _ keepDimensions: Bool, _ file: String, _ line: Int
) -> Tensor {
  Tensor.compose([x], file, line) {
    let deviation = x - average("variance", x, axes, 0, true, file, line)
    return average("variance", square(deviation), axes, correction, keepDimensions, file, line)
  }
}

extension Builder {
  /// `axes` counted from 0 and ascending; all of them for none.
  fileprivate func reductionAxes(_ axes: [Int], of id: NodeID, _ operation: String) throws(GraphError)
    -> [Int]
  {
    axes.isEmpty ? Array(0..<shape(id).rank) : try normalizedAxes(axes, of: id, operation).sorted()
  }

  /// `axes` counted from 0, in their order; each may be named once.
  func normalizedAxes(_ axes: [Int], of id: NodeID, _ operation: String) throws(GraphError) -> [Int] {
    var result: [Int] = []
    for axis in axes {
      let axis = try normalizedAxis(axis, rank: shape(id).rank, operation)
      if result.contains(axis) {
        throw GraphError(
          .invalidAttribute, operation: operation, problem: "axis \(axis) is named twice",
          remedy: "name each axis once")
      }
      result.append(axis)
    }
    return result
  }
}
