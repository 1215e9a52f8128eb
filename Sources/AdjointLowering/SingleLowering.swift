import AdjointArray
import AdjointIR

extension Lowerer {
  /// Makes the kernels of one node that is no map.
  mutating func lowerSingle(_ id: NodeID) {
    guard let destination = bufferOf[id] else { return }
    let node = graph[id]
    switch node.operation {
    case .dot(let dimensions):
      lowerDot(id, dimensions, to: destination)
    case .gatherRows:
      guard node.type.count > 0 else { return }
      let table = graph[node.operands[0]].type
      append(
        .gatherRows(
          GatherRows(
            type: node.type.scalarType, table: contiguous(node.operands[0]),
            indices: contiguous(node.operands[1]),
            destination: destination, count: graph[node.operands[1]].type.count, tableRows: table.shape[0],
            rowSize: table.shape.dimensions.dropFirst().reduce(1, *))),
        name: "gather_" + buffers[destination].name, node.provenance)
    case .scatterAddRows(let rows):
      let updates = graph[node.operands[0]].type
      let indices = graph[node.operands[1]].type
      fillZero(destination, node)
      guard updates.count > 0 else { return }
      append(
        .scatterAddRows(
          ScatterAddRows(
            type: node.type.scalarType, updates: contiguous(node.operands[0]),
            indices: contiguous(node.operands[1]), destination: destination, count: indices.count,
            tableRows: rows, rowSize: updates.shape.dimensions.dropFirst(indices.rank).reduce(1, *))),
        name: "scatter_" + buffers[destination].name, node.provenance, flops: graph.flops(at: id))
    case .gather(let axis):
      guard node.type.count > 0 else { return }
      let table = graph[node.operands[0]].type.shape
      append(
        .gather(
          Gather(
            type: node.type.scalarType, table: contiguous(node.operands[0]),
            indices: contiguous(node.operands[1]), destination: destination,
            outer: extent(table, before: axis),
            tableRows: table[axis], count: node.type.shape[axis], inner: extent(table, after: axis))),
        name: "gather_" + buffers[destination].name, node.provenance)
    case .scatterAdd(let axis, let rows):
      let updates = graph[node.operands[0]].type.shape
      fillZero(destination, node)
      guard updates.count > 0 else { return }
      append(
        .scatterAdd(
          ScatterAdd(
            type: node.type.scalarType, updates: contiguous(node.operands[0]),
            indices: contiguous(node.operands[1]), destination: destination,
            outer: extent(updates, before: axis), tableRows: rows, count: updates[axis],
            inner: extent(updates, after: axis))),
        name: "scatter_" + buffers[destination].name, node.provenance, flops: graph.flops(at: id))
    case .cumulative(let function, let axis, let isReversed):
      let shape = node.type.shape
      guard shape.count > 0 else { return }
      append(
        .cumulative(
          CumulativeKernel(
            type: node.type.scalarType, function: function, isReversed: isReversed,
            operand: contiguous(node.operands[0]), destination: destination,
            outer: extent(shape, before: axis), count: shape[axis], inner: extent(shape, after: axis))),
        name: function.rawValue + "_" + buffers[destination].name, node.provenance,
        flops: graph.flops(at: id))
    case .randomBits(let bits):
      guard bits.type.count > 0 else { return }
      append(
        .randomBits(
          RandomBitsKernel(
            type: bits.type.scalarType, stream: bits.stream, key: contiguous(node.operands[0]),
            destination: destination, count: bits.type.count)),
        name: "random_" + buffers[destination].name, node.provenance)
    case .argsort(let axis, let isDescending):
      let shape = node.type.shape
      guard shape.count > 0 else { return }
      append(
        .argsort(
          ArgsortKernel(
            type: graph[node.operands[0]].type.scalarType, isDescending: isDescending,
            operand: contiguous(node.operands[0]), destination: destination,
            outer: extent(shape, before: axis), count: shape[axis], inner: extent(shape, after: axis))),
        name: "sort_" + buffers[destination].name, node.provenance)
    case .cholesky:
      let shape = node.type.shape
      guard shape.count > 0 else { return }
      append(
        .cholesky(
          CholeskyKernel(
            type: node.type.scalarType, operand: contiguous(node.operands[0]), destination: destination,
            batch: extent(shape, before: shape.rank - 2), n: shape[shape.rank - 1])),
        name: "cholesky_" + buffers[destination].name, node.provenance, flops: graph.flops(at: id))
    case .triangularSolve(let solve):
      let shape = node.type.shape
      guard shape.count > 0 else { return }
      append(
        .triangularSolve(
          TriangularSolveKernel(
            type: node.type.scalarType, form: solve, matrix: contiguous(node.operands[0]),
            rhs: contiguous(node.operands[1]), destination: destination,
            batch: extent(shape, before: shape.rank - 2), n: shape[shape.rank - 2], m: shape[shape.rank - 1])),
        name: "solve_" + buffers[destination].name, node.provenance, flops: graph.flops(at: id))
    case .concatenate(let axis):
      var position = 0
      let strides = node.type.shape.strides
      for operand in node.operands {
        let type = graph[operand].type
        copy(
          views[operand], shape: type.shape, type: type.scalarType, to: destination,
          offset: position * strides[axis], strides: strides, name: "part_of_" + buffers[destination].name)
        position += type.shape[axis]
      }
    case .pad(let padding):
      fillZero(destination, node)
      let type = graph[node.operands[0]].type
      let strides = node.type.shape.strides
      copy(
        views[node.operands[0]], shape: type.shape, type: type.scalarType, to: destination,
        offset: zip(padding.low, strides).reduce(0) { $0 + $1.0 * $1.1 },
        strides: zip(padding.interior, strides).map { ($0 + 1) * $1 },
        name: "inner_of_" + buffers[destination].name)
    case .addWindows:
      lowerWindowedSum(id, to: destination)
    case .argument, .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce, .reshape,
      .transpose, .broadcast, .slice, .flip, .windows, .scan, .stopGradient, .barrier, .call:
      break  // Fusion makes none of these a kernel of its own.
    }
  }

  private func extent(_ shape: Shape, before axis: Int) -> Int { shape.dimensions[..<axis].reduce(1, *) }
  private func extent(_ shape: Shape, after axis: Int) -> Int { shape.dimensions[(axis + 1)...].reduce(1, *) }

  mutating func fillZero(_ buffer: BufferID, _ node: Node) {
    guard buffers[buffer].count > 0 else { return }
    append(
      .fill(Fill(value: Literal(0, as: buffers[buffer].scalarType), destination: buffer)),
      name: "zero_" + buffers[buffer].name, node.provenance)
  }

  /// A buffer that holds the node's value in row-major order: its own, or a copy.
  mutating func contiguous(_ id: NodeID) -> BufferID {
    let type = graph[id].type
    if let buffer = buffer(of: views[id]), graph.isIdentity(views[id], shape: type.shape) { return buffer }
    let aside = addBuffer(label(of: id) + "_copy", type, .arena(offset: 0))
    copy(views[id], shape: type.shape, type: type.scalarType, to: aside, name: "copy_" + buffers[aside].name)
    return aside
  }
}
