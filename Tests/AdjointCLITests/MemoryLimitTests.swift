import Foundation
import Testing

@testable import AdjointCLI

@Suite("The command refuses what memory does not hold, in one line")
struct MemoryLimitTests {
  /// Runs `adjoint` with so many KiB of address space, as `ulimit -v` gives it.
  private func bounded(_ kibibytes: Int, _ arguments: String...) throws -> (status: Int32, errors: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments =
      ["-c", "ulimit -v \(kibibytes); exec \"$@\"", "sh", try Command.executable().path] + arguments
    let errors = Pipe()
    (process.standardError, process.standardOutput) = (errors, FileHandle.nullDevice)
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationReason == .exit ? process.terminationStatus : -1, text)
  }

  private func expectRefusal(
    _ run: (status: Int32, errors: String), _ text: String, location: SourceLocation = #_sourceLocation
  ) {
    #expect(run.status == 1, "\(run.errors)", sourceLocation: location)
    #expect(run.errors.hasPrefix("error: "), "\(run.errors)", sourceLocation: location)
    #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)", sourceLocation: location)
    #expect(run.errors.contains(text), "\(run.errors)", sourceLocation: location)
  }

  private let data = Command.data("wdbc.csv")

  @Test("400 million parameters under ulimit -v")
  func parameters() throws {
    let run = try bounded(
      4_000_000, "train", "--data", data, "--target", "benign", "--layers", "20000,20000", "--epochs", "1",
      "--quiet")
    expectRefusal(
      run, "parameters and optimizer state need 4.4 GiB of memory, and the address space (ulimit -v) has")
  }

  @Test("The same under --memory, which says so")
  func option() throws {
    let run = try adjoint(
      "train", "--data", data, "--target", "benign", "--layers", "20000,20000", "--memory", "2GiB", "--quiet")
    expectRefusal((run.status, run.errors), "and the limit (--memory) leaves 1.")
  }

  @Test("A file without end, or of 40 GiB, as model, data, options or checkpoint")
  func files() throws {
    let folder = try Scratch()
    let sparse = try folder.file("sparse", "")
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: sparse))
    try file.truncate(atOffset: 40 << 30)
    try file.close()
    for path in ["/dev/zero", sparse] {
      expectRefusal(try bounded(2_000_000, "predict", path, "--data", data), "this is no model file")
      expectRefusal(
        try bounded(2_000_000, "train", "--data", path, "--target", "benign"),
        path == sparse ? "not an IDX file" : "a row has more than 67108864 bytes")
      expectRefusal(
        try bounded(
          2_000_000, "train", "--data", data, "--target", "benign", "--checkpoint", path, "--resume",
          "--quiet"),
        path)
      let options = try bounded(2_000_000, "train", path)
      #expect(options.status == 64 || options.status == 1, "\(options.errors)")
      #expect(options.errors.split(separator: "\n").count == 1, "\(options.errors)")
    }
  }

  @Test(
    "Sizes are numbers with a unit",
    arguments: [
      ("2GiB", 2 << 30), ("500MB", 500_000_000), ("1e9", 1_000_000_000), ("1.5 kib", 1536), ("7B", 7),
    ])
  func sizes(_ text: String, _ bytes: Int) { #expect(MemoryOption.bytes(text) == bytes) }

  @Test("Others are errors that say so", arguments: ["", "GiB", "-1GB", "0", "nan", "1e99", "2 parsecs"])
  func noSizes(_ text: String) throws {
    #expect(MemoryOption.bytes(text) == nil)
    let run = try adjoint(["flops", "--expr", "x", "--memory=\(text)"])
    #expect(run.status == 64 && run.errorLines.count == 1, "\(run.errors)")
  }
}
