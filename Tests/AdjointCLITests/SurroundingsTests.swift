import Adjoint
import Foundation
import Testing

/// The descriptors, signals, limits and kinds of files that a process may meet.
@Suite("What surrounds a process")
struct SurroundingsTests {
  static let cells = NothingLostTests.cells

  @Test func withClosedStreamsNothingIsPrintedIntoFiles() throws {
    let scratch = try Scratch()
    let run = scratch.path("r")
    let options = [
      "train", "--data", Command.data("wdbc.csv"), "--target", "benign", "--layers", "8", "--epochs", "20",
    ]
    for (index, closed) in ["exec >&- 2>&-", "exec <&- >&- 2>&-", "exec 2>&-"].enumerated() {
      let place = run + "\(index)"
      let end = try RunningCommand(options + ["--run", place], shell: closed).end()
      // Where nobody gets the report, the command has failed, but not the training.
      #expect(end.status == (index == 2 ? 0 : 1))
      for line in try RunTests.text(place + "/metrics.jsonl").split(separator: "\n") {
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
      }
      #expect(try RunTests.text(place + "/metrics.jsonl").split(separator: "\n").count == 20)
      _ = try TrainedModel(contentsOf: place + "/model.adj")
      #expect(try RunTests.text(place + "/report.json").hasPrefix("{"))
    }
  }

