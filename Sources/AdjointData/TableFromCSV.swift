import AdjointArray

extension Table {
  /// Reads a CSV file to learn from: every column but the target is a feature.
  ///
  /// The file is read piece by piece, and expanded where gzip made it: in memory are the values only.
  ///
  /// - Parameters:
  ///   - path: a file with a header line; see ``CSVReader`` for its format.
  ///   - target: the name of the column to predict.
  ///   - task: what the target is, where it should not be inferred. Inferred are: two distinct values, or any
  ///     words, as classes; up to 20 distinct whole numbers within 100 of each other, or too large for float32 to tell apart,
  ///     that make at most a fifth of the rows, as classes, and so are codes such as 01 and integers with more digits than a
  ///     number keeps; other numbers as a regression. ``targetReading`` says what it was inferred from. Classes are in the order of their numbers or, where one
  ///     is a word, of their names, and are called as they are written first.
  ///   - labels: which labels are one class.
  ///   - missing: what becomes of a feature's number that is missing: an empty field, or one of `NA`, `NaN`, `null`, `?` and
  ///     the like. A target must not be missing. In columns of categories a missing one is a category of its own where
  ///     missing numbers are filled in.
  ///   - categories: the columns that become one feature for each of their words; see ``FeatureEncoding``. A file's
  ///     categories are those of all its rows, also where the table is split.
  /// - Throws: ``DataError`` naming file, line and column: where the file is not well-formed, a column is
  ///   missing, or a value is missing, not finite, or not a number; where a target's number is an integer with more digits than
  ///   a number keeps, or many begin with a zero, and nobody says that they are classes; where a column has no value to fill missing ones with,
  ///   or more than 1000 categories.
  public init(
    csv path: String, target: String, task: Task? = nil, labels: Labels = .numbers,
    missing: MissingValues = .error,
    categories: Categories = .none, separator: CSVReader.Separator = .comma
  ) throws(DataError) {
    var reader = try TableReader(
      CSVRowReader(path: path, separator: separator), features: nil,
      target: TableReader.Target(column: target, task: task, labels: labels), missing: missing,
      categories: categories)
    self = try reader.table()
  }

  /// Reads the columns of these names, in this order, whatever else is in the file and in which order.
  ///
  /// To learn from, or to predict where columns are features as they are; else see
  /// ``init(csv:encoding:target:task:classNames:labels:unseen:separator:)``.
  ///
  /// - Parameters:
  ///   - features: the names of the columns.
  ///   - target: the column to predict, or to compare predictions with, if there is one.
  ///   - task: the model's, where it should not be inferred.
  ///   - classNames: the model's classes, so that they keep their indices; a class not among them is an
  ///     error.
  ///   - labels: which labels are one class; the model's where there is one, of which nil takes numbers for one class however
  ///     many zeros are before them.
  /// - Throws: as ``init(csv:target:task:labels:missing:categories:separator:)``.
  public init(
    csv path: String, features: [String], target: String? = nil, task: Task? = nil,
    classNames: [String]? = nil, labels: Labels? = .numbers, missing: MissingValues = .error,
    categories: Categories = .none,
    separator: CSVReader.Separator = .comma
  ) throws(DataError) {
    var reader = try TableReader(
      CSVRowReader(path: path, separator: separator), features: features,
      target: TableReader.Target(target, task, classNames, labels), missing: missing, categories: categories)
    self = try reader.table()
  }

  /// Reads the columns that a model takes, and makes its features of them as in training.
  ///
  /// - Parameters:
  ///   - encoding: that of the table that was trained with.
  ///   - labels: the model's, as ``init(csv:features:target:task:classNames:labels:missing:categories:separator:)`` takes them.
  ///   - unseen: what becomes of a category that was not among the rows that were trained with.
  /// - Throws: as ``init(csv:features:target:task:classNames:labels:missing:categories:separator:)``, and
  ///   ``DataError/Kind/unknownCategory``.
  public init(
    csv path: String, encoding: FeatureEncoding, target: String? = nil, task: Task? = nil,
    classNames: [String]? = nil, labels: Labels? = .numbers, unseen: UnseenCategories = .error,
    separator: CSVReader.Separator = .comma
  ) throws(DataError) {
    var reader = try TableReader(
      CSVRowReader(path: path, separator: separator), encoding: encoding, unseen: unseen,
      target: TableReader.Target(target, task, classNames, labels))
    self = try reader.table()
  }

