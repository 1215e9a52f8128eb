import AdjointArray

/// What can be wrong with data that a user gave. The description says what, where, and what would be right.
public enum DataError: DocumentedError, Hashable {
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

  // Files.
  case unreadable(path: String, reason: String)
  case unwritable(path: String, reason: String)
  /// Another process writes it. `holder` says which, where that is known.
  case inUse(path: String, holder: String?)
  case insufficientMemory(MemoryError)

  // The form of a CSV file.
  case notUTF8(file: String, line: Int)
  case emptyFile(file: String)
  case noRows(file: String)
  case duplicateColumn(file: String, line: Int, column: String, first: Int, second: Int)
  case raggedRow(file: String, line: Int, expected: Int, found: Int)
  case rowTooLong(file: String, line: Int, limit: String)
  case unterminatedQuote(Place)
  case textAfterQuote(Place)

  // IDX files, and the gzip around them.
  case notIDX(file: String, problem: String)
  case wrongByteCount(file: String, shape: Shape, expected: Int, found: String)
  case notImages(file: String, found: String)
  case corruptGzip(file: String, reason: String)

  // NumPy's files, and safetensors.
  case notNPY(file: String, problem: String)
  case notNPZ(file: String, problem: String)
  case notSafetensors(file: String, problem: String)
  case unsupportedElement(file: String, found: String)
  case unsignedTooLarge(file: String, value: UInt64, index: Int)
  case unknownArray(file: String?, name: String, names: [String], hint: String?)
  case repeatedArray(file: String, name: String)
  case unusableName(file: String, name: String, reason: String)

  // Columns.
  case unknownColumn(file: String, name: String, columns: [String], hint: String?)
  case unnamedColumn(file: String, position: Int)
  case noFeatures(file: String)
  case repeatedFeature(String)
  case targetAmongFeatures(String)
  case emptyColumn(String, file: String? = nil)
  case tooManyFeatures(of: String, limit: Int, file: String? = nil)
  case badEncoding(String)

  // Values.
  case textValue(Place, value: String)
  case missingValue(Place)
  case nonFiniteValue(Place, value: String)
  case textTarget(Place, value: String)
  case unclearTarget(Place, value: String, isCode: Bool)
  case unknownClass(Place, value: String, classes: [String])
  case unknownCategory(Place, value: String, categories: [String])

  // Classes.
  case wrongClassCount(column: String, task: Table.Task, classes: [String], file: String? = nil)
  case noTarget
  case oneClass(String)

  // Arrays and rows.
  case wrongShape(what: String, expected: String, found: String)
  case rowOutOfRange(index: Int, count: Int)
  case badSplit(fraction: Double, rows: Int)
  case badFolds(count: Int, rows: Int)
  case noRowsOutOfBag(rows: Int)
  case notClassification
  case featureMismatch(expected: [String], found: [String])
  case badScaling(String)
}

extension DataError {
  /// The same with the file, where only the reader of a file knows that there is one.
  func located(in file: String) -> DataError {
    switch self {
    case .emptyColumn(let name, nil): .emptyColumn(name, file: file)
    case .tooManyFeatures(let what, let limit, nil): .tooManyFeatures(of: what, limit: limit, file: file)
    case .wrongClassCount(let column, let task, let classes, nil):
      .wrongClassCount(column: column, task: task, classes: classes, file: file)
    default: self
    }
  }

  public enum Kind: String, CaseIterable, Sendable {
    case unreadable, unwritable, inUse, insufficientMemory, notUTF8, emptyFile, noRows, duplicateColumn,
      raggedRow,
      rowTooLong,
      unterminatedQuote, textAfterQuote, notIDX, wrongByteCount, notImages, corruptGzip, notNPY, notNPZ,
      notSafetensors, unsupportedElement, unsignedTooLarge, unknownArray, repeatedArray, unusableName,
      unknownColumn, unnamedColumn, noFeatures, repeatedFeature,
      targetAmongFeatures, emptyColumn, tooManyFeatures, badEncoding, textValue, missingValue,
      nonFiniteValue, textTarget, unclearTarget, unknownClass, unknownCategory, wrongClassCount, noTarget,
      oneClass,
      wrongShape,
      rowOutOfRange, badSplit, badFolds, noRowsOutOfBag, notClassification, featureMismatch, badScaling
  }

