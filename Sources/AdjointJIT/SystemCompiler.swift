import CAdjointJIT
import Glibc
import Synchronization

/// A C compiler of the system, run out of the process; what it makes is loaded as a shared library.
public struct SystemCompiler: Sendable, Equatable {
  /// C99 without contraction of `a * b + c`, so that results are the same from every compiler.
  public static let defaultFlags = ["-std=c99", "-O2", "-fPIC", "-shared", "-ffp-contract=off"]

  /// The absolute path of the compiler.
  public var path: String
  /// The arguments before the file names.
  public var flags: [String]

  /// Where libraries are kept; nil keeps none.
  public var cache: CompilationCache?

  /// A compiler that takes longer is ended, and all that it started.
  public var timeLimit: Duration

  public init(
    path: String, flags: [String] = Self.defaultFlags, cache: CompilationCache? = nil,
    timeLimit: Duration = .seconds(600)
  ) {
    self.path = path
    self.flags = flags
    self.cache = cache
    self.timeLimit = timeLimit
  }

  /// The compiler that `CC` names, else `clang`, `gcc` or `cc`, with all optimisations that leave each number as it is,
  /// and the standard cache.
  ///
  /// Clang goes first: it vectorises choices and short rows that GCC 12 does not, and Swift brings one along.
  public static func optimizing() throws(CompilationError) -> SystemCompiler {
    var compiler = try find(preferring: ["clang", "gcc", "cc"])
    // Nobody reads errno or the floating-point flags; as long as somebody could, roots and choices are not vectorised.
    compiler.flags += ["-O3", "-funroll-loops", "-fno-math-errno", "-fno-trapping-math"]
    compiler.cache = .standard()
    return compiler
  }

  /// Finds a compiler: the one that `CC` names, else `cc`, `clang` or `gcc` on the `PATH`.
  ///
  /// - Parameters:
  ///   - command: A name or path to use instead of all these. Like `CC` it may carry flags: `gcc -m64`.
  ///   - names: What to look for, where neither is given.
  /// - Throws: `compilerMissing`. A `CC` that names no program is an error too, not a reason to look further.
  public static func find(
    _ command: String? = nil, preferring names: [String] = ["cc", "clang", "gcc"]
  ) throws(CompilationError) -> SystemCompiler {
    let requested = command ?? environment("CC").flatMap { $0.isEmpty ? nil : $0 }
    let commands = requested.map { [$0] } ?? names
    for command in commands {
      let words = command.split(separator: " ").map(String.init)
      if let name = words.first, let path = locate(name) {
        return SystemCompiler(path: path, flags: words.dropFirst() + defaultFlags)
      }
    }
    throw .compilerMissing(tried: commands)
  }

  /// Compiles C into a shared library and loads it. Takes some tens of milliseconds, and more with optimisation; where
  /// the library is in the cache, less than one.
  ///
  /// - Parameters:
  ///   - names: The functions whose addresses are wanted.
  ///   - symbols: Functions of the host that the text calls. A text that defines `adjoint_imports` and `adjoint_link`, as
  ///     the prelude `table` does, is given them when it is loaded. Of another one the linker gets the addresses, so that
  ///     the library is good in this process only, and is not kept; a function that the process exports dynamically
  ///     under the same name, such as one of `math.h`, goes before the one given here.
  ///   - extraFlags: Arguments after `flags`, such as `-Wall`, `-Werror`.
  /// - Throws: `invalidSource`, `undefinedSymbol`, `missingExport`, `compilerMissing`, `compilerFailed`,
  ///   `compilerTimedOut`, `noMemoryToCompile`, or `loadFailed` where the compiler made no whole library, or none may be
  ///   loaded from the temporary directory (`TMPDIR`).
  public func compile(
    _ source: String, exporting names: [String], symbols: [CSymbol] = [], flags extraFlags: [String] = []
  ) throws(CompilationError) -> LoadedCode {
    try CompilationMemory.check()
    try checkText(source, names: names + symbols.map(\.name))
    let hasTable = source.contains("\nvoid adjoint_link(")
    let cache = hasTable || symbols.isEmpty ? cache : nil
    let start = ContinuousClock.now
    let key = cache == nil ? "" : key(for: source, extraFlags)
    if let library = cache?.library(for: key),
      let code = try? load(library, names: names, symbols: symbols, since: start)
    {
      return code
    }

    let directory = try TemporaryDirectory()
    let text = directory.path(of: "kernel.c")
    let library = directory.path(of: "kernel.so")
    try write(source, to: text)
    let definitions = symbols.filter { _ in !hasTable }.map {
      "-Wl,--defsym=\($0.name)=0x\(String(UInt(bitPattern: $0.address), radix: 16))"
    }
    let (status, output) = try run(
      flags + extraFlags + [text, "-o", library] + definitions + ["-lm"], in: directory.path)
    guard status == 0 else {
      let diagnostics = Diagnostics(output: output, source: source, file: text)
      throw diagnostics.firstError ?? .compilerFailed(status: status, output: output)
    }
    // A loader takes a library at its word, and a broken one is a signal.
    guard let bytes = contents(of: library) else {
      throw .loadFailed(reason: "\(path) said that it succeeded, and made no library")
    }
    if let fault = LibraryFile.fault(in: bytes) {
      throw .loadFailed(reason: "\(path) said that it succeeded, and made a broken library: \(fault)")
    }
    let code = try load(library, names: names, symbols: symbols, since: start)
    cache?.store(bytes, for: key)
    return code
  }

