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
    case .cumulative(let function, let axis, let isReversed):
      return try builder.append(
        .cumulative(function, axis: axis + 1, isReversed: isReversed), spread(&builder))
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
    case .gatherRows:
      return try gatherRows(&builder)
    case .scatterAddRows(let rows):
      return try scatterAddRows(rows, &builder)
    case .gather(let axis):
      return try builder.append(.gather(axis: axis + 1), spread(&builder))
    case .scatterAdd(let axis, let extent):
      return try builder.append(.scatterAdd(axis: axis + 1, extent: extent), spread(&builder))
    case .windows(let windows):
      return try builder.append(.windows(windows.behindNewAxis), spread(&builder))
    case .addWindows(let windows, let extents):
      return try builder.append(.addWindows(windows.behindNewAxis, extents: extents), spread(&builder))
    case .randomBits(let bits):
      return try randomBits(bits, &builder)
    case .argsort(let axis, let isDescending):
      return try builder.append(.argsort(axis: axis + 1, isDescending: isDescending), spread(&builder))
    case .cholesky:
      return try builder.append(operation, spread(&builder))
    case .triangularSolve:
      return try triangularSolve(&builder)
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
  private func spread(_ builder: inout Builder) throws(GraphError) -> [NodeID] {
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

  /// Right-hand sides of one matrix are columns of one.
  private func triangularSolve(_ builder: inout Builder) throws(GraphError) -> NodeID {
    if operands[0].isBatched { return try builder.append(operation, spread(&builder)) }
    let shape = builder.shape(operands[1].node)
    let (last, columns) = (shape.rank - 1, shape.dimensions[shape.rank - 1])
    let leading = Array(shape.dimensions[1..<last])
    let order = Array(1..<last) + [0, last]
    let wide = try builder.reshape(
      builder.transpose(operands[1].node, order), to: Shape(leading + [extent * columns]))
    let solved = try builder.append(operation, [operands[0].node, wide])
    let parts = try builder.reshape(solved, to: Shape(leading + [extent, columns]))
    return try toFront(last - 1, of: parts, &builder)
  }

  private func gatherRows(_ builder: inout Builder) throws(GraphError) -> NodeID {
    let (table, indices) = (operands[0], operands[1])
    if !table.isBatched { return try builder.append(.gatherRows, [table.node, indices.node]) }
    if indices.isBatched {
      // All tables below one another, in which each index is moved to its own.
      let shape = builder.shape(table.node)
      let rows = try builder.reshape(
        table.node, to: Shape([extent * shape[1]] + shape.dimensions.dropFirst(2)))
      return try builder.append(.gatherRows, [rows, ownRows(indices.node, of: shape[1], &builder)])
    }
    // The new axis behind that of the rows.
    let rank = builder.shape(table.node).rank
    let rows = try builder.transpose(table.node, [1, 0] + Array(2..<rank))
    let gathered = try builder.append(.gatherRows, [rows, indices.node])
    return try toFront(builder.shape(indices.node).rank, of: gathered, &builder)
  }

  private func scatterAddRows(_ rows: Int, _ builder: inout Builder) throws(GraphError) -> NodeID {
    let indices = operands[1]
    if indices.isBatched {
      let updates = try operands[0].spread(over: extent, &builder)
      let own = try ownRows(indices.node, of: rows, &builder)
      let all = try builder.append(.scatterAddRows(rows: extent * rows), [updates, own])
      return try builder.reshape(all, to: Shape([extent, rows] + builder.shape(all).dimensions.dropFirst()))
    }
    let updates = operands[0].node
    let leading = builder.shape(indices.node).rank
    let rank = builder.shape(updates).rank
    // The new axis behind those of the indices.
    let order = Array(1..<(leading + 1)) + [0] + Array((leading + 1)..<rank)
    let table = try builder.append(
      .scatterAddRows(rows: rows), [builder.transpose(updates, order), indices.node])
    return try toFront(1, of: table, &builder)
  }

  /// Indices into tables of `rows` rows, one table for each index of the leading axis, as indices into all tables
  /// below one another. One that is out of range stays in its own table, clamped.
  private func ownRows(_ indices: NodeID, of rows: Int, _ builder: inout Builder) throws(GraphError) -> NodeID
  {
    let shape = builder.shape(indices)
    let type = builder.scalarType(indices)
    let all = extent.multipliedReportingOverflow(by: rows)
    guard !all.overflow, all.partialValue <= Int(Int32.max) else {
      throw GraphError(
        .invalidAttribute, operation: operation.name,
        problem: "\(extent) tables of \(rows) rows are more than an index can tell apart",
        remedy: "give at most \(Int32.max) rows in all")
    }
    let last = try builder.constant(Double(max(0, rows - 1)), like: indices)
    let within = try builder.binary(
      .minimum, builder.binary(.maximum, indices, builder.constant(0, like: indices)), last)
    let numbers = try builder.append(.iota(count: extent, type), [])
    let starts = try builder.binary(
      .multiply, numbers, builder.constant(Double(rows), like: numbers))
    let column = Shape([extent] + [Int](repeating: 1, count: shape.rank - 1))
    return try builder.binary(.add, within, builder.reshape(starts, to: column))
  }

  /// `id` with its axis `axis` as the first.
  private func toFront(_ axis: Int, of id: NodeID, _ builder: inout Builder) throws(GraphError) -> NodeID {
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

extension BatchingRule {
  /// Each key's numbers, one after the other: there are as many generators as keys.
  fileprivate func randomBits(_ bits: RandomBits, _ builder: inout Builder) throws(GraphError) -> NodeID {
    var draws: [NodeID] = []
    for index in 0..<extent {
      let row = Slice(starts: [index, 0], ends: [index + 1, 2], steps: [1, 1])
      let key = try builder.reshape(builder.append(.slice(row), [operands[0].node]), to: [2])
      let draw = try builder.append(operation, [key])
      draws.append(try builder.reshape(draw, to: Shape([1] + bits.type.shape.dimensions)))
    }
    return try builder.append(.concatenate(axis: 0), draws)
  }
}
