import AdjointArray
import Testing

@testable import AdjointData

@Suite("Metrics are scikit-learn's")
struct MetricTests {
  private func isClose(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-12 }
  }

  @Test("Confusion matrices, accuracy, precision, recall and F1 of each class and on average")
  func confusion() throws {
    for expected in try ReferencePreparation.read().classes {
      let matrix = try ConfusionMatrix(
        predicted: expected.predicted, actual: expected.actual, classNames: expected.names)
      #expect(matrix.counts == expected.confusion)
      #expect(matrix.count == expected.actual.count)
      #expect(isClose([matrix.accuracy], [expected.accuracy]))
      #expect(isClose(matrix.scores.map(\.precision), expected.each[0]))
      #expect(isClose(matrix.scores.map(\.recall), expected.each[1]))
      #expect(isClose(matrix.scores.map(\.f1), expected.each[2]))
      for (scores, wanted) in [
        (matrix.macroAverage, expected.macro), (matrix.weightedAverage, expected.weighted),
      ] {
        #expect(isClose([scores.precision, scores.recall, scores.f1], wanted))
      }
    }
  }

  @Test("A matrix and its scores print as tables")
  func tables() throws {
    let matrix = try ConfusionMatrix(
      predicted: ["no", "yes", "yes", "no"], actual: ["no", "yes", "no", "no"])
    #expect(
      matrix.description == """
        actual \\ predicted  no  yes
        no                   2    1
        yes                  0    1
        """)
    #expect(
      matrix.report == """
                          precision  recall     F1  rows
        no                    1.000   0.667  0.800     3
        yes                   0.500   1.000  0.667     1
        macro average         0.750   0.833  0.733     4
        weighted average      0.875   0.750  0.767     4
        accuracy                             0.750     4
        """)
    #expect(matrix.scores[1].description == "precision 0.500, recall 1.000, F1 0.667, 1 row")
  }

  @Test("The k greatest scores")
  func topK() throws {
    for expected in try ReferencePreparation.read().classes {
      for (index, wanted) in expected.topK.enumerated() {
        let found = try topKAccuracy(
          scores: array(expected.scores), classes: expected.actual, k: index + 1)
        #expect(isClose([found], [wanted]))
      }
    }
    // Of equals the first is the greater one.
    let equal = try array([[1, 1, 1]])
    #expect(try (0..<3).map { try topKAccuracy(scores: equal, classes: [$0], k: 2) } == [1, 1, 0])
  }

  @Test("ROC curves and the areas below them, with ties")
  func roc() throws {
    let reference = try ReferencePreparation.read()
    for expected in reference.roc {
      let curve = try ROCCurve(scores: expected.scores, isPositive: expected.actual.map { $0 == 1 })
      #expect(isClose([curve.area], [expected.area]))
      #expect(isClose(curve.points.map(\.falsePositiveRate), expected.fpr))
      #expect(isClose(curve.points.map(\.truePositiveRate), expected.tpr))
      #expect(curve.points.dropFirst().map(\.threshold) == expected.thresholds)
    }
    for expected in reference.classes {
      guard let area = expected.area else { continue }
      let found = try ROCCurve.macroAverageArea(scores: array(expected.scores), classes: expected.actual)
      #expect(isClose([found], [area]))
    }
    let ovr = try ROCCurve.macroAverageArea(
      scores: array(reference.ovr.probabilities), classes: reference.ovr.actual)
    #expect(isClose([ovr], [reference.ovr.area]))
  }

  @Test("Errors of numbers")
  func regression() throws {
    let expected = try ReferencePreparation.read().regression
    let scores = try RegressionScores(predictions: expected.predictions, targets: expected.targets)
    #expect(isClose([scores.meanSquaredError, scores.meanAbsoluteError], [expected.mse, expected.mae]))
    #expect(isClose([try #require(scores.rSquared)], [expected.r2]))
    #expect(try RegressionScores(predictions: [1, 2], targets: [3, 3]).rSquared == nil)
  }

  @Test("What has no score is an error")
  func errors() throws {
    #expect(throws: DataError.self) {
      try ConfusionMatrix(predicted: [0], actual: [0, 1], classNames: ["a", "b"])
    }
    #expect(throws: DataError.self) { try ConfusionMatrix(predicted: [], actual: [], classNames: ["a"]) }
    #expect(
      throws: DataError.unknownClass(place(1, "predicted", file: nil), value: "2", classes: ["a", "b"])
    ) {
      try ConfusionMatrix(predicted: [0, 2], actual: [0, 1], classNames: ["a", "b"])
    }
    #expect(throws: DataError.unknownClass(place(0, "predicted", file: nil), value: "c", classes: ["a"])) {
      try ConfusionMatrix(predicted: ["c"], actual: ["a"], classNames: ["a"])
    }
    #expect(throws: DataError.oneClass("the positive class")) {
      try ROCCurve(scores: [1, 2], isPositive: [false, false])
    }
    #expect(throws: DataError.oneClass("class 2")) {
      try ROCCurve.macroAverageArea(scores: NDArray(zeros: [2, 3]), classes: [0, 1])
    }
    #expect(throws: DataError.nonFiniteValue(place(1, "scores", file: nil), value: "nan")) {
      try ROCCurve(scores: [1, .nan], isPositive: [false, true])
    }
    #expect(throws: DataError.self) {
      try topKAccuracy(scores: NDArray(zeros: [2, 3]), classes: [0, 1], k: 0)
    }
    #expect(throws: DataError.self) {
      try topKAccuracy(scores: NDArray(zeros: [2, 3]), classes: [0, 3], k: 1)
    }
    #expect(throws: DataError.self) { try RegressionScores(predictions: [1], targets: []) }
  }
}
