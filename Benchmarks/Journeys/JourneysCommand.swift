import Adjoint
import ArgumentParser
import Foundation

/// The command `adjoint-journeys`.
@main
struct JourneysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adjoint-journeys",
    abstract: "Trains the networks of a course on real data, and says whether they reach what they should.",
    discussion: """
      Each journey is run once a seed, which is that of the split, of the first parameters and of the order of rows. A \
      bound is for the mean of the runs; the worst of them is shown. The exit code is 1 where a mean misses its bound.
      """)

  @Option(help: "The name of a journey to make; may be given several times. All of them by default.")
  var only: [String] = []

  @Option(help: "How many seeds, from 1 on.")
  var seeds = 5

  @Flag(help: "Print a JSON object for each run, and no table.")
  var json = false

  @Flag(help: "Measure on a fifth of the training rows and leave the test rows alone: to choose settings by.")
  var validation = false

  @Option(help: "A folder to write rows and splits to, for other systems.")
  var splits: String?

  @Option(help: "A Python with scikit-learn, which is then run on the same splits.")
  var python: String?

  @Option(help: "The folder of the data sets.")
  var data: String = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Examples/Data").standardizedFileURL.path

  func validate() throws {
    guard seeds >= 1 else { throw ValidationError("--seeds is \(seeds); give at least 1") }
    for name in only where !Journey.all.contains(where: { $0.name == name }) {
      let names = Journey.all.map(\.name).joined(separator: ", ")
      throw ValidationError("no journey is called '\(name)'; there are \(names)")
    }
    if validation, python != nil {
      throw ValidationError("scikit-learn is measured on test rows; leave out --validation or --python")
    }
  }

  func run() throws {
    let journeys = Journey.all.filter { only.isEmpty || only.contains($0.name) }
    let (seeds, data) = ((1...UInt64(seeds)).map { $0 }, URL(filePath: data))
    var runs: [Run] = []
    for journey in journeys {
      let table = try journey.data.table(in: data)
      for seed in seeds {
        let run = try journey.run(on: table, seed: seed, isValidation: validation)
        runs.append(run)
        note(
          "\(journey.name), seed \(seed): \(run.metrics.map { "\($0.title) \($1)" }.joined(separator: ", "))")
        if json { print(try run.json) }
      }
    }
    let peers = try peers(of: journeys, seeds: seeds, data: data)
    if json {
      for run in peers { print(try run.json) }
    }
    let report = Report(
      entries: journeys.map { journey in
        let isOwn = { (run: Run) in run.journey == journey.name }
        return Report.Entry(journey: journey, runs: runs.filter(isOwn), peers: peers.filter(isOwn))
      })
    if !json { print(report.text) }
    guard report.isMet else {
      note("error: a mean misses its bound")
      throw ExitCode(1)
    }
  }

  /// Writes the splits where they are asked for or needed, and runs scikit-learn on them.
  private func peers(of journeys: [Journey], seeds: [UInt64], data: URL) throws -> [Run] {
    guard splits != nil || python != nil else { return [] }
    let temporary = FileManager.default.temporaryDirectory.appending(
      path: "adjoint-journeys-\(UUID().uuidString)")
    defer {
      if splits == nil { try? FileManager.default.removeItem(at: temporary) }
    }
    let peer = Peer(folder: splits.map { URL(filePath: $0) } ?? temporary)
    try peer.write(journeys, seeds: seeds, data: data)
    guard let python else { return [] }
    if let runs = try peer.runs(python: python) { return runs }
    note(
      "No comparison: '\(python)' cannot be run or lacks numpy or scikit-learn; --python names one that has them."
    )
    return []
  }

  private func note(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
  }
}

extension Run {
  fileprivate var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}
