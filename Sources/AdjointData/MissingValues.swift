/// What becomes of a number that is missing among the features of a file.
public enum MissingValues: Hashable, Sendable {
  /// An error that names file, line and column.
  case error
  /// The row is left out. Where a model predicts, a missing value stays an error, as each row needs a prediction.
  case dropRow
  /// The mean of the column's other values, those of the training rows where a table is split.
  case mean
  /// The median of the column's other values (of two in the middle their mean), those of the training rows where a
  /// table is split.
  case median
  /// This number.
  case constant(Double)
}

/// Which columns of a file are categories, each of which becomes a feature of its own that is 0 or 1.
public enum Categories: Hashable, Sendable, ExpressibleByArrayLiteral {
  /// None: a word among the features is an error.
  case none
  /// Those whose first value is no number.
  case words
  /// Those of these names, which may hold numbers, too, such as postal codes.
  case columns([String])

  public init(arrayLiteral elements: String...) { self = .columns(elements) }
}

/// What becomes of a category that was not among the training rows.
public enum UnseenCategories: Hashable, Sendable {
  /// An error that names file, line and column, and says which categories there are.
  case error
  /// None of the column's features is 1.
  case zeros
}
