import AdjointArray
import Foundation
import Testing

@testable import AdjointData

@Suite("Scaled features, products of features, and one-hot targets")
struct FeatureScalingTests {
  @Test("Both scalings are scikit-learn's, also of a constant column")
  func scikitLearn() throws {
    let reference = try ReferencePreparation.read()
    let table = try Table(features: array(reference.rows))
    // StandardScaler leaves rounding where the mean of equal numbers is not that number: 0 is right to 1e-12.
    #expect(isClose(table.standardized().features(as: .float64), reference.standard))
    #expect(isClose(table.minMaxScaled().features(as: .float64), reference.minMax))
    #expect(table.minMaxScaled().description == "6 rows, 3 features, no target, scaled to 0...1")
  }

  @Test("Both parts are scaled by the least and the greatest values of the training part")
  func noLeak() throws {
    let raw = try Table(csv: example("wdbc.csv"), target: "benign").split(test: 0.3, seed: 2)
    let split = try Table(csv: example("wdbc.csv"), target: "benign").minMaxScaled().split(test: 0.3, seed: 2)
    let train = column(raw.train.features(as: .float64), 7)
    let (least, greatest) = (try #require(train.min()), try #require(train.max()))
    let expected = column(raw.test.features(as: .float64), 7).map { ($0 - least) / (greatest - least) }
    for (value, wanted) in zip(column(split.test.features(as: .float64), 7), expected) {
      #expect(isClose(value, wanted))
    }
    let scaled = split.train.features(as: .float64).doubles
    #expect(scaled.min() == 0)
    #expect(isClose(try #require(scaled.max()), 1))
  }

  @Test("Values of any size do not overflow")
  func extremes() throws {
    let table = try Table(features: array([[-1.7e308, 1e-307], [1.7e308, 3e-307]])).minMaxScaled()
    // A range that no number holds leaves the values as they are.
    #expect(table.features(as: .float64).doubles == [-1.7e308, 0, 1.7e308, 1])
  }

  @Test("A scaling is saved with its kind, and files of before there were kinds are read")
  func saved() throws {
    let table = try Table(read("a,b\n1,10\n3,30\n"), features: ["a", "b"]).minMaxScaled()
    let scaling = try #require(table.scaling)
    #expect(scaling.offsets == [1, 10] && scaling.divisors == [2, 20])
    let restored = try JSONDecoder().decode(FeatureScaling.self, from: JSONEncoder().encode(scaling))
    #expect(restored == scaling && restored.kind == .minMax)
    let old = #"{"featureNames":["a","b"],"means":[2,20],"deviations":[1,10]}"#
    let standard = try JSONDecoder().decode(FeatureScaling.self, from: Data(old.utf8))
    #expect(
      standard
        == (try FeatureScaling(.standard, featureNames: ["a", "b"], offsets: [2, 20], divisors: [1, 10])))
  }

  @Test("Products of features are scikit-learn's PolynomialFeatures: names, order, values")
  func polynomials() throws {
    let reference = try ReferencePreparation.read()
    let rows = try array(reference.rows)
    for expected in reference.polynomials {
      let polynomial = try PolynomialFeatures(
        degree: expected.degree, interactionOnly: expected.interactionOnly)
      #expect(try polynomial.featureNames(of: ["x1", "x2", "x3"]) == expected.names)
      #expect(isClose(try polynomial(rows), expected.values))
      let table = try Table(features: rows, featureNames: ["x1", "x2", "x3"]).polynomial(
        degree: expected.degree, interactionOnly: expected.interactionOnly)
      #expect(table.featureNames == expected.names)
      #expect(isClose(table.features(as: .float64), expected.values))
    }
  }

  @Test("Products are made before they are scaled, and after missing values are filled in")
  func order() throws {
    let table = try Table(read("x,y\n1,0.1\n,0.2\n3,0.3\n5,0.4\n"), target: "y", missing: .mean)
      .minMaxScaled().polynomial(degree: 2)
    // x is 1, 3, 3, 5, and x² 1, 9, 9, 25.
    let scaled = table.features(as: .float64).doubles
    let expected: [Double] = [0, 0, 0.5, 8 / 24, 0.5, 8 / 24, 1, 1]
    #expect(zip(scaled, expected).allSatisfy { isClose($0, $1) })
    #expect(throws: DataError.self) { try table.polynomial(degree: 2) }
    #expect(throws: DataError.self) { try table[0..<2].polynomial(degree: 2) }
    let fixed = try Table(read("x\n1\n2\n"), features: ["x"]).minMaxScaled().rows([0, 1])
    #expect(throws: DataError.featureMismatch(expected: ["x"], found: ["x", "x^2"])) {
      try fixed.polynomial(degree: 2)
    }
  }

  @Test("More products than anybody means are an error before there is memory for them")
  func tooMany() throws {
    let table = try Table(features: NDArray(zeros: [2, 300]))
    #expect(throws: DataError.tooManyFeatures(of: "300 features to degree 3", limit: 100_000)) {
      try table.polynomial(degree: 3)
    }
    #expect(throws: DataError.self) { try table.polynomial(degree: .max) }
    // (300 + 2)! / (300! 2!) − 1
    #expect(try table.polynomial(degree: 2).featureCount == 45_450)
    #expect(try table.polynomial(degree: 2, interactionOnly: true).featureCount == 300 + 300 * 299 / 2)
  }

  @Test("Classes as rows of zeros with a one, and as indices")
  func oneHot() throws {
    let table = try Table(read("x,y\n1,b\n2,a\n3,c\n4,b\n"), target: "y")
    #expect(
      try table.oneHotTargets()
        == array([[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]]).converted(to: .float32))
    #expect(try table.classes() == [1, 0, 2, 1])
    let binary = try Table(read("x,y\n1,5\n2,3\n"), target: "y")
    #expect(try binary.oneHotTargets(as: .float64) == array([[0, 1], [1, 0]]))
    #expect(throws: DataError.noTarget) { try Table(features: NDArray(zeros: [1, 1])).oneHotTargets() }
    let regression = try Table(read("x,y\n1,0.5\n2,3\n3,4\n"), target: "y")
    #expect(throws: DataError.notClassification) { try regression.classes() }
  }
}
