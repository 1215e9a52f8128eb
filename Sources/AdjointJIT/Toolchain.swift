/// What turns C into code in this process.
public enum Toolchain: Sendable {
  /// In the process, in under a millisecond, without files or headers.
  case tinyCC
  /// A compiler of the system, out of the process, with its headers and optimisations.
  case system(SystemCompiler)

  /// The system's compiler with all optimisations that leave each number as it is. It takes a hundred times as long as
  /// TinyCC, once: what it made is kept (``CompilationCache``).
  ///
  /// - Throws: `compilerMissing`
  public static func native() throws(CompilationError) -> Toolchain { .system(try .optimizing()) }

  /// Compiles C and loads it.
  ///
  /// - Parameters:
  ///   - source: The text. TinyCC has no headers: it declares every function that it calls. Variables outside
  ///     functions are constant, since TinyCC's pages are read-only.
  ///   - names: The functions whose addresses are wanted.
  ///   - symbols: The functions of the host that the text calls.
  public func compile(
    _ source: String, exporting names: [String], symbols: [CSymbol] = []
  ) throws(CompilationError) -> LoadedCode {
    switch self {
    case .tinyCC: try TinyCC.compile(source, exporting: names, symbols: symbols)
    case .system(let compiler): try compiler.compile(source, exporting: names, symbols: symbols)
    }
  }
}
