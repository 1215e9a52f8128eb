import AdjointArray

/// What is known of a value before it exists: the type of its elements and its shape.
public struct TensorType: Hashable, Sendable, CustomStringConvertible {
  public let scalarType: ScalarType
  public let shape: Shape

  public init(_ scalarType: ScalarType, _ shape: Shape) {
    self.scalarType = scalarType
    self.shape = shape
  }

  public var count: Int { shape.count }
  public var rank: Int { shape.rank }
  public var byteCount: Int { shape.count * scalarType.byteSize }

  /// As in the text form: `float32[64,30]`.
  public var description: String { "\(scalarType)\(shape)" }
}
