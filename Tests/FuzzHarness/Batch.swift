import Adjoint

/// Many graphs as one: a start of the system's compiler costs more than what it compiles here.
package struct Batch {
  let graph: Graph
  let inputs: [NDArray]
  /// For each member its outputs among the whole's.
  let outputs: [Range<Int>]

  package init(_ members: [(graph: Graph, inputs: [NDArray])]) throws {
    var builder = Builder()
    var all: [Output] = []
    var ranges: [Range<Int>] = []
    for (number, member) in members.enumerated() {
      var mapping: [NodeID] = []
      for node in member.graph.nodes {
        builder.provenance = node.provenance
        switch node.operation {
        case .argument(let argument):
          mapping.append(builder.argument(argument.kind, "m\(number)_\(argument.name)", argument.type))
        default:
          mapping.append(try builder.append(node.operation, node.operands.map { mapping[$0] }))
        }
      }
      let start = all.count
      for output in member.graph.outputs {
        all.append(
          Output(
            "m\(number)_\(output.name)", mapping[output.node], replaces: output.replaces.map { mapping[$0] }))
      }
      ranges.append(start..<all.count)
    }
    graph = builder.graph(outputs: all)
    inputs = members.flatMap(\.inputs)
    outputs = ranges
  }

  /// The outputs of each member.
  package func run(on backend: Backend) throws -> [[NDArray]] {
    let results = try backend.compile(graph)(inputs)
    return outputs.map { Array(results[$0]) }
  }
}

extension Graph {
  /// Values by name in the order of the arguments.
  package func ordered(_ inputs: [String: NDArray]) -> [NDArray] {
    arguments.compactMap { id in
      if case .argument(let argument) = nodes[id].operation { inputs[argument.name] } else { nil }
    }
  }
}
