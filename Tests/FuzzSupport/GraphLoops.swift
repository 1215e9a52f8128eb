import AdjointArray
import AdjointIR

// Loops over small random graphs.
extension GraphGenerator {
  /// A loop whose body is a small random graph: results of an argument's type are handed on as that argument, brought to
  /// 1 by tanh; other arguments are stacked or the same in each run.
  mutating func loop() throws(GraphError) {
    var nested = options
    nested.nodeCount = random.pick([3, 6])
    nested.derivatives = false
    nested.scalarOutput = false
    nested.largeShapes = 0
    nested.calls = depth < 1 && random.chance(0.3)
    var generator = GraphGenerator(seed: random.next(), options: nested, depth: depth + 1)
    let drawn = try generator.make().graph
    let isFloat = { (id: NodeID) in drawn[id].type.scalarType.isFloatingPoint }
    var carries: [(argument: NodeID, output: Int)] = []
    for id in drawn.arguments where isFloat(id) && carries.count < 2 {
      if let output = drawn.outputs.indices.first(where: { index in
        drawn[drawn.outputs[index].node].type == drawn[id].type && !carries.contains { $0.output == index }
      }) {
        carries.append((id, output))
      }
    }
    let length = random.pick([0, 1, 2, 3, 7, 12])
    let others = drawn.arguments.filter { id in !carries.contains { $0.argument == id } }
    let stacked = others.filter { drawn[$0].type.count * length <= Self.largestCount && random.chance(0.5) }
    let invariants = others.filter { !stacked.contains($0) }

    var body = Builder()
    var mapping: [NodeID: NodeID] = [:]
    for id in carries.map(\.argument) + stacked + invariants {
      if case .argument(let argument) = drawn[id].operation {
        mapping[id] = body.argument(argument.kind, argument.name, argument.type)
      }
    }
    for (id, node) in drawn.nodes.enumerated() where mapping[id] == nil {
      body.provenance = node.provenance
      mapping[id] = try body.append(node.operation, node.operands.compactMap { mapping[$0] })
    }
    var results: [NodeID] = []
    for (_, output) in carries {
      results.append(try body.unary(.tanh, mapping[drawn.outputs[output].node] ?? 0))
    }
    for (index, output) in drawn.outputs.enumerated() where !carries.contains(where: { $0.output == index }) {
      if drawn[output.node].type.count * length <= Self.largestCount {
        results.append(mapping[output.node] ?? 0)
      }
    }
    guard !results.isEmpty else { return }
    let scan = Scan(
      body.graph(outputs: results.enumerated().map { Output("y\($0.offset)", $0.element) }),
      carries: carries.count, stacked: stacked.count, length: length, isReversed: random.chance(0.3),
      memory: random.pick(Scan.Memory.allCases))

    var operands: [NodeID] = []
    for (index, id) in (carries.map(\.argument) + stacked + invariants).enumerated() {
      let own = drawn[id].type
      let isStacked = carries.count..<(carries.count + stacked.count) ~= index
      let type = TensorType(own.scalarType, Shape((isStacked ? [length] : []) + own.shape.dimensions))
      let fitting = (floats.filter { $0.bound <= 2 } + ints + longs + bools).filter {
        builder.type($0.id) == type
      }
      let value = fitting.isEmpty ? argument(.input, type.scalarType, type.shape) : random.pick(fitting)
      operands.append(value.id)
    }
    for result in results.indices where random.chance(0.6) {
      let id = try builder.append(.scan(scan, result: result), operands)
      try keep(any: id, like: Value(id: id, bound: Self.largestBound, isExact: false))
    }
  }
}
