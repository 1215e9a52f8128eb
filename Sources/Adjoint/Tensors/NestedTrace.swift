import AdjointIR

/// What ties a recording to the one around it, from which its graph will be called.
struct Nesting {
  let outer: Trace
  /// The operation whose closure is recorded.
  let operation: String
  /// Whether the closure may use what it is not given: that becomes a further argument.
  let allowsCaptures: Bool
  /// What was used: nodes of `outer`, in the order of their first use.
  var captured: [NodeID] = []
  /// The arguments that stand for them.
  var arguments: [NodeID: NodeID] = [:]
}

/// A closure as a graph to be called.
struct NestedRecording {
  /// It has an output for each result; `nil` where anything was wrong.
  let graph: Graph?
  /// What the closure used without being given it: nodes of the outer recording, the graph's last arguments.
  let captured: [NodeID]
  let resultTypes: [TensorType]
  /// Whether the closure draws random numbers with a key of its own, the last of the graph's arguments before what is
  /// captured.
  let usesOwnKey: Bool
}

extension Trace {
  /// Records `body`, a closure of `operation`, on stand-ins for tensors of these names and types. What goes wrong is
  /// recorded here.
  ///
  /// - Parameter hasOwnKey: whether what `body` draws at random depends on one more argument, behind `arguments`, rather
  ///   than on this trace's key: for what is run several times. Where nothing is drawn there is no such argument.
  func nested(
    _ operation: String, _ arguments: [(name: String, type: TensorType)], allowsCaptures: Bool,
    hasOwnKey: Bool = false, at location: SourceLocation, _ body: ([Tensor]) throws -> [Tensor]
  ) rethrows -> NestedRecording {
    let inner = Trace(
      within: Nesting(outer: self, operation: operation, allowsCaptures: allowsCaptures), at: location)
    defer { inner.finish() }
    let given = arguments.map { inner.input($0.name, $0.type) }
    if hasOwnKey { inner.randomness.ownKey = inner.input("random_key", Trace.keyType) }
    let results = try body(given)
    let ids = results.compactMap { inner.node(of: $0, operation: operation, at: nil) }
    for error in inner.errors { record(error) }
    let isRight = ids.count == results.count && inner.errors.isEmpty
    var graph =
      isRight
      ? inner.builder.graph(outputs: ids.enumerated().map { Output("y\($0.offset)", $0.element) }) : nil
    let usesOwnKey = inner.randomness.usesOwnKey
    if let whole = graph, hasOwnKey, !usesOwnKey {
      graph = whole.removing(whole.arguments[arguments.count])
    }
    return NestedRecording(
      graph: graph, captured: inner.nesting?.captured ?? [], resultTypes: results.map(\.type),
      usesOwnKey: usesOwnKey)
  }

  /// The results of a call of `callee` on nodes of this trace; poisoned ones where it cannot be called so.
  func call(
    _ callee: Callee, _ operands: [NodeID], as operation: String, at location: SourceLocation
  ) -> [Tensor] {
    let outputs = callee.graph.outputs
    let results = append(operation, operands.map { Tensor(self, $0) }, at: location) {
      builder, operands throws(GraphError) in
      var results: [NodeID] = []
      for result in outputs.indices {
        do throws(GraphError) {
          results.append(try builder.append(.call(callee, result: result), operands))
        } catch {
          throw GraphError(error.kind, operation: operation, problem: error.problem, remedy: error.remedy)
        }
      }
      return results
    }
    return results?.map { Tensor(self, $0) }
      ?? outputs.map { Tensor(poisoned: callee.graph[$0.node].type, in: self) }
  }

  /// What stands in this recording for a tensor of one around it: a further argument, or the same constant.
  func capture(_ tensor: Tensor, _ operation: String, at location: SourceLocation?) -> NodeID? {
    guard let nesting, let id = nesting.outer.node(of: tensor, operation: operation, at: location) else {
      return nil
    }
    if let known = nesting.arguments[id] { return known }
    let node = nesting.outer.builder.nodes[id]
    let isConstant = node.operands.isEmpty && !node.operation.isArgument
    if isConstant, let copy = try? builder.append(node.operation, []) { return copy }
    guard nesting.allowsCaptures else {
      let isKey = node.type == Trace.keyType
      record(
        GraphError(
          .foreignTensor, operation: nesting.operation,
          problem: isKey
            ? "its closure draws random numbers with a key that it is not given"
            : "its closure uses a tensor that it is not given",
          remedy: isKey
            ? "pass the trace's randomKey() as an argument, and draw with it"
            : "pass the tensor as an argument, and give its cotangent",
          operands: [GraphError.Operand(node.type, node.provenance)], location: location))
      return nil
    }
    builder.provenance = Provenance(locations: node.provenance.locations)
    let argument = builder.argument(.input, node.provenance.label ?? "captured", node.type)
    self.nesting?.captured.append(id)
    self.nesting?.arguments[id] = argument
    return argument
  }

  /// Whether this recording is made within `other`, at any depth.
  func isWithin(_ other: Trace) -> Bool {
    var outer = nesting?.outer
    while let current = outer {
      if current === other { return true }
      outer = current.nesting?.outer
    }
    return false
  }
}

extension Graph {
  /// The same graph without `unused`, which no node reads.
  fileprivate func removing(_ unused: NodeID) -> Graph {
    let moved = { (id: NodeID) in id > unused ? id - 1 : id }
    let kept = nodes.enumerated().filter { $0.offset != unused }.map { _, node in
      Node(node.operation, node.operands.map(moved), type: node.type, provenance: node.provenance)
    }
    return Graph(
      nodes: kept, outputs: outputs.map { Output($0.name, moved($0.node), replaces: $0.replaces.map(moved)) })
  }
}