  /// All that decides what a library is: the text without its comments, the flags, and which compiler it is.
  private func key(for source: String, _ extraFlags: [String]) -> String {
    var information = stat()
    stat(path, &information)
    let compiler =
      "\(path) \(information.st_ino) \(information.st_size) \(information.st_mtim.tv_sec).\(information.st_mtim.tv_nsec)"
    let words = [compiler] + flags + extraFlags
    return words.joined(separator: "\n") + "\n" + withoutComments(source)
  }

  private func load(
    _ library: String, names: [String], symbols: [CSymbol], since start: ContinuousClock.Instant
  ) throws(CompilationError) -> LoadedCode {
    guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL) else {
      let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
      if let range = reason.firstRange(of: "undefined symbol: ") {
        throw .undefinedSymbol(name: String(reason[range.upperBound...].prefix { $0 != " " && $0 != "," }))
      }
      // What the loader says where a folder may not hold programs.
      let remedy =
        reason.contains("failed to map") ? "; set TMPDIR to a folder from which programs may run" : ""
      throw .loadFailed(reason: reason + remedy)
    }
    var addresses: [String: UnsafeRawPointer] = [:]
    do throws(CompilationError) {
      try link(handle, symbols)
      for name in names {
        guard let address = dlsym(handle, name) else { throw .missingExport(name: name) }
        addresses[name] = UnsafeRawPointer(address)
      }
    } catch {
      dlclose(handle)
      throw error
    }
    var information = stat()
    let byteCount = stat(library, &information) == 0 ? Int(information.st_size) : 0
    return LoadedCode(
      .library(handle), addresses: addresses, byteCount: byteCount,
      compileTime: ContinuousClock.now - start)
  }

  private static let linking = Mutex(())

  /// Gives a library with a table the functions that it asks for.
  private func link(_ handle: UnsafeMutableRawPointer, _ symbols: [CSymbol]) throws(CompilationError) {
    guard let list = dlsym(handle, "adjoint_imports"), let function = dlsym(handle, "adjoint_link") else {
      return
    }
    let known = Dictionary(symbols.map { ($0.name, $0.address) }, uniquingKeysWith: { first, _ in first })
    let imports = String(cString: list.assumingMemoryBound(to: CChar.self)).split(separator: " ").map(
      String.init)
    if let missing = imports.first(where: { known[$0] == nil }) { throw .undefinedSymbol(name: missing) }
    typealias Link = @convention(c) (UnsafePointer<UnsafeRawPointer?>) -> Void
    let link = unsafeBitCast(function, to: Link.self)
    // Two threads may have opened the same file, which is the same library then.
    Self.linking.withLock { _ in link(imports.map { known[$0] }) }
  }

  /// Runs the compiler: its exit status, 128 + N where signal N ended it, and all that it printed.
  private func run(
    _ arguments: [String], in directory: String
  ) throws(CompilationError) -> (status: Int32, output: String) {
    let file = "\(directory)/output"
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    let seconds = Double(timeLimit.components.seconds) + Double(timeLimit.components.attoseconds) * 1e-18
    var end = adjoint_jit_spawn(path, &words, file, directory, seconds)
    // A program that was just written is busy while the child of another thread, made meanwhile, still has it open.
    for _ in 0..<100 where end.error == ETXTBSY {
      usleep(10_000)
      end = adjoint_jit_spawn(path, &words, file, directory, seconds)
    }
    if end.error == ENOENT || end.error == EACCES { throw .compilerMissing(tried: [path]) }
    if end.error != 0 {
      throw .compilerFailed(
        status: end.error,
        output: "no process can be started for it (\(String(cString: strerror(end.error))))")
    }
    if end.timed_out != 0 { throw .compilerTimedOut(path: path, limit: timeLimit) }
    let signal = end.status & 0x7f
    return (signal == 0 ? (end.status >> 8) & 0xff : 128 + signal, read(file))
  }

  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// The path of a program: the name itself if it has a slash, else where `PATH` has it.
  private static func locate(_ name: String) -> String? {
    let places = (environment("PATH") ?? "/usr/bin:/bin").split(separator: ":").map { "\($0)/\(name)" }
    return (name.contains("/") ? [name] : places).first { candidate in
      var information = stat()
      return stat(candidate, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
        && access(candidate, X_OK) == 0
    }
  }
}
