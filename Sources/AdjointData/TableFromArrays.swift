import AdjointArray

extension Table {
  /// A table of values that a program made or read by itself.
  ///
  /// - Parameters:
  ///   - features: `[n, d]`, of any type; of `[n, …]`, such as images, a row is flattened, which ``Unflatten`` undoes.
  ///   - targets: `[n]`, or `[n, k]` for a regression of k values; nil where there are none.
  ///   - featureNames: d names; `x0`, `x1` and so on by default.
  ///   - targetName: what the target is called.
  ///   - task: what the target is, where it should not be inferred as from a file; with k > 1 it is a
  ///     regression.
  ///   - classNames: the classes, where they should not be the distinct values: numbers that the targets are,
  ///     or words whose indices they are.
  /// - Throws: ``DataError/wrongShape(what:expected:found:)`` where shapes or the number of names do not fit;
  ///   ``DataError/missingValue(_:)`` for a NaN, ``DataError/nonFiniteValue(_:value:)`` for an infinity.
  public init(
    features: NDArray, targets: NDArray? = nil, featureNames: [String]? = nil,
    targetName: String = "target", task: Task? = nil, classNames: [String]? = nil
  ) throws(DataError) {
    guard features.shape.rank >= 2, features.shape.count > 0 else {
      throw .wrongShape(
        what: "features", expected: "shape [n,d] with at least one row and column", found: "\(features.shape)"
      )
    }
    let (count, width) = (features.shape[0], features.shape.count / features.shape[0])
    let names = featureNames ?? (0..<width).map { "x\($0)" }
    guard names.count == width else {
      throw .wrongShape(what: "featureNames", expected: "\(width) names", found: "\(names.count)")
    }
    let encoding = try FeatureEncoding(features: names)
    let columns = RowMatrix(try checked(features) { names[$0] }, width: width, count: count)
    guard let targets else {
      try self.init(columns, encoding: encoding)
      return
    }
    let shape = targets.shape
    guard 1...2 ~= shape.rank, shape[0] == count, shape.rank == 1 || shape[1] > 0 else {
      throw .wrongShape(what: "targets", expected: "shape [\(count)] or [\(count),k]", found: "\(shape)")
    }
    let targetCount = shape.rank == 1 ? 1 : shape[1]
    let numbers = try checked(targets) { targetCount == 1 ? targetName : "\(targetName)[\($0)]" }
    let target: TargetEncoding
    if targetCount == 1 {
      let request = TargetEncoding.Request(
        column: targetName, task: task, classNames: classNames, numbersMayBeIndices: true,
        place: { DataError.Place(file: nil, line: $0, column: targetName) })
      target = try TargetEncoding(numbers: numbers, request)
    } else {
      guard task == nil || task == .regression else {
        throw .wrongShape(
          what: "targets", expected: "one column of class numbers, shape [\(count)]", found: "\(shape)")
      }
      target = TargetEncoding(task: .regression, classNames: [], values: numbers)
    }
    try self.init(
      columns, encoding: encoding, targetName: targetName, targetCount: targetCount, target: target)
  }
}

extension Table {
  /// Rows that a closure makes: a function's values, a simulation.
  ///
  ///     let data = try Table(rows: 200, featureNames: ["x"], targetName: "y") { row in
  ///       let x = Double(row) / 100 - 1
  ///       return ([x], [1 / (1 + 25 * x * x)])
  ///     }
  ///
  /// - Parameters:
  ///   - rows: how many, at least 1.
  ///   - task: what the targets are, where it should not be inferred.
  ///   - row: the features and the targets of the row of this number, from 0; of each row as many.
  /// - Throws: what `row` throws; ``DataError/wrongShape(what:expected:found:)`` where a row has another number of values
  ///   than the first one; as ``init(features:targets:featureNames:targetName:task:classNames:)``.
  public init(
    rows: Int, featureNames: [String]? = nil, targetName: String = "target", task: Task? = nil,
    _ row: (Int) throws -> (features: [Double], targets: [Double])
  ) throws {
    guard rows > 0 else {
      throw DataError.wrongShape(what: "rows", expected: "at least one", found: "\(rows)")
    }
    var (features, targets): ([Double], [Double]) = ([], [])
    var width = (features: 0, targets: 0)
    for index in 0..<rows {
      let made = try row(index)
      if index == 0 { width = (made.features.count, made.targets.count) }
      guard (made.features.count, made.targets.count) == width else {
        throw DataError.wrongShape(
          what: "row \(index)", expected: "\(width.features) features and \(width.targets) targets",
          found: "\(made.features.count) and \(made.targets.count)")
      }
      features += made.features
      targets += made.targets
    }
    try self.init(
      features: NDArray(doubles: features, shape: [rows, width.features], .float64),
      targets: width.targets == 0
        ? nil
        : NDArray(
          doubles: targets, shape: width.targets == 1 ? [rows] : [rows, width.targets], .float64),
      featureNames: featureNames, targetName: targetName, task: task)
  }
}

/// The values as doubles, all of them finite.
private func checked(_ array: NDArray, column: (Int) -> String) throws(DataError) -> [Double] {
  let values = array.doubles
  guard let i = values.firstIndex(where: { !$0.isFinite }) else { return values }
  let width = array.shape.count / array.shape[0]
  let place = DataError.Place(file: nil, line: i / width, column: column(i % width))
  if values[i].isNaN { throw .missingValue(place) }
  throw .nonFiniteValue(place, value: "\(values[i])")
}
