import Foundation
import Testing

/// The program `adjoint-attack`: a host that compiles.
struct Attack {
  struct Missing: Error {}

  /// Whether it came as far as its first line.
  let hasStarted: Bool
  /// What it printed behind that.
  let output: String
  /// Whether it ended by itself, and with which status; else the number of the signal.
  let isSignal: Bool
  let status: Int32

  /// Starts it from a shell, after `setup`.
  static func process(
    _ arguments: [String], after setup: String = ":", environment: [String: String] = [:], output: Pipe
  ) throws -> Process {
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let folders = [own, URL(fileURLWithPath: CommandLine.arguments[0])].map { $0.deletingLastPathComponent() }
    let program = folders.map { $0.appendingPathComponent("adjoint-attack").path }
      .first(where: FileManager.default.isExecutableFile)
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    guard let program else { throw Missing() }
    process.arguments = ["-c", "\(setup); exec \"$@\"", "sh", program] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    return process
  }

  /// Runs it to its end.
  init(_ arguments: [String], after setup: String = ":", environment: [String: String] = [:]) throws {
    let pipe = Pipe()
    let process = try Self.process(arguments, after: setup, environment: environment, output: pipe)
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    hasStarted = text.hasPrefix("started\n")
    output = String(text.dropFirst("started\n".count))
    isSignal = process.terminationReason == .uncaughtSignal
    status = process.terminationStatus
  }
}
