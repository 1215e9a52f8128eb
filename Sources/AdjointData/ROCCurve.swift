import AdjointArray

/// The receiver operating characteristic: which parts of the positive and of the negative rows are called positive, as
/// the threshold falls (Fawcett, An Introduction to ROC Analysis, 2006).
public struct ROCCurve: Hashable, Sendable {
  /// What comes of calling rows positive whose score is at least the threshold.
  public struct Point: Hashable, Sendable {
    public let threshold: Double
    public let falsePositiveRate: Double
    public let truePositiveRate: Double
  }

  /// One for each score, from the greatest on, behind one at ∞ where no row is called positive.
  public let points: [Point]
  /// The area under the curve by the trapezoidal rule (AUC): how probable it is that a positive row has a greater score than
  /// a negative one, where equal scores count half.
  public let area: Double

  /// - Parameters:
  ///   - scores: probabilities or logits of the positive class, row by row.
  ///   - isPositive: whether the row is of that class.
  /// - Throws: ``DataError/Kind/wrongShape`` where there are no rows, or the numbers of them differ;
  ///   ``DataError/Kind/nonFiniteValue`` for a NaN; ``DataError/Kind/oneClass`` where the rows are of one class only.
  public init(scores: [Double], isPositive: [Bool]) throws(DataError) {
    try self.init(scores: scores, isPositive: isPositive, "the positive class")
  }

  private init(scores: [Double], isPositive: [Bool], _ name: String) throws(DataError) {
    try checkCount(of: scores, "scores", isPositive.count)
    try checkNumbers(scores, columns: 1)
    let positives = isPositive.count { $0 }
    let negatives = isPositive.count - positives
    guard positives > 0, negatives > 0 else { throw .oneClass(name) }
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var points = [Point(threshold: .infinity, falsePositiveRate: 0, truePositiveRate: 0)]
    // Doubled, so that it is a whole number.
    var area = 0.0
    var (truePositives, falsePositives) = (0, 0)
    var start = 0
    while start < order.count {
      let threshold = scores[order[start]]
      let before = (truePositives, falsePositives)
      while start < order.count, scores[order[start]] == threshold {
        if isPositive[order[start]] { truePositives += 1 } else { falsePositives += 1 }
        start += 1
      }
      area += Double(falsePositives - before.1) * Double(truePositives + before.0)
      points.append(
        Point(
          threshold: threshold, falsePositiveRate: Double(falsePositives) / Double(negatives),
          truePositiveRate: Double(truePositives) / Double(positives)))
    }
    self.points = points
    self.area = area / (2 * Double(positives) * Double(negatives))
  }

  /// The mean of the areas of each class against all others.
  ///
  /// - Parameters:
  ///   - scores: `[n, k]`, a score for each class.
  ///   - classes: the indices of the right ones, as ``Table/classes()`` gives them.
  /// - Throws: as ``init(scores:isPositive:)``; ``DataError/Kind/oneClass`` also where a class has no rows.
  public static func macroAverageArea(scores: NDArray, classes: [Int]) throws(DataError) -> Double {
    let (values, width) = try checkedScores(scores, classes)
    var sum = 0.0
    for index in 0..<width {
      let column = stride(from: index, to: values.count, by: width).map { values[$0] }
      sum += try ROCCurve(scores: column, isPositive: classes.map { $0 == index }, "class \(index)").area
    }
    return sum / Double(width)
  }
}

/// The fraction of rows whose class is among the k of greatest score; of equal scores the first counts as greater, as where the
/// likeliest class is predicted.
///
/// - Parameters:
///   - scores: `[n, classes]`, probabilities or logits.
///   - classes: the indices of the right ones, as ``Table/classes()`` gives them.
///   - k: at least 1.
/// - Throws: ``DataError/Kind/wrongShape``, ``DataError/Kind/unknownClass``,
///   ``DataError/Kind/nonFiniteValue`` for a NaN.
public func topKAccuracy(scores: NDArray, classes: [Int], k: Int) throws(DataError) -> Double {
  guard k >= 1 else { throw .wrongShape(what: "k", expected: "at least 1", found: "\(k)") }
  let (values, width) = try checkedScores(scores, classes)
  let right = classes.enumerated().count { row, index in
    let scores = values[row * width..<(row + 1) * width]
    let score = scores[row * width + index]
    let greater = scores.enumerated().count { $1 > score || ($1 == score && $0 < index) }
    return greater < k
  }
  return Double(right) / Double(classes.count)
}

private func checkedScores(
  _ scores: NDArray, _ classes: [Int]
) throws(DataError) -> (values: [Double], width: Int) {
  guard scores.shape.rank == 2, scores.shape[0] == classes.count, scores.shape.count > 0 else {
    throw .wrongShape(
      what: "scores", expected: "shape [\(classes.count),k], at least one row,", found: "\(scores.shape)")
  }
  let width = scores.shape[1]
  let names = (0..<width).map(String.init)
  for (row, index) in classes.enumerated() { try checkClass(index, "classes", row, names) }
  let values = scores.doubles
  try checkNumbers(values, columns: width)
  return (values, width)
}

private func checkNumbers(_ scores: [Double], columns: Int) throws(DataError) {
  guard let i = scores.firstIndex(where: \.isNaN) else { return }
  let column = columns == 1 ? "scores" : "scores[\(i % columns)]"
  throw .nonFiniteValue(DataError.Place(file: nil, line: i / columns, column: column), value: "nan")
}
