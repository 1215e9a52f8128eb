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
  /// - Throws: ``DataError/Kind/wrongShape`` where shapes or the number of names do not fit;
  ///   ``DataError/Kind/missingValue`` for a NaN, ``DataError/Kind/nonFiniteValue`` for an infinity.
  public init(
    features: NDArray, targets: NDArray? = nil, featureNames: [String]? = nil,
    targetName: String = "target", task: Task? = nil, classNames: [String]? = nil
  ) throws(DataError) {
    try self.init(
      features: StoredArray(features, place: nil), targets: targets.map { StoredArray($0, place: nil) },
      featureNames: featureNames, targetName: targetName, task: task, classNames: classNames)
  }

  /// The same of arrays that may be from files, which errors name then.
  ///
  /// - Parameter encoding: that of a model whose columns the array has, none of them of categories, in the model's order;
  ///   instead of `featureNames`.
  package init(
    features: StoredArray, targets: StoredArray?, featureNames: [String]? = nil,
    encoding: FeatureEncoding? = nil, targetName: String = "target", task: Task? = nil,
    classNames: [String]? = nil
  ) throws(DataError) {
    let shape = features.array.shape
    guard shape.rank >= 2, shape.count > 0 else {
      throw .wrongShape(
        what: features.place ?? "features", expected: "shape [n,d] with at least one row and column",
        found: "\(shape)")
    }
    let (count, width) = (shape[0], shape.count / shape[0])
    try requireMemory(
      shape.count * 8 + width * Self.bytesOfName, for: "the table of \(features.place ?? "features \(shape)")"
    )
    if let columns = encoding?.columns, columns.count != width {
      throw .wrongShape(
        what: features.place ?? "features",
        expected: "rows of \(columns.count) numbers, one for each of the model's columns",
        found: "rows of \(width) (shape \(shape))")
    }
    let names = encoding?.columns.map(\.name) ?? featureNames ?? (0..<width).map { "x\($0)" }
    guard names.count == width else {
      throw .wrongShape(what: "featureNames", expected: "\(width) names", found: "\(names.count)")
    }
    let plan = if let encoding { encoding } else { try FeatureEncoding(features: names) }
    let columns = RowMatrix(try checked(features) { names[$0] }, width: width, count: count)
    guard let targets else {
      try self.init(columns, encoding: plan)
      return
    }
    let target = try TargetEncoding(targets, rows: count, targetName, task, classNames)
    try self.init(
      columns, encoding: plan, targetName: targetName, targetCount: target.values.count / count,
      target: target)
  }
}

extension Table {
  /// A generous estimate of what the name of a column takes, in a list, a set and the encoding.
  private static let bytesOfName = 200
}

extension TargetEncoding {
  /// - Parameter rows: as many as there are features for.
  fileprivate init(
    _ targets: StoredArray, rows: Int, _ name: String, _ task: Table.Task?, _ classNames: [String]?
  ) throws(DataError) {
    let (shape, file) = (targets.array.shape, targets.place)
    guard 1...2 ~= shape.rank, shape[0] == rows, shape.rank == 1 || shape[1] > 0 else {
      throw .wrongShape(
        what: file ?? "targets", expected: "shape [\(rows)] or [\(rows),k]", found: "\(shape)")
    }
    let width = shape.rank == 1 ? 1 : shape[1]
    try requireMemory(shape.count * 8, for: "the table's targets \(shape)")
    let numbers = try checked(targets) { width == 1 ? name : "\(name)[\($0)]" }
    let integers = try? targets.array.elements(as: Int64.self)
    guard width == 1 else {
      guard task == nil || task == .regression else {
        throw .wrongShape(
          what: file ?? "targets", expected: "one column of class numbers, shape [\(rows)]", found: "\(shape)"
        )
      }
      self.init(
        task: .regression, classNames: [], values: numbers,
        reading: Table.TargetReading(
          reason: task == nil ? "\(width) values a row" : nil, labels: nil, merged: []))
      return
    }
    let request = Request(
      column: name, task: task, classNames: classNames, numbersMayBeIndices: true,
      place: { DataError.Place(row: $0, column: name, file: file) })
    var values = TargetValues(request)
    for (row, number) in numbers.enumerated() {
      // An integer by itself, as a double may be another one.
      values.append(number, label: integers.map { "\($0[row])" } ?? className(number))
    }
    do {
      try self.init(values, request)
    } catch {
      throw file.map { error.located(in: $0) } ?? error
    }
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
  /// - Throws: what `row` throws; ``DataError/Kind/wrongShape`` where a row has another number of values
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
private func checked(_ stored: StoredArray, column: (Int) -> String) throws(DataError) -> [Double] {
  let values = stored.array.doubles
  guard let i = values.firstIndex(where: { !$0.isFinite }) else { return values }
  let width = stored.array.shape.count / stored.array.shape[0]
  let place = DataError.Place(row: i / width, column: column(i % width), file: stored.place)
  if values[i].isNaN { throw .missingValue(place) }
  throw .nonFiniteValue(place, value: "\(values[i])")
}

/// `3` for 3.0.
private func className(_ value: Double) -> String {
  Int(exactly: value).map(String.init) ?? "\(value)"
}
