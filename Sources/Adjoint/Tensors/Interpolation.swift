import AdjointArray
import AdjointIR

/// The piecewise linear function through the points (`points`ᵢ, `values`ᵢ), at each element of `x`: NumPy's `interp`.
///
/// `points` [n] are in ascending order, and there is one of `values` [n] for each. Beyond the first and the last point the
/// function is `left` and `right`, or the first and the last value where these are `nil`; of NaN it is NaN. The derivative by
/// x is the slope of the piece, at a point that of the piece behind it, and 0 beyond the points and at the last one; points and
/// values have theirs, too.
public func interpolate(
  _ x: Tensor, points: Tensor, values: Tensor, left: Double? = nil, right: Double? = nil,
  file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.compose([x, points, values], file, line) {
    let operands = Tensor.recordAll("interpolate", [x, points, values]) { builder, ids throws(GraphError) in
      let operands = try builder.promoted(ids)
      try builder.requireFloatingPoint(operands[0], "interpolate")
      let (points, values) = (builder.shape(operands[1]), builder.shape(operands[2]))
      guard points.rank == 1, points == values, points[0] > 0 else {
        throw GraphError(
          .shapeMismatch, operation: "interpolate", problem: "points \(points) with values \(values)",
          remedy: "give vectors of equal length, of one point at least")
      }
      return operands
    }
    guard let operands else { return Tensor(poisoned: x.type, in: x.trace) }
    let (x, points, values) = (operands[0], operands[1], operands[2])
    let last = points.shape[0] - 1
    let behind = clip(searchSorted(points, x, side: .right), min: 1, max: Double(last))
    let before = max(behind - 1, 0)
    let (from, to) = (points.gathered(rows: before), points.gathered(rows: behind))
    let (start, end) = (values.gathered(rows: before), values.gathered(rows: behind))
    // Points that are equal have no piece between them.
    let width = select(to .> from, to - from, 1)
    let within = start + (end - start) / width * (x - from)
    let above = right.map { Tensor.constant($0, like: x) } ?? values[last]
    let below = left.map { Tensor.constant($0, like: x) } ?? values[0]
    let upTo = select(x .== points[last], values[last], within)
    return select(x .< points[0], below, select(x .> points[last], above, upTo))
  }
}
