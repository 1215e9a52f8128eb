import AdjointArray

/// What can be wrong with data that a user gave. The description says what, where, and what would be right.
public struct DataError: DocumentedError, Hashable {
  /// Where a value stands: a line of a file, or a row of an array (from 0).
  public struct Place: Hashable, Sendable, CustomStringConvertible {
    /// The file's path, or nil for an array of a program's own.
    public let file: String?
    /// The line, from 1, or the row, from 0.
    public let line: Int
    public let column: String
    /// Whether ``line`` counts the rows of an array.
    public let isRow: Bool

    /// - Parameter file: a file of lines; nil for an array.
    public init(file: String?, line: Int, column: String) {
      self.file = file
      self.line = line
      self.column = column
      isRow = file == nil
    }

    /// - Parameter file: a file of arrays, if the array is from one.
    init(row: Int, column: String, file: String?) {
      self.file = file
      line = row
      self.column = column
      isRow = true
    }

    public var description: String {
      let row = isRow ? "\(opening(file))row \(line)" : "\(file ?? ""):\(line)"
      return "\(row), column \(quoted(column))"
    }
  }

  /// Which one it is: the section of `docs/errors.md`.
  public enum Kind: String, CaseIterable, Sendable {
    case unreadable, unwritable, inUse, insufficientMemory, notUTF8, emptyFile, noRows, duplicateColumn,
      raggedRow, rowTooLong, unterminatedQuote, textAfterQuote, notIDX, wrongByteCount, notImages,
      corruptGzip, notNPY, notNPZ, notSafetensors, unsupportedElement, unsignedTooLarge, unknownArray,
      repeatedArray, unusableName, unknownColumn, unnamedColumn, noFeatures, repeatedFeature,
      targetAmongFeatures, emptyColumn, tooManyFeatures, badEncoding, textValue, missingValue, nonFiniteValue,
      textTarget, unclearTarget, unknownClass, unknownCategory, wrongClassCount, noTarget, oneClass,
      wrongShape, rowOutOfRange, badSplit, badFolds, noRowsOutOfBag, notClassification, featureMismatch,
      badScaling
  }
  public let kind: Kind
  private let text: String
  /// Of a fault in a table, which only the reader of a file knows to be in one.
  private var file: String?
  private let isOfTable: Bool

  public var message: String { opening(file) + text }

  private init(_ kind: Kind, _ text: String) {
    (self.kind, self.text, isOfTable) = (kind, text, false)
  }

  /// A fault in a table.
  private init(_ kind: Kind, file: String?, _ text: String) {
    (self.kind, self.text, self.file, isOfTable) = (kind, text, file, true)
  }

  /// The same with the file, where only the reader of a file knows that there is one.
  func located(in file: String) -> DataError {
    var result = self
    if isOfTable, result.file == nil { result.file = file }
    return result
  }
}

extension DataError {
  // MARK: Files

  package static func unreadable(path: String, reason: String) -> DataError {
    DataError(.unreadable, "cannot read '\(path)': \(reason)")
  }

  package static func unwritable(path: String, reason: String) -> DataError {
    DataError(.unwritable, "cannot write '\(path)': \(reason)")
  }

  /// Another process writes it. `holder` says which, where that is known.
  package static func inUse(path: String, holder: String?) -> DataError {
    DataError(
      .inUse, "'\(path)' is in use by \(holder ?? "another process"); wait for its end, or give another name")
  }

  package static func insufficientMemory(_ error: MemoryError) -> DataError {
    DataError(
      .insufficientMemory, error.message)
  }

  // MARK: The form of a CSV file

  public static func notUTF8(file: String, line: Int) -> DataError {
    DataError(.notUTF8, "\(file):\(line): not UTF-8 text; save the file as UTF-8")
  }

  package static func emptyFile(file: String) -> DataError {
    DataError(
      .emptyFile, "\(file): the file is empty; a first line with the names of the columns is expected")
  }

  package static func noRows(file: String) -> DataError {
    DataError(.noRows, "\(file): no rows; at least one line of values is expected below the header")
  }

  package static func duplicateColumn(file: String, line: Int, column: String, first: Int, second: Int)
    -> DataError
  {
    DataError(
      .duplicateColumn,
      "\(file):\(line): columns \(first) and \(second) are both called \(quoted(column)); each needs a name of its own"
    )
  }

  package static func raggedRow(file: String, line: Int, expected: Int, found: Int) -> DataError {
    DataError(
      .raggedRow,
      "\(file):\(line): \(count(found, "field")), but the header has \(expected); "
        + "a field that contains a separator must stand in double quotes")
  }

  package static func rowTooLong(file: String, line: Int, limit: String) -> DataError {
    DataError(
      .rowTooLong,
      "\(file):\(line): a row has more than \(limit); give a text whose rows are lines of a table")
  }

  package static func unterminatedQuote(_ place: Place) -> DataError {
    DataError(
      .unterminatedQuote,
      "\(place): a quote is opened here and never closed; write a quote inside a quoted field twice")
  }

