import CAdjointJIT
import Glibc

/// A C compiler of the system, run out of the process; what it makes is loaded as a shared library.
public struct SystemCompiler: Sendable, Equatable {
  /// C99 without contraction of `a * b + c`, so that results are the same from every compiler.
  public static let defaultFlags = ["-std=c99", "-O2", "-fPIC", "-shared", "-ffp-contract=off"]

  /// The absolute path of the compiler.
  public var path: String
  /// The arguments before the file names.
  public var flags: [String]

  public init(path: String, flags: [String] = Self.defaultFlags) {
    self.path = path
    self.flags = flags
  }

  /// Finds a compiler: the one that `CC` names, else `cc`, `clang` or `gcc` on the `PATH`.
  ///
  /// - Parameter command: A name or path to use instead of all these. Like `CC` it may carry flags: `gcc -m64`.
  /// - Throws: `compilerMissing`. A `CC` that names no program is an error too, not a reason to look further.
  public static func find(_ command: String? = nil) throws(CompilationError) -> SystemCompiler {
    let requested = command ?? environment("CC").flatMap { $0.isEmpty ? nil : $0 }
    let commands = requested.map { [$0] } ?? ["cc", "clang", "gcc"]
    for command in commands {
      let words = command.split(separator: " ").map(String.init)
      if let name = words.first, let path = locate(name) {
        return SystemCompiler(path: path, flags: words.dropFirst() + defaultFlags)
      }
    }
    throw .compilerMissing(tried: commands)
  }

  /// Compiles C into a shared library and loads it. Takes some tens of milliseconds.
  ///
  /// - Parameters:
  ///   - names: The functions whose addresses are wanted.
  ///   - symbols: Functions of the host that the text calls. The linker gets their addresses, so the library is
  ///     good in this process only. A function that the process exports dynamically under the same name, such
  ///     as one of `math.h`, goes before the one given here.
  ///   - extraFlags: Arguments after `flags`, such as `-Wall`, `-Werror`.
  /// - Throws: `invalidSource`, `undefinedSymbol`, `missingExport`, `compilerMissing`, `compilerFailed`, or
  ///   `loadFailed` where libraries may not be loaded from the temporary directory (`TMPDIR`).
  public func compile(
    _ source: String, exporting names: [String], symbols: [CSymbol] = [], flags extraFlags: [String] = []
  ) throws(CompilationError) -> LoadedCode {
    try checkText(source, names: names + symbols.map(\.name))
    let directory = try TemporaryDirectory()
    let text = directory.path(of: "kernel.c")
    let library = directory.path(of: "kernel.so")
    try write(source, to: text)

    let definitions = symbols.map {
      "-Wl,--defsym=\($0.name)=0x\(String(UInt(bitPattern: $0.address), radix: 16))"
    }
    let start = ContinuousClock.now
    let (status, output) = try run(
      flags + extraFlags + [text, "-o", library] + definitions + ["-lm"], output: directory.path(of: "output")
    )
    let duration = ContinuousClock.now - start
    guard status == 0 else {
      let diagnostics = Diagnostics(output: output, source: source, file: text)
      throw diagnostics.firstError ?? .compilerFailed(status: status, output: output)
    }
    return try load(library, names: names, compileTime: duration)
  }

  private func load(
    _ library: String, names: [String], compileTime: Duration
  ) throws(CompilationError) -> LoadedCode {
    guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL) else {
      let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
      if let range = reason.firstRange(of: "undefined symbol: ") {
        throw .undefinedSymbol(name: String(reason[range.upperBound...].prefix { $0 != " " && $0 != "," }))
      }
      throw .loadFailed(reason: reason)
    }
    var addresses: [String: UnsafeRawPointer] = [:]
    for name in names {
      guard let address = dlsym(handle, name) else {
        dlclose(handle)
        throw .missingExport(name: name)
      }
      addresses[name] = UnsafeRawPointer(address)
    }
    var information = stat()
    let byteCount = stat(library, &information) == 0 ? Int(information.st_size) : 0
    return LoadedCode(
      .library(handle), addresses: addresses, byteCount: byteCount, compileTime: compileTime)
  }

  /// Runs the compiler: its exit status, 128 + N where signal N ended it, and all that it printed.
  private func run(
    _ arguments: [String], output file: String
  ) throws(CompilationError) -> (status: Int32, output: String) {
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    let status = adjoint_jit_spawn(path, &words, file)
    if status == -1 {
      if errno == ENOENT || errno == EACCES { throw .compilerMissing(tried: [path]) }
      throw .compilerFailed(status: errno, output: String(cString: strerror(errno)))
    }
    let signal = status & 0x7f
    return (signal == 0 ? (status >> 8) & 0xff : 128 + signal, read(file))
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
