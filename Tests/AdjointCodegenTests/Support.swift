import Adjoint
import CAdjointRuntime
import Testing

/// A graph written with the builder.
func graph(_ body: (inout Builder) throws -> [Output]) throws -> Graph {
  var builder = Builder()
  let outputs = try body(&builder)
  return builder.graph(outputs: outputs)
}

extension Graph {
  /// What `Executable` compiles.
  func program(_ name: String = "step") throws -> Program { try Executable(self, name: name).program }
}

/// The system's compiler, for which every warning is an error.
func strictCompiler() throws -> SystemCompiler {
  var compiler = try SystemCompiler.find()
  compiler.flags += ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
  return compiler
}

/// The address of a function that generated C calls, by its name.
func runtimeFunction(_ name: String, _ set: adj_isa) throws -> UnsafeRawPointer {
  var count = 0
  let table = try #require(adj_symbols(set, &count))
  let row = (0..<count).first { String(cString: table[$0].name) == name }
  return try #require(row.flatMap { table[$0].address })
}

/// The instruction sets that this processor has.
let instructionSets: [adj_isa] = [ADJ_ISA_BASELINE, ADJ_ISA_AVX2, ADJ_ISA_AVX512].filter {
  $0.rawValue <= adj_best_isa().rawValue
}
