import AdjointArray
import AdjointIR

/// A node's value as a strided view of the value of another node, its root, whose memory is contiguous.
///
/// Reshapes, broadcasts, transposes, slices and flips cost nothing: their readers read the root.
struct NodeView: Hashable {
  let root: NodeID
  let offset: Int
  /// One for each axis of the node's shape.
  let strides: [Int]
  /// Whether a barrier lies between the node and its root: the root's kernel must be over before it is read.
  var isBarred = false
  /// Whether it shows windows, so that a copy of it would hold elements of the root several times.
  var isWindowed = false
}

extension Graph {
  /// For each node its view. A node that computes something is its own root.
  func views() -> [NodeView] {
    var views: [NodeView] = []
    views.reserveCapacity(nodes.count)
    for id in nodes.indices {
      guard var view = view(id, views) else {
        views.append(NodeView(root: id, offset: 0, strides: nodes[id].type.shape.strides))
        continue
      }
      let operand = nodes[id].operands[0]
      view.isBarred = nodes[id].operation.isBarrier || views[operand].isBarred
      view.isWindowed = nodes[id].operation.isWindows || views[operand].isWindowed
      views.append(view)
    }
    return views
  }

  /// What the kernel of each node reads: its operands. A loop's are read for all of its results by the first.
  func reads(_ firstResults: [NodeID]) -> [[NodeID]] {
    nodes.indices.map { firstResults[$0] == $0 ? nodes[$0].operands : [] }
  }

  private func view(_ id: NodeID, _ views: [NodeView]) -> NodeView? {
    let operands = nodes[id].operands
    switch nodes[id].operation {
    case .reshape(let shape):
      let source = views[operands[0]]
      guard let strides = reshapedStrides(nodes[operands[0]].type.shape, source.strides, to: shape)
      else {
        return nil
      }
      return NodeView(root: source.root, offset: source.offset, strides: strides)
    case .broadcast(let shape):
      let source = views[operands[0]]
      let old = nodes[operands[0]].type.shape
      let added = shape.rank - old.rank
      let strides = (0..<shape.rank).map { axis in
        axis < added || (old[axis - added] == 1 && shape[axis] != 1) ? 0 : source.strides[axis - added]
      }
      return NodeView(root: source.root, offset: source.offset, strides: strides)
    case .transpose(let permutation):
      let source = views[operands[0]]
      return NodeView(
        root: source.root, offset: source.offset, strides: permutation.map { source.strides[$0] })
    case .slice(let slice):
      let source = views[operands[0]]
      let offset = zip(slice.starts, source.strides).reduce(source.offset) { $0 + $1.0 * $1.1 }
      return NodeView(
        root: source.root, offset: offset, strides: zip(slice.steps, source.strides).map { $0 * $1 })
    case .flip(let axes):
      var (offset, strides) = (views[operands[0]].offset, views[operands[0]].strides)
      for axis in axes {
        offset += max(0, nodes[id].type.shape[axis] - 1) * strides[axis]
        strides[axis] *= -1
      }
      return NodeView(root: views[operands[0]].root, offset: offset, strides: strides)
    case .windows(let windows):
      let source = views[operands[0]]
      return NodeView(
        root: source.root, offset: source.offset, strides: windows.elementStrides(source.strides))
    case .stopGradient, .barrier:
      return views[operands[0]]
    case .argument, .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce,
      .structured, .dot, .pad, .concatenate, .addWindows, .call, .scan:
      return nil
    }
  }

  /// Whether the view is of all elements of its root, in their order.
  func isIdentity(_ view: NodeView, shape: Shape) -> Bool {
    guard view.offset == 0, shape.count == nodes[view.root].type.count else { return false }
    var rowMajor = 1
    for axis in (0..<shape.rank).reversed() where shape[axis] != 1 {
      if view.strides[axis] != rowMajor { return false }
      rowMajor *= shape[axis]
    }
    return true
  }
}

extension Operation {
  var isWindows: Bool { if case .windows = self { true } else { false } }
  var isBarrier: Bool { if case .barrier = self { true } else { false } }
}
