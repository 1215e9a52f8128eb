import AdjointArray

/// The numbers that bring each feature to a common scale: x ↦ (x − offset) / divisor.
///
/// A model saves these with its weights, and new data is scaled by them, never by its own.
public struct FeatureScaling: Hashable, Sendable {
  /// What offset and divisor are.
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    /// Mean and standard deviation, for mean 0 and deviation 1. The deviation is the population's (divisor n), as in
    /// scikit-learn's `StandardScaler`.
    case standard
    /// The least value and the distance from there to the greatest, for values from 0 to 1, as scikit-learn's
    /// `MinMaxScaler`. New data may lie outside.
    case minMax

    /// What a table is that is scaled so.
    var participle: String {
      switch self {
      case .standard: "standardized"
      case .minMax: "scaled to 0...1"
      }
    }
  }

  public let kind: Kind
  /// The features in the model's order.
  public let featureNames: [String]
  public let offsets: [Double]
  /// 1 for a constant feature.
  public let divisors: [Double]

  /// - Throws: ``DataError/Kind/badScaling`` where the counts differ, a number is not finite, or a divisor is not positive.
  public init(
    _ kind: Kind = .standard, featureNames: [String], offsets: [Double], divisors: [Double]
  ) throws(DataError) {
    guard offsets.count == featureNames.count, divisors.count == featureNames.count else {
      throw .badScaling(
        "\(featureNames.count) names, \(offsets.count) offsets and \(divisors.count) divisors; "
          + "one of each for every feature is expected")
    }
    for (feature, name) in featureNames.enumerated() {
      guard offsets[feature].isFinite, divisors[feature].isFinite, divisors[feature] > 0 else {
        throw .badScaling(
          "offset \(offsets[feature]) and divisor \(divisors[feature]) for '\(name)'; "
            + "finite numbers and a positive divisor are expected")
      }
    }
    self.init(checked: kind, featureNames, offsets, divisors)
  }

  /// The statistics of features that come some rows at a time, row-major, as often as they are asked for.
  init(
    _ kind: Kind, featureNames: [String], rows: Int,
    _ blocks: @escaping (_ body: ([Double]) -> Void) -> Void
  ) {
    let columns = ColumnStatistics(width: featureNames.count, rows: rows, blocks)
    var (offsets, divisors): ([Double], [Double])
    switch kind {
    case .standard: (offsets, divisors) = columns.meansAndDeviations()
    case .minMax:
      let ranges = columns.ranges()
      (offsets, divisors) = (ranges.map(\.low), ranges.map { $0.high - $0.low })
    }
    for feature in featureNames.indices where !(divisors[feature].isFinite && divisors[feature] > 0) {
      // Values so far apart that no number says how far stay as they are.
      if !divisors[feature].isFinite { offsets[feature] = 0 }
      divisors[feature] = 1
    }
    self.init(checked: kind, featureNames, offsets, divisors)
  }

  private init(checked kind: Kind, _ featureNames: [String], _ offsets: [Double], _ divisors: [Double]) {
    self.kind = kind
    self.featureNames = featureNames
    self.offsets = offsets
    self.divisors = divisors
  }

  /// The scaled features of new rows, in the type they came in (float64 for integers).
  ///
  /// - Parameter features: `[n, d]`, or `[d]` for a single row.
  /// - Throws: ``DataError/Kind/wrongShape`` where the last extent is not the number of
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
        result[start + feature] = (values[start + feature] - offsets[feature]) / divisors[feature]
      }
    }
    return result
  }
}

extension FeatureScaling: Codable {
  private enum CodingKeys: String, CodingKey {
    case kind, featureNames, offsets, divisors
    // What they were called when there was one kind only.
    case means, deviations
  }

  /// Decodes and checks, as a file may have been changed.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let kind = try container.decodeIfPresent(Kind.self, forKey: .kind)
    try self.init(
      kind ?? .standard, featureNames: container.decode([String].self, forKey: .featureNames),
      offsets: container.decode([Double].self, forKey: kind == nil ? .means : .offsets),
      divisors: container.decode([Double].self, forKey: kind == nil ? .deviations : .divisors))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .kind)
    try container.encode(featureNames, forKey: .featureNames)
    try container.encode(offsets, forKey: .offsets)
    try container.encode(divisors, forKey: .divisors)
  }
}
