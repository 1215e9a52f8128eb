import Foundation
import Testing

/// Every public function and initialiser comes back whatever it is given.
@Suite("Calls with extreme values")
struct ExtremeCallTests {
  /// What takes nothing extreme, or cannot, with the reason.
  private static let others: [String: String] = [
    "Categories.init(arrayLiteral:)": "names, which reading a table looks up",
    "LinePlot.init(losses:)": "histories, which only training makes",
    "Loss.custom(_:_:)": "a name that nothing reads but errors",
    "NDArray.init(repeating:shape:)": "a precondition: memory holds the array",
    "NDArray.init(zeros:_:)": "a precondition: memory holds the array",
    "RunFolder.file(_:)": "a path, which is not opened",
    "SeededGenerator.init(seed:)": "any 64 bits are a seed",
    "SeededGenerator.permutation(of:)": "a precondition: memory holds the array",
    "Shape.init(arrayLiteral:)": "as Shape.init(_:)",
    "Shape.subscript(axis:)": "an index into an array, as Array's",
    "NDArray.init(zeros:_:for:)": "it throws where memory does not hold the array; see BoundedReadingTests",
    "Trainer.init(_:regularization:optimizer:batchSize:seed:scalarType:backend:memoryLimit:cost:)":
      "as the one with a loss; each layer is driven through it",
  ]

  private struct Death: CustomStringConvertible {
    let call: String
    let reason: String
    var description: String { "\(call): \(reason)" }
  }

  private static func program() throws -> URL {
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let folders = [own, URL(fileURLWithPath: CommandLine.arguments[0])].map { $0.deletingLastPathComponent() }
    let found = folders.map { $0.appending(path: "adjoint-extreme-calls") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    return try #require(found, "build adjoint-extreme-calls before the tests")
  }

  /// The output of the program, and why it ended where it did not come to its end. A call that takes longer than 20 s ends it.
  private static func run(_ arguments: [String]) throws -> (lines: [String], reason: String?) {
    let process = Process()
    process.executableURL = try program()
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    let output = FileManager.default.temporaryDirectory.appending(path: "adjoint-test-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: output) }
    try Data().write(to: output)
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    var (size, since) = (0, Date())
    var isStuck = false
    while process.isRunning {
      usleep(5000)
      let now = (try? FileManager.default.attributesOfItem(atPath: output.path)[.size] as? Int) ?? 0
      if now != size { (size, since) = (now, Date()) }
      if Date().timeIntervalSince(since) > 20 {
        isStuck = true
        kill(process.processIdentifier, SIGKILL)
        break
      }
    }
    process.waitUntilExit()
    let lines = try String(contentsOf: output, encoding: .utf8).split(separator: "\n").map(String.init)
    let isGood = process.terminationReason == .exit && process.terminationStatus == 0
    return (
      lines, isGood ? nil : isStuck ? "it takes longer than 20 s" : "signal \(process.terminationStatus)"
    )
  }

  @Test("each comes back")
  func eachComesBack() throws {
    var (first, made) = (0, 0)
    var deaths: [Death] = []
    while true {
      let (lines, reason) = try Self.run(["\(first)"])
      made += lines.count
      guard let reason else { break }
      let last = try #require(lines.last?.split(separator: "\t").map(String.init))
      deaths.append(Death(call: last.dropFirst().joined(separator: " of "), reason: reason))
      first = try #require(Int(last[0])) + 1
    }
    #expect(made > 1000)
    #expect(deaths.isEmpty, "\(deaths.count):\n\(deaths.map(\.description).joined(separator: "\n"))")
  }

  @Test("none is left out: a new one stands in the table or among those that take nothing extreme")
  func noneIsLeftOut() throws {
    let made = Set(try Self.run([]).lines)
    let all = try PublicCalls.all()
    #expect(all.count > 200)
    let missing = all.subtracting(made).subtracting(Self.others.keys)
    #expect(missing.isEmpty, "not in Tests/ExtremeCalls:\n\(missing.sorted().joined(separator: "\n"))")
    let gone = Set(Self.others.keys).subtracting(all)
    #expect(gone.isEmpty, "no longer there: \(gone.sorted())")
  }
}
