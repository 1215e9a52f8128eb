import Foundation

/// Makes the calls, one after the other, and says each before it makes it: the last that is said is the one that ended the
/// program, if it ended before `done`.
///
///     adjoint-extreme-calls FIRST
@main
struct AdjointExtremeCalls {
  static var all: [ExtremeCall] { layerCalls + tensorCalls + dataCalls + trainingCalls }

  static func main() {
    guard CommandLine.arguments.count > 1, let first = Int(CommandLine.arguments[1]), first >= 0 else {
      return print(Set(all.map(\.name)).sorted().joined(separator: "\n"))
    }
    // What asks for more memory than this does not get it.
    var limit = rlimit(rlim_cur: 1 << 35, rlim_max: 1 << 35)
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    let calls = all.flatMap { call in call.calls.map { (call.name, $0.argument, $0.run) } }
    for (index, (name, argument, run)) in calls.enumerated().dropFirst(first) {
      say("\(index)\t\(name)\t\(argument.filter { !$0.isNewline })")
      do { try run() } catch {}
    }
    say("done \(calls.count)")
  }

  private static func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }
}
