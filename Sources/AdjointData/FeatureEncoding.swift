import AdjointArray

/// How the columns of a file become a model's features.
///
/// It is learned when a table is read to learn from (``Table/init(csv:target:task:labels:missing:categories:separator:)``), saved with
/// the model, and applied to every file that the model predicts from (``Table/init(csv:encoding:target:task:classNames:labels:unseen:separator:)``).
/// A column of numbers is one feature of the column's name. A column of categories is one feature for each, in the order of their
/// names, called `colour=red`, which is 1 in the rows of this category and 0 in others (one-hot encoding). Afterwards
/// ``polynomial`` appends products.
public struct FeatureEncoding: Hashable, Sendable {
  /// A column of a file.
  public struct Column: Hashable, Sendable, Codable {
    public let name: String
    /// The categories, sorted; nil for a column of numbers. A missing one is the empty text, where that was met in
    /// training.
    public let categories: [String]?
    /// What a missing number becomes; nil where one is an error.
    public let fill: Double?

    public init(name: String, categories: [String]? = nil, fill: Double? = nil) {
      self.name = name
      self.categories = categories
      self.fill = fill
    }

    /// The names of the features that the column becomes.
    public var featureNames: [String] { categories.map { $0.map { "\(name)=\($0)" } } ?? [name] }
  }

  /// The columns that are read, in the order of their features.
  public let columns: [Column]
  /// The products of features that follow them; nil where there are none.
  public let polynomial: PolynomialFeatures?
  /// The names of the features.
  public let featureNames: [String]

  /// - Throws: ``DataError/Kind/badEncoding`` where categories are not sorted or a number is not finite;
  ///   ``DataError/Kind/repeatedFeature`` where two features would have the same name;
  ///   ``DataError/Kind/tooManyFeatures``.
  public init(columns: [Column], polynomial: PolynomialFeatures? = nil) throws(DataError) {
    for column in columns {
      if let fill = column.fill, !fill.isFinite || column.categories != nil {
        throw .badEncoding(
          "column \(quoted(column.name)) has \(fill) for a missing value; a finite number for a column of numbers is expected"
        )
      }
      guard let categories = column.categories else { continue }
      guard !categories.isEmpty, zip(categories, categories.dropFirst()).allSatisfy({ $0 < $1 }) else {
        throw .badEncoding(
          "the categories of column \(quoted(column.name)) are not sorted, or there are none")
      }
    }
    var names = columns.flatMap(\.featureNames)
    if let polynomial { names = try polynomial.featureNames(of: names) }
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted { throw .repeatedFeature(name) }
    self.init(columns: columns, polynomial: polynomial, featureNames: names)
  }

  /// Columns of numbers, each of which is a feature.
  ///
  /// - Throws: ``DataError/Kind/repeatedFeature``
  public init(features: [String]) throws(DataError) {
    try self.init(columns: features.map { Column(name: $0) })
  }

  private init(columns: [Column], polynomial: PolynomialFeatures?, featureNames: [String]) {
    self.columns = columns
    self.polynomial = polynomial
    self.featureNames = featureNames
  }

  /// Whether features are what the columns hold.
  public var isIdentity: Bool {
    polynomial == nil && columns.allSatisfy { $0.categories == nil && $0.fill == nil }
  }

  /// The same with these numbers in the place of missing ones, one for each column.
  func filling(with fills: [Double?]) -> FeatureEncoding {
    let columns = zip(columns, fills).map { Column(name: $0.name, categories: $0.categories, fill: $1) }
    return FeatureEncoding(columns: columns, polynomial: polynomial, featureNames: featureNames)
  }

  /// The same with products.
  func appending(_ polynomial: PolynomialFeatures) throws(DataError) -> FeatureEncoding {
    try FeatureEncoding(columns: columns, polynomial: polynomial)
  }

  /// The features of rows whose columns hold numbers, positions of categories (−1 for none of them), and ``missing``.
  func features(of values: [Double]) -> [Double] {
    if isIdentity { return values }
    let width = columns.count
    let features = columns.map { $0.categories?.count ?? 1 }.reduce(0, +)
    var result: [Double] = []
    result.reserveCapacity(width == 0 ? 0 : values.count / width * features)
    for start in stride(from: 0, to: values.count, by: max(1, width)) {
      for (column, value) in zip(columns, values[start..<start + width]) {
        if let categories = column.categories {
          for position in categories.indices { result.append(Double(position) == value ? 1 : 0) }
        } else {
          result.append(value == Self.missing ? column.fill ?? value : value)
        }
      }
    }
    return polynomial?.features(of: result, width: features) ?? result
  }

  /// Stands for a number that is missing: a value that a file cannot hold, and that equals itself.
  static let missing = Double.infinity
}

extension FeatureEncoding: Codable {
  private enum CodingKeys: String, CodingKey { case columns, polynomial }

  /// Decodes and checks, as a file may have been changed.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      columns: container.decode([Column].self, forKey: .columns),
      polynomial: container.decodeIfPresent(PolynomialFeatures.self, forKey: .polynomial))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(columns, forKey: .columns)
    try container.encodeIfPresent(polynomial, forKey: .polynomial)
  }
}
