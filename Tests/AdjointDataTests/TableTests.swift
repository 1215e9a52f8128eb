import AdjointArray
import Testing

@testable import AdjointData

@Suite("A table of a CSV file")
struct TableTests {
  @Test("The breast cancer data: 569 rows, 30 features, 357 benign")
  func breastCancer() throws {
    let table = try Table(csv: example("wdbc.csv"), target: "benign")
    #expect(table.count == 569)
    #expect(table.featureCount == 30)
    #expect(table.featureNames[0] == "mean_radius")
    #expect(table.featureNames[29] == "worst_fractal_dimension")
    #expect(table.targetName == "benign")
    #expect(table.task == .binary)
    #expect(table.classNames == ["0", "1"])
    #expect(table.scaling == nil && table.encoding.isIdentity)
    let features = table.features(as: .float64)
    #expect(features.shape == [569, 30])
    #expect(features.doubles[0] == 17.99 && features.doubles[31] == 17.77)
    // numpy: X[:, 0].mean() = 14.127291739894552
    #expect(isClose(mean(column(features, 0)), 14.127291739894552))
    let targets = try table.targets()
    #expect(targets.shape == [569, 1] && targets.scalarType == .float32)
    #expect(targets.doubles.reduce(0, +) == 357)
    #expect(table.description == "569 rows, 30 features, target 'benign' (binary: 0 212, 1 357)")
  }

  @Test("Three named species are classes in the order of their names")
  func iris() throws {
    let table = try Table(csv: example("iris.csv"), target: "species")
    #expect(table.task == .multiclass)
    #expect(table.classNames == ["setosa", "versicolor", "virginica"])
    let targets = try table.targets(as: .float64)
    #expect(targets.shape == [150] && targets.scalarType == .int32)
    // The file has 50 of each, in this order.
    #expect(try targets.elements(as: Int32.self) == (0..<150).map { Int32($0 / 50) })
  }

