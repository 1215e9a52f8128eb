import FileFuzz
import Foundation

/// Runs a format in a process of its own, and another one behind the file where that ends before its time.
struct Supervisor {
  let command: AdjointFuzzFiles
  let name: String
  /// So many crashes are enough to look at.
  private static let crashLimit = 10

  init(command: AdjointFuzzFiles, name: String) { (self.command, self.name) = (command, name) }

  func run() throws -> Tally {
    let folder = FileFormat.temporaryFolder.appending(path: "adjoint-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var total = Tally(format: name)
    var next = command.first
    let end = command.first + command.cases
    var crashes = 0
    while next < end, crashes < Self.crashLimit {
      let process = Process()
      process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      process.arguments = [
        "--format", name, "--seed", "\(command.seed)", "--first", "\(next)", "--cases", "\(end - next)",
        "--limit", "\(command.limit)", "--failures", command.failures, "--worker", folder.path,
      ]
      try process.run()
      process.waitUntilExit()
      let tally = folder.appending(path: "tally")
      if let data = try? Data(contentsOf: tally), let part = try? JSONDecoder().decode(Tally.self, from: data)
      {
        total += part
      }
      try? FileManager.default.removeItem(at: tally)
      if process.terminationReason == .exit, process.terminationStatus == 0 { break }
      // The file that is still there is the one.
      let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      guard let number = files.compactMap({ UInt64($0.split(separator: ".").first ?? "") }).max() else {
        throw CocoaError(.executableLoad)
      }
      crashes += 1
      total.failures += 1
      total.cases = number + 1 - command.first
      let isLate = process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGALRM
      command.keep(
        name, number, of: folder,
        because: isLate
          ? "it took longer than \(command.limit) s"
          : "the process ended with \(process.terminationReason == .exit ? "code" : "signal") \(process.terminationStatus)"
      )
      next = number + 1
    }
    return total
  }
}
