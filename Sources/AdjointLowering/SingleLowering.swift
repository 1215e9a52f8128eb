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
    case .structured(let operation):
      lower(operation, id, to: destination)
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
