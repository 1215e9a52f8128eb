import Adjoint

/// One way to run a graph compiled: what the C looks like, who compiles it, and whose primitives it calls.
package struct Backend: Sendable, CustomStringConvertible {
  package let name: String
  let dialect: Dialect
  let toolchain: Toolchain
  package let instructionSet: InstructionSet
  /// How rows are cut.
  var strips = StripLimits()

  package var description: String { name }

  /// What training runs: tile C by TinyCC, on each instruction set that this processor has, the best one last.
  package static let tiles = InstructionSet.allCases.filter { $0 <= .best }.map {
    Backend(name: "tile \($0)", dialect: .tile, toolchain: .tinyCC, instructionSet: $0)
  }
  /// Tile C with the smallest strips of whatever has rows.
  package static let strips = {
    var backend = Backend(
      name: "tile strips", dialect: .tile, toolchain: .tinyCC, instructionSet: .best)
    backend.strips.stripBytes = 64
    backend.strips.leastBytes = 0
    backend.strips.leastRows = 1
    backend.strips.mostGroups = 2
    return backend
  }()
  /// What is exported, run by the compiler inside the process.
  package static let portable = Backend(
    name: "portable tcc", dialect: .portable, toolchain: .tinyCC, instructionSet: .baseline)

  /// What is exported, and what calls the runtime, by the system's compiler with all warnings as errors.
  package enum System: String, CaseIterable, Sendable, CustomStringConvertible {
    case portable, native

    package var description: String { rawValue }
  }

  package static func system(_ kind: System) throws -> Backend {
    var compiler = try SystemCompiler.find()
    // Many graphs in one function take long to optimise; the goldens are compiled with the usual flags.
    compiler.flags += ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O0"]
    return Backend(
      name: "\(kind) cc", dialect: kind == .portable ? .portable : .native, toolchain: .system(compiler),
      instructionSet: kind == .portable ? .baseline : .best)
  }

  /// What the native backend of training runs, on one instruction set; its compiler's errors are those of `system`.
  package static func native(_ set: InstructionSet, optimizes: Bool) throws -> Backend {
    var compiler = try SystemCompiler.optimizing()
    compiler.flags += ["-Wall", "-Wextra", "-Wpedantic", "-Werror"] + (optimizes ? [] : ["-O0"])
    compiler.cache = nil
    return Backend(name: "native \(set)", dialect: .native, toolchain: .system(compiler), instructionSet: set)
  }

  package func compile(_ graph: Graph, target: Target = Target()) throws -> Executable {
    try Executable(
      graph, dialect: dialect, toolchain: toolchain, instructionSet: instructionSet, target: target,
      strips: strips)
  }
}
