import AdjointArray
import AdjointIR

// Reductions and movement in formulas.

/// The sum along `axes`, which leave the shape.
func sum(_ x: Term, _ axes: [Int]) throws(GraphError) -> Term { try reduce(.sum, x, axes) }

func maximum(_ x: Term, _ axes: [Int]) throws(GraphError) -> Term { try reduce(.maximum, x, axes) }

func reduce(_ reduction: Reduction, _ x: Term, _ axes: [Int]) throws(GraphError) -> Term {
  axes.isEmpty ? x : try x.terms(.reduce(reduction, axes: axes), x)
}

/// The product of all elements before each one and itself along `axis`, after it where reversed.
func cumulativeProduct(_ x: Term, _ axis: Int, isReversed: Bool) throws(GraphError) -> Term {
  try x.terms(.structured(.cumulative(.product, axis: axis, isReversed: isReversed)), x)
}

func concatenate(_ parts: Term..., axis: Int) throws(GraphError) -> Term {
  try parts[0].terms(.concatenate(axis: axis), parts)
}

extension Term {
  func cast(to scalarType: ScalarType) throws(GraphError) -> Term {
    self.scalarType == scalarType ? self : try terms(.cast(scalarType), self)
  }

  func reshape(to shape: Shape) throws(GraphError) -> Term {
    self.shape == shape ? self : try terms(.reshape(shape), self)
  }

  func broadcast(to shape: Shape) throws(GraphError) -> Term {
    self.shape == shape ? self : try terms(.broadcast(shape), self)
  }

  func transpose(_ permutation: [Int]) throws(GraphError) -> Term {
    permutation == Array(permutation.indices) ? self : try terms(.transpose(permutation), self)
  }

  func flip(_ axis: Int) throws(GraphError) -> Term { try terms(.flip([axis]), self) }

  /// The elements of `range` along `axis`.
  func slice(_ axis: Int, _ range: Range<Int>) throws(GraphError) -> Term {
    if range == 0..<shape[axis] { return self }
    var starts = [Int](repeating: 0, count: shape.rank)
    var ends = shape.dimensions
    (starts[axis], ends[axis]) = (range.lowerBound, range.upperBound)
    return try terms(.slice(Slice(starts: starts, ends: ends, steps: starts.map { _ in 1 })), self)
  }

  /// Without `count` elements at the start, or the end, of `axis`.
  func dropping(_ count: Int, _ axis: Int, fromEnd: Bool) throws(GraphError) -> Term {
    let extent = shape[axis]
    let count = min(count, extent)
    return try slice(axis, fromEnd ? 0..<(extent - count) : count..<extent)
  }

  /// A reduced value repeated along the axes of `full` that the reduction removed.
  func repeated(along axes: [Int], like full: Term) throws(GraphError) -> Term {
    let kept = full.shape.reducing(axes, keepingDimensions: true)
    return try reshape(to: kept).broadcast(to: full.shape)
  }
}

/// The permutation that undoes `permutation`.
func inverse(_ permutation: [Int]) -> [Int] {
  var result = permutation
  for (position, axis) in permutation.enumerated() { result[axis] = position }
  return result
}
