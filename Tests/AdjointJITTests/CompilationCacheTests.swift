import Foundation
import Testing

@testable import AdjointJIT

/// Compiled libraries on disk. Each test has a folder and a compiler of its own that counts how often it is run.
@Suite struct CompilationCacheTests {
  private let folder: URL
  private let cache: CompilationCache
  private let compiler: SystemCompiler
  private var runs: Int {
    ((try? String(contentsOf: folder.appending(path: "runs"), encoding: .utf8)) ?? "").count
  }
  private var entries: [URL] {
    get throws {
      try FileManager.default.contentsOfDirectory(
        at: URL(filePath: cache.directory), includingPropertiesForKeys: nil)
    }
  }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "adjoint-cache-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let script = folder.appending(path: "cc")
    try "#!/bin/sh\nprintf x >> '\(folder.path)/runs'\nexec \(try SystemCompiler.find().path) \"$@\"\n"
      .write(to: script, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script.path)
    cache = CompilationCache(directory: folder.path + "/a/b")
    compiler = SystemCompiler(path: script.path, cache: cache)
  }

  private func value(_ source: String, _ compiler: SystemCompiler? = nil) throws -> Double {
    try call((compiler ?? self.compiler).compile(source, exporting: ["f"]), "f", 2)
  }

  @Test func theSameTextIsCompiledOnce() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = "/* a */ double f(double x) { return x + 1; }\n"
    for _ in 0..<3 { #expect(try value(source) == 3) }
    #expect(runs == 1)
    #expect(try value("/* another / comment * */ double f(double x) { return x + 1; }\n") == 3)
    #expect(runs == 1)
    #expect(try value("double f(double x) { return x + 2; }\n") == 4)
    #expect(runs == 2)
    var other = compiler
    other.flags.append("-O1")
    #expect(try value(source, other) == 3)
    #expect(runs == 3)
    other.cache = nil
    #expect(try value(source, other) == 3)
    #expect(runs == 4)
    #expect(try entries.count == 3)
  }

  @Test func anotherCompilerCompilesAnew() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = "double f(double x) { return x + 1; }\n"
    #expect(try value(source) == 3)
    let script = URL(filePath: compiler.path)
    let text = try String(contentsOf: script, encoding: .utf8)
    try (text + "# a new version\n").write(to: script, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script.path)
    #expect(try value(source) == 3)
    #expect(runs == 2)
  }

  @Test func aDamagedEntryIsCompiledAnew() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = "double f(double x) { return x + 1; }\n"
    #expect(try value(source) == 3)
    let entry = try #require(try entries.first)
    let whole = try Data(contentsOf: entry)
    var damaged = [0, 1, 24, 64, whole.count / 2, whole.count - 9, whole.count - 1].map { whole.prefix($0) }
    for place in [0, 100, whole.count / 2, whole.count - 100, whole.count - 20, whole.count - 1] {
      var bytes = whole
      bytes[place] ^= 0x10
      damaged.append(bytes)
    }
    for (number, bytes) in damaged.enumerated() {
      try bytes.write(to: entry)
      #expect(try value(source) == 3)
      #expect(runs == number + 2)
      // It was put in order again.
      #expect(try value(source) == 3)
      #expect(runs == number + 2)
    }
    // An entry of another text under this one's name: as if their hashes were the same.
    #expect(try value("double f(double x) { return x - 1; }\n") == 1)
    let other = try #require(try entries.first { $0.lastPathComponent != entry.lastPathComponent })
    try Data(contentsOf: other).write(to: entry)
    #expect(try value(source) == 3)
  }

  @Test func aFolderThatOthersCanWriteIsNotTrusted() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = "double f(double x) { return x + 1; }\n"
    #expect(try value(source) == 3)
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: cache.directory)
    #expect(try value(source) == 3)
    #expect(runs == 2)
  }

  @Test func withoutAFolderEverythingIsCompiled() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    var compiler = compiler
    // A file is where the folder should be.
    compiler.cache = CompilationCache(directory: folder.path + "/cc/x")
    for _ in 0..<2 { #expect(try value("double f(double x) { return x; }\n", compiler) == 2) }
    #expect(runs == 2)
  }

  @Test func whatWasNotUsedForLongestGoes() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    var compiler = compiler
    let text = { (number: Int) in "double f(double x) { return x + \(number); }\n" }
    for number in 0..<4 {
      #expect(try value(text(number), compiler) == 2 + Double(number))
    }
    let sizes = try entries.map { try Data(contentsOf: $0).count }
    // Entry 0 is the oldest, and then used.
    for (age, entry) in try entries.enumerated() {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -1000 - Double(age))], ofItemAtPath: entry.path)
    }
    #expect(try value(text(0), compiler) == 2)
    #expect(runs == 4)
    // Five are too many; the half that stays is the new one and the one that was used.
    compiler.cache = CompilationCache(
      directory: cache.directory, maximumBytes: sizes.reduce(0, +) + sizes[0] / 2)
    #expect(try value(text(4), compiler) == 6)
    #expect(runs == 5)
    #expect(try entries.count == 2)
    #expect(try value(text(0), compiler) == 2)
    #expect(try value(text(4), compiler) == 6)
    #expect(runs == 5)
  }

  /// Files of others in the folder that `ADJOINT_CACHE` names, with a cache that has no room.
  @Test func onlyWhatTheCacheMadeGoes() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    var compiler = compiler
    #expect(try value("double f(double x) { return x + 1; }\n") == 3)
    let entry = try #require(try entries.first)
    let whole = try Data(contentsOf: entry)
    let hash = String(entry.lastPathComponent.prefix(32))
    let here = URL(filePath: cache.directory)
    let outside = folder.appending(path: "outside.so")
    try whole.write(to: outside)
    let other = String(repeating: "a", count: 32)
    // By name, by contents, or by kind none of the cache's.
    var foreign = [
      "libfoo.so", "plugin.so", ".so", "new-abcdef", "x.new-abcdef", "\(other).so", "\(other).new-abcdef",
      "\(hash).so.bak", "\(hash)\(hash).so",
    ]
    for name in foreign { try Data("foreign".utf8).write(to: here.appending(path: name)) }
    // An entry under another name is no entry.
    foreign += ["\(String(repeating: "b", count: 32)).so"]
    try whole.write(to: here.appending(path: foreign.last ?? ""))
    foreign += ["\(String(repeating: "c", count: 32)).so", "folder.so"]
    try FileManager.default.createSymbolicLink(
      at: here.appending(path: "\(String(repeating: "c", count: 32)).so"), withDestinationURL: outside)
    try FileManager.default.createDirectory(
      at: here.appending(path: "folder.so"), withIntermediateDirectories: true)
    // What this cache began to write: left long ago, a moment ago, and being written.
    for name in ["\(hash).new-000001", "\(hash).new-000002", "\(hash).new-000003"] {
      try whole.write(to: here.appending(path: name))
    }
    let old = Date(timeIntervalSinceNow: -10_000)
    for name in try FileManager.default.contentsOfDirectory(atPath: here.path) where !name.hasSuffix("02") {
      let path = here.appending(path: name)
      if (try? path.checkResourceIsReachable()) == true, !name.hasPrefix("ccc") {
        try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path.path)
      }
    }
    let writer = open(here.appending(path: "\(hash).new-000003").path, O_RDONLY | O_CLOEXEC)
    defer { close(writer) }
    #expect(flock(writer, LOCK_EX | LOCK_NB) == 0)

    compiler.cache = CompilationCache(directory: cache.directory, maximumBytes: 1)
    #expect(try value("double f(double x) { return x + 2; }\n", compiler) == 4)
    let left = Set(try FileManager.default.contentsOfDirectory(atPath: here.path))
    #expect(left.isSuperset(of: foreign), "\(Set(foreign).subtracting(left))")
    #expect(!left.contains(entry.lastPathComponent))
    #expect(!left.contains("\(hash).new-000001"))
    #expect(left.isSuperset(of: ["\(hash).new-000002", "\(hash).new-000003"]))
    #expect(try Data(contentsOf: outside) == whole)
  }

  @Test func anEntryThatIsALinkIsNotFollowed() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = "double f(double x) { return x + 1; }\n"
    #expect(try value(source) == 3)
    let entry = try #require(try entries.first)
    let outside = folder.appending(path: "outside.so")
    try FileManager.default.moveItem(at: entry, to: outside)
    try FileManager.default.createSymbolicLink(at: entry, withDestinationURL: outside)
    #expect(try value(source) == 3)
    #expect(runs == 2)
    var information = stat()
    #expect(lstat(entry.path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG)
    #expect(FileManager.default.fileExists(atPath: outside.path))
  }

  @Test func theEnvironmentSaysWhereItIs() {
    let place = { (variables: [String: String]) in CompilationCache.standard { variables[$0] }?.directory }
    #expect(place(["ADJOINT_CACHE": "/c", "XDG_CACHE_HOME": "/x", "HOME": "/h"]) == "/c")
    #expect(place(["XDG_CACHE_HOME": "/x", "HOME": "/h"]) == "/x/adjoint")
    #expect(place(["XDG_CACHE_HOME": "relative", "HOME": "/h"]) == "/h/.cache/adjoint")
    #expect(place(["ADJOINT_CACHE": "", "HOME": "/h"]) == "/h/.cache/adjoint")
    #expect(place(["ADJOINT_CACHE": "off", "HOME": "/h"]) == nil)
    #expect(place([:]) == nil)
  }

  private static let table = """
    static double (*twice)(double x);

    typedef void (*adjoint_function)(void);
    const char adjoint_imports[] = "twice ";
    void adjoint_link(const adjoint_function *functions)
    {
      if (twice) return;
      twice = (double (*)(double x))functions[0];
    }

    double f(double x) { return twice(x) + 1; }

    """

  @Test func aTableIsFilledAsTheLibraryIsLoaded() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let twice: @convention(c) (Double) -> Double = { $0 * 2 }
    let symbol = CSymbol(name: "twice", address: unsafeBitCast(twice, to: UnsafeRawPointer.self))
    let compiler = compiler
    let results = try await withThrowingTaskGroup(of: Double.self) { group in
      for _ in 0..<8 {
        group.addTask {
          try call(compiler.compile(Self.table, exporting: ["f"], symbols: [symbol]), "f", 4)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results == Array(repeating: 9, count: 8))
    let before = runs
    #expect(try call(compiler.compile(Self.table, exporting: ["f"], symbols: [symbol]), "f", 4) == 9)
    #expect(runs == before)
    #expect(throws: CompilationError.undefinedSymbol(name: "twice")) {
      try compiler.compile(Self.table, exporting: ["f"])
    }
  }
}
