import AdjointArray
import Testing

@testable import AdjointData

@Suite("Folds and bootstrap resamples")
struct FoldTests {
  /// Rows that know their number.
  private func table(_ classes: [Int]) throws -> Table {
    try Table(
      features: NDArray(classes.indices.map(Double.init), shape: [classes.count, 1]),
      targets: NDArray(classes.map(Double.init)), task: .multiclass)
  }

  private func rows(_ table: Table) -> [Int] { table.features(as: .float64).doubles.map { Int($0) } }

  @Test("Each row is tested with once, and the others are trained with")
  func folds() throws {
    let table = try table((0..<23).map { $0 % 3 })
    for stratified in [false, true] {
      let folds = try table.folds(5, seed: 4, stratified: stratified)
      #expect(folds.count == 5)
      #expect(folds.flatMap { rows($0.test) }.sorted() == Array(0..<23))
      for fold in folds { #expect((rows(fold.train) + rows(fold.test)).sorted() == Array(0..<23)) }
      #expect(rows(folds[0].test) != rows(folds[0].test).sorted())
      #expect(try table.folds(5, seed: 4, stratified: stratified) == folds)
      #expect(try table.folds(5, seed: 5, stratified: stratified) != folds)
    }
  }

  @Test("The parts have the sizes of scikit-learn's KFold, and the classes of its StratifiedKFold")
  func sizes() throws {
    for expected in try ReferencePreparation.read().folds {
      let table = try table(expected.classes)
      let plain = try table.folds(expected.count, seed: 1)
      #expect(plain.map(\.test.count) == expected.sizes)
      guard let classes = expected.stratified else { continue }
      let stratified = try table.folds(expected.count, seed: 1, stratified: true).map { fold in
        let found = try fold.test.classes()
        return table.classNames.indices.map { index in found.count { $0 == index } }
      }
      #expect(stratified == classes)
    }
  }

  @Test("Each part is scaled by its training rows")
  func scaling() throws {
    let table = try Table(csv: example("iris.csv"), target: "species").standardized()
    for fold in try table.folds(3, seed: 0) {
      #expect(abs(mean(column(fold.train.features(as: .float64), 0))) < 1e-12)
      #expect(fold.train.scaling == fold.test.scaling && fold.train.scaling != table.scaling)
    }
  }

  @Test("What cannot be divided is an error")
  func errors() throws {
    let table = try Table(features: NDArray(zeros: [4, 1]))
    for count in [-1, 0, 1, 5, .max] {
      #expect(throws: DataError.badFolds(count: count, rows: 4)) { try table.folds(count, seed: 0) }
    }
    #expect(throws: DataError.notClassification) { try table.folds(2, seed: 0, stratified: true) }
    #expect(throws: DataError.noRowsOutOfBag(rows: 1)) { try table[0..<1].bootstrap(seed: 0) }
  }

  @Test("A resample has as many rows, drawn with replacement, and is tested with those that were not drawn")
  func bootstrap() throws {
    let table = try table([Int](repeating: 0, count: 500) + [Int](repeating: 1, count: 500))
    var (outOfBag, drawn) = (0, [Int](repeating: 0, count: 1000))
    for seed in UInt64(0)..<200 {
      let split = try table.bootstrap(seed: seed)
      #expect(split.train.count == 1000)
      let trained = Set(rows(split.train))
      #expect(trained.isDisjoint(with: rows(split.test)))
      #expect(trained.count + split.test.count == 1000)
      outOfBag += split.test.count
      for row in rows(split.train) { drawn[row] += 1 }
    }
    // (1 − 1/n)ⁿ of the rows are not drawn: 0.3677 for n = 1000, here within five standard deviations (0.0096 / √200).
    #expect(abs(Double(outOfBag) / 200_000 - 0.3677) < 0.0034)
    // Every row as often as others: 200 ± 14.1 each.
    #expect(drawn.allSatisfy { abs($0 - 200) < 75 })
    #expect(try table.bootstrap(seed: 3) == table.bootstrap(seed: 3))
    #expect(try table.bootstrap(seed: 3) != table.bootstrap(seed: 4))
  }
}
