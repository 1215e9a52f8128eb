import Foundation
import Glibc
import Synchronization
import Testing

@testable import AdjointJIT

typealias Unary = @convention(c) (Double) -> Double
typealias IntegerFunction = @convention(c) (Int32) -> Int32

private final class Flag: Sendable {
  let value = Atomic(false)
}

/// Calls a `double f(double)` of compiled code.
func call(_ code: LoadedCode, _ name: String, _ x: Double) throws -> Double {
  let function = unsafeBitCast(try code.address(of: name), to: Unary.self)
  return withExtendedLifetime(code) { function(x) }
}

/// The error that compiling a text with TinyCC ends in, nil where there is none.
func failure(of source: String, exporting names: [String] = [], symbols: [CSymbol] = []) -> CompilationError?
{
  do throws(CompilationError) {
    _ = try TinyCC.compile(source, exporting: names, symbols: symbols)
    return nil
  } catch {
    return error
  }
}

@Suite struct TinyCCTests {
  @Test func aFunctionIsCompiledAndCalled() throws {
    let code = try TinyCC.compile("double f(double x) { return x * x + 1; }", exporting: ["f"])
    #expect(try call(code, "f", 3) == 10)
    #expect(code.byteCount > 0)
    #expect(try #require(code.compileTime) > .zero)
  }

  @Test func cCallsTheSymbolsOfTheHost() throws {
    let root: @convention(c) (Double) -> Double = { $0.squareRoot() }
    let code = try TinyCC.compile(
      "double root(double); double f(double x) { return root(x) + 1; }", exporting: ["f"],
      symbols: [CSymbol(name: "root", address: unsafeBitCast(root, to: UnsafeRawPointer.self))])
    #expect(try call(code, "f", 16) == 5)
  }

  @Test func aLocalPointerToTheHostsDataIsReadRightly() throws {
    let table = UnsafeMutablePointer<Double>.allocate(capacity: 3)
    defer { table.deallocate() }
    for (index, value) in [2.0, 3, 5].enumerated() { table[index] = value }
    let code = try TinyCC.compile(
      "extern const double table[]; double f(double x) { const double *t = table; return x + t[2]; }",
      exporting: ["f"], symbols: [CSymbol(name: "table", address: table)])
    #expect(try call(code, "f", 4) == 9)
  }

  @Test func constantTablesOfTheTextAreReadRightly() throws {
    let source = """
      const double scale = 3;
      static const double table[] = {1, 10, 100};
      double f(double x) { return x * scale + table[2]; }
      """
    #expect(try call(TinyCC.compile(source, exporting: ["f"]), "f", 2) == 106)
  }

  @Test func anErrorHasItsLineAndTheLinesText() {
    let error = failure(of: "double f(double x) {\n  double y = 2;\n  return x + z;\n}\n")
    #expect(error == .invalidSource(line: 3, message: "'z' undeclared", excerpt: "return x + z;"))
    #expect(error?.message == "line 3 of the C: 'z' undeclared, in: return x + z;")
  }

