import AdjointArray
import AdjointIR

extension Graph {
  /// The same computation without calls: each is replaced by the nested graph's nodes.
  ///
  /// Calls of one graph on the same operands share them, whichever results they ask for. The inlined nodes keep
  /// their own provenance and gain the call's.
  ///
  /// - Throws: ``GraphError`` where a nested graph is malformed.
  public func inliningCalls() throws(GraphError) -> Graph {
    guard nodes.contains(where: { $0.operation.isCall }) else { return self }
    var inliner = CallInliner()
    let mapping = try inliner.place(self, arguments: nil, caller: .none)
    return inliner.builder.graph(
      outputs: outputs.map { Output($0.name, mapping[$0.node], replaces: $0.replaces.map { mapping[$0] }) })
  }
}

private struct CallInliner {
  struct Key: Hashable {
    let graph: Graph
    let operands: [NodeID]
  }
  var builder = Builder()
  var placed: [Key: [NodeID]] = [:]

  /// Appends the nodes of `graph`, its arguments taken from `arguments` or kept, and says where each one is.
  ///
  /// Recurses as deep as graphs are nested, which is as deep as the user's calls are.
  mutating func place(_ graph: Graph, arguments: [NodeID]?, caller: Provenance) throws(GraphError) -> [NodeID]
  {
    var mapping: [NodeID] = []
    mapping.reserveCapacity(graph.nodes.count)
    var given = (arguments ?? []).makeIterator()
    for node in graph.nodes {
      let operands = node.operands.map { mapping[$0] }
      builder.provenance = node.provenance
      builder.provenance.merge(caller)
      switch node.operation {
      case .argument:
        if arguments != nil, let operand = given.next() {
          mapping.append(operand)
        } else {
          mapping.append(try builder.append(node.operation, []))
        }
      case .call(let callee, let result):
        let nested = callee.graph
        let key = Key(graph: nested, operands: operands)
        let inner: [NodeID]
        if let known = placed[key] {
          inner = known
        } else {
          inner = try place(nested, arguments: operands, caller: builder.provenance)
          placed[key] = inner
        }
        let id = inner[nested.outputs[result].node]
        builder.mergeProvenance(id, node.provenance)
        mapping.append(id)
      case .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce, .cumulative, .dot,
        .reshape, .transpose, .broadcast, .slice, .flip, .pad, .concatenate, .gatherRows, .scatterAddRows,
        .gather, .scatterAdd, .windows, .addWindows, .randomBits, .argsort, .cholesky, .triangularSolve,
        .scan, .stopGradient, .barrier:
        mapping.append(try builder.append(node.operation, operands))
      }
    }
    return mapping
  }
}

extension Operation {
  var isCall: Bool {
    if case .call = self { true } else { false }
  }
}
