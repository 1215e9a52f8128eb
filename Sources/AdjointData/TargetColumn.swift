/// A target's column as it is read: numbers, or names once there is a word.
struct TargetColumn {
  /// Names of which many rows share one.
  struct Labels {
    /// In the order in which they came.
    private(set) var names: [String] = []
    /// For each row the position of its name.
    private(set) var positions: [Int32] = []
    /// The rows that are no numbers, and the first of them.
    private(set) var wordCount = 0
    private(set) var firstWord: (row: Int, label: String)?
    private var known: [String: Int32] = [:]

    mutating func append(_ label: String, isWord: Bool) {
      if isWord {
        if firstWord == nil { firstWord = (positions.count, label) }
        wordCount += 1
      }
      let position = known[label] ?? Int32(clamping: names.count)
      if position == names.count {
        known[label] = position
        names.append(label)
      }
      positions.append(position)
    }
  }

  private let request: TargetEncoding.Request
  private var numbers: [Double] = []
  /// What numbers are called, too: a word may still come. nil where one would be a slip.
  private var labels: Labels? = Labels()
  private var lines = RowLines()

  /// So many different numbers are no names of classes, unless the user says so.
  private static let nameLimit = 1 << 16

  init(_ request: TargetEncoding.Request) {
    self.request = request
    if request.classNames == nil, request.task == .regression { labels = nil }
  }

  mutating func append(_ column: Int, of row: CSVRowReader) throws(DataError) {
    switch row.cell(column) {
    case .number(let value):
      labels?.append(row.text(column), isWord: false)
      if labels?.firstWord == nil { numbers.append(value) }
      if let names = labels?.names, names.count > Self.nameLimit, labels?.firstWord == nil,
        request.task == nil, request.classNames == nil
      {
        labels = nil
      }
    case .missing: throw .missingValue(row.place(column))
    case .notFinite: throw .nonFiniteValue(row.place(column), value: row.text(column))
    case .text:
      guard labels != nil else { throw .textTarget(row.place(column), value: row.text(column)) }
      labels?.append(row.text(column), isWord: true)
      numbers = []
    }
    lines.append(row.line(of: column))
  }

  /// - Parameter file: what errors call the file.
  func encoded(file: String) throws(DataError) -> TargetEncoding {
    var request = request
    request.place = { DataError.Place(file: file, line: lines[$0], column: request.column) }
    if let labels, labels.firstWord != nil { return try TargetEncoding(labels: labels, request) }
    return try TargetEncoding(numbers: numbers, request)
  }
}
