import AdjointIR

/// The backward pass of one result of a callee, made once for all calls of it: a callee itself, which takes the
/// arguments, the result where it asks for that, and the cotangent.
struct CallDerivative {
  struct Key: Hashable {
    let callee: Callee
    let result: Int
    /// The positions of the arguments whose cotangents are asked for.
    let wanted: [Bool]
  }
  private let backward: Callee
  private let takesResult: Bool
  /// For each argument which result of `backward` is its cotangent.
  private let results: [Int?]

  init(_ key: Key) throws(GraphError) {
    var results = [Int?](repeating: nil, count: key.wanted.count)
    if case .given(let vjp) = key.callee.derivative {
      for (number, position) in key.callee.differentiableArguments.enumerated() where key.wanted[position] {
        results[position] = number
      }
      backward = Callee(vjp)
      takesResult = true
    } else {
      let wanted = key.wanted.indices.filter { key.wanted[$0] }
      for (number, position) in wanted.enumerated() { results[position] = number }
      backward = Callee(try key.callee.backward(of: key.result, withRespectTo: wanted))
      takesResult = false
    }
    self.results = results
  }

  /// The cotangents of the operands of the call `y`, given that of its result.
  func append(_ operands: [Term], _ y: Term, _ g: Term) throws(GraphError) -> [Term?] {
    let operands = operands + (takesResult ? [y, g] : [g])
    var parts: [Term?] = []
    for result in results {
      parts.append(
        try result.map { result throws(GraphError) in
          try g.terms(.call(backward, result: result), operands)
        })
    }
    return parts
  }
}

extension Callee {
  /// The graph of the cotangents of the arguments at `positions`: its arguments are those of the graph and the
  /// cotangent of result `result`.
  fileprivate func backward(of result: Int, withRespectTo positions: [Int]) throws(GraphError) -> Graph {
    var builder = Builder()
    var mapping: [NodeID] = []
    mapping.reserveCapacity(graph.nodes.count)
    for node in graph.nodes {
      builder.provenance = node.provenance
      let id = try builder.append(node.operation, node.operands.map { mapping[$0] })
      let isBarred = derivative == .recomputed && node.operation.isSource
      mapping.append(isBarred ? try builder.append(.barrier, [id]) : id)
    }
    let output = mapping[graph.outputs[result].node]
    builder.provenance = builder.nodes[output].cotangentProvenance
    let seed = builder.argument(.input, "cotangent", builder.type(output))
    let cotangents = try builder.vjp(
      of: [output], withRespectTo: positions.map { mapping[graph.arguments[$0]] }, cotangents: [seed])
    return builder.graph(
      outputs: zip(positions, cotangents).map { position, node in Output("cotangent\(position)", node) })
  }
}

extension Operation {
  /// Whether what is computed from it again must not become one with what was computed before: not from arguments, and
  /// not from iotas and arrays either, as what else is computed again would join that, in the forward pass.
  fileprivate var isSource: Bool {
    switch self {
    case .argument, .data, .iota: true
    case .constant, .unary, .binary, .compare, .select, .cast, .reduce, .structured, .dot, .reshape,
      .transpose, .broadcast, .slice, .flip, .pad, .concatenate, .windows, .addWindows, .scan,
      .stopGradient, .barrier, .call:
      false
    }
  }
}

extension Dictionary {
  /// The value of `key`, made where there is none yet.
  mutating func known(_ key: Key, _ make: () throws(GraphError) -> Value) throws(GraphError) -> Value {
    if let value = self[key] { return value }
    let value = try make()
    self[key] = value
    return value
  }
}