  public var kind: Kind {
    switch self {
    case .unreadable: .unreadable
    case .unwritable: .unwritable
    case .inUse: .inUse
    case .insufficientMemory: .insufficientMemory
    case .notUTF8: .notUTF8
    case .emptyFile: .emptyFile
    case .noRows: .noRows
    case .duplicateColumn: .duplicateColumn
    case .raggedRow: .raggedRow
    case .rowTooLong: .rowTooLong
    case .unterminatedQuote: .unterminatedQuote
    case .textAfterQuote: .textAfterQuote
    case .notIDX: .notIDX
    case .wrongByteCount: .wrongByteCount
    case .notImages: .notImages
    case .corruptGzip: .corruptGzip
    case .notNPY: .notNPY
    case .notNPZ: .notNPZ
    case .notSafetensors: .notSafetensors
    case .unsupportedElement: .unsupportedElement
    case .unsignedTooLarge: .unsignedTooLarge
    case .unknownArray: .unknownArray
    case .repeatedArray: .repeatedArray
    case .unusableName: .unusableName
    case .unknownColumn: .unknownColumn
    case .unnamedColumn: .unnamedColumn
    case .noFeatures: .noFeatures
    case .repeatedFeature: .repeatedFeature
    case .targetAmongFeatures: .targetAmongFeatures
    case .emptyColumn: .emptyColumn
    case .tooManyFeatures: .tooManyFeatures
    case .badEncoding: .badEncoding
    case .textValue: .textValue
    case .missingValue: .missingValue
    case .nonFiniteValue: .nonFiniteValue
    case .textTarget: .textTarget
    case .unclearTarget: .unclearTarget
    case .unknownClass: .unknownClass
    case .unknownCategory: .unknownCategory
    case .wrongClassCount: .wrongClassCount
    case .noTarget: .noTarget
    case .oneClass: .oneClass
    case .wrongShape: .wrongShape
    case .rowOutOfRange: .rowOutOfRange
    case .badSplit: .badSplit
    case .badFolds: .badFolds
    case .noRowsOutOfBag: .noRowsOutOfBag
    case .notClassification: .notClassification
    case .featureMismatch: .featureMismatch
    case .badScaling: .badScaling
    }
  }

