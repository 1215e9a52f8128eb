extension Table {
  /// Two parts of a table.
  public struct Split: Sendable, Equatable {
    public let train: Table
    public let test: Table
    /// Which rows of the table those of ``train`` are, from 0.
    public let trainRows: [Int]
    /// Which rows of the table those of ``test`` are, from 0.
    public let testRows: [Int]
  }

  /// Shuffles the rows and takes a part of them for testing.
  ///
  /// The same seed gives the same parts. A table that is ``standardized()`` gives two parts that are both
  /// scaled by the training part's statistics, which also fill in what is missing; one that is scaled by given statistics
  /// keeps them.
  ///
  /// - Parameters:
  ///   - fraction: the part to test with; the number of rows is rounded up, as in scikit-learn.
  ///   - stratified: whether each class has the same share in both parts, as nearly as whole rows allow.
  /// - Throws: ``DataError/Kind/badSplit`` where a part would be empty;
  ///   ``DataError/Kind/notClassification`` where a stratified split has no classes to go by;
  ///   ``DataError/Kind/emptyColumn`` where the training part has no value to fill missing ones with.
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
    return try parts(train: train, test: test)
  }

  /// Parts for k-fold cross-validation: each row is tested with once, and trained with in the other k − 1 splits.
  ///
  /// The numbers of rows are scikit-learn's (`KFold`, `StratifiedKFold`): test parts differ by at most one row.
  ///
  /// - Parameters:
  ///   - count: k, from 2 to the number of rows.
  ///   - stratified: whether each class has the same share in all parts, as nearly as whole rows allow.
  /// - Returns: k splits, each as ``split(test:seed:stratified:)`` gives one.
  /// - Throws: ``DataError/Kind/badFolds``, ``DataError/Kind/notClassification``, ``DataError/Kind/emptyColumn``.
  public func folds(_ count: Int, seed: UInt64, stratified: Bool = false) throws(DataError) -> [Split] {
    guard count >= 2, count <= self.count else { throw .badFolds(count: count, rows: self.count) }
    if stratified, classNames.isEmpty { throw .notClassification }
    var generator = SeededGenerator(seed: seed)
    let order = generator.permutation(of: self.count)
    var folds = [[Int]](repeating: [], count: count)
    if stratified {
      // Sorted by class, in the order in which classes come, rows are dealt out one by one; that says how many of a
      // class each part tests with, and chance which.
      var classes: [Int] = []
      for value in targetValues where !classes.contains(Int(value)) { classes.append(Int(value)) }
      var next = 0
      for index in classes {
        for row in order where Int(targetValues[row]) == index {
          folds[next].append(row)
          next = (next + 1) % count
        }
      }
    } else {
      var start = 0
      for fold in folds.indices {
        let size = self.count / count + (fold < self.count % count ? 1 : 0)
        folds[fold] = Array(order[start..<start + size])
        start += size
      }
    }
    var fold = [Int](repeating: 0, count: self.count)
    for (index, rows) in folds.enumerated() { for row in rows { fold[row] = index } }
    var splits: [Split] = []
    for (index, test) in folds.enumerated() {
      splits.append(try parts(train: order.filter { fold[$0] != index }, test: test))
    }
    return splits
  }

  /// A bootstrap resample: as many rows as there are, drawn with replacement, to train with, and the rows that were not drawn
  /// (out of bag, some 37 of 100) to test with.
  ///
  /// The same seed gives the same rows; for several resamples count the seed up.
  ///
  /// - Returns: a split as ``split(test:seed:stratified:)`` gives one.
  /// - Throws: ``DataError/Kind/noRowsOutOfBag`` where all rows were drawn, as of very few rows they may be;
  ///   ``DataError/Kind/emptyColumn``.
  public func bootstrap(seed: UInt64) throws(DataError) -> Split {
    var generator = SeededGenerator(seed: seed)
    var isDrawn = [Bool](repeating: false, count: count)
    var train: [Int] = []
    for _ in 0..<count {
      let row = Int(generator.number(below: UInt64(count)))
      isDrawn[row] = true
      train.append(row)
    }
    let test = isDrawn.indices.filter { !isDrawn[$0] }
    guard !test.isEmpty else { throw .noRowsOutOfBag(rows: count) }
    return try parts(train: train, test: test)
  }

  /// What depends on rows is decided by those to train with.
  private func parts(train trainRows: [Int], test testRows: [Int]) throws(DataError) -> Split {
    let train = try selecting(trainRows).fitted
    // Taken from a table whose rules are decided, so that a column without a value in the test part is no matter.
    var rules = self
    rules.plan = train.plan
    rules.fill = train.fill
    rules.scalingRule = train.scalingRule
    return Split(
      train: train, test: try rules.selecting(testRows), trainRows: trainRows, testRows: testRows)
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
