import Adjoint
import Testing

/// One way to run a graph compiled: what the C looks like, who compiles it, and whose primitives it calls.
struct Backend: Sendable, CustomTestStringConvertible {
  let name: String
  let dialect: Dialect
  let toolchain: Toolchain
  let instructionSet: InstructionSet

  var testDescription: String { name }

  /// What training runs: tile C by TinyCC, on each instruction set that this processor has.
  static let tiles = InstructionSet.allCases.filter { $0 <= .best }.map {
    Backend(name: "tile \($0)", dialect: .tile, toolchain: .tinyCC, instructionSet: $0)
  }
  /// What is exported, run by the compiler inside the process.
  static let portable = Backend(
    name: "portable tcc", dialect: .portable, toolchain: .tinyCC, instructionSet: .baseline)

  /// What is exported, and what calls the runtime, by the system's compiler with all warnings as errors.
  enum System: String, CaseIterable, CustomTestStringConvertible {
    case portable, native

    var testDescription: String { rawValue }
  }

  static func system(_ kind: System) throws -> Backend {
    var compiler = try SystemCompiler.find()
    // Many graphs in one function take long to optimise; the goldens are compiled with the usual flags.
    compiler.flags += ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O0"]
    return Backend(
      name: "\(kind) cc", dialect: kind == .portable ? .portable : .native, toolchain: .system(compiler),
      instructionSet: kind == .portable ? .baseline : .best)
  }

  func compile(_ graph: Graph, target: Target = Target()) throws -> Executable {
    try Executable(
      graph, dialect: dialect, toolchain: toolchain, instructionSet: instructionSet, target: target)
  }
}

/// Many graphs as one: a start of the system's compiler costs more than what it compiles here.
struct Batch {
  let graph: Graph
  let inputs: [NDArray]
  /// For each member its outputs among the whole's.
  let outputs: [Range<Int>]

  init(_ members: [(graph: Graph, inputs: [NDArray])]) throws {
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
  func run(on backend: Backend) throws -> [[NDArray]] {
    let results = try backend.compile(graph)(inputs)
    return outputs.map { Array(results[$0]) }
  }
}

extension Graph {
  /// Values by name in the order of the arguments.
  func ordered(_ inputs: [String: NDArray]) -> [NDArray] {
    arguments.compactMap { id in
      if case .argument(let argument) = nodes[id].operation { inputs[argument.name] } else { nil }
    }
  }
}
