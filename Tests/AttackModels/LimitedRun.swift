import Foundation

/// A command in a process of its own that may take only so much memory and time.
struct LimitedRun {
  /// The whole address space, in KiB: `ulimit -v`.
  let memory: Int
  /// Of CPU time. A process that only waits gets some times as many.
  let seconds: Int
  let arguments: [String]

  enum Outcome {
    case done
    case refused(String)
    /// What should not have happened.
    case failed(String)
  }

  /// - Parameter errors: a file for what it writes on standard error.
  func outcome(errors: URL) throws -> Outcome {
    try Data().write(to: errors)
    let handle = try FileHandle(forWritingTo: errors)
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments =
      ["-c", "ulimit -v $1; ulimit -t $2; shift 2; exec \"$@\"", "sh", "\(memory)", "\(seconds)"] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = handle
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    let isLate = ended.wait(timeout: .now() + Double(10 * seconds)) == .timedOut
    if isLate {
      kill(process.processIdentifier, SIGKILL)
      ended.wait()
    }
    try handle.close()
    if isLate { return .failed("it does not end") }
    let message = String(decoding: try Data(contentsOf: errors), as: UTF8.self)
    let lines = message.split(separator: "\n")
    if process.terminationReason == .uncaughtSignal {
      return .failed(
        process.terminationStatus == SIGXCPU
          ? "it takes longer than \(seconds) s" : "signal \(process.terminationStatus): \(lines.first ?? "")")
    }
    switch process.terminationStatus {
    case 0: return .done
    case 1, 64:
      return lines.count == 1
        ? .refused(message) : .failed("an error of \(lines.count) lines: \(lines.first ?? "")")
    default: return .failed("exit status \(process.terminationStatus): \(lines.first ?? "")")
    }
  }
}
