import AdjointArray

/// All products of at most `degree` features, as scikit-learn's `PolynomialFeatures` without the constant 1: layers have biases.
///
/// Of x and y to degree 2 come, in this order, x, y, x², xy and y², called `x`, `y`, `x^2`, `x y` and `y^2`. With
/// `interactionOnly` no feature is in a product twice: x, y and xy.
public struct PolynomialFeatures: Hashable, Sendable {
  public let degree: Int
  public let interactionOnly: Bool

  /// The most features that are made.
  public static let limit = 100_000

  /// - Parameter degree: at least 1.
  /// - Throws: ``DataError/Kind/badEncoding``
  public init(degree: Int, interactionOnly: Bool = false) throws(DataError) {
    guard degree >= 1 else {
      throw .badEncoding("degree \(degree); products of at least 1 feature are expected")
    }
    self.degree = degree
    self.interactionOnly = interactionOnly
  }

  /// The names of what is made of features of these names.
  ///
  /// - Throws: ``DataError/Kind/tooManyFeatures``
  public func featureNames(of names: [String]) throws(DataError) -> [String] {
    guard let products = products(of: names.count) else {
      throw .tooManyFeatures(of: "\(names.count) features to degree \(degree)", limit: Self.limit)
    }
    var exponents: [[Int: Int]] = []
    for product in products {
      var powers = product.shorter.map { exponents[$0] } ?? [:]
      powers[product.factor, default: 0] += 1
      exponents.append(powers)
    }
    return exponents.map { powers in
      powers.sorted { $0.key < $1.key }.map { $1 == 1 ? names[$0] : "\(names[$0])^\($1)" }
        .joined(separator: " ")
    }
  }

  /// The products of the features of each row, in the type they came in (float64 for integers).
  ///
  /// - Parameter features: `[n, d]`
  /// - Returns: `[n, m]`, as many columns as there are ``featureNames(of:)``.
  /// - Throws: ``DataError/Kind/wrongShape``, ``DataError/Kind/tooManyFeatures``
  public func callAsFunction(_ features: NDArray) throws(DataError) -> NDArray {
    guard features.shape.rank == 2 else {
      throw .wrongShape(what: "features", expected: "shape [n,d]", found: "\(features.shape)")
    }
    let width = features.shape[1]
    guard let products = products(of: width) else {
      throw .tooManyFeatures(of: "\(width) features to degree \(degree)", limit: Self.limit)
    }
    let target = features.scalarType.isFloatingPoint ? features.scalarType : .float64
    try requireMemory(
      features.shape[0] * (width + 2 * products.count) * 8, for: "\(products.count) products in each row",
      remedy: "give fewer rows, or a lower degree")
    return NDArray(
      doubles: self.features(of: features.doubles, width: width), shape: [features.shape[0], products.count],
      target)
  }

  /// - Precondition: the names of `width` features were made.
  func features(of values: [Double], width: Int) -> [Double] {
    guard let products = products(of: width), width > 0 else { return values }
    var result: [Double] = []
    result.reserveCapacity(values.count / width * products.count)
    for start in stride(from: 0, to: values.count, by: width) {
      let first = result.count
      for product in products {
        let factor = values[start + product.factor]
        result.append(product.shorter.map { result[first + $0] * factor } ?? factor)
      }
    }
    return result
  }

  /// A product as one that comes before it, times a feature.
  private struct Product {
    /// nil where the product is the feature alone.
    let shorter: Int?
    let factor: Int
  }

  /// By degree, then in the order of the features; nil where there are more than the limit.
  private func products(of width: Int) -> [Product]? {
    guard width <= Self.limit else { return nil }
    var result = (0..<width).map { Product(shorter: nil, factor: $0) }
    var longest = result.indices
    for _ in stride(from: 1, to: degree, by: 1) {
      if longest.isEmpty { break }
      let start = result.count
      for shorter in longest {
        let last = result[shorter].factor
        for factor in (interactionOnly ? last + 1 : last)..<max(width, last + 1) {
          guard result.count < Self.limit else { return nil }
          result.append(Product(shorter: shorter, factor: factor))
        }
      }
      longest = start..<result.count
    }
    return result
  }
}

extension PolynomialFeatures: Codable {
  /// Decodes and checks, as a file may have been changed.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      degree: container.decode(Int.self, forKey: .degree),
      interactionOnly: container.decode(Bool.self, forKey: .interactionOnly))
  }
}
