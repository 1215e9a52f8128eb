import Glibc
import Testing

@testable import AdjointJIT

/// What TinyCC's code occupies, who may write there, and when it goes.
@Suite(.serialized) struct LifetimeTests {
  @Test func codeIsReadableAndExecutableAndNotWritable() throws {
    // Two pages and more: the last one too.
    let functions = (0..<200).map { "int f\($0)(int x) { return x * \($0) + x / 3; }" }
    let names = (0..<200).map { "f\($0)" }
    let code = try TinyCC.compile(functions.joined(separator: "\n"), exporting: names)
    #expect(code.byteCount > 8192)
    for name in names { #expect(pagePermissions(at: try code.address(of: name)) == "r-xs") }
  }

  @Test func theStackStaysUnexecutable() throws {
    let code = try TinyCC.compile("int f(int x) { return x; }", exporting: ["f"])
    var local = 0
    let permissions = withUnsafePointer(to: &local) { pagePermissions(at: UnsafeRawPointer($0)) }
    #expect(permissions == "rw-p")
    withExtendedLifetime(code) {}
  }

  @Test func releasedCodeIsUnmapped() throws {
    // Tests beside this one may get the same address for code of their own; not every time.
    var unmapped = 0
    for _ in 0..<20 {
      var code: LoadedCode? = try TinyCC.compile(largeSource, exporting: ["f0"])
      let address = try #require(try code?.address(of: "f0"))
      #expect(pagePermissions(at: address) == "r-xs")
      code = nil
      if pagePermissions(at: address) != "r-xs" { unmapped += 1 }
    }
    #expect(unmapped > 0)
  }

  @Test func eightThreadsCompileRunAndRelease() async throws {
    let results = try await withThrowingTaskGroup(of: Int.self) { group in
      for thread in 0..<8 {
        group.addTask {
          var right = 0
          for cycle in 0..<50 {
            let source =
              "int f(int x) { int s = 0; for (int i = 0; i <= x; i++) s += i + \(thread); return s; }"
            let code = try TinyCC.compile(source, exporting: ["f"])
            let function = unsafeBitCast(try code.address(of: "f"), to: IntegerFunction.self)
            let result = withExtendedLifetime(code) { function(Int32(cycle)) }
            // The sum of 0...n is n(n + 1) / 2.
            if Int(result) == cycle * (cycle + 1) / 2 + (cycle + 1) * thread { right += 1 }
          }
          return right
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results == [Int](repeating: 50, count: 8))
  }

  #if compiler(>=6.2)
    /// In a process of its own: other tests beside this one make and free memory, too.
    @Test func fiveHundredCyclesDoNotGrowTheProcess() async {
      await #expect(processExitsWith: .success) {
        for _ in 0..<20 { _ = try TinyCC.compile(generated: largeSource, exporting: ["f0"]) }
        let before = residentBytes()
        #expect(before > 0)
        for _ in 0..<500 { _ = try TinyCC.compile(generated: largeSource, exporting: ["f0"]) }
        for _ in 0..<50 { _ = try TinyCC.compile(largeSource, exporting: ["f0"]) }
        #expect(residentBytes() - before < 8 << 20)
      }
    }

    /// In a process that has given up the right to make memory executable, as hardened systems do for all: pages that
    /// were writable once never become executable, and none are both. So code that runs here never was in such a page.
    @Test(.enabled("the kernel has PR_SET_MDWE") { processControl(getMemoryDenyWriteExecute, 0) >= 0 })
    func codeIsNeverWritableAndExecutable() async {
      await #expect(processExitsWith: .success) {
        #expect(processControl(setMemoryDenyWriteExecute, 1) == 0)
        // The right is gone indeed.
        let page = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        #expect(mprotect(page, 4096, PROT_READ | PROT_EXEC) == -1)
        for number in 0..<3 {
          let source = "double f(double x) { return x + \(number); }"
          for code in [
            try TinyCC.compile(generated: source, exporting: ["f"]),
            try TinyCC.compile(source, exporting: ["f"]),
          ] {
            #expect(try call(code, "f", 1) == Double(1 + number))
            #expect(pagePermissions(at: try code.address(of: "f")) == "r-xs")
          }
        }
      }
    }

    /// Where even that is refused there is an error: here without files in memory, as no file may have a byte.
    @Test(.enabled("the kernel has PR_SET_MDWE") { processControl(getMemoryDenyWriteExecute, 0) >= 0 })
    func refusedMemoryIsAnErrorThatNamesTheOtherBackends() async {
      await #expect(processExitsWith: .success) {
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
        #expect(processControl(setMemoryDenyWriteExecute, 1) == 0)
        let error = failure(of: "int f(int x) { return x; }", exporting: ["f"])
        #expect(error == .memoryRefused(reason: "Permission denied"))
        #expect(error?.message.contains("use the backend .native or .interpreter") == true)
      }
    }

    /// A host that takes away the status of every child, and one that does so in a handler.
    @Test func howTheHostTreatsItsChildrenDoesNotMatter() async {
      await #expect(processExitsWith: .success) {
        let handlers: [@convention(c) (Int32) -> Void] = [
          { _ in }, { _ in while waitpid(-1, nil, WNOHANG) > 0 {} },
        ]
        for (number, handler) in handlers.enumerated() {
          signal(SIGCHLD, number == 0 ? SIG_IGN : handler)
          for round in 0..<20 {
            let code = try TinyCC.compile("double f(double x) { return x + \(round); }", exporting: ["f"])
            #expect(try call(code, "f", 1) == Double(1 + round))
            #expect(failure(of: "int f(") != nil)
          }
          #expect(failure(of: deepSource) != nil)
          let code = try SystemCompiler.find().compile(
            "double f(double x) { return x + 1; }\n", exporting: ["f"])
          #expect(try call(code, "f", 1) == 2)
          #expect(throws: CompilationError.compilerFailed(status: 1, output: "")) {
            try SystemCompiler(path: "/bin/false").compile("int a;\n", exporting: [])
          }
        }
        // No child is left for the host to wait for.
        signal(SIGCHLD, SIG_DFL)
        #expect(waitpid(-1, nil, WNOHANG) == -1 && errno == ECHILD)
      }
    }
  #else
    @Test(.disabled("growth and refused memory are tested in processes of their own, which Swift 6.2 brings"))
    func processesOfTheirOwn() {}
  #endif
}

private let setMemoryDenyWriteExecute: Int32 = 65
private let getMemoryDenyWriteExecute: Int32 = 66

/// `prctl`, which is variadic and so out of Swift's reach by name; -1 where it fails.
private func processControl(_ option: Int32, _ argument: UInt) -> Int32 {
  typealias ProcessControl = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
  guard let function = dlsym(nil, "prctl") else { return -1 }
  return unsafeBitCast(function, to: ProcessControl.self)(option, argument, 0, 0, 0)
}

/// C that TinyCC does not survive.
let deepSource =
  "int f(int x) { return \(String(repeating: "(", count: 200_000))x\(String(repeating: ")", count: 200_000)); }"

/// Some 20 KB of C.
let largeSource = (0..<250).map { index in
  "double f\(index)(double x) { double y = x * \(index); return y * y + x / (y + \(index)); }"
}.joined(separator: "\n")
