import AdjointArray

extension Table {
  /// Reads a CSV file to learn from: every column but the target is a feature.
  ///
  /// - Parameters:
  ///   - path: a file with a header line; see ``CSVReader`` for its format.
  ///   - target: the name of the column to predict.
  ///   - task: what the target is, where it should not be inferred. Inferred are: two distinct values, or any
  ///     words, as classes; up to 20 distinct whole numbers from 0 to 99 that make at most a fifth of the
  ///     rows, as classes; other numbers as a regression. Classes are in the order of their names, or of
  ///     their numbers.
  /// - Throws: ``DataError`` naming file, line and column: where the file is not well-formed, a column is
  ///   missing, or a value is missing, not finite, or not a number.
  public init(
    csv path: String, target: String, task: Task? = nil, separator: CSVReader.Separator = .comma
  ) throws(DataError) {
    try self.init(CSVReader(separator: separator).read(path: path), target: target, task: task)
  }

  /// Reads the columns that a model takes, in its order, whatever else is in the file and in which order.
  ///
  /// - Parameters:
  ///   - features: the names of the columns, as ``featureNames`` of the table that was trained with.
  ///   - target: the column to compare predictions with, if there is one.
  ///   - task: the model's, where it should not be inferred.
  ///   - classNames: the model's classes, so that they keep their indices; a class not among them is an
  ///     error.
  /// - Throws: as ``init(csv:target:task:separator:)``.
  public init(
    csv path: String, features: [String], target: String? = nil, task: Task? = nil,
    classNames: [String]? = nil, separator: CSVReader.Separator = .comma
  ) throws(DataError) {
    try self.init(
      CSVReader(separator: separator).read(path: path), features: features, target: target, task: task,
      classNames: classNames)
  }

  /// As ``init(csv:target:task:separator:)``, from what a ``CSVReader`` has read.
  public init(_ document: CSVDocument, target: String, task: Task? = nil) throws(DataError) {
    let targetColumn = try document.column(target)
    let columns = document.header.indices.filter { $0 != targetColumn }
    if let unnamed = columns.first(where: { document.header[$0].isEmpty }) {
      throw .unnamedColumn(file: document.name, position: unnamed + 1)
    }
    try self.init(document, columns, targetColumn, task, nil)
  }

  /// As ``init(csv:features:target:task:classNames:separator:)``, from what a ``CSVReader`` has read.
  public init(
    _ document: CSVDocument, features: [String], target: String? = nil, task: Task? = nil,
    classNames: [String]? = nil
  ) throws(DataError) {
    var columns: [Int] = []
    for name in features {
      let column = try document.column(name)
      guard !columns.contains(column) else { throw .repeatedFeature(name) }
      columns.append(column)
    }
    var targetColumn: Int?
    if let target {
      let column = try document.column(target)
      guard !columns.contains(column) else { throw .targetAmongFeatures(target) }
      targetColumn = column
    }
    try self.init(document, columns, targetColumn, task, classNames)
  }

  private init(
    _ document: CSVDocument, _ columns: [Int], _ targetColumn: Int?, _ task: Task?, _ classNames: [String]?
  ) throws(DataError) {
    let count = document.rowCount
    guard !columns.isEmpty else { throw .noFeatures(file: document.name) }
    guard count > 0 else { throw .noRows(file: document.name) }
    var values: [Double] = []
    values.reserveCapacity(count * columns.count)
    for row in 0..<count {
      for column in columns {
        guard let value = try document.number(row, column) else {
          throw .textValue(document.place(row, column), value: document.label(row, column))
        }
        values.append(value)
      }
    }
    self.init(
      count: count, featureNames: columns.map { document.header[$0] }, featureValues: values,
      targetName: targetColumn.map { document.header[$0] }, targetCount: targetColumn == nil ? 0 : 1,
      target: try targetColumn.map { (column) throws(DataError) in
        try document.target(column, task, classNames)
      })
  }
}

extension CSVDocument {
  /// A field's number, or nil where it holds text.
  fileprivate func number(_ row: Int, _ column: Int) throws(DataError) -> Double? {
    switch cell(row, column) {
    case .number(let value): return value
    case .missing: throw .missingValue(place(row, column))
    case .notFinite: throw .nonFiniteValue(place(row, column), value: label(row, column))
    case .text: return nil
    }
  }

  fileprivate func target(
    _ column: Int, _ task: Table.Task?, _ classNames: [String]?
  ) throws(DataError) -> TargetEncoding {
    var numbers: [Double] = []
    numbers.reserveCapacity(rowCount)
    for row in 0..<rowCount {
      if let value = try number(row, column) { numbers.append(value) }
    }
    let request = TargetEncoding.Request(
      column: header[column], task: task, classNames: classNames, place: { place($0, column) })
    return numbers.count == rowCount
      ? try TargetEncoding(numbers: numbers, request)
      : try TargetEncoding(labels: (0..<rowCount).map { label($0, column) }, request)
  }
}
