import AdjointArray
import AdjointIR

extension Graph {
  /// The same computation with float64 in place of float32, its constants as they are.
  ///
  /// - Throws: ``GraphError`` where the graph is malformed.
  package func wideningFloats() throws(GraphError) -> Graph {
    guard nodes.contains(where: { $0.type.scalarType == .float32 }) else { return self }
    var builder = Builder()
    var mapping: [NodeID] = []
    mapping.reserveCapacity(nodes.count)
    for node in nodes {
      builder.provenance = node.provenance
      let operands = node.operands.map { mapping[$0] }
      if case .cast(let target) = node.operation {
        mapping.append(try builder.cast(operands[0], to: target.widened))
      } else if case .structured(.randomBits(let bits)) = node.operation {
        // The same numbers.
        let id = try builder.append(node.operation, operands)
        mapping.append(try builder.cast(id, to: bits.type.scalarType.widened))
      } else {
        mapping.append(try builder.append(try node.operation.widened(), operands))
      }
    }
    return builder.graph(
      outputs: outputs.map { Output($0.name, mapping[$0.node], replaces: $0.replaces.map { mapping[$0] }) })
  }
}

extension ScalarType {
  fileprivate var widened: ScalarType { self == .float32 ? .float64 : self }
}

extension Operation {
  fileprivate func widened() throws(GraphError) -> Operation {
    switch self {
    case .argument(let argument):
      let type = TensorType(argument.type.scalarType.widened, argument.type.shape)
      return .argument(Argument(argument.kind, argument.name, type))
    case .constant(let literal):
      return .constant(Literal(literal.doubleValue, as: literal.scalarType.widened))
    case .data(let array): return .data(array.converted(to: array.scalarType.widened))
    case .iota(let count, let type): return .iota(count: count, type.widened)
    case .cast(let type): return .cast(type.widened)
    case .call(let callee, let result):
      let graph = try callee.graph.wideningFloats()
      switch callee.derivative {
      case .own, .recomputed: return .call(Callee(graph, derivative: callee.derivative), result: result)
      case .given(let vjp):
        return .call(Callee(graph, derivative: .given(try vjp.wideningFloats())), result: result)
      }
    case .scan(let scan, let result):
      return .scan(scan.replacing(try scan.body.wideningFloats()), result: result)
    case .unary, .binary, .compare, .select, .reduce, .structured, .dot, .reshape, .transpose, .broadcast,
      .slice, .flip, .pad, .concatenate, .windows, .addWindows, .stopGradient, .barrier:
      return self
    }
  }
}