  @Test("Numbered cultivators are classes, the progress of a disease is a number")
  func inferred() throws {
    // numpy: np.unique(cultivator, return_counts=True) = 59, 71, 48
    #expect(
      try Table(csv: example("wine.csv"), target: "cultivator").description
        == "178 rows, 13 features, target 'cultivator' (multiclass: 0 59, 1 71, 2 48)")
    let diabetes = try Table(csv: example("diabetes.csv"), target: "progression")
    #expect(diabetes.task == .regression && diabetes.classNames.isEmpty)
    #expect(try diabetes.targets().shape == [442, 1])
    // numpy: 25, 346, and a mean of 152.13348416289594
    #expect(diabetes.description == "442 rows, 10 features, target 'progression' (regression, 25.0 to 346.0)")
    #expect(isClose(mean(try diabetes.targets(as: .float64).doubles), 152.13348416289594))
  }

  @Test("The target may stand anywhere, and the task can be said")
  func saidTask() throws {
    let document = try read("y,x\n3,1\n5,2\n3,4\n")
    let inferred = try Table(document, target: "y")
    #expect(inferred.task == .binary && inferred.classNames == ["3", "5"])
    #expect(try inferred.targets().doubles == [0, 1, 0])
    let regression = try Table(document, target: "y", task: .regression)
    #expect(try regression.targets().doubles == [3, 5, 3])
    let multiclass = try Table(document, target: "y", task: .multiclass)
    #expect(try multiclass.targets() == NDArray([Int32(0), 1, 0]))
  }

  @Test("Numbered classes are in numeric order, and few rows of whole numbers are not classes")
  func numericOrder() throws {
    let quality = try Table(
      read("x,q\n" + (0..<30).map { "1,\([10, 9, 3][$0 % 3])\n" }.joined()), target: "q")
    #expect(quality.task == .multiclass && quality.classNames == ["3", "9", "10"])
    #expect(try quality.targets().doubles.prefix(3) == [2, 1, 0])
    #expect(try Table(read("x,q\n1,1\n2,2\n3,3\n4,4\n"), target: "q").task == .regression)
    #expect(try Table(read("x,q\n1,7\n2,7\n3,7\n"), target: "q").task == .regression)
  }

  @Test("Two words are a binary target")
  func words() throws {
    let table = try Table(read("x,y\n1,no\n2, yes\n3,\"no\"\n"), target: "y")
    #expect(table.task == .binary && table.classNames == ["no", "yes"])
    #expect(try table.targets().doubles == [0, 1, 0])
  }

  @Test("For a prediction the model's columns are picked in its order, and others are ignored")
  func prediction() throws {
    let document = try read("id,b,a,c,y\nx1,2,1,,0\nx2,4,3,,1\n")
    let table = try Table(document, features: ["a", "b"])
    #expect(table.featureNames == ["a", "b"])
    #expect(table.features(as: .float64).doubles == [1, 2, 3, 4])
    #expect(table.task == nil && table.targetName == nil)
    #expect(table.description == "2 rows, 2 features, no target")
    #expect(throws: DataError.noTarget) { try table.targets() }
    #expect(try Table(document, features: ["b"], target: "y").targets().doubles == [0, 1])
  }

  @Test("A model's classes keep their indices where a file has only some of them")
  func givenClasses() throws {
    let names = ["setosa", "versicolor", "virginica"]
    let table = try Table(
      read("x,s\n1,virginica\n2,versicolor\n"), features: ["x"], target: "s", classNames: names)
    #expect(table.task == .multiclass && table.classNames == names)
    #expect(try table.targets() == NDArray([Int32(2), 1]))
    let numbered = try Table(
      read("x,s\n1,9.0\n"), features: ["x"], target: "s", classNames: ["3", "9", "10"])
    #expect(try numbered.targets() == NDArray([Int32(1)]))
    let ones = try Table(read("x,s\n1,1\n2,1\n"), features: ["x"], target: "s", task: .binary)
    #expect(try ones.targets().doubles == [1, 1])
  }

  @Test("Arrays make a table, with one target or several")
  func arrays() throws {
    let features = try NDArray([Float(1), 2, 3, 4, 5, 6], shape: [3, 2])
    let table = try Table(features: features, targets: NDArray([0.5, 1.5, 2.5]))
    #expect(table.featureNames == ["x0", "x1"] && table.task == .regression)
    #expect(table.features() == features)
    #expect(try table.targets(as: .float64) == NDArray([0.5, 1.5, 2.5], shape: [3, 1]))
    let pair = try Table(features: features, targets: features, targetName: "f")
    #expect(pair.targetCount == 2)
    #expect(try pair.targets() == features)
    #expect(pair.description == "3 rows, 2 features, target 'f' (regression, 2 values a row)")
    let xor = try Table(
      features: NDArray([0, 0, 0, 1, 1, 0, 1, 1.0], shape: [4, 2]), targets: NDArray([Int32(0), 1, 1, 0]))
    #expect(xor.task == .binary)
    let named = try Table(
      features: features, targets: NDArray([Int32(2), 0, 2]), classNames: ["red", "green", "blue"])
    #expect(try named.targets() == NDArray([Int32(2), 0, 2]))
    #expect(try Table(features: features).task == nil)
  }

  @Test("Rows are taken in the order asked for")
  func someRows() throws {
    let table = try Table(read("x,y\n1,0.1\n2,0.2\n3,0.3\n"), target: "y")
    #expect(try table.rows([2, 0, 2]).features().doubles == [3, 1, 3])
    #expect(try table[1..<3].targets(as: .float64).doubles == [0.2, 0.3])
    // The statistics stay the whole table's: mean 2, deviation √(2/3).
    let scaled = try table.standardized()[2..<3].features(as: .float64).doubles
    #expect(isClose(scaled[0], 1.5.squareRoot()))
  }

  @Test("Rows that a closure makes are those of the arrays that it could have made")
  func closures() throws {
    let made = try Table(rows: 4, featureNames: ["a", "b"], targetName: "y", task: .regression) { row in
      ([Double(row), Double(row * row)], [Double(row) / 2])
    }
    let arrays = try Table(
      features: NDArray([0, 0, 1, 1, 2, 4, 3, 9.0], shape: [4, 2]), targets: NDArray([0, 0.5, 1, 1.5]),
      featureNames: ["a", "b"], targetName: "y", task: .regression)
    #expect(made == arrays)
    #expect(try Table(rows: 2) { row in ([Double(row)], []) }.task == nil)
    #expect(throws: DataError.wrongShape(what: "rows", expected: "at least one", found: "0")) {
      try Table(rows: 0) { _ in ([1], [1]) }
    }
    #expect(
      throws: DataError.wrongShape(
        what: "row 1", expected: "1 features and 1 targets", found: "2 and 1")
    ) {
      try Table(rows: 3) { row in ([Double](repeating: 1, count: row + 1), [1]) }
    }
  }
}
