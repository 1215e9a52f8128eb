/// A target column as numbers: measured values, or the indices of classes.
struct TargetEncoding {
  let task: Table.Task
  /// In the order of their indices; empty for a regression.
  let classNames: [String]
  let values: [Double]
  let reading: Table.TargetReading

  /// What the user said of the target, and where its values stand.
  struct Request {
    var column: String
    var task: Table.Task?
    /// The classes of a model that exists already, in its order.
    var classNames: [String]?
    /// nil as of models that were saved before there were rules.
    var labels: Table.Labels? = .numbers
    /// Whether numbers are positions in class names that are words, as in an array; in a file they are a
    /// mistake.
    var numbersMayBeIndices = false
    var place: (Int) -> DataError.Place
  }

  init(_ values: TargetValues, _ request: Request) throws(DataError) {
    if request.classNames == nil, let (row, label) = values.firstWord {
      // Among numbers a word is a slip of the pen, unless the user says that all are names.
      let looksNumeric = request.task == nil && values.wordCount * 2 < values.count
      if request.task == .regression || looksNumeric {
        throw .textTarget(request.place(row), value: label)
      }
    }
    // Who says that labels are text means classes.
    let areText = request.labels == .text
    let isInferred =
      request.task == nil && request.classNames == nil && values.firstWord == nil && !areText
    let distinct = isInferred ? Set(values.numbers) : []
    let classes = Self.classes(values, request, distinct)
    let (task, reason) = try Self.task(values, classes, request, distinct)
    guard task != .regression else {
      if let (row, label, doubt) = values.firstDoubt, doubt == .large {
        throw .unclearTarget(request.place(row), value: label, isCode: doubt == .code)
      }
      self.init(
        task: task, classNames: [], values: values.numbers,
        reading: Table.TargetReading(reason: reason, labels: nil, merged: []))
      return
    }
    try Self.check(classes, task, request.column)
    let indices = values.labels.map { classes.index(of: $0) }
    var result: [Double] = []
    result.reserveCapacity(values.positions.count)
    for (row, position) in values.positions.enumerated() {
      guard let index = indices[Int(position)] else {
        throw .unknownClass(
          request.place(row), value: values.labels[Int(position)], classes: classes.names)
      }
      result.append(Double(index))
    }
    self.init(
      task: task, classNames: classes.names, values: result,
      reading: Table.TargetReading(reason: reason, labels: request.labels, merged: classes.merged))
  }

  init(task: Table.Task, classNames: [String], values: [Double], reading: Table.TargetReading) {
    self.task = task
    self.classNames = classNames
    self.values = values
    self.reading = reading
  }

  /// The classes that there would be; none where values are measured.
  ///
  /// - Parameter distinct: the numbers, where these decide the task.
  private static func classes(
    _ values: TargetValues, _ request: Request, _ distinct: Set<Double>
  ) -> ClassLabels {
    if let given = request.classNames {
      let areIndices = request.numbersMayBeIndices && given.allSatisfy { ExactDecimal($0) == nil }
      return ClassLabels(given: given, areIndices: areIndices, request.labels)
    }
    let found = ClassLabels(of: distinct.count > mostInferred ? [] : values.labels, request.labels)
    // A part of a binary table may hold zeros only, or ones; they mean the same there.
    guard request.task == .binary, found.areNumbers, found.names.count == 1 else { return found }
    let missing = ["0", "1"].filter { found.index(of: $0) == nil }
    return missing.count == 1 ? ClassLabels(of: values.labels + missing, request.labels) : found
  }

  /// So many different numbers may be classes without being said to be.
  private static let mostInferred = 20

  /// The task, and what it was inferred from: two values are two classes; up to 20 whole numbers that look like names and come
  /// back again and again are classes, and so are codes; the rest was measured, unless no measured number is written so.
  private static func task(
    _ values: TargetValues, _ classes: ClassLabels, _ request: Request, _ distinct: Set<Double>
  ) throws(DataError) -> (Table.Task, reason: String?) {
    if let task = request.task { return (task, nil) }
    let count = classes.names.count
    if request.classNames != nil { return (count == 2 ? .binary : .multiclass, nil) }
    if values.firstWord != nil || request.labels == .text {
      return (count == 2 ? .binary : .multiclass, "\(count) distinct labels")
    }
    if count == 2 { return (.binary, "2 distinct values") }
    let comeBack = (3...mostInferred).contains(count) && count * 5 <= values.count
    if comeBack, values.firstDoubt != nil || lookLikeNames(distinct) {
      return (.multiclass, "\(count) distinct values in \(values.count) rows")
    }
    if let (row, label, doubt) = values.firstDoubt {
      throw .unclearTarget(request.place(row), value: label, isCode: doubt == .code)
    }
    return (
      .regression, "\(distinct.count) distinct value\(distinct.count == 1 ? "" : "s") in \(values.count) rows"
    )
  }

  /// Whether numbers are whole, and close together or so large that float32 takes some for the same: 3 and 8, 1000 and 1002.
  private static func lookLikeNames(_ numbers: Set<Double>) -> Bool {
    guard let least = numbers.min(), let greatest = numbers.max() else { return false }
    guard numbers.allSatisfy({ $0.rounded() == $0 }) else { return false }
    return greatest - least < 100 || Set(numbers.map(Float.init)).count < numbers.count
  }

  private static func check(_ classes: ClassLabels, _ task: Table.Task, _ column: String) throws(DataError) {
    let count = classes.names.count
    guard task == .binary ? count == 2 : count >= 2 else {
      throw .wrongClassCount(column: column, task: task, classes: classes.spellings)
    }
  }
}
