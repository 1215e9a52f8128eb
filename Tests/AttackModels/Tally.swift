/// What became of the runs.
struct Tally: CustomStringConvertible {
  var done = 0
  var refused = 0
  /// By what is wrong, without the numbers that differ from model to model: how often, and the first command.
  private(set) var faults: [String: (count: Int, first: String)] = [:]

  mutating func add(_ fault: String, command: String) {
    let kind = String(fault.prefix(160).filter { !$0.isWholeNumber })
    faults[kind, default: (0, "\(fault.prefix(300))\n    again: \(command)")].count += 1
  }

  static func += (a: inout Tally, b: Tally) {
    a.done += b.done
    a.refused += b.refused
    a.faults.merge(b.faults) { ($0.count + $1.count, $0.first) }
  }

  var description: String {
    let failed = faults.values.reduce(0) { $0 + $1.count }
    let lines = faults.values.sorted { $0.count > $1.count }.map { "\n\($0.count) times \($0.first)" }
    return "\(done) runs ended well, \(refused) were refused, \(failed) failed" + lines.joined()
  }
}