  /// `BIND_NOW`, by the program's dynamic section (System V Application Binary Interface, chapter 5; DF_1_NOW of the GNU linker).
  @Test func addressesAreBoundAtTheStart() throws {
    let file = try Data(contentsOf: Command.executable())
    func number<T: FixedWidthInteger>(_ place: Int, _ type: T.Type) -> Int {
      Int(truncatingIfNeeded: file.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: type) })
    }
    let (start, count) = (number(32, UInt64.self), number(56, UInt16.self))
    let dynamic = try #require((0..<count).map { start + 56 * $0 }.first { number($0, UInt32.self) == 2 })
    let (place, size) = (number(dynamic + 8, UInt64.self), number(dynamic + 32, UInt64.self))
    let flags = stride(from: place, to: place + size, by: 16).first { number($0, UInt64.self) == 0x6fff_fffb }
    #expect(try number(#require(flags) + 8, UInt64.self) & 1 == 1)
  }

  /// The pipe is full before the report comes, and nobody reads.
  @Test("a signal ends a command whose reader waits", arguments: [SIGTERM, SIGHUP, SIGINT])
  func aReaderThatWaits(signal: Int32) throws {
    let scratch = try Scratch()
    let checkpoint = scratch.path("c")
    let pipe = Pipe()
    let full = [UInt8](repeating: 32, count: 4096)
    let descriptor = pipe.fileHandleForWriting.fileDescriptor
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    while write(descriptor, full, full.count) > 0 {}
    _ = fcntl(descriptor, F_SETFL, 0)
    let run = try RunningCommand(
      ["train"] + Self.cells + NothingLostTests.forever + ["--json", "--checkpoint", checkpoint],
      output: pipe.fileHandleForWriting)
    run.wait { NothingLostTests.exists(checkpoint) }
    run.send(signal)
    let start = ContinuousClock.now
    #expect(try run.end().status == 128 + signal)
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  @Test func controlBackslashEndsATrainingAtOnce() throws {
    let scratch = try Scratch()
    let checkpoint = scratch.path("c")
    let run = try RunningCommand(
      ["train"] + Self.cells + NothingLostTests.forever + ["--checkpoint", checkpoint])
    run.wait { NothingLostTests.exists(checkpoint) }
    run.send(SIGQUIT)
    let end = try run.end()
    #expect(end.status == 128 + SIGQUIT && !end.errors.contains("crashed"), "\(end.errors)")
  }

  @Test("A batch that memory has no place for is refused by its option", arguments: ["dump", "flops"])
  func batches(_ command: String) throws {
    for batch in ["9223372036854775807", "4294967296", "1000001"] {
      let run = try adjoint(command, "--inputs", "3", "--outputs", "2", "--batch", batch)
      #expect(run.status == 64 && run.errors.contains("--batch is \(batch); give 1 to"), "\(run.errors)")
    }
    let large = try adjoint(
      command, "--inputs", "100000", "--outputs", "2", "--batch", "1000000", "--memory", "1GiB")
    #expect(large.status == 1 && large.errors.contains("a batch of 1000000 rows needs"), "\(large.errors)")
  }

  @Test func aPictureIsThereThoughNobodyGetsTheNumbers() throws {
    let scratch = try Scratch()
    let svg = scratch.path("g.svg")
    let grid =
      ["grid"] + RunTests.iris + ["--epochs", "1", "--quiet", "--learning-rates", "0.1", "--svg", svg]
    let end = try RunningCommand(grid, shell: "exec > /dev/full").end()
    #expect(end.status == 1 && end.errors.contains("standard output"), "\(end.errors)")
    #expect(try RunTests.text(svg).contains("</svg>"))
  }

  @Test func aReaderThatGoesEndsNoTraining() throws {
    let scratch = try Scratch()
    let out = scratch.path("m.adj")
    let pipe = Pipe()
    let run = try RunningCommand(
      ["train"] + Self.cells + ["--epochs", "20", "--out", out], output: pipe.fileHandleForWriting)
    try pipe.fileHandleForWriting.close()
    try pipe.fileHandleForReading.close()
    let end = try run.end()
    #expect(
      end.status == 1 && end.errors.contains("cannot write 'standard output': Broken pipe"), "\(end.errors)")
    _ = try TrainedModel(contentsOf: out)
  }

  @Test(arguments: [["--help"], ["train", "--help"], ["--version"], ["doctor"], ["diff", "x^2"]])
  func anAnswerThatCannotBeWrittenIsAnError(_ arguments: [String]) throws {
    let full = try FileHandle(forWritingTo: URL(fileURLWithPath: "/dev/full"))
    let end = try RunningCommand(arguments, output: full).end()
    #expect(end.status == 1 && end.errors.contains("No space left on device"), "\(end.errors)")
  }

  @Test func aLimitOfFileSizesIsAnErrorAndLeavesNothing() throws {
    let scratch = try Scratch()
    // In blocks of 1024 bytes: enough for a checkpoint at first, and not for a model.
    let end = try RunningCommand(
      ["train"] + Self.cells + ["--epochs", "2", "--out", scratch.path("m.adj")], shell: "ulimit -f 8"
    ).end()
    #expect(end.status == 1 && end.errors.contains("File too large"), "\(end.status) \(end.errors)")
    #expect(try scratch.names == [])
  }

  @Test func aPipeWithoutAReaderIsGivenUpAtASignal() throws {
    let scratch = try Scratch()
    let pipe = scratch.path("p")
    #expect(mkfifo(pipe, 0o600) == 0)
    let run = try RunningCommand(["train"] + Self.cells + ["--epochs", "2", "--out", pipe])
    Thread.sleep(forTimeInterval: 1)
    #expect(run.process.isRunning)
    run.send(SIGINT)
    let end = try run.end()
    #expect(
      end.status == 128 + SIGINT && end.errors.contains("nobody reads from this pipe"), "\(end.errors)")
    #expect(end.errors.contains("the model is in \(pipe).saved"))
    _ = try TrainedModel(contentsOf: pipe + ".saved")
  }

  @Test func aPipeWithAReaderGetsTheModel() throws {
    let scratch = try Scratch()
    let (pipe, copy) = (scratch.path("p"), scratch.path("m.adj"))
    #expect(mkfifo(pipe, 0o600) == 0)
    let reader = Process()
    reader.executableURL = URL(fileURLWithPath: "/bin/sh")
    reader.arguments = ["-c", "sleep 0.5; cat '\(pipe)' > '\(copy)'"]
    try reader.run()
    #expect(try adjoint(["train"] + Self.cells + ["--epochs", "2", "--out", pipe]).status == 0)
    reader.waitUntilExit()
    _ = try TrainedModel(contentsOf: copy)
  }

  @Test func aLinkToNothingYetIsFollowed() throws {
    let scratch = try Scratch()
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("link.adj"), withDestinationPath: "real.adj")
    #expect(
      try adjoint(["train"] + Self.cells + ["--epochs", "1", "--out", scratch.path("link.adj")]).status == 0)
    _ = try TrainedModel(contentsOf: scratch.path("real.adj"))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch.path("link.adj")) == "real.adj")
  }
}
