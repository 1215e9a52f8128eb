import AdjointArray

/// The numbers that bring each feature to mean 0 and standard deviation 1: x ↦ (x − mean) / deviation.
///
/// The deviation is the population's (divisor n), and a constant feature's is 1, as in scikit-learn's
/// `StandardScaler`. A model saves these with its weights, and new data is scaled by them, never by its own.
public struct Standardization: Hashable, Sendable, Codable {
  /// The features in the model's order.
  public let featureNames: [String]
  public let means: [Double]
  public let deviations: [Double]

  /// - Throws: ``DataError/badStandardization(_:)`` where the counts differ, a number is not finite, or a
  ///   deviation is not positive.
  public init(featureNames: [String], means: [Double], deviations: [Double]) throws(DataError) {
    guard means.count == featureNames.count, deviations.count == featureNames.count else {
      throw .badStandardization(
        "\(featureNames.count) names, \(means.count) means and \(deviations.count) deviations; "
          + "one of each for every feature is expected")
    }
    for (feature, name) in featureNames.enumerated() {
      guard means[feature].isFinite, deviations[feature].isFinite, deviations[feature] > 0 else {
        throw .badStandardization(
          "mean \(means[feature]) and deviation \(deviations[feature]) for '\(name)'; "
            + "finite numbers and a positive deviation are expected")
      }
    }
    self.init(checked: featureNames, means, deviations)
  }

  /// Decodes and checks, as a file may have been changed.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      featureNames: container.decode([String].self, forKey: .featureNames),
      means: container.decode([Double].self, forKey: .means),
      deviations: container.decode([Double].self, forKey: .deviations))
  }

  /// The statistics of row-major `values`, as many columns as there are names.
  init(of values: [Double], featureNames: [String]) {
    let width = featureNames.count
    let count = Double(width == 0 ? 0 : values.count / width)
    var means = [Double](repeating: 0, count: width)
    var deviations = [Double](repeating: 1, count: width)
    for feature in 0..<width {
      let column = stride(from: feature, to: values.count, by: width)
      guard let first = column.first(where: { _ in true }) else { continue }
      // Each term is divided first, so that the sum of very large values is finite; the second pass takes out
      // what rounding left in the first.
      var mean = column.reduce(0) { $0 + values[$1] / count }
      mean += column.reduce(0) { $0 + (values[$1] - mean) / count }
      guard column.contains(where: { values[$0] != values[first] }) else {
        means[feature] = values[first]
        continue
      }
      // Squares of what is at most 1 neither overflow nor vanish.
      let scale = column.reduce(0) { max($0, abs(values[$1] - mean)) }
      let variance = column.reduce(0) { sum, i in
        let distance = (values[i] - mean) / scale
        return sum + distance * distance / count
      }
      means[feature] = mean
      let deviation = scale * variance.squareRoot()
      deviations[feature] = deviation.isFinite && deviation > 0 ? deviation : 1
    }
    self.init(checked: featureNames, means, deviations)
  }

  private init(checked featureNames: [String], _ means: [Double], _ deviations: [Double]) {
    self.featureNames = featureNames
    self.means = means
    self.deviations = deviations
  }

  /// The standardized features of new rows, in the type they came in (float64 for integers).
  ///
  /// - Parameter features: `[n, d]`, or `[d]` for a single row.
  /// - Throws: ``DataError/wrongShape(what:expected:found:)`` where the last extent is not the number of
  ///   features.
  public func callAsFunction(_ features: NDArray) throws(DataError) -> NDArray {
    let width = featureNames.count
    guard 1...2 ~= features.shape.rank, features.shape.dimensions.last == width else {
      throw .wrongShape(what: "features", expected: "shape [n,\(width)]", found: "\(features.shape)")
    }
    let target = features.scalarType.isFloatingPoint ? features.scalarType : .float64
    return NDArray(doubles: applied(to: features.doubles), shape: features.shape, target)
  }

  func applied(to values: [Double]) -> [Double] {
    var result = values
    let width = featureNames.count
    for start in stride(from: 0, to: values.count, by: max(1, width)) {
      for feature in 0..<width {
        result[start + feature] = (values[start + feature] - means[feature]) / deviations[feature]
      }
    }
    return result
  }
}

extension NDArray {
  /// - Precondition: as many values as `shape` asks for.
  init(doubles values: [Double], shape: Shape, _ scalarType: ScalarType) {
    var result = NDArray(zeros: shape, .float64)
    result.withUnsafeMutableElements(of: Double.self) { target in
      for i in values.indices { target[i] = values[i] }
    }
    self = result.converted(to: scalarType)
  }
}
