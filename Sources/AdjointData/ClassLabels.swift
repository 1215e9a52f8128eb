/// A label as it is written. Texts that look alike and are written otherwise, such as é and e with an accent, are different ones,
/// though Swift's strings are equal.
struct Spelling: Hashable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (a: Spelling, b: Spelling) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

/// Which labels are one class: the one place that decides it.
struct ClassLabels {
  /// The classes in their order, each as it is written first.
  private(set) var names: [String] = []
  /// The spellings of classes that have several.
  private(set) var merged: [[String]] = []
  /// Whether all labels are numbers, of which some may be written in several ways.
  let areNumbers: Bool
  private let rule: Table.Labels?
  private var byText: [Spelling: Int] = [:]
  /// nil where several classes are the same number.
  private var byNumber: [ExactDecimal: Int?] = [:]

  /// The classes of labels that are all different, by their order: that of the numbers where all are numbers, else that of the
  /// texts.
  ///
  /// - Parameter rule: nil as of models that were saved before there were rules, whose numbers are one class however many zeros
  ///   are before them.
  init(of labels: [String], _ rule: Table.Labels?) {
    areNumbers = labels.allSatisfy { Self.number($0, rule) != nil }
    self.rule = rule
    let keyed = labels.enumerated().map { (place: $0, label: $1, number: ExactDecimal($1)) }
    let areDecimal = keyed.allSatisfy { $0.number != nil }
    let sorted = keyed.sorted { a, b in
      if areDecimal, let x = a.number, let y = b.number, x != y { return x < y }
      // What is one class stays in the order in which it came.
      if areNumbers { return a.place < b.place }
      return a.label == b.label ? a.label.utf8.lexicographicallyPrecedes(b.label.utf8) : a.label < b.label
    }
    var last: ExactDecimal?
    var spellings: [[String]] = []
    for (_, label, number) in sorted {
      if areNumbers, let number, number == last {
        spellings[spellings.count - 1].append(label)
      } else {
        spellings.append([label])
      }
      last = number
    }
    merged = spellings.filter { $0.count > 1 }
    for (index, same) in spellings.enumerated() { add(same, index) }
  }

  /// The classes of a model, in its order.
  ///
  /// - Parameter areIndices: whether labels are their indices.
  init(given names: [String], areIndices: Bool, _ rule: Table.Labels?) {
    areNumbers = areIndices || names.allSatisfy { Self.number($0, rule) != nil }
    self.rule = rule
    for (index, name) in names.enumerated() { add(areIndices ? ["\(index)"] : [name], index) }
    self.names = names
  }

  /// The classes as errors list them: those that are written in several ways with all of these.
  var spellings: [String] {
    names.map { name in merged.first { $0[0] == name }?.joined(separator: " = ") ?? name }
  }

  private mutating func add(_ spellings: [String], _ index: Int) {
    names.append(spellings[0])
    for text in spellings.map(Spelling.init) where byText[text] == nil { byText[text] = index }
    guard areNumbers, let number = Self.number(spellings[0], rule) else { return }
    byNumber.updateValue(byNumber.keys.contains(number) ? nil : index, forKey: number)
  }

  /// The index of a label's class; nil where there is none.
  func index(of label: String) -> Int? {
    if let index = byText[Spelling(label)] { return index }
    guard areNumbers, let number = Self.number(label, rule) else { return nil }
    return byNumber[number] ?? nil
  }

  /// The number that a label is by `rule`.
  private static func number(_ label: String, _ rule: Table.Labels?) -> ExactDecimal? {
    switch rule {
    case .text: nil
    case .numbers: isCode(label) ? nil : ExactDecimal(label)
    case nil: ExactDecimal(label)
    }
  }

  /// Whether a label begins with a zero that no number needs, as postal codes do: 01, but not 0.1.
  static func isCode(_ label: String) -> Bool { isCode(label.utf8) }

  static func isCode(_ label: some Collection<UInt8>) -> Bool {
    let digits = label.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }.prefix(2)
    return digits.count == 2 && digits.first == UInt8(ascii: "0")
      && digits.dropFirst().first.map { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ?? false
  }
}
