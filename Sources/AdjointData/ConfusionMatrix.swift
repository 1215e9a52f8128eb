/// How often each class was predicted for each class.
///
///     let matrix = try ConfusionMatrix(predicted: [0, 1, 1, 0], actual: [0, 1, 0, 0], classNames: ["no", "yes"])
///     print(matrix)             // actual   no  yes  <- predicted …
///     print(matrix.scores[1])   // precision 0.500, recall 1.000, F1 0.667, 1 row
public struct ConfusionMatrix: Hashable, Sendable, Encodable {
  public let classNames: [String]
  /// The numbers of rows: of the row's class, in the column of the class that was predicted.
  public let counts: [[Int]]

  /// - Parameters:
  ///   - predicted: the indices of the predicted classes, row by row.
  ///   - actual: those of the right ones, as ``Table/classes()`` gives them.
  ///   - classNames: the classes by their indices.
  /// - Throws: ``DataError/Kind/wrongShape`` where there are no rows, or the numbers of them differ;
  ///   ``DataError/Kind/unknownClass`` for an index that is none.
  public init(predicted: [Int], actual: [Int], classNames: [String]) throws(DataError) {
    try checkCount(of: predicted, "predicted", actual.count)
    var counts = [[Int]](
      repeating: [Int](repeating: 0, count: classNames.count), count: classNames.count)
    for row in actual.indices {
      for (name, index) in [("actual", actual[row]), ("predicted", predicted[row])] {
        try checkClass(index, name, row, classNames)
      }
      counts[actual[row]][predicted[row]] += 1
    }
    self.classNames = classNames
    self.counts = counts
  }

  /// - Parameters:
  ///   - predicted: the names of the predicted classes, row by row.
  ///   - actual: those of the right ones.
  ///   - classNames: the classes in their order; by default those that occur, sorted.
  /// - Throws: as ``init(predicted:actual:classNames:)-(_,_,[String])``.
  public init(predicted: [String], actual: [String], classNames: [String]? = nil) throws(DataError) {
    let names = classNames ?? Set(predicted).union(actual).sorted()
    let indices = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    func numbers(_ labels: [String], _ column: String) throws(DataError) -> [Int] {
      var numbers: [Int] = []
      for (row, label) in labels.enumerated() {
        guard let index = indices[label] else {
          throw .unknownClass(
            DataError.Place(file: nil, line: row, column: column), value: label, classes: names)
        }
        numbers.append(index)
      }
      return numbers
    }
    try self.init(
      predicted: numbers(predicted, "predicted"), actual: numbers(actual, "actual"), classNames: names)
  }

  /// The number of rows.
  public var count: Int { counts.joined().reduce(0, +) }

  /// The fraction of rows whose class is right.
  public var accuracy: Double { Double(counts.indices.reduce(0) { $0 + counts[$1][$1] }) / Double(count) }

  // MARK: - Scores

  /// How well a class is found. A quotient whose divisor is 0 is 0, as scikit-learn's by default.
  public struct Scores: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Of the rows that were predicted to be of the class, the fraction that is.
    public let precision: Double
    /// Of the rows of the class, the fraction that was predicted to be (sensitivity).
    public let recall: Double
    /// The harmonic mean of precision and recall.
    public let f1: Double
    /// The number of rows of the class.
    public let support: Int

    public var description: String {
      "precision \(fixed(precision)), recall \(fixed(recall)), F1 \(fixed(f1)), \(support) row\(support == 1 ? "" : "s")"
    }
  }

  /// The scores of each class.
  public var scores: [Scores] {
    counts.indices.map { index in
      let right = counts[index][index]
      let support = counts[index].reduce(0, +)
      let predicted = counts.reduce(0) { $0 + $1[index] }
      return Scores(
        precision: quotient(right, predicted), recall: quotient(right, support),
        f1: quotient(2 * right, predicted + support), support: support)
    }
  }

  /// The mean of the classes' scores, each class counting alike, also one of no rows.
  public var macroAverage: Scores { average { _ in 1 } }

  /// The mean of the classes' scores, each class counting by its rows.
  public var weightedAverage: Scores { average { Double($0.support) } }

  private func average(_ weight: (Scores) -> Double) -> Scores {
    let scores = scores
    let total = scores.reduce(0) { $0 + weight($1) }
    func mean(_ score: (Scores) -> Double) -> Double {
      scores.reduce(0) { $0 + weight($1) * score($1) } / total
    }
    return Scores(precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1), support: count)
  }

  private func quotient(_ a: Int, _ b: Int) -> Double { b == 0 ? 0 : Double(a) / Double(b) }

  /// A table of the scores of each class, with the averages and the accuracy.
  public var report: String {
    let averages = [("macro average", macroAverage), ("weighted average", weightedAverage)]
    let rows = (Array(zip(classNames, scores)) + averages).map { name, scores in
      [name, fixed(scores.precision), fixed(scores.recall), fixed(scores.f1), "\(scores.support)"]
    }
    return aligned(
      [["", "precision", "recall", "F1", "rows"]] + rows + [
        ["accuracy", "", "", fixed(accuracy), "\(count)"]
      ])
  }
}

extension ConfusionMatrix: CustomStringConvertible {
  /// A table: a line for each class, a column for each prediction.
  public var description: String {
    let rows = zip(classNames, counts).map { name, counts in [name] + counts.map(String.init) }
    return aligned([["actual \\ predicted"] + classNames] + rows)
  }
}

/// Columns of equal width, the first to the left, the others to the right.
private func aligned(_ rows: [[String]]) -> String {
  let width = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
  return rows.map { row in
    row.enumerated().map { column, text in
      let space = String(repeating: " ", count: width[column] - text.count)
      return column == 0 ? text + space : space + text
    }.joined(separator: "  ")
  }.joined(separator: "\n")
}

/// A number from 0 to 1 with three digits.
private func fixed(_ value: Double) -> String {
  let thousandths = Int((value * 1000).rounded())
  let digits = String(thousandths % 1000)
  return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
}

func checkCount(of values: some Collection, _ name: String, _ count: Int) throws(DataError) {
  guard values.count == count, count > 0 else {
    throw .wrongShape(
      what: name, expected: count > 0 ? "\(count) rows, as of what is right," : "at least one row",
      found: "\(values.count)")
  }
}

func checkClass(_ index: Int, _ name: String, _ row: Int, _ classNames: [String]) throws(DataError) {
  guard classNames.indices.contains(index) else {
    throw .unknownClass(
      DataError.Place(file: nil, line: row, column: name), value: "\(index)", classes: classNames)
  }
}
