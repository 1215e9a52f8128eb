import AdjointArray
import AdjointIR

// Structured operations with a leading axis.

extension BatchingRule {
  func structured(_ operation: StructuredOperation, _ builder: inout Builder) throws(GraphError) -> NodeID {
    switch operation {
    case .cumulative(let function, let axis, let isReversed):
      return try along(.cumulative(function, axis: axis + 1, isReversed: isReversed), &builder)
    case .gatherRows: return try gatherRows(&builder)
    case .scatterAddRows(let rows): return try scatterAddRows(rows, &builder)
    case .gather(let axis): return try along(.gather(axis: axis + 1), &builder)
    case .scatterAdd(let axis, let extent):
      return try along(.scatterAdd(axis: axis + 1, extent: extent), &builder)
    case .randomBits(let bits): return try randomBits(bits, &builder)
    case .argsort(let axis, let isDescending):
      return try along(.argsort(axis: axis + 1, isDescending: isDescending), &builder)
    case .searchSorted, .cholesky: return try along(operation, &builder)
    case .triangularSolve: return try triangularSolve(&builder)
    }
  }

  /// An operation of all operands with the leading axis.
  private func along(_ operation: StructuredOperation, _ builder: inout Builder) throws(GraphError) -> NodeID
  {
    try builder.append(.structured(operation), spread(&builder))
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
    if !table.isBatched { return try builder.append(.structured(.gatherRows), [table.node, indices.node]) }
    if indices.isBatched {
      // All tables below one another, in which each index is moved to its own.
      let shape = builder.shape(table.node)
      let rows = try builder.reshape(
        table.node, to: Shape([extent * shape[1]] + shape.dimensions.dropFirst(2)))
      return try builder.append(
        .structured(.gatherRows), [rows, ownRows(indices.node, of: shape[1], &builder)])
    }
    // The new axis behind that of the rows.
    let rank = builder.shape(table.node).rank
    let rows = try builder.transpose(table.node, [1, 0] + Array(2..<rank))
    let gathered = try builder.append(.structured(.gatherRows), [rows, indices.node])
    return try toFront(builder.shape(indices.node).rank, of: gathered, &builder)
  }

  private func scatterAddRows(_ rows: Int, _ builder: inout Builder) throws(GraphError) -> NodeID {
    let indices = operands[1]
    if indices.isBatched {
      let updates = try operands[0].spread(over: extent, &builder)
      let own = try ownRows(indices.node, of: rows, &builder)
      let all = try builder.append(.structured(.scatterAddRows(rows: extent * rows)), [updates, own])
      return try builder.reshape(all, to: Shape([extent, rows] + builder.shape(all).dimensions.dropFirst()))
    }
    let updates = operands[0].node
    let leading = builder.shape(indices.node).rank
    let rank = builder.shape(updates).rank
    // The new axis behind those of the indices.
    let order = Array(1..<(leading + 1)) + [0] + Array((leading + 1)..<rank)
    let table = try builder.append(
      .structured(.scatterAddRows(rows: rows)), [builder.transpose(updates, order), indices.node])
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

  /// Each key's numbers, one after the other: there are as many generators as keys.
  private func randomBits(_ bits: RandomBits, _ builder: inout Builder) throws(GraphError) -> NodeID {
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
