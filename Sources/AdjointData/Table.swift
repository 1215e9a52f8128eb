import AdjointArray

/// Rows of numeric features and, where it is known, what is to be predicted from them.
///
///     let data = try Table(csv: "wdbc.csv", target: "benign").standardized().split(test: 0.2, seed: 1)
///     print(data.train)   // 455 rows, 30 features, target 'benign' (binary: 0 166, 1 289), standardized
///
/// Values are kept as they were read, in float64; they are scaled and converted when they are asked for.
public struct Table: Sendable, Equatable {
  /// What the target asks of a model, and so which costs fit.
  public enum Task: String, Sendable, Codable, CaseIterable {
    /// One number or several.
    case regression
    /// Which of two classes.
    case binary
    /// Which of several classes.
    case multiclass
  }

  /// The names of the features, in the order of their columns.
  public let featureNames: [String]
  /// The name of the target, if there is one.
  public let targetName: String?
  /// The number of columns of the target: 0 without one, more than 1 only in a regression.
  public let targetCount: Int
  /// nil where there is no target.
  public let task: Task?
  /// The names of the classes, in the order of their indices; empty where there are none.
  public let classNames: [String]
  /// The number of rows, at least 1.
  public let count: Int

  /// Row-major.
  let featureValues: [Double]
  /// Row-major; for classes, their indices.
  let targetValues: [Double]
  private var scaling: Scaling = .none

  private enum Scaling: Sendable, Equatable {
    case none
    /// By the statistics of the rows here, unless the table is split first.
    case own
    case fixed(Standardization)
  }

  init(
    count: Int, featureNames: [String], featureValues: [Double], targetName: String? = nil,
    targetCount: Int = 0, target: TargetEncoding? = nil
  ) {
    self.count = count
    self.featureNames = featureNames
    self.featureValues = featureValues
    self.targetName = targetName
    self.targetCount = targetCount
    task = target?.task
    classNames = target?.classNames ?? []
    targetValues = target?.values ?? []
  }

  public var featureCount: Int { featureNames.count }

  /// The features.
  ///
  /// - Returns: `[n, d]`, standardized where the table is.
  public func features(as scalarType: ScalarType = .float32) -> NDArray {
    let values = standardization?.applied(to: featureValues) ?? featureValues
    return NDArray(doubles: values, shape: [count, featureCount], scalarType)
  }

  /// The targets, as the costs take them. They are never standardized.
  ///
  /// - Returns: for a regression `[n, k]` of `scalarType`; for two classes `[n, 1]` of `scalarType`, 0 or 1;
  ///   for several classes their indices as `[n]` of int32, whatever `scalarType` is.
  /// - Throws: ``DataError/noTarget``
  public func targets(as scalarType: ScalarType = .float32) throws(DataError) -> NDArray {
    switch task {
    case nil: throw .noTarget
    case .regression, .binary:
      return NDArray(doubles: targetValues, shape: [count, targetCount], scalarType)
    case .multiclass:
      return NDArray(doubles: targetValues, shape: [count], .int32)
    }
  }

  // MARK: - Standardization

  /// How the features are scaled; nil where they are as they were read. Save it with a model.
  public var standardization: Standardization? {
    switch scaling {
    case .none: nil
    case .own: Standardization(of: featureValues, featureNames: featureNames)
    case .fixed(let standardization): standardization
    }
  }

  /// The same rows with every feature brought to mean 0 and standard deviation 1.
  ///
  /// Where the table is split afterwards, both parts are scaled by the statistics of the training part, so
  /// that nothing about the test rows leaks into training. Rows taken otherwise keep the statistics of the
  /// table they are from.
  public func standardized() -> Table {
    var table = self
    table.scaling = .own
    return table
  }

  /// The same rows scaled by the statistics of others: those that a model was trained with.
  ///
  /// - Throws: ``DataError/featureMismatch(expected:found:)`` where the names or their order differ.
  public func standardized(with standardization: Standardization) throws(DataError) -> Table {
    guard standardization.featureNames == featureNames else {
      throw .featureMismatch(expected: standardization.featureNames, found: featureNames)
    }
    var table = self
    table.scaling = .fixed(standardization)
    return table
  }

  // MARK: - Rows

  /// The rows at `indices`, in that order; a row may come more than once.
  ///
  /// - Throws: ``DataError/rowOutOfRange(index:count:)``, and ``DataError/wrongShape(what:expected:found:)``
  ///   where there are no indices.
  public func rows(_ indices: some Sequence<Int>) throws(DataError) -> Table {
    let indices = Array(indices)
    guard !indices.isEmpty else { throw .wrongShape(what: "rows", expected: "at least one", found: "none") }
    for index in indices where index < 0 || index >= count {
      throw .rowOutOfRange(index: index, count: count)
    }
    var table = selecting(indices)
    if let standardization { table.scaling = .fixed(standardization) }
    return table
  }

