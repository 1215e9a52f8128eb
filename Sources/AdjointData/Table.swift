import AdjointArray

/// Rows of numeric features and, where it is known, what is to be predicted from them.
///
///     let data = try Table(csv: "wdbc.csv", target: "benign").standardized().split(test: 0.2, seed: 1)
///     print(data.train)   // 455 rows, 30 features, target 'benign' (binary: 0 166, 1 289), standardized
///
/// Values are kept as they were read, in float64, and parts of a table share them; missing ones are filled in, categories
/// become features, and all are multiplied, scaled and converted, in this order, when they are asked for.
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

  /// The name of the target, if there is one.
  public let targetName: String?
  /// The number of columns of the target: 0 without one, more than 1 only in a regression.
  public let targetCount: Int
  /// nil where there is no target.
  public let task: Task?
  /// The names of the classes, in the order of their indices; empty where there are none.
  public let classNames: [String]
  /// What the target's values were taken for; nil where there is no target.
  public let targetReading: TargetReading?
  /// The number of rows, at least 1.
  public let count: Int

  /// What becomes of ``columns``; without what is filled in, as long as that is not decided.
  var plan: FeatureEncoding
  var fill: Fill
  var scalingRule: ScalingRule = .none
  /// A column for each of the plan's.
  let columns: RowMatrix
  /// Row-major; for classes, their indices.
  let targetValues: [Double]

  /// What missing numbers become.
  enum Fill: Sendable, Equatable {
    /// What the plan says.
    case planned
    /// By the statistics of the rows here, unless the table is split first.
    case mean, median
    case constant(Double)

    init(_ missing: MissingValues) {
      self =
        switch missing {
        case .error, .dropRow: .planned
        case .mean: .mean
        case .median: .median
        case .constant(let value): .constant(value)
        }
    }
  }

  /// How features are scaled.
  enum ScalingRule: Sendable, Equatable {
    case none
    /// By the statistics of the rows here, unless the table is split first.
    case own(FeatureScaling.Kind)
    case fixed(FeatureScaling)
  }

  /// - Throws: ``DataError/Kind/emptyColumn`` where a column has no value to fill missing ones with.
  init(
    _ columns: RowMatrix, encoding: FeatureEncoding, fill: Fill = .planned,
    targetName: String? = nil, targetCount: Int = 0, target: TargetEncoding? = nil
  ) throws(DataError) {
    count = columns.count
    plan = encoding
    self.fill = fill
    self.columns = columns
    self.targetName = targetName
    self.targetCount = targetCount
    task = target?.task
    classNames = target?.classNames ?? []
    targetReading = target?.reading
    targetValues = target?.values ?? []
    try checkFill()
  }

  /// The names of the features, in the order of their columns.
  public var featureNames: [String] { plan.featureNames }
  public var featureCount: Int { plan.featureNames.count }

  /// The features.
  ///
  /// - Returns: `[n, d]`, scaled where the table is.
  public func features(as scalarType: ScalarType = .float32) -> NDArray {
    var result = NDArray(zeros: [count, featureCount], scalarType)
    let (encoding, scaling, width) = (encoding, scaling, featureCount)
    columns.forEachBlock { rows, values in
      let features = encoding.features(of: values)
      result.store(scaling?.applied(to: features) ?? features, at: rows.lowerBound * width)
    }
    return result
  }

  /// The targets, as the costs take them. They are never scaled.
  ///
  /// - Returns: for a regression `[n, k]` of `scalarType`; for two classes `[n, 1]` of `scalarType`, 0 or 1;
  ///   for several classes their indices as `[n]` of int32, whatever `scalarType` is.
  /// - Throws: ``DataError/Kind/noTarget``
  public func targets(as scalarType: ScalarType = .float32) throws(DataError) -> NDArray {
    switch task {
    case nil: throw .noTarget
    case .regression, .binary:
      return NDArray(doubles: targetValues, shape: [count, targetCount], scalarType)
    case .multiclass:
      return NDArray(doubles: targetValues, shape: [count], .int32)
    }
  }

  /// The classes of the rows as rows of zeros with a 1 at the class's index.
  ///
  /// - Returns: `[n, k]` of `scalarType` for k classes.
  /// - Throws: ``DataError/Kind/noTarget``, ``DataError/Kind/notClassification`` where there are no classes.
  public func oneHotTargets(as scalarType: ScalarType = .float32) throws(DataError) -> NDArray {
    let classes = try classes()
    try requireMemory(2 * 8 * count * classNames.count, for: "targets [\(count),\(classNames.count)]")
    var values = [Double](repeating: 0, count: count * classNames.count)
    for (row, index) in classes.enumerated() { values[row * classNames.count + index] = 1 }
    return NDArray(doubles: values, shape: [count, classNames.count], scalarType)
  }

  /// The classes of the rows, as indices of ``classNames``.
  ///
  /// - Throws: as ``oneHotTargets(as:)``.
  public func classes() throws(DataError) -> [Int] {
    guard task != nil else { throw .noTarget }
    guard !classNames.isEmpty else { throw .notClassification }
    return targetValues.map { Int($0) }
  }

  // MARK: - Features

  /// How the columns of the file became features, with the numbers that missing ones become. Save it with a model.
  public var encoding: FeatureEncoding {
    switch fill {
    case .planned: plan
    case .constant(let value): plan.filling(with: plan.columns.map { $0.categories == nil ? value : nil })
    case .mean: plan.filling(with: statistics { $0.mean })
    case .median: plan.filling(with: statistics { $0.median })
    }
  }

  /// The same rows with all products of at most `degree` features, as ``PolynomialFeatures`` makes them: of features before
  /// they are scaled.
  ///
  /// - Throws: ``DataError/Kind/badEncoding`` for a degree below 1, or where the table has products already;
  ///   ``DataError/Kind/tooManyFeatures``; ``DataError/Kind/featureMismatch`` where the table is scaled by
  ///   given statistics.
  public func polynomial(degree: Int, interactionOnly: Bool = false) throws(DataError) -> Table {
    guard plan.polynomial == nil else { throw .badEncoding("products of products; give the degree once") }
    var table = self
    table.plan = try plan.appending(PolynomialFeatures(degree: degree, interactionOnly: interactionOnly))
    if case .fixed(let scaling) = scalingRule {
      throw .featureMismatch(expected: scaling.featureNames, found: table.featureNames)
    }
    return table
  }

  /// A statistic of what is there in each column of numbers.
  private func statistics(_ statistic: ([Double]) -> Double) -> [Double?] {
    plan.columns.enumerated().map { column, description in
      guard description.categories == nil else { return nil }
      return statistic(columns.column(column).filter { $0 != FeatureEncoding.missing })
    }
  }

  private func checkFill() throws(DataError) {
    guard fill == .mean || fill == .median else { return }
    for (column, description) in plan.columns.enumerated() where description.categories == nil {
      if columns.column(column).allSatisfy({ $0 == FeatureEncoding.missing }) {
        throw .emptyColumn(description.name)
      }
    }
  }

  // MARK: - Scaling

  /// How the features are scaled; nil where they are not. Save it with a model.
  public var scaling: FeatureScaling? {
    switch scalingRule {
    case .none: nil
    case .own(let kind):
      FeatureScaling(kind, featureNames: featureNames, rows: count) { [encoding] body in
        columns.forEachBlock { body(encoding.features(of: $1)) }
      }
    case .fixed(let scaling): scaling
    }
  }

  /// The same rows with every feature brought to mean 0 and standard deviation 1.
  ///
  /// Where the table is split afterwards, both parts are scaled by the statistics of the training part, so
  /// that nothing about the test rows leaks into training. Rows taken otherwise keep the statistics of the
  /// table they are from.
  public func standardized() -> Table { scaled(.standard) }

  /// The same rows with every feature brought to 0 where it is least, and to 1 where it is greatest; see ``standardized()``.
  public func minMaxScaled() -> Table { scaled(.minMax) }

  private func scaled(_ kind: FeatureScaling.Kind) -> Table {
    var table = self
    table.scalingRule = .own(kind)
    return table
  }

  /// The same rows scaled by the statistics of others: those that a model was trained with.
  ///
  /// - Throws: ``DataError/Kind/featureMismatch`` where the names or their order differ.
  public func scaled(by scaling: FeatureScaling) throws(DataError) -> Table {
    guard scaling.featureNames == featureNames else {
      throw .featureMismatch(expected: scaling.featureNames, found: featureNames)
    }
    var table = self
    table.scalingRule = .fixed(scaling)
    return table
  }

  /// The same table with what depends on its rows decided: what missing numbers become, and the scaling.
  var fitted: Table {
    var table = self
    table.plan = encoding
    table.fill = .planned
    if let scaling = table.scaling { table.scalingRule = .fixed(scaling) }
    return table
  }

  // MARK: - Rows

  /// The rows at `indices`, in that order; a row may come more than once.
  ///
  /// - Throws: ``DataError/Kind/rowOutOfRange``, and ``DataError/Kind/wrongShape``
  ///   where there are no indices.
  public func rows(_ indices: some Sequence<Int>) throws(DataError) -> Table {
    let indices = Array(indices)
    guard !indices.isEmpty else { throw .wrongShape(what: "rows", expected: "at least one", found: "none") }
    for index in indices where index < 0 || index >= count {
      throw .rowOutOfRange(index: index, count: count)
    }
    return try fitted.selecting(indices)
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

  /// The rows with the same rules.
  ///
  /// - Precondition: the indices are rows of this table, and there is one.
  func selecting(_ indices: [Int]) throws(DataError) -> Table {
    try requireMemory(8 * indices.count * (2 + targetCount), for: "\(indices.count) rows of the table")
    var targets: [Double] = []
    targets.reserveCapacity(indices.count * targetCount)
    for row in indices { targets += targetValues[row * targetCount..<(row + 1) * targetCount] }
    let target = task.flatMap { task in
      targetReading.map {
        TargetEncoding(task: task, classNames: classNames, values: targets, reading: $0)
      }
    }
    var table = try Table(
      columns.selecting(indices), encoding: plan, fill: fill, targetName: targetName,
      targetCount: targetCount, target: target)
    table.scalingRule = scalingRule
    return table
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
    switch scalingRule {
    case .none: break
    case .own(let kind): parts.append(kind.participle)
    case .fixed(let scaling): parts.append(scaling.kind.participle)
    }
    return parts.joined(separator: ", ")
  }
}
