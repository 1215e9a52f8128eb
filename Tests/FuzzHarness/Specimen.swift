import Adjoint
import FuzzSupport

/// A graph with values for its arguments: what is compared, shrunk, and kept as a regression.
package struct Specimen: Sendable {
  package let graph: Graph
  /// In the order of the graph's arguments.
  package let inputs: [NDArray]

  package init(_ graph: Graph, _ inputs: [NDArray]) {
    self.graph = graph
    self.inputs = inputs
  }

  /// What the fuzzer draws for `seed`.
  package init(seed: UInt64) throws(GraphError) {
    let drawn = try RandomGraph.make(seed: seed, options: RandomGraph.options(seed: seed))
    self.init(drawn.graph, drawn.graph.ordered(drawn.inputs))
  }

  /// The graph's text form, and behind it a graph of constants whose outputs are the arguments' values.
  package var text: String {
    var builder = Builder()
    var outputs: [Output] = []
    for (id, input) in zip(graph.arguments, inputs) {
      if case .argument(let argument) = graph[id].operation {
        outputs.append(Output(argument.name, builder.data(input)))
      }
    }
    return graph.text() + builder.graph(outputs: outputs).text()
  }

  /// Reads what ``text`` gives; lines that begin with `#` are comments.
  ///
  /// - Throws: ``GraphTextError``, ``GraphError``, or ``MissingInput`` where an argument has no value.
  package init(text: String) throws {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("#") }
    let end = lines.firstIndex(of: "}") ?? lines.count - 1
    let graph = try Graph(parsing: lines[...end].joined(separator: "\n") + "\n")
    let constants = try Graph(parsing: lines[(end + 1)...].joined(separator: "\n"))
    let values = try Interpreter(constants).run([:])
    let inputs = try graph.argumentNames.map { name in
      guard let value = values[name] else { throw MissingInput(name: name) }
      return value
    }
    self.init(graph, inputs)
  }

  package struct MissingInput: Error {
    let name: String
  }
}

extension Graph {
  /// The names of the arguments in order.
  fileprivate var argumentNames: [String] {
    arguments.compactMap { id in
      if case .argument(let argument) = nodes[id].operation { argument.name } else { nil }
    }
  }
}
