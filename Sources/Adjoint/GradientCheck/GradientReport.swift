import Foundation

/// What a gradient check found, entry by entry, the worst first.
public struct GradientReport: Sendable, Encodable, CustomStringConvertible {
  /// What an entry's two numbers say.
  public enum Verdict: String, Sendable, Encodable, CaseIterable {
    /// A NaN or an infinity where a number was to be compared: an error.
    case notFinite
    /// They differ by more than the tolerance: an error.
    case differs
    /// The differences are too coarse to tell: the tolerance is more than a hundredth of the largest derivative.
    case undecided
    /// The slopes to both sides differ, and the derivative that was checked is one of them or between them.
    case kink
    case agrees
  }

  /// The slopes to the left and to the right of a kink.
  public struct OneSided: Sendable, Encodable, Hashable {
    public let left: Double
    public let right: Double
  }

  /// One derivative that was checked.
  public struct Entry: Sendable, Encodable {
    /// The input or parameter by which is differentiated.
    public let argument: String
    /// The element's position, one number for each axis; `nil` for a projection.
    public let index: [Int]?
    /// Which random direction was taken, from 0; `nil` for a single element.
    public let direction: Int?
    /// What the derivative should be.
    public let expected: Double
    /// What is checked.
    public let found: Double
    /// |found − expected|.
    public let difference: Double
    /// `difference` over the greater of the two magnitudes; 0 where both are equal.
    public let relativeDifference: Double
    /// What `difference` may be; see ``Adjoint/checkGradient(of:at:by:relativeTolerance:)``.
    public let tolerance: Double
    public let verdict: Verdict
    /// At a kink the slopes to both sides.
    public let oneSided: OneSided?

    /// `w[2, 0]`; `w along direction 3`.
    public var name: String {
      if let direction { return "\(argument) along direction \(direction)" }
      guard let index, !index.isEmpty else { return argument }
      return "\(argument)[\(index.map(String.init).joined(separator: ", "))]"
    }

    var isFailure: Bool { verdict == .differs || verdict == .notFinite }
    /// How bad an entry is among those of its verdict.
    var severity: Double { difference.isNaN || tolerance == 0 ? .infinity : difference / tolerance }
  }

  /// What the derivatives were compared with.
  public let reference: String
  /// All that was checked: by verdict in the order of its cases, and within by difference over tolerance.
  public let entries: [Entry]

  init(reference: String, _ entries: [Entry]) {
    self.reference = reference
    let order = Dictionary(uniqueKeysWithValues: Verdict.allCases.enumerated().map { ($1, $0) })
    func rank(_ item: (offset: Int, element: Entry)) -> (Int, Double, Int) {
      (order[item.element.verdict] ?? 0, -item.element.severity, item.offset)
    }
    self.entries = entries.enumerated().sorted { rank($0) < rank($1) }.map(\.element)
  }

  /// The entries that are wrong, or no numbers.
  public var failures: [Entry] { entries.filter(\.isFailure) }
  /// Whether no entry is wrong. Kinks and entries that could not be decided are not.
  public var isRight: Bool { !entries.contains(where: \.isFailure) }

  public var description: String { text() }

  /// The report as a table, the worst entries first.
  ///
  /// - Parameter limit: so many entries at most; all that are wrong are shown in any case.
  public func text(limit: Int = 20) -> String {
    func number(_ value: Double) -> String { String(format: "%.9g", value) }
    func short(_ value: Double) -> String { String(format: "%.2g", value) }
    let counts = Verdict.allCases.compactMap { verdict -> String? in
      let count = entries.filter { $0.verdict == verdict }.count
      return count == 0 ? nil : "\(count) \(verdict.words)"
    }
    var lines = [
      "Gradient against \(reference): " + (counts.isEmpty ? "nothing" : counts.joined(separator: ", "))
    ]
    var table = TextTable(
      ["derivative by", "expected", "found", "difference", "relative", "tolerance", ""],
      [.left, .right, .right, .right, .right, .right, .left])
    let shown = entries.prefix(max(limit, failures.count))
    for entry in shown {
      let sides = entry.oneSided.map { " (left \(short($0.left)), right \(short($0.right)))" } ?? ""
      table.row(
        entry.name, number(entry.expected), number(entry.found), short(entry.difference),
        short(entry.relativeDifference), short(entry.tolerance), entry.verdict.words + sides)
    }
    if !shown.isEmpty { lines.append(table.text) }
    if shown.count < entries.count { lines.append("and \(entries.count - shown.count) more") }
    return lines.joined(separator: "\n")
  }
}

extension GradientReport.Verdict {
  fileprivate var words: String {
    switch self {
    case .notFinite: "not finite"
    case .differs: "DIFFERS"
    case .undecided: "undecided"
    case .kink: "kink"
    case .agrees: "agrees"
    }
  }
}
