import AdjointArray
import AdjointIR

/// A callee with the leading axis on some of its arguments and on the one result that is asked for, made once for all
/// calls of it.
struct BatchedCall {
  struct Key: Hashable {
    let callee: Callee
    let result: Int
    /// Which arguments have the leading axis.
    let isBatched: [Bool]
  }
  let callee: Callee

  init(_ key: Key, extent: Int) throws(GraphError) {
    var (value, results) = try key.callee.graph.batched(key.isBatched, extent)
    let result = key.callee.graph.outputs[key.result]
    let output = try results[key.result].spread(over: extent, &value)
    let graph = value.graph(outputs: [Output(result.name, output)])
    switch key.callee.derivative {
    case .own, .recomputed:
      callee = Callee(graph, derivative: key.callee.derivative)
    case .given(let vjp):
      // The result and its cotangent have the axis. An argument without it receives the sum.
      var (builder, cotangents) = try vjp.batched(key.isBatched + [true, true], extent)
      var outputs: [Output] = []
      for (number, position) in key.callee.differentiableArguments.enumerated() {
        var cotangent = try cotangents[number].spread(over: extent, &builder)
        if !key.isBatched[position] { cotangent = try builder.reduce(.sum, cotangent, axes: [0]) }
        outputs.append(Output(vjp.outputs[number].name, cotangent))
      }
      callee = Callee(graph, derivative: .given(builder.graph(outputs: outputs)))
    }
  }
}

extension Graph {
  /// The nodes of this graph with the leading axis where they depend on an argument that has got it, and its outputs
  /// among them.
  func batched(_ isBatched: [Bool], _ extent: Int) throws(GraphError) -> (Builder, [BatchedValue]) {
    var builder = Builder()
    var batching = Batching(known: 0, extent: extent)
    for (id, isBatched) in zip(arguments, isBatched) {
      let node = self[id]
      guard case .argument(let argument) = node.operation else { continue }
      let shape = Shape((isBatched ? [extent] : []) + node.type.shape.dimensions)
      builder.provenance = node.provenance
      let copy = builder.argument(argument.kind, argument.name, TensorType(node.type.scalarType, shape))
      batching.place(id, BatchedValue(node: copy, isBatched: isBatched))
    }
    try batching.copy(nodes, needed: outputs.map(\.node), to: &builder)
    return (builder, outputs.map { batching.value(of: $0.node) })
  }
}
