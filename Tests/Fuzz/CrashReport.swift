import Glibc

/// Where generated code brings the process down, the seeds that were being worked on.
enum CrashReport {
  /// One place for each job.
  nonisolated(unsafe) private static let seeds: UnsafeMutablePointer<UInt64> = {
    let places = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
    places.initialize(repeating: .max, count: capacity)
    return places
  }()
  static let capacity = 256

  static func install() {
    // Made here: a handler may not.
    _ = seeds
    for signal in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT] {
      Glibc.signal(signal) { _ in
        CrashReport.write("\nadjoint-fuzz crashed at one of the seeds")
        for job in 0..<CrashReport.capacity where CrashReport.seeds[job] != .max {
          CrashReport.write(" ")
          CrashReport.write(CrashReport.seeds[job])
        }
        CrashReport.write("\n")
        _exit(2)
      }
    }
  }

  /// `job` works on `seed` now.
  static func note(_ seed: UInt64, job: Int) { seeds[job % capacity] = seed }

  private static func write(_ text: StaticString) {
    _ = Glibc.write(2, text.utf8Start, text.utf8CodeUnitCount)
  }

  /// Without a String, which would ask for memory.
  private static func write(_ number: UInt64) {
    if number >= 10 { write(number / 10) }
    var digit = UInt8(ascii: "0") + UInt8(number % 10)
    _ = Glibc.write(2, &digit, 1)
  }
}
