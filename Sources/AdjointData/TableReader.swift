/// Reads tables from the rows of a CSV file.
struct TableReader {
  struct Target {
    var column: String
    var task: Table.Task?
    var classNames: [String]?
    var labels: Table.Labels? = .numbers
  }

  private(set) var rows: CSVRowReader
  private let missing: MissingValues
  private var features: FeatureReader
  private let target: TargetEncoding.Request?
  private let targetPosition: Int

  /// Learns how columns become features.
  ///
  /// - Parameter names: the columns; nil for all but the target.
  init(
    _ rows: CSVRowReader, features names: [String]?, target: Target?, missing: MissingValues,
    categories: Categories
  ) throws(DataError) {
    if case .constant(let value) = missing, !value.isFinite {
      throw .badEncoding("\(value) for missing values; a finite number is expected")
    }
    // The target first, so that a misspelled one is what is said.
    let position =
      names == nil ? try target.map { (target) throws(DataError) in try rows.column(target.column) } : nil
    let all = rows.header.indices.filter { $0 != position }
    if names == nil, let unnamed = all.first(where: { rows.header[$0].isEmpty }) {
      throw .unnamedColumn(file: rows.name, position: unnamed + 1)
    }
    try self.init(rows, names ?? all.map { rows.header[$0] }, target, .learned(missing, categories), missing)
  }

  /// Takes what a model takes.
  init(
    _ rows: CSVRowReader, encoding: FeatureEncoding, unseen: UnseenCategories, target: Target?
  ) throws(DataError) {
    try self.init(rows, encoding.columns.map(\.name), target, .given(encoding, unseen), .error)
  }

  private init(
    _ rows: CSVRowReader, _ names: [String], _ target: Target?, _ rule: FeatureReader.Rule,
    _ missing: MissingValues
  ) throws(DataError) {
    var columns: [Int] = []
    var distinct: Set<Int> = []
    for name in names {
      let column = try rows.column(name)
      guard distinct.insert(column).inserted else { throw .repeatedFeature(name) }
      columns.append(column)
    }
    targetPosition = try target.map { (target) throws(DataError) in try rows.column(target.column) } ?? -1
    if distinct.contains(targetPosition) { throw .targetAmongFeatures(rows.header[targetPosition]) }
    guard !columns.isEmpty else { throw .noFeatures(file: rows.name) }
    self.rows = rows
    self.missing = missing
    features = try FeatureReader(rule, columns: columns, of: rows)
    let file = rows.name
    self.target = target.map { target in
      TargetEncoding.Request(
        column: target.column, task: target.task, classNames: target.classNames, labels: target.labels,
        place: { DataError.Place(file: file, line: $0, column: target.column) })
    }
  }

  /// What a row takes beside the numbers of its features: that of its target, under two forms, each while it is copied.
  private static let bytesOfRow = 48

  /// The next rows as a table, all of them by default; nil where there are none.
  mutating func next(atMost limit: Int = .max) throws(DataError) -> Table? {
    do { return try nextTable(atMost: limit) } catch { throw error.located(in: rows.name) }
  }

  private mutating func nextTable(atMost limit: Int) throws(DataError) -> Table? {
    var values: [Double] = []
    var targets = target.map { TargetColumn($0) }
    var count = 0
    while count < limit, try rows.next() {
      try values.grow(
        by: features.columnCount, beside: Self.bytesOfRow / max(1, features.columnCount),
        for: "the table of \(rows.name)")
      guard try features.append(rows, to: &values) else { continue }
      try targets?.append(targetPosition, of: rows)
      count += 1
    }
    guard count > 0 else { return nil }
    let encoding = try features.encoding(of: &values)
    let file = rows.name
    return try Table(
      RowMatrix(values, width: encoding.columns.count, count: count), encoding: encoding,
      fill: Table.Fill(missing), targetName: target?.column, targetCount: target == nil ? 0 : 1,
      target: targets.map { (targets) throws(DataError) in try targets.encoded(file: file) })
  }

  /// All rows as a table.
  ///
  /// - Throws: ``DataError/Kind/noRows``
  mutating func table() throws(DataError) -> Table {
    guard let table = try next() else { throw .noRows(file: rows.name) }
    return table
  }
}
