import AdjointArray

extension Graph {
  /// How far a graph has come on its way to kernels.
  public enum Stage: Hashable, Sendable, CaseIterable {
    /// As traced, differentiated or read from a file.
    case traced
    /// Without calls of nested graphs, as lowering takes it.
    case lowerable
  }

  /// Checks the rules that every graph keeps: operands are earlier nodes, types are those of
  /// ``Operation/resultType(_:)``, names of arguments and of outputs are unique, an output replaces a parameter
  /// or state of its type and none is replaced twice, no two nodes are the same, and nested graphs keep these
  /// rules too.
  ///
  /// - Throws: ``GraphError`` of the kind `malformedGraph` that names the first node at fault.
  public func verify(stage: Stage = .traced) throws(GraphError) { try verify(stage, depth: 1) }

  private func verify(_ stage: Stage, depth: Int) throws(GraphError) {
    guard depth <= Self.nestingLimit else {
      throw malformed("graphs are nested more than \(Self.nestingLimit) deep", "call fewer within each other")
    }
    var argumentNames: Set<String> = []
    var seen: [NodeKey: NodeID] = [:]
    seen.reserveCapacity(nodes.count)
    for (id, node) in nodes.enumerated() {
      for operand in node.operands where operand < 0 || operand >= id {
        throw malformed("%\(id) reads %\(operand)", "operands must be earlier nodes", node)
      }
      switch node.operation {
      case .argument(let argument):
        if !argumentNames.insert(argument.name).inserted {
          throw malformed(
            "%\(id) is a second argument \(quoted(argument.name))", "make its name unique", node)
        }
      case .constant(let literal):
        if !literal.isCanonical {
          throw malformed(
            "%\(id) has bits beyond those of \(literal.scalarType)", "clear the bits above its width", node)
        }
      case .call(let callee, _):
        if stage == .lowerable {
          throw malformed("%\(id) calls a nested graph", "inline it before lowering", node)
        }
        for graph in callee.graphs { try graph.verify(stage, depth: depth + 1) }
      case .scan(let scan, _):
        try scan.body.verify(stage, depth: depth + 1)
      case .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce, .dot, .reshape, .transpose,
        .broadcast, .slice, .flip, .pad, .concatenate, .windows, .addWindows, .structured, .stopGradient,
        .barrier:
        break
      }
      try verifyType(id, node)
      if let twin = seen.updateValue(
        id, forKey: NodeKey(operation: node.operation, operands: node.operands))
      {
        throw malformed("%\(id) is the same as %\(twin)", "use one node for both", node)
      }
    }
    try verifyOutputs()
  }

  private func verifyType(_ id: NodeID, _ node: Node) throws(GraphError) {
    let expected: TensorType
    do {
      expected = try node.operation.resultType(node.operands.map { nodes[$0].type })
    } catch {
      throw malformed("%\(id): \(error.problem)", error.remedy, node)
    }
    if node.type != expected {
      throw malformed("%\(id) is said to be \(node.type)", "its operation gives \(expected)", node)
    }
  }

  private func verifyOutputs() throws(GraphError) {
    var names: Set<String> = []
    var replaced: Set<NodeID> = []
    for output in outputs {
      guard nodes.indices.contains(output.node) else {
        throw malformed(
          "output \(quoted(output.name)) is %\(output.node) of \(nodes.count) nodes", "name one that exists")
      }
      if !names.insert(output.name).inserted {
        throw malformed("two outputs are named \(quoted(output.name))", "make the names unique")
      }
      guard let target = output.replaces else { continue }
      guard nodes.indices.contains(target), case .argument(let argument) = nodes[target].operation,
        argument.kind != .input
      else {
        throw malformed(
          "output \(quoted(output.name)) replaces %\(target)", "only parameters and state can be replaced")
      }
      if argument.type != nodes[output.node].type {
        throw malformed(
          "output \(quoted(output.name)) of type \(nodes[output.node].type) replaces \(quoted(argument.name))",
          "its type must be \(argument.type)")
      }
      if !replaced.insert(target).inserted {
        throw malformed("\(quoted(argument.name)) is replaced twice", "give it one next value")
      }
    }
  }

  private func malformed(_ problem: String, _ remedy: String, _ node: Node? = nil) -> GraphError {
    GraphError(
      .malformedGraph, operation: node?.operation.name ?? "graph", problem: problem, remedy: remedy,
      location: node?.provenance.locations.first)
  }
}

/// What makes two nodes the same.
private struct NodeKey: Hashable {
  let operation: Operation
  let operands: [NodeID]
}
