/// A target column as numbers: measured values, or the indices of classes.
struct TargetEncoding {
  let task: Table.Task
  /// In the order of their indices; empty for a regression.
  let classNames: [String]
  let values: [Double]

  /// What the user said of the target, and where its values stand.
  struct Request {
    var column: String
    var task: Table.Task?
    /// The classes of a model that exists already, in its order.
    var classNames: [String]?
    /// Whether numbers are positions in class names that are words, as in an array; in a file they are a
    /// mistake.
    var numbersMayBeIndices = false
    var place: (Int) -> DataError.Place
  }

  /// Encodes numbers, which classes may be too: 0 and 1, or 3 to 8. Classes are in numeric order.
  init(numbers: [Double], _ request: Request) throws(DataError) {
    let distinct = Set(numbers)
    let task = request.task ?? Self.inferredTask(distinct, rows: numbers.count, request.classNames)
    let classes: [Double]
    let names: [String]
    switch task {
    case .regression:
      self.init(task: task, classNames: [], values: numbers)
      return
    case .binary, .multiclass:
      if let given = request.classNames {
        names = given
        // A class that is no number is met by none of these; each keeps its index.
        let values = given.map { if case .number(let value) = Cell($0) { value } else { Double.nan } }
        let areIndices = request.numbersMayBeIndices && values.allSatisfy(\.isNaN)
        classes = areIndices ? given.indices.map(Double.init) : values
      } else {
        // A part of a binary table may hold zeros only, or ones; they mean the same there.
        let isZeroOne = task == .binary && distinct.isSubset(of: [0, 1])
        classes = isZeroOne ? [0, 1] : distinct.sorted()
        names = classes.map(className)
      }
    }
    try Self.check(names, task, request.column)
    let indices = Dictionary(
      zip(classes, classes.indices).filter { !$0.0.isNaN }, uniquingKeysWith: { first, _ in first })
    var values: [Double] = []
    values.reserveCapacity(numbers.count)
    for (row, number) in numbers.enumerated() {
      guard let index = indices[number] else {
        throw .unknownClass(request.place(row), value: className(number), classes: names)
      }
      values.append(Double(index))
    }
    self.init(task: task, classNames: names, values: values)
  }

  /// Encodes labels, at least one of which is no number. Classes are in the order of their names.
  init(labels: TargetColumn.Labels, _ request: Request) throws(DataError) {
    if request.classNames == nil {
      // Among numbers a word is a slip of the pen, unless the user says that all are names.
      let looksNumeric = request.task == nil && labels.wordCount * 2 < labels.positions.count
      if request.task == .regression || looksNumeric, let (row, label) = labels.firstWord {
        throw .textTarget(request.place(row), value: label)
      }
    }
    let names = request.classNames ?? labels.names.sorted()
    let task = request.task ?? (names.count == 2 ? .binary : .multiclass)
    try Self.check(names, task, request.column)
    let indices = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    let classes = labels.names.map { indices[$0] }
    var values: [Double] = []
    values.reserveCapacity(labels.positions.count)
    for (row, position) in labels.positions.enumerated() {
      guard let index = classes[Int(position)] else {
        throw .unknownClass(request.place(row), value: labels.names[Int(position)], classes: names)
      }
      values.append(Double(index))
    }
    self.init(task: task, classNames: names, values: values)
  }

  init(task: Table.Task, classNames: [String], values: [Double]) {
    self.task = task
    self.classNames = classNames
    self.values = values
  }

  /// Two values are two classes; up to 20 small whole numbers that come back again and again are classes; the
  /// rest was measured.
  private static func inferredTask(_ distinct: Set<Double>, rows: Int, _ classNames: [String]?) -> Table.Task
  {
    if let classNames { return classNames.count == 2 ? .binary : .multiclass }
    if distinct.count == 2 { return .binary }
    let areClasses =
      (3...20).contains(distinct.count) && distinct.count * 5 <= rows
      && distinct.allSatisfy { $0 >= 0 && $0 < 100 && $0.rounded() == $0 }
    return areClasses ? .multiclass : .regression
  }

  private static func check(_ names: [String], _ task: Table.Task, _ column: String) throws(DataError) {
    let isRight =
      switch task {
      case .regression: true
      case .binary: names.count == 2
      case .multiclass: names.count >= 2
      }
    guard isRight else { throw .wrongClassCount(column: column, task: task, classes: names) }
  }
}

/// `3` for 3.0, as in the file.
private func className(_ value: Double) -> String {
  Int(exactly: value).map(String.init) ?? "\(value)"
}
