import Adjoint

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
  compiler.flags += ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
  return compiler
}
