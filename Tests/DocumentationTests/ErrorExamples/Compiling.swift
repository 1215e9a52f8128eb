import Adjoint

extension ErrorExample {
  static let compiling: [ErrorExample] = [
    ErrorExample("invalid-source") {
      // snippet: invalid-source
      _ = try TinyCC.compile("int f(int x) { return x + z; }", exporting: ["f"])
      // end
    },
    ErrorExample("undefined-symbol") {
      // snippet: undefined-symbol
      _ = try TinyCC.compile("int g(int); int f(int x) { return g(x); }", exporting: ["f"])
      // end
    },
    ErrorExample("missing-export") {
      // snippet: missing-export
      _ = try TinyCC.compile("int f(int x) { return x; }", exporting: ["g"])
      // end
    },
    ErrorExample("memory-refused") {
      throw CompilationError.memoryRefused(reason: "Permission denied")
    },
    ErrorExample("no-memory-to-compile") {
      throw CompilationError.noMemoryToCompile(needed: 16 << 20)
    },
    ErrorExample("compiler-missing") {
      // snippet: compiler-missing
      _ = try SystemCompiler.find("no-such-compiler")
      // end
    },
    ErrorExample("compiler-failed") {
      throw CompilationError.compilerFailed(status: 1, output: "cc: error: unrecognized command-line option")
    },
    ErrorExample("compiler-timed-out") {
      throw CompilationError.compilerTimedOut(path: "/usr/bin/gcc", limit: .seconds(600))
    },
    ErrorExample("load-failed") {
      throw CompilationError.loadFailed(
        reason: "/tmp/adjoint/kernel.so: failed to map segment from shared object"
          + "; set TMPDIR to a folder from which programs may run")
    },
    ErrorExample("unknown-instruction-set") {
      // snippet: unknown-instruction-set
      _ = try InstructionSet.selected(environment: ["ADJOINT_ISA": "mmx"])
      // end
    },
    ErrorExample("invalid-thread-count") {
      _ = try Threads.selected(environment: ["ADJOINT_THREADS": "all"])
    },
    ErrorExample("unavailable-instruction-set") {
      throw InstructionSetError.unavailable(.avx512, best: .avx2)
    },
  ]
}
