import Adjoint
import Foundation

/// What a measurement was made on.
struct Machine: Encodable {
  let processor: String
  let cores: Int
  let instructionSet: String
  /// ISO 8601, UTC.
  let date: String

  static func current() throws -> Machine {
    Machine(
      processor: model, cores: ProcessInfo.processInfo.activeProcessorCount,
      instructionSet: try InstructionSet.selected().rawValue,
      date: ISO8601DateFormatter().string(from: Date()))
  }

  var text: String { "\(processor), \(cores) cores, \(instructionSet), \(date)" }

  /// The most memory that this process has had, in bytes.
  static var peakMemory: Double {
    var usage = rusage()
    getrusage(numericCast(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) * 1024
  }

  private static var model: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
      ?? "unknown processor"
  }
}
