import AdjointArray
import AdjointIR

/// The graph of one strip.
struct StripBody {
  private let old: Graph
  private let passes: RowPasses
  private let strip: Int
  private var builder = Builder()
  private var mapping: [NodeID: NodeID] = [:]
  /// What is cut into strips, and along which axis; in the order of the body's first arguments.
  private(set) var stacked: [CutOperand] = []
  /// What each strip needs whole; in the order of the arguments behind.
  private(set) var invariants: [NodeID] = []
  private var argumentOfStacked: [CutOperand: NodeID] = [:]
  private var argumentOfInvariant: [NodeID: NodeID] = [:]

  struct CutOperand: Hashable {
    let node: NodeID
    let axis: Int
  }

  init(_ graph: Graph, _ passes: RowPasses, strip: Int) {
    old = graph
    self.passes = passes
    self.strip = strip
  }

  mutating func append(_ id: NodeID, isMember: (NodeID) -> Bool) throws(GraphError) {
    let node = old[id]
    var operands: [NodeID] = []
    for (position, operand) in node.operands.enumerated() {
      if isMember(operand), let own = mapping[operand] {
        operands.append(own)
      } else if let axis = passes.axis(ofOperand: position, of: node) {
        operands.append(try cut(operand, axis))
      } else {
        operands.append(try whole(operand))
      }
    }
    builder.provenance = node.provenance
    let axis: Int? = if case .follows(let axis) = passes.roles[id] { axis } else { nil }
    mapping[id] = try builder.append(cut(node.operation, axis), operands)
  }

  /// A node's value in the strip, with rows in front where it has any.
  mutating func output(_ id: NodeID) throws(GraphError) -> NodeID {
    guard let own = mapping[id], case .follows(let axis) = passes.roles[id] else { return mapping[id] ?? 0 }
    return try builder.withAxisInFront(own, axis)
  }

  /// The finished graph, its arguments in the order in which a loop gives them.
  func graph(_ outputs: [Output]) -> Graph {
    let order =
      stacked.compactMap { argumentOfStacked[$0] } + invariants.compactMap { argumentOfInvariant[$0] }
    var renumbered = [NodeID](repeating: -1, count: builder.nodes.count)
    var nodes: [Node] = []
    for id in order + builder.nodes.indices.filter({ !builder.nodes[$0].operation.isArgument }) {
      let node = builder.nodes[id]
      renumbered[id] = nodes.count
      nodes.append(
        Node(
          node.operation, node.operands.map { renumbered[$0] }, type: node.type,
          provenance: node.provenance))
    }
    return Graph(nodes: nodes, outputs: outputs.map { Output($0.name, renumbered[$0.node]) })
      .removingDeadNodes()
  }

  /// The rows of the strip of a value from outside, whose axis `axis` numbers them.
  private mutating func cut(_ id: NodeID, _ axis: Int) throws(GraphError) -> NodeID {
    let node = old[id]
    if case .broadcast(let shape) = node.operation, old.isEqual(along: axis, id) {
      // All rows are equal.
      let operand = try whole(node.operands[0])
      builder.provenance = node.provenance
      return try builder.broadcast(operand, to: shape.replacing(axis, by: strip))
    }
    let operand = CutOperand(node: id, axis: axis)
    let argument: NodeID
    if let known = argumentOfStacked[operand] {
      argument = known
    } else {
      var shape = node.type.shape.dimensions
      shape.remove(at: axis)
      argument = makeArgument(id, TensorType(node.type.scalarType, Shape([strip] + shape)))
      argumentOfStacked[operand] = argument
      stacked.append(operand)
    }
    builder.provenance = node.provenance
    return try builder.withFrontAxis(argument, at: axis)
  }

  private mutating func whole(_ id: NodeID) throws(GraphError) -> NodeID {
    let node = old[id]
    switch node.operation {
    case .constant, .data, .iota:
      builder.provenance = node.provenance
      return try builder.append(node.operation, [])
    case .broadcast(let shape):
      let operand = try whole(node.operands[0])
      builder.provenance = node.provenance
      return try builder.broadcast(operand, to: shape)
    default:
      if let known = argumentOfInvariant[id] { return known }
      let argument = makeArgument(id, node.type)
      argumentOfInvariant[id] = argument
      invariants.append(id)
      return argument
    }
  }

  private mutating func makeArgument(_ id: NodeID, _ type: TensorType) -> NodeID {
    builder.provenance = old[id].provenance
    let name = builder.provenance.labels.first ?? "value"
    builder.provenance.labels.removeAll { $0 == name }
    return builder.argument(.input, name, type)
  }

  /// The operation with a strip's extent where its result's axis `axis` has that of all rows.
  private func cut(_ operation: Operation, _ axis: Int?) -> Operation {
    guard let axis else { return operation }
    switch operation {
    case .reshape(let shape): return .reshape(shape.replacing(axis, by: strip))
    case .broadcast(let shape): return .broadcast(shape.replacing(axis, by: strip))
    case .slice(let slice):
      var ends = slice.ends
      ends[axis] = strip
      return .slice(Slice(starts: slice.starts, ends: ends, steps: slice.steps))
    case .argument, .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce,
      .structured, .dot, .transpose, .flip, .pad, .concatenate, .windows, .addWindows, .stopGradient,
      .barrier, .call, .scan:
      return operation
    }
  }
}

extension Shape {
  fileprivate func replacing(_ axis: Int, by extent: Int) -> Shape {
    var dimensions = dimensions
    dimensions[axis] = extent
    return Shape(dimensions)
  }
}

extension Graph {
  /// Whether a node is a broadcast that repeats its operand along `axis`.
  fileprivate func isEqual(along axis: Int, _ id: NodeID) -> Bool {
    guard case .broadcast(let shape) = self[id].operation else { return false }
    let from = self[self[id].operands[0]].type.shape
    let own = axis - (shape.rank - from.rank)
    return own < 0 || from[own] == 1
  }
}
