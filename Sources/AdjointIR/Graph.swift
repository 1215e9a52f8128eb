import AdjointArray

/// The index of a node in its graph.
public typealias NodeID = Int

/// One value of a graph: an operation on earlier nodes.
public struct Node: Sendable {
  public let operation: Operation
  public let operands: [NodeID]
  public let type: TensorType
  public var provenance: Provenance

  public init(
    _ operation: Operation, _ operands: [NodeID], type: TensorType, provenance: Provenance = .none
  ) {
    self.operation = operation
    self.operands = operands
    self.type = type
    self.provenance = provenance
  }
}

extension [NodeID] {
  /// The operands that are hashed: the first few tell nearly all nodes apart, and a result of a loop may have thousands.
  var telling: ArraySlice<NodeID> { prefix(8) }
}

/// A named result of a graph.
public struct Output: Hashable, Sendable {
  public let name: String
  public let node: NodeID
  /// The parameter or state whose next value this is: the compiled step may write it in place.
  public let replaces: NodeID?

  public init(_ name: String, _ node: NodeID, replaces: NodeID? = nil) {
    self.name = name
    self.node = node
    self.replaces = replaces
  }
}

/// A static dataflow graph: nodes in topological order and what is wanted of them.
///
/// A value: passes take one and return another. Equality is that of the computation (operations, operands,
/// types, outputs); labels and locations do not count.
public struct Graph: Sendable {
  public let nodes: [Node]
  public let outputs: [Output]
  /// The argument nodes, in node order; this is the order in which a nested graph takes its operands.
  public let arguments: [NodeID]

  public init(nodes: [Node], outputs: [Output]) {
    self.nodes = nodes
    self.outputs = outputs
    arguments = nodes.indices.filter { nodes[$0].operation.isArgument }
  }

  public subscript(id: NodeID) -> Node {
    // Lends the node: a copy counts references of all its parts, and passes ask for one part.
    _read { yield nodes[id] }
  }

  public func arguments(of kind: Argument.Kind) -> [(id: NodeID, argument: Argument)] {
    arguments.compactMap { id in
      if case .argument(let argument) = nodes[id].operation, argument.kind == kind {
        (id, argument)
      } else {
        nil
      }
    }
  }

  /// For each node the nodes that read it, ascending, each once.
  public func users() -> [[NodeID]] {
    var result = [[NodeID]](repeating: [], count: nodes.count)
    for (id, node) in nodes.enumerated() {
      for operand in node.operands where result[operand].last != id { result[operand].append(id) }
    }
    return result
  }

  /// The nodes on which the outputs depend, plus every argument, so that an unused one keeps its place in the call.
  ///
  /// - Parameter keepingArguments: `false` for a graph that is to be read, where unused arguments say nothing.
  public func liveNodes(keepingArguments: Bool = true) -> [Bool] {
    var live = nodes.map { keepingArguments && $0.operation.isArgument }
    for output in outputs { live[output.node] = true }
    for id in nodes.indices.reversed() where live[id] {
      for operand in nodes[id].operands { live[operand] = true }
    }
    return live
  }

  /// The same graph without the nodes that no output needs.
  public func removingDeadNodes(keepingArguments: Bool = true) -> Graph {
    let live = liveNodes(keepingArguments: keepingArguments)
    if live.allSatisfy({ $0 }) { return self }
    var mapping = NodeMapping(count: nodes.count)
    var kept: [Node] = []
    kept.reserveCapacity(nodes.count)
    for id in nodes.indices {
      mapping.append(live[id] ? kept.count : -1)
      guard live[id] else { continue }
      kept.append(
        Node(
          nodes[id].operation, mapping.operands(of: nodes[id]), type: nodes[id].type,
          provenance: nodes[id].provenance))
    }
    return Graph(
      nodes: kept,
      outputs: outputs.map { Output($0.name, mapping[$0.node], replaces: $0.replaces.map { mapping[$0] }) })
  }
}

extension Graph: Hashable {
  public static func == (a: Graph, b: Graph) -> Bool {
    a.outputs == b.outputs && a.nodes.count == b.nodes.count
      && (a.sharesNodes(with: b)
        || zip(a.nodes, b.nodes).allSatisfy {
          $0.operands == $1.operands && $0.type == $1.type && $0.operation == $1.operation
        })
  }

  /// Whether one is a copy of the other: the thousand results of a loop compare their body with itself.
  private func sharesNodes(with other: Graph) -> Bool {
    nodes.withUnsafeBufferPointer { own in
      other.nodes.withUnsafeBufferPointer { own.baseAddress == $0.baseAddress }
    }
  }

  public func hash(into hasher: inout Hasher) {
    for node in nodes {
      hasher.combine(node.operation)
      hasher.combine(node.operands.telling)
    }
    hasher.combine(outputs)
  }
}
