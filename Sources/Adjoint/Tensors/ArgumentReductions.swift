import AdjointArray
import AdjointIR

// Where the extremes are. These are integers, through which no derivative flows.

/// The int32 index of the greatest element along `axis`, or in the flattened tensor where none is named.
///
/// Of equal ones it is the first; where there is a NaN, it is the first NaN's, as in NumPy. The axis leaves the shape
/// unless `keepDimensions`. An axis without elements is an error.
public func argmax(
  _ x: Tensor, axis: Int? = nil, keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  extremeIndex("argmax", .maximum, x, axis, keepDimensions, file, line)
}

/// The int32 index of the least element along `axis`, or in the flattened tensor where none is named.
///
/// Of equal ones it is the first; where there is a NaN, it is the first NaN's, as in NumPy. The axis leaves the shape
/// unless `keepDimensions`. An axis without elements is an error.
public func argmin(
  _ x: Tensor, axis: Int? = nil, keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  extremeIndex("argmin", .minimum, x, axis, keepDimensions, file, line)
}

/// The least index at which `x` is its own extreme, or NaN.
private func extremeIndex(
  _ operation: String, _ reduction: Reduction, _ x: Tensor, _ axis: Int?, _ keepDimensions: Bool,
  _ file: String, _ line: Int
) -> Tensor {
  let location = SourceLocation(file: file, line: line)
  return Tensor.record(operation, [x], at: location) { builder, ids throws(GraphError) in
    let whole = builder.shape(ids[0])
    let flat = axis == nil ? try builder.reshape(ids[0], to: [whole.count]) : ids[0]
    // Of truth values, true is the greater one.
    let x = try builder.scalarType(flat) == .bool ? builder.cast(flat, to: .int32) : flat
    let shape = builder.shape(x)
    let along = try builder.normalizedAxis(axis ?? 0, rank: shape.rank, operation)
    guard shape[along] > 0 else {
      throw GraphError(
        .shapeMismatch, operation: operation, problem: "axis \(along) of \(shape) has no elements",
        remedy: "give at least one element")
    }
    let extreme = try builder.reduce(reduction, x, axes: [along], keepingDimensions: true)
    let isExtreme = try builder.binary(
      .or, builder.compare(.equal, x, extreme), builder.compare(.notEqual, x, x))
    let column = Shape((0..<shape.rank).map { $0 == along ? shape[along] : 1 })
    let indices = try builder.reshape(builder.append(.iota(count: shape[along], .int32), []), to: column)
    let candidates = try builder.select(isExtreme, indices, builder.constant(Literal(Int32.max)))
    let index = try builder.reduce(.minimum, candidates, axes: [along])
    let axes = axis == nil ? Array(0..<whole.rank) : [along]
    return try builder.reshape(index, to: whole.reducing(axes, keepingDimensions: keepDimensions))
  }
}
