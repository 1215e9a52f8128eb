import AdjointArray
import AdjointIR

/// Runs a graph one operation at a time: the reference to which compiled code is held, and the interpreted side
/// of the benchmarks.
///
/// Every operation is a loop over whole arrays, compiled for its scalar type; nothing is fused. A value is freed
/// after the last operation that reads it.
public struct Interpreter: Sendable {
  public let graph: Graph
  /// For each node the last one that reads it; `graph.nodes.count` for outputs, -1 for what nobody needs.
  private let lastUses: [NodeID]
  /// What the nodes of nested calls run.
  private let nested: [NodeID: Interpreter]
  /// The loops, each by all nodes that are results of it.
  private let loops: [NodeID: Loop]
  /// The results of the loop that a node is one of.
  private let results: [NodeID: [NodeID]]
  /// The most bytes of a run's values at one time, but for arguments; `Int.max` for that and more.
  package private(set) var peakBytes = 0

  /// - Throws: ``GraphError`` where the graph is malformed: an operand that does not come before its node, a type
  ///   that is not the operation's, or a name that two arguments or two outputs share.
  public init(_ graph: Graph) throws(GraphError) {
    try self.init(checking: graph)
    var names: Set<String> = []
    for output in graph.outputs where !names.insert(output.name).inserted {
      throw Self.malformed(
        "output", "two outputs are named '\(output.name)'", "give each a name of its own")
    }
  }

  /// Runs `graph` for one of its results alone.
  init(nested graph: Graph, result: Int) throws(GraphError) {
    try self.init(checking: Graph(nodes: graph.nodes, outputs: [graph.outputs[result]]))
  }

  private init(checking graph: Graph) throws(GraphError) {
    var names: Set<String> = []
    var nested: [NodeID: Interpreter] = [:]
    var lastUses = [NodeID](repeating: -1, count: graph.nodes.count)
    for (id, node) in graph.nodes.enumerated() {
      for operand in node.operands where operand < 0 || operand >= id {
        throw Self.malformed(
          node.operation.name, "node \(id) reads node \(operand)", "operands come before their node")
      }
      do {
        try checkType(node.operation, node.operands.map { graph[$0].type }, node.type)
      } catch {
        var located = error
        located.operands = node.operands.map { GraphError.Operand(graph[$0].type, graph[$0].provenance) }
        located.locate(at: node.provenance)
        throw located
      }
      switch node.operation {
      case .argument(let argument):
        if !names.insert(argument.name).inserted {
          throw Self.malformed(
            "argument", "two arguments are named '\(argument.name)'", "give each a name of its own")
        }
      case .call(let callee, let result):
        nested[id] = try Interpreter(nested: callee.graph, result: result)
      case .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce, .structured, .dot,
        .reshape, .transpose, .broadcast, .slice, .flip, .pad, .concatenate, .windows, .addWindows,
        .stopGradient, .barrier, .scan:
        break
      }
    }
    for output in graph.outputs where !graph.nodes.indices.contains(output.node) {
      throw Self.malformed(
        "output", "'\(output.name)' is node \(output.node) of \(graph.nodes.count)",
        "name a node of the graph")
    }
    let live = graph.liveNodes()
    for (id, node) in graph.nodes.enumerated() where live[id] {
      for operand in node.operands { lastUses[operand] = id }
    }
    for output in graph.outputs { lastUses[output.node] = graph.nodes.count }
    self.graph = graph
    self.lastUses = lastUses
    self.nested = nested
    var loops: [NodeID: Loop] = [:]
    var results: [NodeID: [NodeID]] = [:]
    for (first, ids) in graph.scanCalls() {
      guard case .scan(let scan, _) = graph[first].operation else { continue }
      let loop = try Loop(scan)
      for id in ids { (loops[id], results[id]) = (loop, ids) }
    }
    self.loops = loops
    self.results = results
    peakBytes = mostBytes()
  }

  /// What nodes need until their last reader has run, and what they need themselves while they run.
  private func mostBytes() -> Int {
    var (kept, most) = (0, 0)
    for (id, node) in graph.nodes.enumerated() where lastUses[id] >= 0 {
      var own = node.operation.isArgument ? 0 : node.type.byteCount
      kept = saturatingSum(kept, own)
      if let loop = loops[id] {
        own = results[id]?.first == id ? loop.bytesOfRun : 0
      } else if let nested = nested[id] {
        own = nested.peakBytes
      } else if case .dot = node.operation {
        // Both factors in the order of the product.
        own = node.operands.reduce(0) { saturatingSum($0, graph[$1].type.byteCount) }
      } else {
        own = 0
      }
      most = max(most, saturatingSum(kept, own))
      for operand in Set(node.operands) where lastUses[operand] == id && !graph[operand].operation.isArgument
      {
        kept -= min(kept, graph[operand].type.byteCount)
      }
    }
    return most
  }

