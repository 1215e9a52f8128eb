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

func adjoint(_ arguments: [String], environment: [String: String] = [:]) throws -> Run {
  let folder = try Scratch()
  let process = Process()
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
