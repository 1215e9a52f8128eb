import Adjoint
import FuzzHarness
import FuzzSupport
import Testing

/// Each operation alone, compiled, on the same input bits as the interpreter.
@Suite struct OperationTests {
  @Test(arguments: Backend.tiles + [.portable])
  func eachOperationKeepsItsContract(backend: Backend) throws {
    for item in try Reference.all.get() {
      let found = try backend.compile(item.graph)(item.inputs)
      #expect(item.fault(found[0]) == nil, "\(item.name)")
    }
  }

  @Test(arguments: Backend.System.allCases)
  func eachOperationKeepsItsContractByTheSystemCompiler(kind: Backend.System) throws {
    let all = try Reference.all.get()
    let backend = try Backend.system(kind)
    for start in stride(from: 0, to: all.count, by: 200) {
      let items = all[start..<min(start + 200, all.count)]
      let batch = try Batch(items.map { ($0.graph, $0.inputs) })
      for (item, found) in zip(items, try batch.run(on: backend)) {
        #expect(item.fault(found[0]) == nil, "\(item.name)")
      }
    }
  }

  /// A case with what the interpreter makes of it.
  struct Reference: Sendable {
    let name: String
    let graph: Graph
    let inputs: [NDArray]
    let expected: NDArray
    let precise: NDArray
    let magnitudes: NDArray

    static let all = Result { try OperationCases.all().map(Reference.init) }

    init(_ item: OperationCase) throws {
      name = item.name
      graph = item.graph
      inputs = graph.ordered(item.inputs)
      let interpreter = try Interpreter(graph)
      expected = try interpreter.run(values: inputs)[0]
      // Some operations are not defined on the magnitudes; these are not sums.
      if case .terms = Contract(graph) {
        magnitudes = try interpreter.run(values: inputs.map(\.magnitudes))[0]
      } else {
        magnitudes = expected
      }
      if expected.scalarType == .float32, case .ulps = Contract(graph) {
        let wide = try graph.converted(from: .float32, to: .float64)
        precise = try Interpreter(wide).run(values: inputs.map { $0.converted(to: .float64) })[0]
      } else {
        precise = expected
      }
    }

    func fault(_ found: NDArray) -> String? {
      Contract(graph).fault(found, expected: expected, precise: precise, magnitudes: magnitudes)
    }
  }
}

extension Graph {
  /// The same computation with another floating-point type in place of one; calls must be inlined before.
  func converted(from old: ScalarType, to new: ScalarType) throws -> Graph {
    var builder = Builder()
    var mapping: [NodeID] = []
    for node in nodes {
      builder.provenance = node.provenance
      let operands = node.operands.map { mapping[$0] }
      let isOld = node.type.scalarType == old
      switch node.operation {
      case .argument(let argument):
        let type = TensorType(isOld ? new : argument.type.scalarType, argument.type.shape)
        mapping.append(builder.argument(argument.kind, argument.name, type))
      case .constant(let literal):
        mapping.append(builder.constant(isOld ? Literal(literal.doubleValue, as: new) : literal))
      case .data(let array): mapping.append(builder.data(isOld ? array.converted(to: new) : array))
      case .iota(let count, let type):
        mapping.append(try builder.append(.iota(count: count, isOld ? new : type), []))
      case .cast(let type): mapping.append(try builder.cast(operands[0], to: isOld ? new : type))
      default: mapping.append(try builder.append(node.operation, operands))
      }
    }
    return builder.graph(
      outputs: outputs.map { Output($0.name, mapping[$0.node], replaces: $0.replaces.map { mapping[$0] }) })
  }
}