  public var message: String {
    switch self {
    case .unreadable(let path, let reason):
      "cannot read '\(path)': \(reason)"
    case .unwritable(let path, let reason):
      "cannot write '\(path)': \(reason)"
    case .inUse(let path, let holder):
      "'\(path)' is in use by \(holder ?? "another process"); wait for its end, or give another name"
    case .insufficientMemory(let error):
      error.message

    case .notUTF8(let file, let line):
      "\(file):\(line): not UTF-8 text; save the file as UTF-8"
    case .emptyFile(let file):
      "\(file): the file is empty; a first line with the names of the columns is expected"
    case .noRows(let file):
      "\(file): no rows; at least one line of values is expected below the header"
    case .duplicateColumn(let file, let line, let column, let first, let second):
      "\(file):\(line): columns \(first) and \(second) are both called \(quoted(column)); each needs a name of its own"
    case .raggedRow(let file, let line, let expected, let found):
      "\(file):\(line): \(count(found, "field")), but the header has \(expected); "
        + "a field that contains a separator must stand in double quotes"
    case .rowTooLong(let file, let line, let limit):
      "\(file):\(line): a row has more than \(limit); give a text whose rows are lines of a table"
    case .unterminatedQuote(let place):
      "\(place): a quote is opened here and never closed; write a quote inside a quoted field twice"
    case .textAfterQuote(let place):
      "\(place): text after a closing quote; write a quote inside a quoted field twice"

    case .notIDX(let file, let problem):
      "\(file): not an IDX file: \(problem); it should begin with 0, 0, the type of its elements (8, 9, 11, 12, 13 or 14) "
        + "and the number of its axes"
    case .wrongByteCount(let file, let shape, let expected, let found):
      "\(file): an array \(shape) makes \(expected) bytes with its header, but there are \(found); get the file anew"
    case .notImages(let file, let found):
      "\(file): \(found) is not images; [n,height,width] or [n,height,width,channels] of unsigned bytes is expected"
    case .corruptGzip(let file, let reason):
      "\(file): not a whole gzip file: \(reason); get the file anew"

    case .notNPY(let file, let problem):
      "\(file): not a .npy file: \(problem); it should be what numpy.save writes"
    case .notNPZ(let file, let problem):
      "\(file): not a .npz file: \(problem); it should be what numpy.savez or numpy.savez_compressed writes"
    case .notSafetensors(let file, let problem):
      "\(file): not a safetensors file: \(problem); it should be what the package safetensors writes"
    case .unsupportedElement(let file, let found):
      "\(file): elements of the type \(found) cannot be read; "
        + "save them as integers, floating-point numbers of at most 64 bits, or booleans"
    case .unsignedTooLarge(let file, let value, let index):
      "\(file): element \(index) is \(value), more than int64 holds; save the array as int64 or float64"
    case .unknownArray(let file, let name, let names, let hint):
      "\(opening(file))no array \(quoted(name)); \(hint.map { "did you mean \(quoted($0))? " } ?? "")"
        + (names.isEmpty ? "there are none" : "the arrays are \(list(names))")
    case .repeatedArray(let file, let name):
      "\(file): two arrays are called \(quoted(name)); each needs a name of its own"
    case .unusableName(let file, let name, let reason):
      "\(file): no array can be called \(quoted(name)): \(reason); rename it"

    case .unknownColumn(let file, let name, let columns, let hint):
      "\(file): no column \(quoted(name)); \(hint.map { $0 + " " } ?? "")the columns are \(list(columns))"
    case .unnamedColumn(let file, let position):
      "\(file): column \(position) has no name (row numbers, perhaps); name it, remove it, or pick the features"
    case .noFeatures(let file):
      "\(file): no feature columns; at least one column besides the target is expected"
    case .repeatedFeature(let name):
      "feature \(quoted(name)) is asked for twice; each column can be a feature once"
    case .targetAmongFeatures(let name):
      "\(quoted(name)) is both target and feature; a model would only copy it"
    case .emptyColumn(let name, let file):
      "\(opening(file))column \(quoted(name)) has no value that missing ones could be filled with; leave it out, or fill in a constant"
    case .tooManyFeatures(let what, let limit, let file):
      "\(opening(file))\(what) would make more than \(limit) features; take fewer columns, or a lower degree"
    case .badEncoding(let reason):
      "not a way to make features: \(reason)"

    case .textValue(let place, let value):
      "\(place): '\(shortened(value))' is not a number; correct it, leave the column out, "
        + "or read its words as categories (categories: .words)"
    case .missingValue(let place):
      "\(place): the value is missing; a finite number is expected, so fill it in or remove the row "
        + "(for features missing: .mean or .dropRow does so)"
    case .nonFiniteValue(let place, let value):
      "\(place): \(shortened(value)) is not finite; correct it or remove the row"
    case .textTarget(let place, let value):
      "\(place): '\(shortened(value))' is not a number, but this target is one; "
        + "correct it, or say that the task is multiclass if the values are names of classes"
    case .unclearTarget(let place, let value, isCode: true):
      "\(place): '\(shortened(value))' begins with a zero, as the names of classes do, but there are many different values; "
        + "say that the task is multiclass if they are names, or that it is a regression if they are numbers"
    case .unclearTarget(let place, let value, isCode: false):
      "\(place): \(shortened(value)) has more digits than a number keeps (it would be \(Double(value) ?? .infinity)); "
        + "say that the task is binary or multiclass if the values are names of classes, or write fewer digits"
    case .unknownClass(let place, let value, let classes):
      "\(place): '\(shortened(value))' is none of the classes \(list(classes)); correct it, or remove the row"
    case .unknownCategory(let place, let value, let categories):
      "\(place): '\(shortened(value))' was not among the rows that were trained with; the categories there are \(list(categories)); "
        + "correct it, remove the row, or let it count as none of them (unseen: .zeros)"

    case .wrongClassCount(let column, let task, let classes, let file):
      switch task {
      case .binary:
        "\(opening(file))target \(quoted(column)) has \(count(classes.count, "class", "classes")) (\(list(classes))), "
          + "but a binary task needs exactly 2; name another target, or say that the task is multiclass or a regression"
      case .multiclass, .regression:
        "\(opening(file))target \(quoted(column)) has \(count(classes.count, "class", "classes")) (\(list(classes))); "
          + "at least 2 are needed to learn from, so give rows of another one, too"
      }
    case .noTarget:
      "the table has no target; name the target column when the table is made"
    case .oneClass(let name):
      "\(name) has all rows, or none, so that there is nothing to tell it from; rows of two classes are expected"

    case .wrongShape(let what, let expected, let found):
      "\(what): \(found) found; give \(expected)"
    case .rowOutOfRange(let index, let count):
      "row \(index) does not exist; the table has rows 0..<\(count)"
    case .badSplit(let fraction, let rows):
      "\(fraction) of the rows cannot be held out: it does not split \(count(rows, "row")) into two parts; "
        + "a fraction between 0 and 1 that leaves a row in each is expected"
    case .badFolds(let number, let rows):
      "\(count(number, "fold")) of \(count(rows, "row")); from 2 to as many as there are rows are expected"
    case .noRowsOutOfBag(let rows):
      "all of \(count(rows, "row")) were drawn, so that none is left to test with; give more rows, or another seed"
    case .notClassification:
      "the target has no classes; for a regression leave stratified out"
    case .featureMismatch(let expected, let found):
      "the scaling is for the features \(list(expected)), but the table has \(list(found))"
    case .badScaling(let reason):
      "not a scaling: \(reason)"
    }
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
