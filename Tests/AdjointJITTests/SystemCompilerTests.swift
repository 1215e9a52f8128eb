import Glibc
import Testing

@testable import AdjointJIT

@Suite struct SystemCompilerTests {
  @Test func bothCompilersGiveTheSameResultsForPortableC() throws {
    let source = """
      static const double weights[] = {0x1.8p+0, -0x1.4p-2, 0x1.999999999999ap-4};

      double polynomial(double x)
      {
        double y = 0;
        int i;
        for (i = 0; i < 3; i++)
          y = y * x + weights[i];
        return y;
      }

      double clamp(double x) { return x < -1 ? -1 : x > 1 ? 1 : x; }

      double norm(double x)
      {
        float rows[4];
        float sum = 0.0f;
        int i;
        for (i = 0; i < 4; i++)
          rows[i] = (float)x / (float)(i + 1);
        for (i = 0; i < 4; i++)
          sum += rows[i] * rows[i];
        return sum;
      }

      """
    let names = ["polynomial", "clamp", "norm"]
    let ours = try TinyCC.compile(source, exporting: names)
    let theirs = try SystemCompiler.find().compile(
      source, exporting: names,
      flags: ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wno-missing-prototypes"])
    for name in names {
      for x in [-2.5, -1, -0.0, 0.1, 1, 3, 1e10, .infinity] {
        let (a, b) = (try call(ours, name, x), try call(theirs, name, x))
        #expect(a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN), "\(name)(\(x)): \(a), \(b)")
      }
    }
    // (1.5 * 2 - 0.3125) * 2 + 0.1
    #expect(try call(theirs, "polynomial", 2) == 5.475)
  }

  @Test func headersAndMathFunctionsAreThere() throws {
    let code = try SystemCompiler.find().compile(
      "#include <math.h>\ndouble f(double x) { return tanh(x); }\n", exporting: ["f"])
    #expect(try call(code, "f", 0.5) == tanh(0.5))
    #expect(code.byteCount > 0)
    #expect(try #require(code.compileTime) > .zero)
  }

  @Test func cCallsTheSymbolsOfTheHost() throws {
    let twice: @convention(c) (Double) -> Double = { $0 * 2 }
    let code = try SystemCompiler.find().compile(
      "double host_twice(double); double f(double x) { return host_twice(x) + 1; }", exporting: ["f"],
      symbols: [CSymbol(name: "host_twice", address: unsafeBitCast(twice, to: UnsafeRawPointer.self))])
    #expect(try call(code, "f", 4) == 9)
  }

  @Test func anErrorHasItsLineAndTheLinesText() throws {
    let compiler = try SystemCompiler.find()
    do throws(CompilationError) {
      _ = try compiler.compile("int a;\n  int f(void) { return missing; }\n", exporting: ["f"])
      Issue.record("it compiled")
    } catch {
      guard case .invalidSource(let line, let message, let excerpt) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(line == 2)
      #expect(message.contains("missing"))
      #expect(excerpt == "int f(void) { return missing; }")
      #expect(!error.message.contains("\n"))
    }
  }

  @Test func warningsAreErrorsWhereTheFlagsSaySo() throws {
    let compiler = try SystemCompiler.find()
    let source = "int f(int x) { int unused; return x; }\n"
    _ = try compiler.compile(source, exporting: ["f"])
    #expect(throws: CompilationError.self) {
      try compiler.compile(source, exporting: ["f"], flags: ["-Wall", "-Werror"])
    }
  }

  @Test func anUndefinedSymbolAndAMissingExportAreNamed() throws {
    let compiler = try SystemCompiler.find()
    #expect(throws: CompilationError.undefinedSymbol(name: "nowhere_1")) {
      try compiler.compile("int nowhere_1(int); int f(int x) { return nowhere_1(x); }\n", exporting: ["f"])
    }
    #expect(throws: CompilationError.missingExport(name: "g")) {
      try compiler.compile("int f(int x) { return x; }\n", exporting: ["g"])
    }
  }

  @Test func aMissingCompilerIsAClearError() {
    #expect(throws: CompilationError.compilerMissing(tried: ["no-such-compiler"])) {
      try SystemCompiler.find("no-such-compiler")
    }
    #expect(throws: CompilationError.compilerMissing(tried: ["/nowhere/cc"])) {
      try SystemCompiler(path: "/nowhere/cc").compile("int a;\n", exporting: [])
    }
    let message = CompilationError.compilerMissing(tried: ["cc", "gcc"]).message
    #expect(message == "no C compiler found as cc, gcc: install one or set CC to its path")
  }

  @Test func aCompilerThatFailsWithoutAnErrorInTheCIsReported() {
    #expect(throws: CompilationError.compilerFailed(status: 1, output: "")) {
      try SystemCompiler(path: "/bin/false").compile("int a;\n", exporting: [])
    }
  }

  @Test func flagsInTheCommandGoBeforeTheOthers() throws {
    let compiler = try SystemCompiler.find("sh -x")
    #expect(compiler.path.hasSuffix("/sh"))
    #expect(compiler.flags == ["-x"] + SystemCompiler.defaultFlags)
  }

  @Test func nothingIsLeftInTheTemporaryDirectory() throws {
    let path: String
    do {
      let directory = try TemporaryDirectory()
      path = directory.path
      try write("text", to: directory.path(of: "kernel.c"))
      #expect(read(directory.path(of: "kernel.c")) == "text")
      var information = stat()
      #expect(stat(path, &information) == 0)
      #expect(information.st_mode & 0o777 == 0o700)
    }
    #expect(access(path, F_OK) == -1)
  }

  @Test func aToolchainIsEitherCompiler() throws {
    for toolchain in [Toolchain.tinyCC, .system(try SystemCompiler.find())] {
      let code = try toolchain.compile("double f(double x) { return x - 1; }\n", exporting: ["f"])
      #expect(try call(code, "f", 3) == 2)
    }
  }
}
