import AdjointArray

/// Why C did not become code that can be called.
public enum CompilationError: DocumentedError, Equatable {
  /// The C has an error. `line` counts from 1 in the text that was compiled, `excerpt` is that line.
  case invalidSource(line: Int?, message: String, excerpt: String?)
  /// The C uses a function that neither it nor the host defines.
  case undefinedSymbol(name: String)
  /// The C compiled, but does not define a function that was asked for.
  case missingExport(name: String)
  /// The system gives no memory that may be executed.
  case memoryRefused(reason: String)
  /// There is not the memory that compiling may need, in bytes.
  case noMemoryToCompile(needed: Int)
  /// There is no C compiler under any of the names that were tried.
  case compilerMissing(tried: [String])
  /// The compiler ended with an exit status other than 0 for a reason other than the C.
  case compilerFailed(status: Int32, output: String)
  /// The compiler did not end in time, and was ended.
  case compilerTimedOut(path: String, limit: Duration)
  /// The compiled library could not be written or loaded.
  case loadFailed(reason: String)
}

extension CompilationError {
  public enum Kind: String, CaseIterable, Sendable {
    case invalidSource, undefinedSymbol, missingExport, memoryRefused, noMemoryToCompile, compilerMissing,
      compilerFailed, compilerTimedOut, loadFailed
  }

  public var kind: Kind {
    switch self {
    case .invalidSource: .invalidSource
    case .undefinedSymbol: .undefinedSymbol
    case .missingExport: .missingExport
    case .memoryRefused: .memoryRefused
    case .noMemoryToCompile: .noMemoryToCompile
    case .compilerMissing: .compilerMissing
    case .compilerFailed: .compilerFailed
    case .compilerTimedOut: .compilerTimedOut
    case .loadFailed: .loadFailed
    }
  }

  public var message: String {
    switch self {
    case .invalidSource(let line, let message, let excerpt):
      let place = line.map { "line \($0) of the C: " } ?? "the C: "
      return place + message + (excerpt.map { ", in: " + $0 } ?? "")
    case .undefinedSymbol(let name):
      return "the C calls '\(name)', which neither it nor the host defines: add a CSymbol of that name"
    case .missingExport(let name):
      return
        "the compiled C has no function '\(name)' among those exported: define it, not static, and export it"
    case .memoryRefused(let reason):
      return "the system refuses executable memory (\(reason)): use the backend .native or .interpreter here"
    case .noMemoryToCompile(let needed):
      return
        "compiling needs \(needed >> 20) MiB of memory, which is not there: free memory, or raise the limit (ulimit -v, Memory.limit)"
    case .compilerMissing(let tried):
      return "no C compiler found as \(tried.joined(separator: ", ")): install one or set CC to its path"
    case .compilerFailed(let status, let output):
      let lines = output.split(separator: "\n")
      let first = lines.first(where: { $0.contains("error") }) ?? lines.first ?? "no output"
      return "the C compiler failed with status \(status): \(first)"
    case .compilerTimedOut(let path, let limit):
      return
        "the C compiler \(path) did not end within \(limit.components.seconds) s and was stopped: run it by hand, or set CC to another one"
    case .loadFailed(let reason):
      return "the compiled library cannot be loaded: \(reason)"
    }
  }
}
