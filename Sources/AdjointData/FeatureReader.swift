import AdjointArray

/// Decides how the columns of a file become features: the one place that does.
struct FeatureReader {
  enum Rule {
    /// As the rows are that are read.
    case learned(MissingValues, Categories)
    /// As those were that a model learned from.
    case given(FeatureEncoding, UnseenCategories)
  }

  private enum Kind {
    case number
    /// Decided by the first value that there is.
    case undecided
    case categories(CategoryColumn)
  }

  /// A column that becomes one.
  private struct CategoryColumn {
    /// In the order in which they came.
    var names: [String] = []
    var positions: [String: Int] = [:]
    /// Values that are no numbers, and all.
    var wordCount = 0
    var count = 0
    /// Where the first word stands, if words made these categories.
    var firstWord: (place: DataError.Place, value: String)?
  }

  private let rule: Rule
  private let names: [String]
  /// Where the columns stand in the file.
  private let positions: [Int]
  private var kinds: [Kind]

  /// How many numbers a row becomes.
  var columnCount: Int { positions.count }

  /// So many words in one column are no categories but names or remarks.
  static let categoryLimit = 1000

  /// - Throws: ``DataError/Kind/unknownColumn`` where categories are of a column that is not read.
  init(_ rule: Rule, columns positions: [Int], of rows: CSVRowReader) throws(DataError) {
    self.rule = rule
    self.positions = positions
    names = positions.map { rows.header[$0] }
    switch rule {
    case .learned(_, .none): kinds = names.map { _ in .number }
    case .learned(_, .words): kinds = names.map { _ in .undecided }
    case .learned(_, .columns(let categories)):
      for name in categories where !names.contains(name) {
        let hint = nearestName(to: name, in: names).map { "did you mean \(quoted($0))?" }
        throw .unknownColumn(file: rows.name, name: name, columns: names, hint: hint)
      }
      kinds = names.map { categories.contains($0) ? .categories(CategoryColumn()) : .number }
    case .given(let encoding, _):
      kinds = encoding.columns.map { column in
        guard let categories = column.categories else { return .number }
        let positions = Dictionary(
          zip(categories, categories.indices), uniquingKeysWith: { first, _ in first })
        return .categories(CategoryColumn(names: categories, positions: positions))
      }
    }
  }

  /// Appends what the columns of a row hold; false, and nothing, where the row is to be left out.
  mutating func append(_ row: CSVRowReader, to values: inout [Double]) throws(DataError) -> Bool {
    // Before anything is learned from the row.
    if case .learned(.dropRow, _) = rule, positions.contains(where: { row.cell($0) == .missing }) {
      return false
    }
    for (column, position) in positions.enumerated() {
      let cell = row.cell(position)
      if case .undecided = kinds[column], cell != .missing {
        if cell == .text {
          var categories = CategoryColumn()
          categories.firstWord = (row.place(position), row.text(position))
          kinds[column] = .categories(categories)
        } else {
          kinds[column] = .number
        }
      }
      if case .missing = cell { try checkMissing(row, column) }
      switch kinds[column] {
      case .categories: values.append(try category(cell, row, column))
      case .number, .undecided:
        switch cell {
        case .number(let value): values.append(value)
        case .missing: values.append(FeatureEncoding.missing)
        case .notFinite: throw .nonFiniteValue(row.place(position), value: row.text(position))
        case .text: throw .textValue(row.place(position), value: row.text(position))
        }
      }
    }
    return true
  }

  private func checkMissing(_ row: CSVRowReader, _ column: Int) throws(DataError) {
    switch rule {
    case .learned(.error, _): throw .missingValue(row.place(positions[column]))
    case .learned: break
    case .given(let encoding, _):
      // Whether a missing category is known is seen as of any other.
      let known = encoding.columns[column]
      if known.categories == nil, known.fill == nil { throw .missingValue(row.place(positions[column])) }
    }
  }

  private mutating func category(_ cell: Cell, _ row: CSVRowReader, _ column: Int) throws(DataError) -> Double
  {
    guard case .categories(var categories) = kinds[column] else { return -1 }
    let name = cell == .missing ? "" : row.text(positions[column])
    if let position = categories.positions[name], case .given = rule { return Double(position) }
    if case .given(_, let unseen) = rule {
      switch unseen {
      case .zeros: return -1
      case .error:
        let place = row.place(positions[column])
        if cell == .missing { throw .missingValue(place) }
        throw .unknownCategory(place, value: name, categories: categories.names)
      }
    }
    // Taken out, so that it is changed in its place.
    kinds[column] = .undecided
    defer { kinds[column] = .categories(categories) }
    if cell != .missing { categories.count += 1 }
    if cell == .text { categories.wordCount += 1 }
    if let position = categories.positions[name] { return Double(position) }
    guard categories.names.count < Self.categoryLimit else {
      throw .tooManyFeatures(of: "the words of column \(quoted(names[column]))", limit: Self.categoryLimit)
    }
    categories.positions[name] = categories.names.count
    categories.names.append(name)
    return Double(categories.names.count - 1)
  }

  /// What the columns are, once all rows were read; puts the categories in `values` in order.
  func encoding(of values: inout [Double]) throws(DataError) -> FeatureEncoding {
    if case .given(let encoding, _) = rule { return encoding }
    var columns: [FeatureEncoding.Column] = []
    for (column, kind) in kinds.enumerated() {
      guard case .categories(var found) = kind, !found.names.isEmpty else {
        columns.append(FeatureEncoding.Column(name: names[column]))
        continue
      }
      // Among numbers a word is a slip of the pen, unless the user says that all are names.
      if let first = found.firstWord, found.wordCount * 2 < found.count {
        throw .textValue(first.place, value: first.value)
      }
      // Values that were missing before the first word.
      let places = stride(from: column, to: values.count, by: kinds.count)
      if places.contains(where: { values[$0] == FeatureEncoding.missing }) {
        let position = found.positions[""] ?? found.names.count
        if position == found.names.count { found.names.append("") }
        for i in places where values[i] == FeatureEncoding.missing { values[i] = Double(position) }
      }
      let order = found.names.indices.sorted { found.names[$0] < found.names[$1] }
      var sorted = [Double](repeating: 0, count: order.count)
      for (position, old) in order.enumerated() { sorted[old] = Double(position) }
      for i in places { values[i] = sorted[Int(values[i])] }
      columns.append(FeatureEncoding.Column(name: names[column], categories: order.map { found.names[$0] }))
    }
    return try FeatureEncoding(columns: columns)
  }
}