  /// The outputs by name, for arguments by name.
  ///
  /// - Throws: ``InterpreterError`` for an argument that is missing, unknown, or of the wrong type or shape, for an
  ///   index outside a table, and for a matrix that cannot be decomposed or solved with.
  public func run(_ arguments: [String: NDArray]) throws(InterpreterError) -> [String: NDArray] {
    var values: [NDArray] = []
    var known: [String] = []
    for id in graph.arguments {
      guard case .argument(let argument) = graph[id].operation else { continue }
      known.append(argument.name)
      guard let value = arguments[argument.name] else {
        throw .missingArgument(name: argument.name, type: argument.type)
      }
      values.append(value)
    }
    if arguments.count != known.count, let name = Set(arguments.keys).subtracting(known).min() {
      throw .unknownArgument(name: name, known: known)
    }
    let results = try run(values: values)
    return Dictionary(uniqueKeysWithValues: zip(graph.outputs.map(\.name), results))
  }

  /// The outputs by name, for arguments by name: `interpreter(["x": x])`.
  public func callAsFunction(_ arguments: [String: NDArray]) throws(InterpreterError) -> [String: NDArray] {
    try run(arguments)
  }

  /// The outputs in the order of `graph.outputs`, for arguments in the order of `graph.arguments`.
  ///
  /// - Throws: ``InterpreterError`` for a wrong number of arguments, one of the wrong type or shape, an index outside a
  ///   table, a matrix that cannot be decomposed or solved with, and too little memory.
  public func run(values arguments: [NDArray]) throws(InterpreterError) -> [NDArray] {
    do {
      try Memory.require(peakBytes, for: "running the graph", remedy: "make its arrays smaller")
    } catch { throw .insufficientMemory(error) }
    return try runUnasked(values: arguments)
  }

  /// The same where the memory was asked for.
  ///
  /// - Parameter isStopped: asked before each run of a loop; once it is true, loops end, and the results are of no use.
  package func runUnasked(
    values arguments: [NDArray], until isStopped: () -> Bool = { false }
  ) throws(InterpreterError) -> [NDArray] {
    guard arguments.count == graph.arguments.count else {
      throw .argumentCount(expected: graph.arguments.count, found: arguments.count)
    }
    var values = [NDArray?](repeating: nil, count: graph.nodes.count)
    for (id, value) in zip(graph.arguments, arguments) {
      let expected = graph[id].type
      guard value.scalarType == expected.scalarType, value.shape == expected.shape else {
        let found = TensorType(value.scalarType, value.shape)
        guard case .argument(let argument) = graph[id].operation else { continue }
        throw .argumentMismatch(name: argument.name, expected: expected, found: found)
      }
      if lastUses[id] >= 0 { values[id] = value }
    }
    for id in graph.nodes.indices where lastUses[id] >= 0 {
      if values[id] == nil {
        if let loop = loops[id] {
          try run(loop, results[id] ?? [id], &values, isStopped)
        } else {
          values[id] = try evaluate(id, values, isStopped)
        }
      }
      for operand in graph[id].operands where lastUses[operand] == id { values[operand] = nil }
    }
    return graph.outputs.compactMap { values[$0.node] }
  }

  /// Runs a loop once for all of its results.
  private func run(
    _ loop: Loop, _ ids: [NodeID], _ values: inout [NDArray?], _ isStopped: () -> Bool
  ) throws(InterpreterError) {
    let all: [NDArray]
    do {
      all = try loop.run(graph[ids[0]].operands.compactMap { values[$0] }, until: isStopped)
    } catch {
      throw error.located(at: graph[ids[0]])
    }
    for id in ids where lastUses[id] >= 0 {
      if case .scan(_, let result) = graph[id].operation { values[id] = all[result] }
    }
  }

  private func evaluate(
    _ id: NodeID, _ values: [NDArray?], _ isStopped: () -> Bool
  ) throws(InterpreterError) -> NDArray {
    let node = graph[id]
    let operands = node.operands.compactMap { values[$0] }
    do {
      if let nested = nested[id] { return try nested.runUnasked(values: operands, until: isStopped)[0] }
      return try evaluateChecked(node.operation, operands, type: node.type)
    } catch {
      throw error.located(at: node)
    }
  }

  private static func malformed(_ operation: String, _ problem: String, _ remedy: String) -> GraphError {
    GraphError(.malformedGraph, operation: operation, problem: problem, remedy: remedy)
  }
}
