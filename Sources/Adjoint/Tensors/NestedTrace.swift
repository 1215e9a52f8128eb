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
}

extension Trace {
  /// Records `body`, a closure of `operation`, on stand-ins for tensors of these names and types. What goes wrong is
  /// recorded here.
  func nested(
    _ operation: String, _ arguments: [(name: String, type: TensorType)], allowsCaptures: Bool,
    at location: SourceLocation, _ body: ([Tensor]) throws -> [Tensor]
  ) rethrows -> NestedRecording {
    let inner = Trace(
      within: Nesting(outer: self, operation: operation, allowsCaptures: allowsCaptures), at: location)
    defer { inner.finish() }
    let results = try body(arguments.map { inner.input($0.name, $0.type) })
    let ids = results.compactMap { inner.node(of: $0, operation: operation, at: nil) }
    for error in inner.errors { record(error) }
    let isRight = ids.count == results.count && inner.errors.isEmpty
    return NestedRecording(
      graph: isRight
        ? inner.builder.graph(outputs: ids.enumerated().map { Output("y\($0.offset)", $0.element) }) : nil,
      captured: inner.nesting?.captured ?? [], resultTypes: results.map(\.type))
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
