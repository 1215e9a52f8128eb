import Adjoint
import Foundation

/// scikit-learn on the same rows: what its script is given, and how it is run.
///
/// `journeys.json` lists the networks and how they are trained; `NAME.npz` holds all rows of a journey, `x` as read and `y`,
/// and of each seed the numbers of the rows, `train_1` and `test_1`.
struct Peer {
  /// What the script learns of a journey.
  private struct Specification: Codable {
    let journey: String
    let isRegression: Bool
    let isStandardized: Bool
    let hidden: [Int]
    let activation: String
    let rate: Double
    let l2: Double
    let batch: Int
    let epochs: Int
    let seeds: [UInt64]
    let metrics: [Bound.Metric]
  }

  let folder: URL

  /// Writes rows and splits of all journeys, and the networks of those that scikit-learn has.
  func write(_ journeys: [Journey], seeds: [UInt64], data: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for journey in journeys {
      let table = try journey.data.table(in: data)
      var arrays = try [("x", table.features()), ("y", table.targets())]
      for seed in seeds {
        let rows = try journey.data.rows(of: table, seed: seed)
        arrays.append(("train_\(seed)", NDArray(rows.train.map { Int32($0) })))
        arrays.append(("test_\(seed)", NDArray(rows.test.map { Int32($0) })))
      }
      try NPZFile(arrays).write(to: folder.appending(path: "\(journey.name).npz").path)
    }
    let specifications = journeys.compactMap { journey in
      journey.network.peer.map { network in
        Specification(
          journey: journey.name, isRegression: journey.bounds[0].metric != .accuracy,
          isStandardized: journey.data.isStandardized, hidden: network.hidden, activation: network.activation,
          rate: journey.recipe.rate, l2: journey.recipe.l2, batch: journey.recipe.batch,
          epochs: journey.recipe.epochs, seeds: seeds, metrics: journey.bounds.map(\.metric))
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    try encoder.encode(specifications).write(to: folder.appending(path: "journeys.json"))
  }

  /// Runs the script; its progress goes to standard error.
  ///
  /// - Parameter python: a program on the search path, or a path.
  /// - Returns: its runs; nil where this Python cannot be run or has no scikit-learn.
  func runs(python: String) throws -> [Run]? {
    guard try output(python, ["-c", "import numpy, sklearn"], isQuiet: true) != nil else { return nil }
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "sklearn_journeys.py")
    guard let lines = try output(python, [script.path, folder.path]) else {
      throw PeerError(description: "\(script.path) failed; its message is above")
    }
    return try lines.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Run.self, from: $0) }
  }

  /// What a program writes; nil where it fails.
  private func output(_ program: String, _ arguments: [String], isQuiet: Bool = false) throws -> Data? {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    if isQuiet { process.standardError = FileHandle.nullDevice }
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? data : nil
  }
}

struct PeerError: Error, CustomStringConvertible {
  let description: String
}
