import AdjointIR

/// The forward pass of the tangent of one result of a callee, made once for all calls of it: a callee itself, which takes
/// the arguments and the tangents that are given.
struct CallTangent {
  struct Key: Hashable {
    let callee: Callee
    let result: Int
    /// Which arguments have tangents.
    let given: [Bool]
  }
  private let forward: Callee
  /// Whether `forward` is the transpose of a given vjp, which takes the result and a cotangent, too.
  private let isTransposed: Bool

  init(_ key: Key) throws(GraphError) {
    switch key.callee.derivative {
    case .own:
      forward = Callee(try key.callee.forward(of: key.result, key.given))
      isTransposed = false
    case .recomputed:
      // Nothing is kept for a tangent; a derivative of this one is recomputed as the callee's is.
      forward = Callee(try key.callee.forward(of: key.result, key.given), derivative: .recomputed)
      isTransposed = false
    case .given(let vjp):
      forward = Callee(try key.callee.transpose(of: vjp, key.given))
      isTransposed = true
    }
  }

  /// The tangent of the call `y`, given those of its operands that have one.
  func append(_ operands: [Term], _ y: Term, _ tangents: [Term]) throws(GraphError) -> Term {
    let further = isTransposed ? [y, try y.number(0)] : []
    return try y.terms(.call(forward, result: 0), operands + further + tangents)
  }
}

extension Callee {
  /// The graph of the tangent of result `result`: its arguments are those of the graph and the tangents of those that
  /// are `given` one.
  fileprivate func forward(of result: Int, _ given: [Bool]) throws(GraphError) -> Graph {
    var builder = Builder(graph)
    let output = graph.outputs[result].node
    let targets = zip(graph.arguments, given).filter(\.1).map(\.0)
    let tangents = targets.map { builder.tangent(of: $0) }
    builder.provenance = .none
    let tangent = try builder.jvp(of: [output], withRespectTo: targets, tangents: tangents)
    return builder.graph(outputs: [Output("tangent", tangent[0])])
  }

  /// The transpose of `vjp` as a function of the cotangent, in which it is linear: the derivative of tangent · vjp by the
  /// cotangent. Its arguments are those of `vjp` and the tangents of arguments that are `given` one.
  fileprivate func transpose(of vjp: Graph, _ given: [Bool]) throws(GraphError) -> Graph {
    var builder = Builder(vjp)
    guard let cotangent = vjp.arguments.last else { return vjp }
    let results = zip(vjp.outputs, differentiableArguments).filter { given[$0.1] }.map(\.0.node)
    let tangents = results.map { builder.tangent(of: $0) }
    builder.provenance = .none
    let tangent = try builder.vjp(of: results, withRespectTo: [cotangent], cotangents: tangents)
    return builder.graph(outputs: [Output("tangent", tangent[0])])
  }
}

extension Builder {
  /// A new argument for the tangent of a value like `id`.
  fileprivate mutating func tangent(of id: NodeID) -> NodeID {
    provenance = nodes[id].provenance.tangent
    return argument(.input, "tangent", type(id))
  }
}
