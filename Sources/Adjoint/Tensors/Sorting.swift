import AdjointArray
import AdjointIR

// Order along an axis. Equal elements keep their order, −0 is equal to 0, and NaN is greater than any number: last, or
// first where the order is descending, as in PyTorch. Of truth values, true is the greater one.

/// The elements in order along `axis`: NumPy's `sort`, stable.
///
/// The derivative of each goes to where it came from, also among equal ones.
public func sort(
  _ x: Tensor, axis: Int = -1, descending: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("sort", [x], at: SourceLocation(file: file, line: line)) { builder, ids throws(GraphError) in
    let axis = try builder.normalizedAxis(axis, rank: builder.shape(ids[0]).rank, "sort")
    return try builder.sort(ids[0], axis, descending)
  }
}

/// The int32 indices that put the elements in order along `axis`: NumPy's `argsort`, stable.
public func argsort(
  _ x: Tensor, axis: Int = -1, descending: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("argsort", [x], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    let axis = try builder.normalizedAxis(axis, rank: builder.shape(ids[0]).rank, "argsort")
    return try builder.argsort(ids[0], axis, descending)
  }
}

/// On which side of elements that are equal to it a value is put.
public enum SearchSide: Hashable, Sendable {
  case left, right
}

/// For each of `values` the int32 place at which it can be put into `sorted` [n] without changing its order, 0 to n: NumPy's
/// `searchsorted`.
///
/// `sorted` is in ascending order; what is found in others is anyone's guess. With leading axes, `sorted` [..., n] and `values`
/// [..., m] have the same ones, as in PyTorch. The derivative is 0.
public func searchSorted(
  _ sorted: Tensor, _ values: Tensor, side: SearchSide = .left, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("search_sorted", [sorted, values], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    var operands = try builder.promoted(ids)
    if builder.scalarType(operands[0]) == .bool {
      for index in operands.indices { operands[index] = try builder.cast(operands[index], to: .int32) }
    }
    let shape = builder.shape(operands[1])
    let isOneList = builder.shape(operands[0]).rank == 1
    // Of one list, values have any shape.
    if isOneList { operands[1] = try builder.reshape(operands[1], to: [shape.count]) }
    let places = try builder.append(.structured(.searchSorted(isRight: side == .right)), operands)
    return try builder.reshape(places, to: shape)
  }
}

/// The `k` greatest elements along `axis`, the greatest first, and their int32 indices: PyTorch's `topk`. Of equal ones
/// the first come first.
public func topK(
  _ x: Tensor, _ k: Int, axis: Int = -1, file: String = #fileID, line: Int = #line
) -> (values: Tensor, indices: Tensor) {
  let results = Tensor.recordAll("top_k", [x], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    let shape = builder.shape(ids[0])
    let axis = try builder.normalizedAxis(axis, rank: shape.rank, "top_k")
    guard k >= 0, k <= shape[axis] else {
      throw GraphError(
        .invalidAttribute, operation: "top_k",
        problem: "\(k) of the \(shape[axis]) elements along axis \(axis)",
        remedy: "ask for 0 to \(shape[axis])")
    }
    var ranges = [AxisRange](repeating: .all, count: shape.rank)
    ranges[axis] = AxisRange(to: k)
    let indices = try builder.slice(builder.argsort(ids[0], axis, true), ranges)
    return [try builder.append(.structured(.gather(axis: axis)), [ids[0], indices]), indices]
  }
  let poison = { (type: ScalarType) in Tensor(poisoned: TensorType(type, x.shape), in: x.trace) }
  return (results?[0] ?? poison(x.scalarType), results?[1] ?? poison(.int32))
}

/// The middle element along `axis`, or of all where none is named; of an even number the mean of the two in the middle.
/// NaN where any is: NumPy's `median`.
public func median(
  _ x: Tensor, axis: Int? = nil, keepDimensions: Bool = false, file: String = #fileID, line: Int = #line
) -> Tensor {
  quantile("median", x, 0.5, axis, keepDimensions, file, line)
}

/// The element along `axis`, or of all where none is named, below which the fraction `q` of them lies; between two it is
/// linear. NaN where any is: NumPy's `quantile`.
public func quantile(
  _ x: Tensor, _ q: Double, axis: Int? = nil, keepDimensions: Bool = false, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  quantile("quantile", x, q, axis, keepDimensions, file, line)
}

private func quantile(
  _ operation: String, _ x: Tensor, _ q: Double, _ axis: Int?, _ keepDimensions: Bool, _ file: String,
  _ line: Int
) -> Tensor {
  Tensor.record(operation, [x], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    try builder.requireFloatingPoint(ids[0], operation)
    let whole = builder.shape(ids[0])
    let x = axis == nil ? try builder.reshape(ids[0], to: [whole.count]) : ids[0]
    let shape = builder.shape(x)
    let along = try builder.normalizedAxis(axis ?? 0, rank: shape.rank, operation)
    guard shape[along] > 0 else {
      throw GraphError(
        .shapeMismatch, operation: operation, problem: "axis \(along) of \(shape) has no elements",
        remedy: "give at least one element")
    }
    guard (0...1).contains(q) else {
      throw GraphError(
        .invalidAttribute, operation: operation, problem: "the fraction is \(q)", remedy: "give one of 0 to 1"
      )
    }
    let sorted = try builder.sort(x, along, false)
    let last = shape[along] - 1
    let place = Double(last) * q
    let lower = Swift.min(Int(place), last)
    let fraction = place - Double(lower)
    var parts: [NodeID] = []
    for index in [lower, Swift.min(lower + 1, last), last] {
      var ranges = [AxisRange](repeating: .all, count: shape.rank)
      ranges[along] = AxisRange(from: index, to: index + 1)
      parts.append(try builder.slice(sorted, ranges))
    }
    var value = parts[0]
    if fraction > 0 {
      // From the nearer end, as NumPy does.
      let difference = try builder.binary(.subtract, parts[1], parts[0])
      let isUpper = fraction >= 0.5
      let factor = try builder.constant(isUpper ? 1 - fraction : fraction, like: difference)
      let step = try builder.binary(.multiply, difference, factor)
      value = try builder.binary(isUpper ? .subtract : .add, isUpper ? parts[1] : parts[0], step)
    }
    // NaN is the last one where there is any.
    let isNaN = try builder.compare(.notEqual, parts[2], parts[2])
    let result = try builder.select(isNaN, parts[2], value)
    let axes = axis == nil ? Array(0..<whole.rank) : [along]
    return try builder.reshape(result, to: whole.reducing(axes, keepingDimensions: keepDimensions))
  }
}

extension Builder {
  fileprivate mutating func argsort(_ id: NodeID, _ axis: Int, _ isDescending: Bool) throws(GraphError)
    -> NodeID
  {
    let numbers = scalarType(id) == .bool ? try cast(id, to: .int32) : id
    return try append(.structured(.argsort(axis: axis, isDescending: isDescending)), [numbers])
  }

  fileprivate mutating func sort(_ id: NodeID, _ axis: Int, _ isDescending: Bool) throws(GraphError) -> NodeID
  {
    try append(.structured(.gather(axis: axis)), [id, argsort(id, axis, isDescending)])
  }
}