  /// The rows in `range`; see ``rows(_:)``.
  public subscript(range: Range<Int>) -> Table {
    get throws(DataError) {
      guard range.isEmpty || (range.lowerBound >= 0 && range.upperBound <= count) else {
        let outside = range.lowerBound < 0 ? range.lowerBound : max(count, range.lowerBound)
        throw .rowOutOfRange(index: outside, count: count)
      }
      return try rows(range)
    }
  }

  /// - Precondition: the indices are rows of this table, and there is one.
  private func selecting(_ indices: [Int]) -> Table {
    var features: [Double] = []
    var targets: [Double] = []
    features.reserveCapacity(indices.count * featureCount)
    targets.reserveCapacity(indices.count * targetCount)
    for row in indices {
      features += featureValues[row * featureCount..<(row + 1) * featureCount]
      targets += targetValues[row * targetCount..<(row + 1) * targetCount]
    }
    let target = task.map { TargetEncoding(task: $0, classNames: classNames, values: targets) }
    return Table(
      count: indices.count, featureNames: featureNames, featureValues: features, targetName: targetName,
      targetCount: targetCount, target: target)
  }
}

extension Table {
  /// Two parts of a table.
  public struct Split: Sendable, Equatable {
    public let train: Table
    public let test: Table
  }

  /// Shuffles the rows and takes a part of them for testing.
  ///
  /// The same seed gives the same parts. A table that is ``standardized()`` gives two parts that are both
  /// scaled by the training part's statistics; one that is scaled by given statistics keeps them.
  ///
  /// - Parameters:
  ///   - fraction: the part to test with; the number of rows is rounded up, as in scikit-learn.
  ///   - stratified: whether each class has the same share in both parts, as nearly as whole rows allow.
  /// - Throws: ``DataError/badSplit(fraction:rows:)`` where a part would be empty;
  ///   ``DataError/notClassification`` where a stratified split has no classes to go by.
  public func split(test fraction: Double, seed: UInt64, stratified: Bool = false) throws(DataError) -> Split
  {
    guard fraction > 0, fraction < 1 else { throw .badSplit(fraction: fraction, rows: count) }
    // 0.07 × 100 is a little more than 7 in doubles, and must not become 8.
    let testCount = Int((fraction * Double(count) - 1e-9).rounded(.up))
    guard testCount > 0, testCount < count else { throw .badSplit(fraction: fraction, rows: count) }

    var group = [Int](repeating: 0, count: count)
    var quota = [testCount]
    if stratified {
      guard !classNames.isEmpty else { throw .notClassification }
      group = targetValues.map { Int($0) }
      quota = shares(of: testCount, among: group)
    }
    var generator = SeededGenerator(seed: seed)
    var (train, test): ([Int], [Int]) = ([], [])
    for row in generator.permutation(of: count) {
      if quota[group[row]] > 0 {
        quota[group[row]] -= 1
        test.append(row)
      } else {
        train.append(row)
      }
    }
    var split = (train: selecting(train), test: selecting(test))
    switch scaling {
    case .none: break
    case .own:
      let statistics = Standardization(of: split.train.featureValues, featureNames: featureNames)
      split.train.scaling = .fixed(statistics)
      split.test.scaling = .fixed(statistics)
    case .fixed:
      split.train.scaling = scaling
      split.test.scaling = scaling
    }
    return Split(train: split.train, test: split.test)
  }

  /// `total` dealt out in proportion to the classes' sizes: the whole parts, then one each to the largest
  /// remainders, the first class where they are equal.
  private func shares(of total: Int, among classes: [Int]) -> [Int] {
    var sizes = [Int](repeating: 0, count: classNames.count)
    for index in classes { sizes[index] += 1 }
    var shares = sizes.map { $0 * total / count }
    let byRemainder = sizes.indices.sorted {
      let (a, b) = (sizes[$0] * total % count, sizes[$1] * total % count)
      return a == b ? $0 < $1 : a > b
    }
    for index in byRemainder.prefix(total - shares.reduce(0, +)) { shares[index] += 1 }
    return shares
  }
}

extension Table: CustomStringConvertible {
  /// One line: `569 rows, 30 features, target 'benign' (binary: 0 212, 1 357), standardized`.
  public var description: String {
    var parts = [
      "\(count) row\(count == 1 ? "" : "s")", "\(featureCount) feature\(featureCount == 1 ? "" : "s")",
    ]
    if let task {
      var detail = task.rawValue
      if classNames.isEmpty {
        let range = (low: targetValues.min() ?? 0, high: targetValues.max() ?? 0)
        detail += targetCount == 1 ? ", \(range.low) to \(range.high)" : ", \(targetCount) values a row"
      } else {
        var sizes = [Int](repeating: 0, count: classNames.count)
        for value in targetValues { sizes[Int(value)] += 1 }
        let shown = zip(classNames, sizes).prefix(10).map { "\($0) \($1)" }.joined(separator: ", ")
        detail += ": \(shown)\(classNames.count > 10 ? ", …" : "")"
      }
      parts.append("target '\(targetName ?? "")' (\(detail))")
    } else {
      parts.append("no target")
    }
    if scaling != .none { parts.append("standardized") }
    return parts.joined(separator: ", ")
  }
}
