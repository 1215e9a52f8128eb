import AdjointArray
import Foundation
import Testing

@testable import AdjointData

@Suite("Standardization and splits")
struct SplitTests {
  @Test("The whole table's statistics are scikit-learn's")
  func statistics() throws {
    let table = try Table(csv: example("wdbc.csv"), target: "benign").standardized()
    let scaling = try #require(table.scaling)
    // scikit-learn 1.9.1: StandardScaler().fit(X).mean_ and .scale_ at 0 and 29, and two values of
    // transform(X).
    #expect(isClose(scaling.offsets[0], 14.127291739894563))
    #expect(isClose(scaling.divisors[0], 3.5209507607110626))
    #expect(isClose(scaling.offsets[29], 0.08394581722319855))
    #expect(isClose(scaling.divisors[29], 0.018045389308594995))
    let values = table.features(as: .float64).doubles
    #expect(isClose(values[0], 1.0970639814699807))
    #expect(isClose(values[569 * 30 - 1], -0.7512066928221901))
    #expect(table.description.hasSuffix(", standardized"))
  }

  @Test("114 of 569 rows are tested with, and every row is in one part")
  func sizes() throws {
    let table = try Table(csv: example("wdbc.csv"), target: "benign")
    let split = try table.split(test: 0.2, seed: 1)
    #expect(split.train.count == 455 && split.test.count == 114)
    let all = split.train.features(as: .float64).doubles + split.test.features(as: .float64).doubles
    #expect(all.sorted() == table.features(as: .float64).doubles.sorted())
    #expect(
      try split.train.targets().doubles.reduce(0, +) + split.test.targets().doubles.reduce(0, +) == 357)
  }

  @Test("Features and target of a row stay together")
  func rowsStayTogether() throws {
    let values = (0..<100).map(Double.init)
    let table = try Table(
      features: NDArray(values, shape: [100, 1]), targets: NDArray(values.map { $0 * 2 + 0.5 }))
    let split = try table.split(test: 0.3, seed: 9)
    for part in [split.train, split.test] {
      #expect(
        part.features(as: .float64).doubles.map { $0 * 2 + 0.5 } == (try part.targets(as: .float64).doubles))
    }
    #expect(split.train.features(as: .float64).doubles != split.train.features(as: .float64).doubles.sorted())
  }

  @Test("A split says which rows its parts are, and a part of a part is of the same rows")
  func rowsOfParts() throws {
    let values = (0..<60).map(Double.init)
    let table = try Table(
      features: NDArray(values, shape: [30, 2]), targets: NDArray((0..<30).map { Double($0) / 3 }))
    let split = try table.split(test: 0.4, seed: 3)
    #expect(split.trainRows.count == 18 && (split.trainRows + split.testRows).sorted() == Array(0..<30))
    #expect(split.train == (try table.rows(split.trainRows)))
    #expect(
      split.test.features(as: .float64).doubles
        == split.testRows.flatMap { [Double(2 * $0), Double(2 * $0 + 1)] })
    // Of few rows of many a copy is made, which is the same table.
    let again = try split.train.rows([5, 5, 0])
    #expect(again == (try table.rows([5, 5, 0].map { split.trainRows[$0] })))
    #expect(again.features(as: .float64).doubles.prefix(2) == again.features(as: .float64).doubles[2..<4])
    #expect(again != (try table.rows([5, 5, 1].map { split.trainRows[$0] })))
    let inner = try split.train.split(test: 0.5, seed: 4)
    #expect(
      inner.test.features(as: .float64).doubles
        == inner.testRows.flatMap { row in [0, 1].map { Double(2 * split.trainRows[row] + $0) } })
  }

  @Test("Statistics are those of all rows, however many are looked at at once")
  func blocks() throws {
    // 20,000 rows of two columns are several blocks. Of 0..<n the mean is (n − 1)/2, the variance (n² − 1)/12.
    let n = 20_000.0
    let values = (0..<20_000).flatMap { [Double($0), Double(($0 * 7919) % 20_000) * 2] }
    let table = try Table(features: NDArray(values, shape: [20_000, 2]))
    let scaling = try #require(table.standardized().scaling)
    let deviation = ((n * n - 1) / 12).squareRoot()
    #expect(isClose(scaling.offsets[0], (n - 1) / 2) && isClose(scaling.offsets[1], n - 1))
    #expect(isClose(scaling.divisors[0], deviation) && isClose(scaling.divisors[1], 2 * deviation))
    let range = try #require(table.minMaxScaled().scaling)
    #expect(range.offsets == [0, 0] && range.divisors == [n - 1, 2 * (n - 1)])
    let scaled = table.minMaxScaled().features(as: .float64).doubles
    #expect(scaled == values.enumerated().map { $1 / ($0.isMultiple(of: 2) ? n - 1 : 2 * (n - 1)) })
  }

  @Test("Both parts are scaled by the training part")
  func noLeak() throws {
    let raw = try Table(csv: example("wdbc.csv"), target: "benign").split(test: 0.2, seed: 1)
    let split = try Table(csv: example("wdbc.csv"), target: "benign").standardized().split(test: 0.2, seed: 1)
    let train = split.train.features(as: .float64)
    for feature in 0..<30 {
      #expect(abs(mean(column(train, feature))) < 1e-12)
      #expect(isClose(populationDeviation(column(train, feature)), 1))
    }
    let rawTrain = column(raw.train.features(as: .float64), 4)
    let expected = column(raw.test.features(as: .float64), 4).map {
      ($0 - mean(rawTrain)) / populationDeviation(rawTrain)
    }
    for (value, wanted) in zip(column(split.test.features(as: .float64), 4), expected) {
      #expect(isClose(value, wanted, relative: 1e-10))
    }
    #expect(split.train.scaling == split.test.scaling)
    let whole = try Table(csv: example("wdbc.csv"), target: "benign").standardized()
    #expect(split.train.scaling != whole.scaling)
  }

  @Test("The same seed gives the same parts, another seed others")
  func seeds() throws {
    let table = try Table(csv: example("iris.csv"), target: "species").standardized()
    #expect(try table.split(test: 0.25, seed: 4) == table.split(test: 0.25, seed: 4))
    #expect(try table.split(test: 0.25, seed: 4).test != table.split(test: 0.25, seed: 5).test)
  }

  @Test("A stratified split keeps the classes' shares")
  func stratified() throws {
    let iris = try Table(csv: example("iris.csv"), target: "species").split(
      test: 0.2, seed: 3, stratified: true)
    #expect(iris.test.description.hasSuffix("(multiclass: setosa 10, versicolor 10, virginica 10)"))
    // 114 of 569, of which 212 and 357: 42.47 and 71.53, so 42 and 72.
    let wdbc = try Table(csv: example("wdbc.csv"), target: "benign").split(
      test: 0.2, seed: 3, stratified: true)
    #expect(wdbc.test.description.hasSuffix("(binary: 0 42, 1 72)"))
    #expect(wdbc.train.description.hasSuffix("(binary: 0 170, 1 285)"))
  }

  @Test("0.07 of 100 rows are 7")
  func roundedUp() throws {
    let table = try Table(features: NDArray(zeros: [100, 1]))
    #expect(try table.split(test: 0.07, seed: 0).test.count == 7)
    #expect(try table.split(test: 0.071, seed: 0).test.count == 8)
  }

  @Test("A constant feature becomes 0, and very large and very small ones do not overflow")
  func extremes() throws {
    let table = try Table(
      features: NDArray(
        [0.1, 1e300, 1e-300, 0.1, -1e300, 3e-300, 0.1, 1e300, 1e-300, 0.1, -1e300, 3e-300], shape: [4, 3])
    ).standardized()
    let features = table.features(as: .float64)
    #expect(column(features, 0) == [0, 0, 0, 0])
    #expect(table.scaling?.divisors[0] == 1)
    // Two values, equally often, are one deviation from the mean each.
    for (value, wanted) in zip(column(features, 1), [1, -1, 1, -1.0]) { #expect(isClose(value, wanted)) }
    for (value, wanted) in zip(column(features, 2), [-1, 1, -1, 1.0]) { #expect(isClose(value, wanted)) }
  }

  @Test("A standardization is saved, read back, and scales new rows")
  func saved() throws {
    let table = try Table(read("a,b\n1,10\n3,30\n"), features: ["a", "b"]).standardized()
    let scaling = try #require(table.scaling)
    let restored = try JSONDecoder().decode(
      FeatureScaling.self, from: JSONEncoder().encode(scaling))
    #expect(restored == scaling)
    // Means 2 and 20, deviations 1 and 10.
    let new = try Table(read("b,a\n40,2\n"), features: ["a", "b"]).scaled(by: restored)
    #expect(new.features(as: .float64).doubles == [0, 2])
    #expect(try restored(NDArray([Float(3), 0])) == NDArray([Float(1), -2]))
    // A later split does not replace what was given.
    let doubled = try new.rows([0, 0]).split(test: 0.5, seed: 0)
    #expect(doubled.train.scaling == scaling)
  }
}
