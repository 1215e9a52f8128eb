import AdjointArray
import AdjointIR

/// One operation on operands of which at least one has got a leading axis: the result has it too.
struct BatchingRule {
  let operation: Operation
  let operands: [BatchedValue]
  let extent: Int

  func apply(
    _ builder: inout Builder, calls: inout [BatchedCall.Key: BatchedCall]
  ) throws(GraphError) -> NodeID {
    switch operation {
    case .argument, .constant, .data, .iota:
      return try builder.append(operation, [])
    case .unary, .binary, .compare, .select, .cast, .stopGradient, .barrier:
      return try builder.append(operation, spread(&builder))
    case .reduce(let reduction, let axes):
      return try builder.append(.reduce(reduction, axes: axes.map { $0 + 1 }), spread(&builder))
    case .dot(let dimensions):
      return try dot(dimensions, &builder)
    case .reshape(let shape):
      return try builder.reshape(operands[0].node, to: batched(shape))
    case .transpose(let permutation):
      return try builder.transpose(operands[0].node, [0] + permutation.map { $0 + 1 })
    case .broadcast(let shape):
      // Extents of 1 between the new axis and the old ones, which are aligned at the last.
      let old = Array(builder.shape(operands[0].node).dimensions.dropFirst())
      let filling = [Int](repeating: 1, count: shape.rank - old.count)
      let aligned = try builder.reshape(operands[0].node, to: Shape([extent] + filling + old))
      return try builder.broadcast(aligned, to: batched(shape))
    case .slice(let slice):
      let whole = Slice(
        starts: [0] + slice.starts, ends: [extent] + slice.ends, steps: [1] + slice.steps)
      return try builder.append(.slice(whole), spread(&builder))
    case .flip(let axes):
      return try builder.append(.flip(axes.map { $0 + 1 }), spread(&builder))
    case .pad(let padding):
      let unpadded = Padding(
        low: [0] + padding.low, high: [0] + padding.high, interior: [0] + padding.interior)
      return try builder.append(.pad(unpadded), spread(&builder))
    case .concatenate(let axis):
      return try builder.append(.concatenate(axis: axis + 1), spread(&builder))
    case .windows(let windows):
      return try builder.append(.windows(windows.behindNewAxis), spread(&builder))
    case .addWindows(let windows, let extents):
      return try builder.append(.addWindows(windows.behindNewAxis, extents: extents), spread(&builder))
    case .structured(let operation):
      return try structured(operation, &builder)
    case .scan(let scan, let result):
      return try self.scan(scan, result, &builder)
    case .call(let callee, let result):
      let key = BatchedCall.Key(callee: callee, result: result, isBatched: operands.map(\.isBatched))
      let call: BatchedCall
      if let known = calls[key] {
        call = known
      } else {
        call = try BatchedCall(key, extent: extent)
        calls[key] = call
      }
      return try builder.append(.call(call.callee, result: 0), operands.map(\.node))
    }
  }

  private func batched(_ shape: Shape) -> Shape { Shape([extent] + shape.dimensions) }

  /// All operands with the leading axis.
  func spread(_ builder: inout Builder) throws(GraphError) -> [NodeID] {
    var result: [NodeID] = []
    for operand in operands { result.append(try operand.spread(over: extent, &builder)) }
    return result
  }

  /// Where both operands have the new axis it is a batch axis of the product; where one has, a free axis of that
  /// one: then the products of all seeds are one product with a larger matrix.
  private func dot(_ dimensions: DotDimensions, _ builder: inout Builder) throws(GraphError) -> NodeID {
    let (left, right) = (operands[0], operands[1])
    let moved = { (axes: [Int], operand: BatchedValue) in axes.map { operand.isBatched ? $0 + 1 : $0 } }
    let both = left.isBatched && right.isBatched
    let product = try builder.append(
      .dot(
        DotDimensions(
          lhsContracting: moved(dimensions.lhsContracting, left),
          rhsContracting: moved(dimensions.rhsContracting, right),
          lhsBatch: (both ? [0] : []) + moved(dimensions.lhsBatch, left),
          rhsBatch: (both ? [0] : []) + moved(dimensions.rhsBatch, right))),
      [left.node, right.node])
    if both { return product }
    // The product's axes: batch, left free, right free; the new one is the first among its operand's.
    let leftFree =
      builder.shape(left.node).rank - dimensions.lhsContracting.count - dimensions.lhsBatch.count
    return try toFront(dimensions.lhsBatch.count + (left.isBatched ? 0 : leftFree), of: product, &builder)
  }

  /// `id` with its axis `axis` as the first.
  func toFront(_ axis: Int, of id: NodeID, _ builder: inout Builder) throws(GraphError) -> NodeID {
    let others = (0..<builder.shape(id).rank).filter { $0 != axis }
    return try builder.transpose(id, [axis] + others)
  }
}

extension Windows {
  /// The same windows in an array with one more axis in front.
  fileprivate var behindNewAxis: Windows {
    Windows(axes: axes.map { $0 + 1 }, sizes: sizes, strides: strides, dilations: dilations)
  }
}
