/// The extents of an array, outermost first; elements lie in row-major order. `[]` is a scalar.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral {
  public let dimensions: [Int]

  /// Any extents: what is given to a graph or an array is checked there.
  public init(_ dimensions: [Int]) { self.dimensions = dimensions }
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  public static let scalar = Shape([])

  public var rank: Int { dimensions.count }
  /// The number of elements; 1 for a scalar. Of a shape that no array and no graph has the one that wraps around.
  public var count: Int { dimensions.reduce(1, &*) }
  public var isScalar: Bool { dimensions.isEmpty }

  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// Row-major strides in elements.
  public var strides: [Int] {
    var result = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      result[axis] = result[axis + 1] &* dimensions[axis + 1]
    }
    return result
  }

  /// The strides, in elements of this shape's array, with which `target` reads it by NumPy's broadcasting
  /// rules: 0 where an extent of 1 is repeated. `nil` where the rules do not allow it.
  public func broadcastStrides(to target: Shape) -> [Int]? {
    guard rank <= target.rank else { return nil }
    let offset = target.rank - rank
    let own = strides
    var result = [Int](repeating: 0, count: target.rank)
    for axis in 0..<rank {
      if dimensions[axis] == target[axis + offset] {
        result[axis + offset] = dimensions[axis] == 1 ? 0 : own[axis]
      } else if dimensions[axis] != 1 {
        return nil
      }
    }
    return result
  }

  /// The shape of an elementwise operation on two arrays by NumPy's broadcasting rules (aligned at the last
  /// axis, an extent of 1 repeats), or `nil` where they do not fit.
  public func broadcast(with other: Shape) -> Shape? {
    let rank = max(self.rank, other.rank)
    var result = [Int](repeating: 1, count: rank)
    for axis in 0..<rank {
      let a = axis - (rank - self.rank) >= 0 ? self[axis - (rank - self.rank)] : 1
      let b = axis - (rank - other.rank) >= 0 ? other[axis - (rank - other.rank)] : 1
      if a == b || b == 1 {
        result[axis] = a
      } else if a == 1 {
        result[axis] = b
      } else {
        return nil
      }
    }
    return Shape(result)
  }

  /// The shape after a reduction over `axes` (each in 0..<rank).
  public func reducing(_ axes: [Int], keepingDimensions: Bool) -> Shape {
    if keepingDimensions {
      return Shape(dimensions.indices.map { axes.contains($0) ? 1 : dimensions[$0] })
    }
    var kept: [Int] = []
    for axis in dimensions.indices where !axes.contains(axis) { kept.append(dimensions[axis]) }
    return Shape(kept)
  }
}

extension Shape {
  /// The most elements that an array may have, extents of 0 not counted: 2^48, more than memory holds, so that
  /// counts of elements and bytes stay within Int.
  package static let maximalCount = 1 << 48
  package static let maximalRank = 64
  /// What a shape that is not addressable should have been.
  package static let addressableRemedy =
    "give at most \(maximalRank) extents of at least 0 each, whose product is at most \(maximalCount)"

  /// Whether extents are at least 0 and neither rank nor size is beyond what can be counted.
  package var isAddressable: Bool {
    guard rank <= Self.maximalRank else { return false }
    var count = 1
    for extent in dimensions {
      guard extent >= 0 else { return false }
      let (product, overflow) = count.multipliedReportingOverflow(by: max(1, extent))
      guard !overflow, product <= Self.maximalCount else { return false }
      count = product
    }
    return true
  }
}

extension Shape: CustomStringConvertible {
  /// As in the graph's text form: `[32,64]`.
  public var description: String { "[" + dimensions.map(String.init).joined(separator: ",") + "]" }
}