  package static func textAfterQuote(_ place: Place) -> DataError {
    DataError(
      .textAfterQuote, "\(place): text after a closing quote; write a quote inside a quoted field twice")
  }

  // MARK: IDX files, and the gzip around them

  package static func notIDX(file: String, problem: String) -> DataError {
    DataError(
      .notIDX,
      "\(file): not an IDX file: \(problem); it should begin with 0, 0, the type of its elements (8, 9, 11, 12, 13 or 14) "
        + "and the number of its axes")
  }

  package static func wrongByteCount(file: String, shape: Shape, expected: Int, found: String) -> DataError {
    DataError(
      .wrongByteCount,
      "\(file): an array \(shape) makes \(expected) bytes with its header, but there are \(found); get the file anew"
    )
  }

  package static func notImages(file: String, found: String) -> DataError {
    DataError(
      .notImages,
      "\(file): \(found) is not images; [n,height,width] or [n,height,width,channels] of unsigned bytes is expected"
    )
  }

  package static func corruptGzip(file: String, reason: String) -> DataError {
    DataError(.corruptGzip, "\(file): not a whole gzip file: \(reason); get the file anew")
  }

  // MARK: NumPy's files, and safetensors

  package static func notNPY(file: String, problem: String) -> DataError {
    DataError(.notNPY, "\(file): not a .npy file: \(problem); it should be what numpy.save writes")
  }

  package static func notNPZ(file: String, problem: String) -> DataError {
    DataError(
      .notNPZ,
      "\(file): not a .npz file: \(problem); it should be what numpy.savez or numpy.savez_compressed writes")
  }

  package static func notSafetensors(file: String, problem: String) -> DataError {
    DataError(
      .notSafetensors,
      "\(file): not a safetensors file: \(problem); it should be what the package safetensors writes")
  }

  package static func unsupportedElement(file: String, found: String) -> DataError {
    DataError(
      .unsupportedElement,
      "\(file): elements of the type \(found) cannot be read; "
        + "save them as integers, floating-point numbers of at most 64 bits, or booleans")
  }

  package static func unsignedTooLarge(file: String, value: UInt64, index: Int) -> DataError {
    DataError(
      .unsignedTooLarge,
      "\(file): element \(index) is \(value), more than int64 holds; save the array as int64 or float64")
  }

  package static func unknownArray(file: String?, name: String, names: [String], hint: String?) -> DataError {
    DataError(
      .unknownArray,
      "\(opening(file))no array \(quoted(name)); \(hint.map { "did you mean \(quoted($0))? " } ?? "")"
        + (names.isEmpty ? "there are none" : "the arrays are \(list(names))"))
  }

  package static func repeatedArray(file: String, name: String) -> DataError {
    DataError(.repeatedArray, "\(file): two arrays are called \(quoted(name)); each needs a name of its own")
  }

  package static func unusableName(file: String, name: String, reason: String) -> DataError {
    DataError(.unusableName, "\(file): no array can be called \(quoted(name)): \(reason); rename it")
  }

  // MARK: Columns

  package static func unknownColumn(file: String, name: String, columns: [String], hint: String?) -> DataError
  {
    DataError(
      .unknownColumn,
      "\(file): no column \(quoted(name)); \(hint.map { $0 + " " } ?? "")the columns are \(list(columns))")
  }

  package static func unnamedColumn(file: String, position: Int) -> DataError {
    DataError(
      .unnamedColumn,
      "\(file): column \(position) has no name (row numbers, perhaps); name it, remove it, or pick the features"
    )
  }

  package static func noFeatures(file: String) -> DataError {
    DataError(.noFeatures, "\(file): no feature columns; at least one column besides the target is expected")
  }

  package static func repeatedFeature(_ name: String) -> DataError {
    DataError(
      .repeatedFeature, "feature \(quoted(name)) is asked for twice; each column can be a feature once")
  }

  package static func targetAmongFeatures(_ name: String) -> DataError {
    DataError(.targetAmongFeatures, "\(quoted(name)) is both target and feature; a model would only copy it")
  }

  package static func emptyColumn(_ name: String, file: String? = nil) -> DataError {
    DataError(
      .emptyColumn, file: file,
      "column \(quoted(name)) has no value that missing ones could be filled with; leave it out, or fill in a constant"
    )
  }

  package static func tooManyFeatures(of what: String, limit: Int, file: String? = nil) -> DataError {
    DataError(
      .tooManyFeatures, file: file,
      "\(what) would make more than \(limit) features; take fewer columns, or a lower degree")
  }

  package static func badEncoding(_ reason: String) -> DataError {
    DataError(.badEncoding, "not a way to make features: \(reason)")
  }

  // MARK: Values

  package static func textValue(_ place: Place, value: String) -> DataError {
    DataError(
      .textValue,
      "\(place): '\(shortened(value))' is not a number; correct it, leave the column out, "
        + "or read its words as categories (categories: .words)")
  }