  /// As ``init(csv:target:task:labels:missing:categories:separator:)``, from what a ``CSVReader`` has read.
  public init(
    _ document: CSVDocument, target: String, task: Task? = nil, labels: Labels = .numbers,
    missing: MissingValues = .error,
    categories: Categories = .none
  ) throws(DataError) {
    var reader = try TableReader(
      document.reader, features: nil, target: TableReader.Target(column: target, task: task, labels: labels),
      missing: missing, categories: categories)
    self = try reader.table()
  }

  /// As ``init(csv:features:target:task:classNames:labels:missing:categories:separator:)``, from what a ``CSVReader`` has read.
  public init(
    _ document: CSVDocument, features: [String], target: String? = nil, task: Task? = nil,
    classNames: [String]? = nil, labels: Labels? = .numbers, missing: MissingValues = .error,
    categories: Categories = .none
  ) throws(DataError) {
    var reader = try TableReader(
      document.reader, features: features, target: TableReader.Target(target, task, classNames, labels),
      missing: missing, categories: categories)
    self = try reader.table()
  }

  /// As ``init(csv:encoding:target:task:classNames:labels:unseen:separator:)``, from what a ``CSVReader`` has read.
  public init(
    _ document: CSVDocument, encoding: FeatureEncoding, target: String? = nil, task: Task? = nil,
    classNames: [String]? = nil, labels: Labels? = .numbers, unseen: UnseenCategories = .error
  ) throws(DataError) {
    var reader = try TableReader(
      document.reader, encoding: encoding, unseen: unseen,
      target: TableReader.Target(target, task, classNames, labels))
    self = try reader.table()
  }
}

extension TableReader.Target {
  /// nil where there is no column.
  fileprivate init?(
    _ column: String?, _ task: Table.Task?, _ classNames: [String]?, _ labels: Table.Labels?
  ) {
    guard let column else { return nil }
    self.init(column: column, task: task, classNames: classNames, labels: labels)
  }
}

/// The rows of a CSV file as tables of at most so many rows, one after the other, to predict from a file of any length.
///
///     let tables = try CSVTables("visits.csv.gz", rows: 10_000, encoding: model.encoding)
///     while let table = try tables.next() { print(try model.predictions(for: table)) }
///
/// In memory are the values of one table and a piece of the file.
public final class CSVTables {
  /// Whether the file has the column to compare predictions with.
  public let hasTarget: Bool
  private var reader: TableReader
  private let rowLimit: Int

  /// Opens a file and reads its header.
  ///
  /// - Parameters:
  ///   - path: a file with a header line; see ``CSVReader`` for its format.
  ///   - rows: the most rows of a table, at least 1.
  ///   - encoding: that of the table that was trained with.
  ///   - target: the column to compare predictions with, if there is one; a file without it has none. Say its `task`,
  ///     `classNames` and `labels`, too: else each table has those that its own rows look like.
  ///   - unseen: what becomes of a category that was not among the rows that were trained with.
  /// - Throws: ``DataError`` as ``Table/init(csv:encoding:target:task:classNames:labels:unseen:separator:)``, for the header.
  public init(
    _ path: String, rows: Int, encoding: FeatureEncoding, target: String? = nil, task: Table.Task? = nil,
    classNames: [String]? = nil, labels: Table.Labels? = .numbers, unseen: UnseenCategories = .error,
    separator: CSVReader.Separator = .comma
  ) throws(DataError) {
    guard rows > 0 else {
      throw .wrongShape(what: "rows of a table", expected: "at least 1", found: "\(rows)")
    }
    rowLimit = rows
    let file = try CSVRowReader(path: path, separator: separator)
    hasTarget = target.map(file.header.contains) ?? false
    reader = try TableReader(
      file, encoding: encoding, unseen: unseen,
      target: hasTarget ? TableReader.Target(target, task, classNames, labels) : nil)
  }

  /// The next rows; nil at the end of the file.
  ///
  /// - Throws: ``DataError`` naming file, line and column.
  public func next() throws(DataError) -> Table? { try reader.next(atMost: rowLimit) }
}
