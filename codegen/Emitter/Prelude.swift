import CAdjointRuntime

/// Whether C declares the functions that it uses by headers or by prototypes of its own.
///
/// A C compiler has headers; TinyCC inside a process has none, and takes the prototypes.
public enum Prelude: Hashable, Sendable {
  case headers, prototypes
  /// Headers, and the runtime's functions as pointers that are filled in when the compiled library is loaded.
  case table
}

extension CPrinter {
  /// Declares functions that a tree calls, and prints those of them that are helpers.
  mutating func declare(_ functions: Set<CFunction>, _ prelude: Prelude) {
    let helpers = Helpers.ordered(functions.filter { $0.origin == .helper }, spelling)
    let runtime = functions.filter { $0.origin == .runtime }.map(\.spelled).sorted()
    let library = Set(functions.filter { $0.origin == .library }.map(\.spelled) + helpers.flatMap(\.library))
    if !runtime.isEmpty {
      comment([
        "Adjoint's runtime. A tile is rows x cols elements; each operand has a row stride, and bit k of the last argument says that operand k has one value a row instead of cols."
      ])
    }
    for name in runtime {
      write(
        prelude == .table
          ? "static \(RuntimePrototypes.pointer(name, name));" : RuntimePrototypes.of(name) + ";")
    }
    if prelude == .table { linkTable(runtime) }
    switch prelude {
    case .headers, .table:
      for header in (library.isEmpty ? [] : ["math.h"]) + spelling.headers { write("#include <\(header)>") }
    case .prototypes:
      for name in library.sorted() { write(RuntimePrototypes.of(name) + ";") }
    }
    if !runtime.isEmpty || !library.isEmpty || !spelling.headers.isEmpty { write("") }
    for helper in helpers {
      // A list of parameters that the file breaks is broken anew: types have other lengths.
      let text = helper.text.replacing(",\n  ", with: ", ")
      for line in text.split(separator: "\n") { write(String(line)) }
      write("")
    }
  }

  /// Names the functions of the runtime that the text calls, and takes their addresses: so the library that a compiler
  /// makes is good in any process.
  private mutating func linkTable(_ names: [String]) {
    guard let first = names.first else { return }
    write("")
    comment(["Called once, before anything else, with a function for each name."])
    write("typedef void (*adjoint_function)(void);")
    write("const char adjoint_imports[] =")
    for name in names { write("  \"\(name) \"" + (name == names.last ? ";" : "")) }
    write("void adjoint_link(const adjoint_function *functions)")
    write("{")
    // Another thread may run the library already, and does not see the same addresses stored again.
    write("  if (\(first)) return;")
    for (index, name) in names.enumerated() {
      write("  \(name) = (\(RuntimePrototypes.pointer(name, "")))functions[\(index)];")
    }
    write("}")
  }
}

/// What the runtime's table says of the functions that generated C may call.
enum RuntimePrototypes {
  /// Without the semicolon; the same for every instruction set.
  private static let all: [String: String] = {
    var count = 0
    guard let table = adj_symbols(ADJ_ISA_BASELINE, &count) else { return [:] }
    var result: [String: String] = [:]
    for symbol in UnsafeBufferPointer(start: table, count: count) {
      result[String(cString: symbol.name)] = String(cString: symbol.prototype)
    }
    return result
  }()

  static func of(_ name: String) -> String { all[name] ?? "/* no prototype: \(name) */" }

  /// A pointer to the function, called `variable`.
  static func pointer(_ name: String, _ variable: String) -> String {
    of(name).replacing(" \(name)(", with: " (*\(variable))(")
  }
}
