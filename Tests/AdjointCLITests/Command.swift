import Foundation
import Testing

/// The command `adjoint` as users meet it: a process.
struct Run {
  let status: Int32
  let output: String
  let errors: String

  /// The lines of standard error.
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }

  /// The JSON object on standard output, which must hold nothing else.
  func json() throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
    return try #require(value as? [String: Any])
  }
}

/// Runs `adjoint` with these arguments.
func adjoint(_ arguments: String..., environment: [String: String] = [:]) throws -> Run {
  try adjoint(arguments, environment: environment)
}

/// - Parameter place: the working directory.
func adjoint(
  _ arguments: [String], environment: [String: String] = [:], in place: Scratch? = nil
) throws -> Run {
  let folder = try Scratch()
  let process = Process()
  if let place { process.currentDirectoryURL = URL(fileURLWithPath: place.path("")) }
  process.executableURL = try Command.executable()
  process.arguments = arguments
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  // Files and not pipes: however much is printed, nobody waits.
  let (output, errors) = (folder.path("output"), folder.path("errors"))
  for path in [output, errors] { try Data().write(to: URL(fileURLWithPath: path)) }
  process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
  process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
  process.standardInput = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  return Run(
    status: process.terminationStatus, output: try String(contentsOfFile: output, encoding: .utf8),
    errors: try String(contentsOfFile: errors, encoding: .utf8))
}

/// A command that runs while the test goes on.
final class RunningCommand {
  let process = Process()
  private let folder: Scratch

  /// - Parameters:
  ///   - shell: what a shell does before it becomes `adjoint`, such as setting a limit.
  ///   - output: where standard output goes, instead of a file that is read at the end.
  init(
    _ arguments: [String], environment: [String: String] = [:], shell: String? = nil,
    output: FileHandle? = nil
  ) throws {
    folder = try Scratch()
    let program = try Command.executable()
    if let shell {
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      process.arguments = ["-c", "\(shell); exec \"$0\" \"$@\"", program.path] + arguments
    } else {
      process.executableURL = program
      process.arguments = arguments
    }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    for name in ["output", "errors"] { _ = try folder.file(name, "") }
    process.standardOutput =
      try output ?? FileHandle(forWritingTo: URL(fileURLWithPath: folder.path("output")))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path("errors")))
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// Waits until `condition` holds, at most 30 s.
  func wait(until condition: () throws -> Bool) rethrows {
    for _ in 0..<3000 where process.isRunning {
      if try condition() { return }
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// What it came to; of one that a signal ended, 128 and the signal.
  func end() throws -> Run {
    process.waitUntilExit()
    let ended = process.terminationReason == .uncaughtSignal
    return Run(
      status: (ended ? 128 : 0) + process.terminationStatus,
      output: try String(contentsOfFile: folder.path("output"), encoding: .utf8),
      errors: try String(contentsOfFile: folder.path("errors"), encoding: .utf8))
  }
}

/// A folder that lasts as long as this object.
final class Scratch {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "adjoint-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  func file(_ name: String, _ text: String) throws -> String {
    try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    return path(name)
  }

  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
  }
}

enum Command {
  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  /// The product `adjoint`, which SwiftPM builds into the folder of the tests' own program.
  static func executable() throws -> URL {
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let folders = [own, URL(fileURLWithPath: CommandLine.arguments[0])].map { $0.deletingLastPathComponent() }
    for folder in folders {
      let candidate = folder.appendingPathComponent("adjoint")
      if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
    }
    throw Missing(description: "no program 'adjoint' in \(folders.map(\.path)); build it before the tests")
  }

  /// One of the repository's data sets.
  static func data(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Examples/Data/\(name)").path
  }
}
