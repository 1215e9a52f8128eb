import Foundation
import Testing

@testable import AdjointJIT

/// Compilers of the system that lie, hang, or outlive who started them. They are scripts in a folder of their own, which is
/// the temporary one of the host, too.
@Suite struct CompilerProcessTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "adjoint-compiler-\(UUID().uuidString)")
    for name in ["", "/tmp"] {
      try FileManager.default.createDirectory(
        at: URL(filePath: folder.path + name), withIntermediateDirectories: true)
    }
  }

  /// A compiler; `$out` is what it is to write.
  private func script(_ body: String) throws -> String {
    let path = folder.path + "/cc"
    try """
    #!/bin/sh
    for word; do
      if [ "$previous" = -o ]; then out=$word; fi
      previous=$word
    done
    \(body)

    """.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }

  /// What is in the temporary folder.
  private var left: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path + "/tmp") }
  }

  private func attack(_ compiler: String, after setup: String = ":") throws -> Attack {
    try Attack(["system", compiler], after: setup, environment: ["TMPDIR": folder.path + "/tmp"])
  }

  /// Whether a process ends within some seconds.
  private func ends(_ process: pid_t) -> Bool {
    for _ in 0..<500 {
      if kill(process, 0) == -1 && errno == ESRCH { return true }
      usleep(10_000)
    }
    return false
  }

  // MARK: Libraries

  @Test(arguments: [0, 1, 63, 64, 500, 1_000, 4_095, 4_096, 8_192, 12_288, 14_000])
  func aTruncatedLibraryIsAnError(bytes: Int) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let compiler = try SystemCompiler.find().path
    let run = try attack(script("'\(compiler)' \"$@\" && truncate -s \(bytes) \"$out\""))
    #expect(!run.isSignal && run.status == 0, "\(run)")
    #expect(run.output.contains("broken library"), "\(run)")
    #expect(try left == [])
  }

  @Test(arguments: [
    ("", "made no library"), ("mkdir \"$out\"", "made no library"), ("mkfifo \"$out\"", "made no library"),
    ("head -c 100000 /dev/zero > \"$out\"", "no ELF file"),
    ("cp /bin/sh \"$out\"; printf '\\002' | dd of=\"$out\" bs=1 seek=16 conv=notrunc", "no shared library"),
  ])
  func whatIsNoLibraryIsAnError(body: String, said: String) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try attack(script(body + "\nexit 0"))
    #expect(!run.isSignal && run.output.contains(said), "\(run)")
    #expect(try left == [])
  }

  @Test func aLibraryIsWholeOrNot() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let library = folder.path + "/kept.so"
    let compiler = try SystemCompiler.find().path
    _ = try SystemCompiler(path: script("'\(compiler)' \"$@\" && cp \"$out\" '\(library)'"))
      .compile("double f(double x) { return x; }\n", exporting: ["f"])
    let whole = [UInt8](try Data(contentsOf: URL(filePath: library)))
    #expect(LibraryFile.fault(in: whole) == nil)
    for count in 0..<whole.count where LibraryFile.fault(in: Array(whole[..<count])) == nil {
      Issue.record("\(count) of \(whole.count) bytes")
    }
    // Numbers that lead out of the file, wherever they are in its header or behind it.
    for place in stride(from: 0, to: 1024, by: 8) {
      var damaged = whole
      damaged.replaceSubrange(place..<place + 8, with: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])
      _ = LibraryFile.fault(in: damaged)
    }
    var empty = whole
    empty.replaceSubrange(64..<whole.count, with: repeatElement(0, count: whole.count - 64))
    #expect(LibraryFile.fault(in: empty) != nil)
  }

  // MARK: Processes

  @Test func aCompilerThatHangsIsEndedWithItsChildren() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let pids = folder.path + "/pids"
    let compiler = SystemCompiler(
      path: try script("sleep 1000 &\necho $! $$ > '\(pids)'\nsleep 1000"), timeLimit: .milliseconds(500))
    #expect(throws: CompilationError.compilerTimedOut(path: compiler.path, limit: .milliseconds(500))) {
      try compiler.compile("int a;\n", exporting: [])
    }
    let processes = try String(contentsOfFile: pids, encoding: .utf8).split(whereSeparator: \.isWhitespace)
    #expect(processes.count == 2)
    for process in processes { #expect(ends(try #require(pid_t(process)))) }
  }

  /// Half a gigabyte is more than any file of a compiler's.
  @Test func aCompilerThatNeverStopsTalkingIsEnded() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let compiler = SystemCompiler(path: try script("exec cat /dev/zero >&2"))
    let error = try #require(throws: CompilationError.self) {
      try compiler.compile("int a;\n", exporting: [])
    }
    #expect(error.kind == .compilerFailed && error.message.utf8.count < 2 << 20)
  }

  @Test(arguments: [SIGTERM, SIGINT, SIGKILL])
  func whenTheHostEndsNoProcessAndNoFolderStays(number: Int32) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let pids = folder.path + "/pids"
    let compiler = try script(
      "mkdir \"$TMPDIR/own\"; touch \"$TMPDIR/own/file\"\nsleep 1000 &\necho $! $$ > '\(pids).new'; mv '\(pids).new' '\(pids)'\nwait"
    )
    let process = try Attack.process(
      ["system", compiler], environment: ["TMPDIR": folder.path + "/tmp"], output: Pipe())
    try process.run()
    for _ in 0..<1_000 where !FileManager.default.fileExists(atPath: pids) { usleep(10_000) }
    #expect(try left.count == 1)
    kill(process.processIdentifier, number)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == number)
    let processes = try String(contentsOfFile: pids, encoding: .utf8).split(whereSeparator: \.isWhitespace)
    #expect(processes.count == 2)
    for process in processes { #expect(ends(try #require(pid_t(process)))) }
    for _ in 0..<500 where try left != [] { usleep(10_000) }
    #expect(try left == [])
  }

  @Test(arguments: ["trap '' CHLD", "exec <&- 2>&-", "ulimit -v 400000"])
  func howAHostIsStartedDoesNotMatter(setup: String) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try attack(SystemCompiler.find().path, after: setup).output == "compiled\n")
    #expect(
      try attack(script("exit 3"), after: setup).output.hasPrefix("the C compiler failed with status 3"))
    #expect(try left == [])
  }

  @Test(arguments: [0, 1])
  func aLimitOfFileSizesIsAnErrorAndNoSignal(kilobytes: Int) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try attack(SystemCompiler.find().path, after: "ulimit -f \(kilobytes)")
    #expect(!run.isSignal && run.output.split(separator: "\n").count == 1, "\(run)")
    #expect(try left == [])
  }

  @Test func aFolderThatWasLeftIsRemovedByTheNextHost() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let base = folder.path + "/tmp/"
    let mark = "A compilation of Adjoint. It may be removed when its process has ended.\n"
    // Ours and old; ours and new; in use; and three that are somebody else's.
    let folders =
      ["old", "new", "busy", "bare", "other"].map { "adjoint-compilation-\($0)" } + ["adjoint-old"]
    for name in folders {
      try FileManager.default.createDirectory(atPath: base + name, withIntermediateDirectories: true)
      if name != "adjoint-compilation-bare" {
        let text = name.hasSuffix("other") ? "mine" : mark
        try text.write(toFile: base + name + "/owner", atomically: true, encoding: .utf8)
      }
      try "x".write(toFile: base + name + "/kernel.c", atomically: true, encoding: .utf8)
      if !name.hasSuffix("new") {
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: -1000)], ofItemAtPath: base + name)
      }
    }
    let user = open(base + "adjoint-compilation-busy/owner", O_RDONLY | O_CLOEXEC)
    defer { close(user) }
    #expect(flock(user, LOCK_EX | LOCK_NB) == 0)
    _ = try attack("/bin/false")
    #expect(try Set(left) == Set(folders).subtracting(["adjoint-compilation-old"]))
  }
}