  package static func missingValue(_ place: Place) -> DataError {
    DataError(
      .missingValue,
      "\(place): the value is missing; a finite number is expected, so fill it in or remove the row "
        + "(for features missing: .mean or .dropRow does so)")
  }

  package static func nonFiniteValue(_ place: Place, value: String) -> DataError {
    DataError(.nonFiniteValue, "\(place): \(shortened(value)) is not finite; correct it or remove the row")
  }

  package static func textTarget(_ place: Place, value: String) -> DataError {
    DataError(
      .textTarget,
      "\(place): '\(shortened(value))' is not a number, but this target is one; "
        + "correct it, or say that the task is multiclass if the values are names of classes")
  }

  package static func unclearTarget(_ place: Place, value: String, isCode: Bool) -> DataError {
    DataError(
      .unclearTarget,
      isCode
        ? "\(place): '\(shortened(value))' begins with a zero, as the names of classes do, but there are many different values; "
          + "say that the task is multiclass if they are names, or that it is a regression if they are numbers"
        : "\(place): \(shortened(value)) has more digits than a number keeps (it would be \(Double(value) ?? .infinity)); "
          + "say that the task is binary or multiclass if the values are names of classes, or write fewer digits"
    )
  }

  package static func unknownClass(_ place: Place, value: String, classes: [String]) -> DataError {
    DataError(
      .unknownClass,
      "\(place): '\(shortened(value))' is none of the classes \(list(classes)); correct it, or remove the row"
    )
  }

  package static func unknownCategory(_ place: Place, value: String, categories: [String]) -> DataError {
    DataError(
      .unknownCategory,
      "\(place): '\(shortened(value))' was not among the rows that were trained with; the categories there are \(list(categories)); "
        + "correct it, remove the row, or let it count as none of them (unseen: .zeros)")
  }

  // MARK: Classes

  package static func wrongClassCount(
    column: String, task: Table.Task, classes: [String], file: String? = nil
  ) -> DataError {
    let text =
      switch task {
      case .binary:
        "target \(quoted(column)) has \(count(classes.count, "class", "classes")) (\(list(classes))), "
          + "but a binary task needs exactly 2; name another target, or say that the task is multiclass or a regression"
      case .multiclass, .regression:
        "target \(quoted(column)) has \(count(classes.count, "class", "classes")) (\(list(classes))); "
          + "at least 2 are needed to learn from, so give rows of another one, too"
      }
    return DataError(.wrongClassCount, file: file, text)
  }

  package static var noTarget: DataError {
    DataError(.noTarget, "the table has no target; name the target column when the table is made")
  }

  package static func oneClass(_ name: String) -> DataError {
    DataError(
      .oneClass,
      "\(name) has all rows, or none, so that there is nothing to tell it from; rows of two classes are expected"
    )
  }

  // MARK: Arrays and rows

  package static func wrongShape(what: String, expected: String, found: String) -> DataError {
    DataError(.wrongShape, "\(what): \(found) found; give \(expected)")
  }

  package static func rowOutOfRange(index: Int, count: Int) -> DataError {
    DataError(.rowOutOfRange, "row \(index) does not exist; the table has rows 0..<\(count)")
  }

  package static func badSplit(fraction: Double, rows: Int) -> DataError {
    DataError(
      .badSplit,
      "\(fraction) of the rows cannot be held out: it does not split \(count(rows, "row")) into two parts; "
        + "a fraction between 0 and 1 that leaves a row in each is expected")
  }

  package static func badFolds(count number: Int, rows: Int) -> DataError {
    DataError(
      .badFolds,
      "\(count(number, "fold")) of \(count(rows, "row")); from 2 to as many as there are rows are expected")
  }

  package static func noRowsOutOfBag(rows: Int) -> DataError {
    DataError(
      .noRowsOutOfBag,
      "all of \(count(rows, "row")) were drawn, so that none is left to test with; give more rows, or another seed"
    )
  }

  package static var notClassification: DataError {
    DataError(.notClassification, "the target has no classes; for a regression leave stratified out")
  }

  package static func featureMismatch(expected: [String], found: [String]) -> DataError {
    DataError(
      .featureMismatch, "the scaling is for the features \(list(expected)), but the table has \(list(found))")
  }

  package static func badScaling(_ reason: String) -> DataError {
    DataError(.badScaling, "not a scaling: \(reason)")
  }
}

/// `file: `, where there is one.
private func opening(_ file: String?) -> String { file.map { $0 + ": " } ?? "" }

private func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
  number == 1 ? "1 \(singular)" : "\(number) \(plural ?? singular + "s")"
}

/// The names, or the first of very many.
package func list(_ names: [String]) -> String {
  let limit = 40
  let shown = names.prefix(limit).map { shortened($0) }.joined(separator: ", ")
  return names.count > limit ? "\(shown), … (\(names.count) in all)" : shown
}
