/// What the rows of a target hold, before it is decided whether that was measured or names classes.
struct TargetValues {
  /// A number that may well be the name of something.
  enum Doubt: Hashable {
    /// It begins with a zero, as codes do.
    case code
    /// An integer with more digits than a double keeps.
    case large
  }

  /// The different labels in the order in which they came.
  private(set) var labels: [String] = []
  /// For each row the position of its label; empty where rows have no labels.
  private(set) var positions: [Int32] = []
  /// Empty where there is a word.
  private(set) var numbers: [Double] = []
  private(set) var count = 0
  private(set) var wordCount = 0
  private(set) var firstWord: (row: Int, label: String)?
  private(set) var firstDoubt: (row: Int, label: String, doubt: Doubt)?
  /// Whether there are labels: not in a regression, and not where there are too many.
  private(set) var hasLabels: Bool
  private let request: TargetEncoding.Request
  private var known: [Spelling: Int32] = [:]

  /// So many different numbers are no names of classes, unless the user says so.
  static let labelLimit = 1 << 16

  init(_ request: TargetEncoding.Request) {
    self.request = request
    hasLabels = request.classNames != nil || request.task != .regression
  }

  /// - Parameters:
  ///   - value: infinite where an integer is too large for a double.
  ///   - isCode: whether its label is one; see ``ClassLabels/isCode(_:)``.
  ///   - label: how it is written.
  mutating func append(_ value: Double, isCode: Bool = false, label: @autoclosure () -> String) {
    // Within this bound each integer is a double.
    let mayBeLarge = abs(value) >= 0x1p53
    if hasLabels || mayBeLarge || isCode {
      let label = label()
      if mayBeLarge || isCode { note(value, label, isCode: isCode) }
      if hasLabels { appendLabel(label) }
    }
    if firstWord == nil { numbers.append(value) }
    count += 1
    if hasLabels, labels.count > Self.labelLimit, firstWord == nil, request.task == nil,
      request.classNames == nil, request.labels != .text
    {
      hasLabels = false
      (labels, positions, known) = ([], [], [:])
    }
  }

  mutating func append(word: String) {
    if firstWord == nil { firstWord = (count, word) }
    wordCount += 1
    numbers = []
    appendLabel(word)
    count += 1
  }

  private mutating func appendLabel(_ label: String) {
    let spelling = Spelling(label)
    let position = known[spelling] ?? Int32(clamping: labels.count)
    if position == labels.count {
      known[spelling] = position
      labels.append(label)
    }
    positions.append(position)
  }

  private mutating func note(_ value: Double, _ label: String, isCode: Bool) {
    guard firstDoubt == nil else { return }
    if request.task == nil, isCode {
      firstDoubt = (count, label, .code)
    } else if Self.isInteger(label), !Self.isKept(value, of: label) {
      firstDoubt = (count, label, .large)
    }
  }

  /// Whether a number is written with digits only.
  static func isInteger(_ label: String) -> Bool {
    let digits =
      label.utf8.first.map { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") } ?? false
      ? label.utf8.dropFirst() : label.utf8[...]
    return !digits.isEmpty && digits.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }

  /// Whether a double is the number that is written.
  private static func isKept(_ value: Double, of label: String) -> Bool {
    let nearest = Int(exactly: value).map(String.init) ?? "\(value)"
    return ExactDecimal(nearest) == ExactDecimal(label)
  }
}
