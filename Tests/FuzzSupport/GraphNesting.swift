import AdjointArray
import AdjointIR
import AdjointTransforms

// Graphs within the graph that is drawn: calls, and derivatives.
extension GraphGenerator {
  /// x · sin(y) with a vjp of its own, which is the true one, so that gradients can be checked.
  mutating func callWithGivenDerivative() throws(GraphError) {
    let x = try float()
    let y = partner(of: builder.shape(x.id), among: floats, scalarType)
    let shape = builder.shape(x.id)
    guard builder.type(x.id) == builder.type(y.id) else { return }
    var value = Builder()
    let a = value.argument(.input, "a", TensorType(scalarType, shape))
    let b = value.argument(.input, "b", TensorType(scalarType, shape))
    let result = try value.binary(.multiply, a, value.unary(.sin, b))
    let graph = value.graph(outputs: [Output("y", result)])
    var vjp = Builder(graph)
    _ = vjp.argument(.input, "y", TensorType(scalarType, shape))
    let cotangent = vjp.argument(.input, "d_y", TensorType(scalarType, shape))
    let dA = try vjp.binary(.multiply, cotangent, vjp.unary(.sin, b))
    let dB = try vjp.binary(.multiply, vjp.binary(.multiply, cotangent, a), vjp.unary(.cos, b))
    let callee = Callee(
      graph, derivative: .given(vjp.graph(outputs: [Output("d_a", dA), Output("d_b", dB)])))
    try keep(
      try builder.append(.call(callee, result: 0), [x.id, y.id]), bound: x.bound, isExact: false)
  }

  /// A call of a small random graph, its arguments given by fitting values or new ones.
  mutating func call() throws(GraphError) {
    if random.chance(0.3) { return try callWithGivenDerivative() }
    var nested = options
    nested.nodeCount = 4
    nested.derivatives = false
    nested.scalarOutput = false
    nested.calls = depth < 1
    var generator = GraphGenerator(seed: random.next(), options: nested, depth: depth + 1)
    let callee = try generator.make()
    // The callee's values are bounded by its own bookkeeping; which of its results are exact is not looked up.
    var operands: [NodeID] = []
    for id in callee.graph.arguments {
      guard case .argument(let inner) = callee.graph[id].operation else { continue }
      let type = inner.type
      let fitting = (floats.filter { $0.bound <= 2 } + ints + longs + bools).filter {
        builder.type($0.id) == type
      }
      let value =
        fitting.isEmpty ? argument(.input, type.scalarType, type.shape) : random.pick(fitting)
      operands.append(value.id)
    }
    let isRecomputed = random.chance(0.5)
    for result in callee.graph.outputs.indices where random.chance(0.5) {
      let derivative: Callee.Derivative = isRecomputed ? .recomputed : .own
      let id = try builder.append(
        .call(Callee(callee.graph, derivative: derivative), result: result), operands)
      try keep(any: id, like: Value(id: id, bound: Self.largestBound, isExact: false))
    }
  }

  // MARK: Derivatives

  /// The gradient of the loss by all floating-point arguments; they are bounded by nothing.
  mutating func derivatives(of outputs: [Output]) throws(GraphError) -> [Output] {
    guard let loss = outputs.first(where: { $0.name == "loss" }) else { return [] }
    let targets = builder.nodes.indices.filter {
      builder.nodes[$0].operation.isArgument && builder.scalarType($0).isFloatingPoint
    }
    let gradients = try builder.gradient(of: loss.node, withRespectTo: targets)
    return zip(targets, gradients).map { Output("d\($0)", $1) }
  }

  /// The tangents of the floating-point results for those of the arguments, which are arguments, too.
  private func tangents(of graph: Graph) throws(GraphError) -> Graph {
    let isFloat = { (id: NodeID) in graph[id].type.scalarType.isFloatingPoint }
    var builder = Builder(graph)
    let targets = graph.arguments.filter(isFloat)
    let tangents = targets.map { builder.argument(.input, "t\($0)", graph[$0].type) }
    let results = graph.outputs.map(\.node).filter(isFloat)
    guard !results.isEmpty else { return Graph(nodes: graph.nodes, outputs: []) }
    let found = try builder.jvp(of: results, withRespectTo: targets, tangents: tangents)
    return builder.graph(outputs: found.enumerated().map { Output("t\($0.offset)", $0.element) })
  }

  /// A derivative of a small smooth graph, as nodes among the others, its arguments given by fitting values.
  mutating func derivative() throws(GraphError) {
    let isForward = random.chance(0.4)
    var nested = RandomGraph.Options(
      scalarType: scalarType, nodeCount: 3, scalarOutput: !isForward, smooth: true, calls: false)
    nested.derivatives = !isForward
    var generator = GraphGenerator(seed: random.next(), options: nested, depth: depth + 1)
    let drawn = try generator.make().graph
    let whole = isForward ? try tangents(of: drawn) : drawn
    let wanted = whole.outputs.filter {
      $0.name.hasPrefix(isForward ? "t" : "d") && whole[$0.node].type.count > 0
    }
    guard !wanted.isEmpty else { return }
    let chosen = random.pick(wanted)
    let graph = Graph(nodes: whole.nodes, outputs: [chosen]).removingDeadNodes(keepingArguments: false)
    var mapping: [NodeID] = []
    for node in graph.nodes {
      if node.operation.isArgument {
        let type = node.type
        let fitting = floats.filter { $0.bound <= 2 && builder.type($0.id) == type }
        let value =
          fitting.isEmpty ? argument(.parameter, type.scalarType, type.shape) : random.pick(fitting)
        mapping.append(value.id)
      } else {
        mapping.append(try builder.append(node.operation, node.operands.map { mapping[$0] }))
      }
    }
    guard builder.shape(mapping[graph.outputs[0].node]).count <= Self.largestCount else { return }
    // Its size is unknown: brought to 1.
    try keep(mapping[graph.outputs[0].node], bound: .infinity, isExact: false)
  }
}
