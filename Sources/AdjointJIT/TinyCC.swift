import CAdjointJIT
import Glibc

/// The C compiler inside the process.
///
/// F. Bellard and others, TinyCC 0.9.27 as a library. It compiles C99 without headers or a library of its own:
/// a call to a function without a prototype is an error, and a symbol that the host did not give is undefined.
public enum TinyCC {
  /// Compiles C into memory that can be read and executed, and not written.
  ///
  /// Any thread may call it; compilations wait for each other, running code does not.
  /// `symbols` are all that the text can call besides itself; see `CSymbol` for why they are functions only.
  /// - Throws: `invalidSource`, `undefinedSymbol`, `missingExport`, or `memoryRefused` on systems that forbid
  ///   code made at run time.
  public static func compile(
    _ source: String, exporting names: [String], symbols: [CSymbol] = []
  ) throws(CompilationError) -> LoadedCode {
    try checkText(source, names: names + symbols.map(\.name))
    let symbolNames = symbols.map { strdup($0.name) }
    let exportNames = names.map { strdup($0) }
    defer { for name in symbolNames + exportNames { free(name) } }
    guard !(symbolNames + exportNames).contains(nil) else { throw .memoryRefused(reason: "out of memory") }

    let cSymbols = zip(symbolNames, symbols).map { adjoint_jit_symbol(name: $0, address: $1.address) }
    let cExports = exportNames.map { UnsafePointer($0) }
    var found = [UnsafeRawPointer?](repeating: nil, count: names.count)
    var code = adjoint_jit_compile(source, cSymbols, cSymbols.count, cExports, &found, found.count)

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
    if code.status == ADJOINT_JIT_OK { return }
    if code.status == ADJOINT_JIT_MEMORY_REFUSED {
      throw .memoryRefused(reason: String(cString: strerror(code.system_error)))
    }
    let output = code.diagnostics.map { String(cString: $0) } ?? ""
    let diagnostics = Diagnostics(output: output, source: source, file: "<string>")
    throw diagnostics.firstError ?? .compilerFailed(status: 1, output: output)
  }

  /// Whether an address is in the code, and not that of a host symbol. A later libtcc does not say where it put it.
  private static func owns(_ code: adjoint_jit_code, _ address: UnsafeRawPointer) -> Bool {
    guard let start = code.memory else { return true }
    return address >= UnsafeRawPointer(start) && address < UnsafeRawPointer(start) + code.mapped_bytes
  }
}
