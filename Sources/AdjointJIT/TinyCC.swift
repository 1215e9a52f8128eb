import CAdjointJIT
import Glibc

/// The C compiler inside the process.
///
/// F. Bellard and others, TinyCC 0.9.27 as a library. It compiles C99 without headers or a library of its own:
/// a call to a function without a prototype is an error, and a symbol that the host did not give is undefined.
public enum TinyCC {
  /// Compiles C into memory that can be read and executed, and at no time written as well.
  ///
  /// TinyCC runs in a child process, which a text may bring down; code, errors and addresses come back.
  /// Any thread may call it; compilations wait for each other, running code does not.
  /// `symbols` are all that the text can call besides itself; see `CSymbol` for why they are functions only.
  /// - Throws: `invalidSource`, `undefinedSymbol`, `missingExport`, `noMemoryToCompile`, `compilerFailed` where no
  ///   process can be started, or `memoryRefused` on systems that forbid code made at run time.
  public static func compile(
    _ source: String, exporting names: [String], symbols: [CSymbol] = []
  ) throws(CompilationError) -> LoadedCode {
    try compile(source, exporting: names, symbols: symbols, in: ADJOINT_JIT_APART)
  }

  /// Compiles C that Adjoint wrote, which asks nothing unusual of TinyCC: in this process, unless memory is scarce.
  ///
  /// - Throws: as for any C.
  package static func compile(
    generated source: String, exporting names: [String], symbols: [CSymbol] = []
  ) throws(CompilationError) -> LoadedCode {
    let place = CompilationMemory.isPlentiful(for: source) ? ADJOINT_JIT_HERE : ADJOINT_JIT_APART
    return try compile(source, exporting: names, symbols: symbols, in: place)
  }

  private static func compile(
    _ source: String, exporting names: [String], symbols: [CSymbol], in place: adjoint_jit_place
  ) throws(CompilationError) -> LoadedCode {
    if place == ADJOINT_JIT_APART { try CompilationMemory.check() }
    try checkText(source, names: names + symbols.map(\.name))
    let symbolNames = symbols.map { strdup($0.name) }
    let exportNames = names.map { strdup($0) }
    defer { for name in symbolNames + exportNames { free(name) } }
    guard !(symbolNames + exportNames).contains(nil) else { throw .memoryRefused(reason: "out of memory") }

    let cSymbols = zip(symbolNames, symbols).map { adjoint_jit_symbol(name: $0, address: $1.address) }
    let cExports = exportNames.map { UnsafePointer($0) }
    var found = [UnsafeRawPointer?](repeating: nil, count: names.count)
    var code = adjoint_jit_compile(source, cSymbols, cSymbols.count, cExports, &found, found.count, place)

    var addresses: [String: UnsafeRawPointer] = [:]
    do throws(CompilationError) {
      try check(code, source)
      for (name, address) in zip(names, found) {
        guard let address, owns(code, address) else { throw .missingExport(name: name) }
        addresses[name] = address
      }
    } catch {
      adjoint_jit_release(&code)
      throw error
    }
    return LoadedCode(
      .pages(code), addresses: addresses, byteCount: code.byte_count,
      compileTime: .nanoseconds(code.nanoseconds))
  }

  private static func check(_ code: adjoint_jit_code, _ source: String) throws(CompilationError) {
    let output = code.diagnostics.map { String(cString: $0) } ?? ""
    let reason = String(cString: strerror(code.system_error))
    switch code.status {
    case ADJOINT_JIT_OK: return
    case ADJOINT_JIT_MEMORY_REFUSED where code.system_error == ENOMEM:
      throw .noMemoryToCompile(needed: CompilationMemory.reserve)
    case ADJOINT_JIT_MEMORY_REFUSED: throw .memoryRefused(reason: reason)
    case ADJOINT_JIT_NO_PROCESS:
      throw .compilerFailed(status: code.system_error, output: "no process can be started for it (\(reason))")
    case ADJOINT_JIT_TOO_LARGE:
      throw .invalidSource(
        line: nil,
        message: "it comes to \(code.byte_count) bytes of code and constants: pass arrays as arguments",
        excerpt: nil)
    case ADJOINT_JIT_DIED where CompilationMemory.isPlentiful(for: source):
      throw .invalidSource(
        line: nil,
        message: "TinyCC does not survive it, as it is nested too deeply or repeats itself too often",
        excerpt: nil)
    case ADJOINT_JIT_DIED:
      throw .noMemoryToCompile(needed: CompilationMemory.reserve + 32 * source.utf8.count)
    default:
      // What libtcc says where an allocation fails that it looks at.
      if output.contains("memory full") && !output.contains("(vstack)") && !output.contains("(ifdef)") {
        throw .noMemoryToCompile(needed: CompilationMemory.reserve + 32 * source.utf8.count)
      }
      let diagnostics = Diagnostics(output: output, source: source, file: "<string>")
      throw diagnostics.firstError ?? .compilerFailed(status: 1, output: output)
    }
  }

  /// Whether an address is in the code, and not that of a host symbol. A later libtcc does not say where it put it.
  private static func owns(_ code: adjoint_jit_code, _ address: UnsafeRawPointer) -> Bool {
    guard let start = code.memory else { return true }
    return address >= UnsafeRawPointer(start) && address < UnsafeRawPointer(start) + code.mapped_bytes
  }
}
