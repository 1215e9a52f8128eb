import AdjointArray
import Foundation

/// What scikit-learn makes of small data, as Reference/preparation.py wrote it.
struct ReferencePreparation: Decodable, Sendable {
  struct Files: Decodable { let train, test: String }
  struct Filled: Decodable { let train, test: [[Double]] }
  struct Polynomial: Decodable {
    let degree: Int
    let interactionOnly: Bool
    let names: [String]
    let values: [[Double]]
  }
  struct Folds: Decodable {
    let count: Int
    let classes: [Int]
    let sizes: [Int]
    /// The rows of each class in each test part; nil where scikit-learn refuses.
    let stratified: [[Int]]?
  }
  struct Classes: Decodable {
    let names: [String]
    let actual, predicted: [Int]
    let scores: [[Double]]
    let confusion: [[Int]]
    let accuracy: Double
    /// Precision, recall and F1.
    let each: [[Double]]
    let macro, weighted: [Double]
    let topK: [Double]
    let area: Double?
  }
  struct OneVersusRest: Decodable {
    let actual: [Int]
    let probabilities: [[Double]]
    let area: Double
  }
  struct ROC: Decodable {
    let actual: [Int]
    let scores, fpr, tpr, thresholds: [Double]
    let area: Double
  }
  struct Regression: Decodable {
    let targets, predictions: [Double]
    let mse, mae, r2: Double
  }

  let files: Files
  let mean, median, constant: Filled
  let rows, standard, minMax: [[Double]]
  let polynomials: [Polynomial]
  let folds: [Folds]
  let classes: [Classes]
  let ovr: OneVersusRest
  let roc: [ROC]
  let regression: Regression

  private enum CodingKeys: String, CodingKey {
    case files, rows, standard, polynomials, folds, classes, ovr, roc, regression
    case minMax = "min-max"
    case mean = "fill mean"
    case median = "fill median"
    case constant = "fill constant"
  }

  static func read() throws -> ReferencePreparation {
    let data = try Data(contentsOf: URL(filePath: ReferenceArray.path("preparation.json")))
    return try JSONDecoder().decode(ReferencePreparation.self, from: data)
  }
}

/// Whether `array` is `[n, m]` and holds these rows, but for rounding.
func isClose(_ array: NDArray, _ rows: [[Double]], relative: Double = 1e-12) -> Bool {
  guard array.shape == [rows.count, rows.first?.count ?? 0] else { return false }
  return zip(array.doubles, rows.joined()).allSatisfy { isClose($0, $1, relative: relative) }
}

/// `[n, m]` of these rows.
func array(_ rows: [[Double]]) throws -> NDArray {
  try NDArray(Array(rows.joined()), shape: [rows.count, rows.first?.count ?? 0])
}
