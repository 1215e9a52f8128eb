import ArgumentParser
import FileFuzz
import Foundation

// Under libFuzzer, which begins by itself, the functions of GuidedFuzzing.swift are called instead.
#if !GUIDED_FUZZING
  @main extension AdjointFuzzFiles {}
#endif

struct AdjointFuzzFiles: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adjoint-fuzz-files",
    abstract: "Reads damaged files of all formats: each must be read, or refused by an error that helps.",
    discussion: """
      Each format runs in a process of its own, so that a crash is met; the file that caused it, or that took too long, \
      is kept, and the run goes on behind it.
      """)

  @Option(help: "How many files of each format.")
  var cases: UInt64 = 100_000
  @Option(help: "One format only: \(FileFormat.names.joined(separator: ", ")).")
  var format: String?
  @Option(help: "Another seed gives other files.")
  var seed: UInt64 = 1
  @Option(help: "The number of the first file.")
  var first: UInt64 = 0
  @Option(help: "The seconds that a file may take.")
  var limit: UInt32 = 20
  @Option(help: "The folder for files that fail.")
  var failures = ".build/fuzz-files-failures"
  @Flag(help: "Print the result as JSON.")
  var json = false
  @Option(help: .hidden)
  var worker: String?

  func run() throws {
    let names = try format.map { name in
      guard FileFormat.names.contains(name) else {
        throw ValidationError(
          "there is no format '\(name)'; there are \(FileFormat.names.joined(separator: ", "))")
      }
      return [name]
    }
    if let worker, let name = names?.first { return try work(name, in: URL(filePath: worker)) }
    try FileManager.default.createDirectory(atPath: failures, withIntermediateDirectories: true)
    if !json { say(Tally.heading) }
    var tallies: [Tally] = []
    for name in names ?? FileFormat.names {
      let tally = try Supervisor(command: self, name: name).run()
      tallies.append(tally)
      if !json { say(tally.row) }
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      say(String(decoding: try encoder.encode(tallies), as: UTF8.self))
    }
    if tallies.contains(where: { $0.failures > 0 }) { throw ExitCode.failure }
  }

  /// Examines files, and writes down how far it has come.
  private func work(_ name: String, in folder: URL) throws {
    guard let format = try FileFormat(named: name) else { return }
    var tally = Tally(format: name)
    let start = ContinuousClock.now
    for number in first..<(first + cases) {
      // Ends the process where nobody catches it, which nobody does.
      alarm(limit)
      let (outcome, peak) = try format.examine(number, seed: seed, in: folder)
      tally.cases += 1
      tally.peakBytes = max(tally.peakBytes, peak)
      switch outcome {
      case .read: tally.read += 1
      case .refused: tally.refused += 1
      case .failed(let fault):
        tally.failures += 1
        keep(name, number, of: folder, because: fault)
      }
      if tally.cases % 64 == 0 || tally.cases == cases {
        tally.seconds = (ContinuousClock.now - start) / .seconds(1)
        try JSONEncoder().encode(tally).write(to: folder.appending(path: "tally"), options: .atomic)
      }
    }
  }

  /// Moves the file to where it stays, and says how to meet it again.
  func keep(_ name: String, _ number: UInt64, of folder: URL, because fault: String) {
    let file = "\(failures)/seed\(seed)-\(number).\(name)"
    try? FileManager.default.removeItem(atPath: file)
    try? FileManager.default.moveItem(atPath: FileFormat.path(name, number, in: folder), toPath: file)
    FileHandle.standardError.write(
      Data(
        "\(file): \(fault)\n  again: adjoint-fuzz-files --format \(name) --seed \(seed) --first \(number) --cases 1\n"
          .utf8))
  }
}

/// A line on standard output, at once.
func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