  @Test func anErrorAfterALineDirectiveHasBothPlaces() {
    let error = failure(of: "int a;\n#line 41 \"graph.swift\"\nint b;\n  int c = d;\n")
    #expect(
      error
        == .invalidSource(line: 4, message: "graph.swift:42: 'd' undeclared", excerpt: "int c = d;"))
  }

  @Test func aCallWithoutPrototypeIsAnError() {
    let error = failure(of: "\nfloat f(float x) { return expf(x); }", symbols: [])
    #expect(
      error
        == .invalidSource(
          line: 2, message: "implicit declaration of function 'expf'",
          excerpt: "float f(float x) { return expf(x); }"))
  }

  @Test func anUndefinedSymbolIsNamed() {
    // `cos` is in the process, but the host did not give it.
    for name in ["cos", "nowhere_to_be_found"] {
      let error = failure(of: "double \(name)(double); double f(double x) { return \(name)(x); }")
      #expect(error == .undefinedSymbol(name: name))
    }
  }

  @Test func headersAreNotThere() {
    guard case .invalidSource(_, let message, _) = failure(of: "#include <math.h>\n") else {
      Issue.record("math.h was found")
      return
    }
    #expect(message == "include file 'math.h' not found")
  }

  @Test func aFunctionThatTheTextDoesNotExportIsNamed() throws {
    let hidden = "static int hidden(int x) { return x; } int f(int x) { return hidden(x); }"
    #expect(failure(of: hidden, exporting: ["hidden"]) == .missingExport(name: "hidden"))
    let root: @convention(c) (Double) -> Double = { $0.squareRoot() }
    let symbol = CSymbol(name: "root", address: unsafeBitCast(root, to: UnsafeRawPointer.self))
    #expect(failure(of: "", exporting: ["root"], symbols: [symbol]) == .missingExport(name: "root"))
    let code = try TinyCC.compile(hidden, exporting: ["f"])
    #expect(throws: CompilationError.missingExport(name: "g")) { try code.address(of: "g") }
  }

  @Test func textsThatCannotBePassedOnAreRefused() {
    #expect(failure(of: "int a;\0int b;") != nil)
    #expect(failure(of: "", exporting: ["a b"]) != nil)
    #expect(failure(of: "", symbols: [CSymbol(name: "1a", address: #dsohandle)]) != nil)
  }

  @Test func errorsLeaveTheCompilerUsable() throws {
    // Each ends TinyCC in another place of its parser or linker.
    let broken = [
      "int f(", "int f(int x) { return 'a", "#error stop\n", "/* open", "#if 1\n", "int f() { return 1 }",
      "double g(double); double f(double x) { return g(x); }", "int f(void) { return (((((1; }",
    ]
    for round in 0..<20 {
      for source in broken { #expect(failure(of: source) != nil) }
      let code = try TinyCC.compile("double f(double x) { return x + \(round); }", exporting: ["f"])
      #expect(try call(code, "f", 1) == Double(1 + round))
    }
  }

  /// The C library's lock of what `exit` calls is held for most of the time by another thread, and so is it in the child then.
  @Test func aLockThatAnotherThreadHoldsStopsNoCompilation() throws {
    typealias Function = @convention(c) (UnsafeMutableRawPointer?) -> Void
    typealias Register =
      @convention(c) (Function, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Int32
    let symbols = ["__cxa_atexit", "__cxa_finalize"].map { (name: String) in dlsym(nil, name) }
    let nothing: Function = { _ in }
    let register = unsafeBitCast(try #require(symbols[0]), to: Register.self)
    let finalize = unsafeBitCast(try #require(symbols[1]), to: Function.self)
    nonisolated(unsafe) let library = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
    let isOver = Flag()
    let registering = Thread {
      while !isOver.value.load(ordering: .relaxed) {
        for _ in 0..<1000 { _ = register(nothing, nil, library) }
        finalize(library)
        // A process that is large takes long to fork, and a thread that asks for memory then waits with the lock until it is done:
        // some forks must have no such thread.
        usleep(50_000)
      }
      library.deallocate()
    }
    registering.start()
    defer { isOver.value.store(true, ordering: .relaxed) }
    for round in 0..<20 {
      let code = try TinyCC.compile("double f(double x) { return x + \(round); }", exporting: ["f"])
      #expect(try call(code, "f", 1) == Double(1 + round))
      #expect(failure(of: "int f(") != nil)
    }
  }

  /// TinyCC overflows its stack on some, runs out of memory on one, and would fill a gigabyte for the last.
  @Test func textsThatTinyCCDoesNotSurviveAreErrors() throws {
    let repeated = { (text: String) in String(repeating: text, count: 200_000) }
    let fatal = [
      deepSource, "int f(int x) { return \(repeated("~"))x; }",
      "int f(int x) { \(repeated("if (x) return 1; else ")) return 2; }",
      "#define A ((((((((((\n#define B A A A A A A A A\n#define C B B B B B B B B\n#define D C C C C C C C C\n"
        + "#define E D D D D D D D D\n#define F E E E E E E E E\nint f(int x) { return F x; }",
      "static const char a[1 << 30] = {1}; int f(int x) { return a[x]; }",
    ]
    for source in fatal {
      let error = failure(of: source, exporting: ["f"])
      #expect(error != nil, "\(source.prefix(60))")
      #expect(error?.message.utf8.contains(UInt8(ascii: "\n")) == false)
    }
    #expect(try call(TinyCC.compile("double f(double x) { return x; }", exporting: ["f"]), "f", 1) == 1)
  }

  @Test func constantsThatAreLargerThanTheirTextAreCompiled() throws {
    let code = try TinyCC.compile(
      "static const char a[1 << 22] = {[4194303] = 7}; double f(double x) { return a[(int)x]; }",
      exporting: ["f"])
    #expect(try call(code, "f", 4_194_303) == 7)
    #expect(code.byteCount > 1 << 22)
  }

  @Test func bothPlacesGiveTheSameCodeAndTheSameErrors() throws {
    let source = "double g(double x) { return x * 3; } double f(double x) { return g(x) + 1; }"
    let codes = [
      try TinyCC.compile(source, exporting: ["f", "g"]),
      try TinyCC.compile(generated: source, exporting: ["f", "g"]),
    ]
    #expect(codes[0].byteCount == codes[1].byteCount)
    for code in codes { #expect(try call(code, "f", 2) == 7 && call(code, "g", 2) == 6) }
    for broken in ["int f(", "int f(int x) { return y; }", "int g(int); int f(int x) { return g(x); }"] {
      let error = try #require(failure(of: broken))
      #expect(throws: error) { try TinyCC.compile(generated: broken, exporting: []) }
    }
  }

  @Test func hexadecimalConstantsKeepEveryBit() throws {
    let values: [Double] = [
      .pi, -.pi, .ulpOfOne, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 0.1,
      1 / 3,
      -0.0, 6.02214076e23,
    ]
    let table = values.map { String(format: $0) }.joined(separator: ", ")
    let source = """
      static const double values[] = {\(table)};
      double f(double i) { return values[(int)i]; }
      """
    let code = try TinyCC.compile(source, exporting: ["f"])
    for (index, value) in values.enumerated() {
      #expect(try call(code, "f", Double(index)).bitPattern == value.bitPattern, "\(value)")
    }
  }

  @Test(arguments: ["float", "double"])
  func comparisonsWithNaNAreThoseOfIEEE754(type: String) throws {
    let operators: [(String, (Double, Double) -> Bool)] = [
      ("<", { $0 < $1 }), ("<=", { $0 <= $1 }), (">", { $0 > $1 }), (">=", { $0 >= $1 }),
      ("==", { $0 == $1 }),
      ("!=", { $0 != $1 }),
    ]
    typealias Compare = @convention(c) (Double, Double) -> Int32
    for (symbol, reference) in operators {
      let source = """
        int f(double p, double q) {
          \(type) a = p, b = q;
          int r = a \(symbol) b ? 1 : 0;
          if (a \(symbol) b) r += 2;
          if (!(a \(symbol) b)) r += 4;
          return r;
        }
        """
      let code = try TinyCC.compile(source, exporting: ["f"])
      let compare = unsafeBitCast(try code.address(of: "f"), to: Compare.self)
      for a in [Double.nan, -1, 0, .infinity] {
        for b in [Double.nan, -1, 0, .infinity] {
          let result = withExtendedLifetime(code) { compare(a, b) }
          #expect(result == (reference(a, b) ? 3 : 4), "\(a) \(symbol) \(b)")
        }
      }
    }
  }

  @Test func theProbesFindNothingThatGeneratedCodeReliesOn() throws {
    let probes = TinyCC.probe()
    #expect(Set(probes.map(\.name)).count == probes.count)
    for probe in probes { #expect(probe.isHarmless, "\(probe)") }
    // These the language guarantees, and no version of TinyCC may get wrong.
    for name in ["float NaN compares wrongly", "code pages are writable", "hexadecimal constants lose bits"] {
      #expect(probes.first { $0.name == name }?.finding == .absent, "\(name)")
    }
  }
}

extension String {
  /// A double as C's hexadecimal constant, by the C library.
  fileprivate init(format value: Double) {
    var buffer = [CChar](repeating: 0, count: 64)
    let count = withVaList([value]) { vsnprintf(&buffer, buffer.count, "%a", $0) }
    self.init(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
