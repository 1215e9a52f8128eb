/// An array of numbers in row-major order, in 64-byte aligned memory, with value semantics.
///
/// Copies share storage until one is written.
public struct NDArray: Sendable {
  public let shape: Shape
  public let scalarType: ScalarType
  private var storage: ArrayStorage

  /// An array of zeros (`false` for bool).
  ///
  /// - Precondition: extents are at least 0, and memory holds the array; where that is not known, see
  ///   ``init(zeros:_:for:)``.
  public init(zeros shape: Shape, _ scalarType: ScalarType = .float32) {
    self.shape = shape
    self.scalarType = scalarType
    storage = ArrayStorage(byteCount: shape.count * scalarType.byteSize)
  }

  /// An array of zeros whose size is not known to be small, such as one that a file says.
  ///
  ///     let images = try NDArray(zeros: [count, 28, 28, 1], .float32, for: "the array of images")
  ///
  /// - Parameter purpose: what an error says that the memory is for.
  /// - Throws: ``MemoryError`` where there is too little memory; see ``Memory``.
  public init(
    zeros shape: Shape, _ scalarType: ScalarType, for purpose: @autoclosure () -> String
  ) throws(MemoryError) {
    let remedy = "make the array smaller"
    guard shape.isAddressable else {
      throw MemoryError(
        purpose: purpose(), needed: .max, available: Memory.available().bytes, bound: .system, remedy: remedy)
    }
    let byteCount = shape.count * scalarType.byteSize
    try Memory.require(byteCount, for: purpose(), remedy: remedy)
    guard let storage = ArrayStorage(allocating: byteCount) else {
      throw MemoryError(
        purpose: purpose(), needed: byteCount, available: Memory.available().bytes, bound: .system,
        remedy: remedy)
    }
    self.shape = shape
    self.scalarType = scalarType
    self.storage = storage
  }

  /// An array with the elements of `values` in row-major order.
  ///
  /// - Throws: ``ArrayError/invalidShape(_:)`` where `shape` is negative or too large,
  ///   ``ArrayError/countMismatch(shape:count:)`` where it asks for another number of values.
  public init<T: Scalar>(_ values: [T], shape: Shape) throws(ArrayError) {
    guard shape.isAddressable else { throw .invalidShape(shape) }
    guard values.count == shape.count else {
      throw .countMismatch(shape: shape, count: values.count)
    }
    self.init(zeros: shape, T.scalarType)
    withUnsafeMutableBytes { target in values.withUnsafeBytes { target.copyMemory(from: $0) } }
  }

  /// A vector.
  public init<T: Scalar>(_ values: [T]) {
    self.init(zeros: [values.count], T.scalarType)
    withUnsafeMutableBytes { target in values.withUnsafeBytes { target.copyMemory(from: $0) } }
  }

  /// A scalar.
  public init<T: Scalar>(_ value: T) {
    self.init(zeros: .scalar, T.scalarType)
    withUnsafeMutableElements(of: T.self) { $0[0] = value }
  }

  /// An array whose elements are all `literal`.
  ///
  /// - Precondition: extents are at least 0, and memory holds the array.
  public init(repeating literal: Literal, shape: Shape) {
    self.init(zeros: shape, literal.scalarType)
    guard literal.bits != 0 else { return }
    withUnsafeMutableBytes { bytes in
      Swift.withUnsafeBytes(of: literal.bits.littleEndian) { source in
        let size = literal.scalarType.byteSize
        for offset in stride(from: 0, to: bytes.count, by: size) {
          for byte in 0..<size { bytes[offset + byte] = source[byte] }
        }
      }
    }
  }

  public var count: Int { shape.count }
  public var byteCount: Int { shape.count * scalarType.byteSize }

  /// The first element's address, valid while this array or a copy lives and none of them is written.
  package var unsafeBase: UnsafeRawPointer { UnsafeRawPointer(storage.base) }

  /// The first element's address, to be written: the array shares its memory with no copy from now on, and the
  /// address is valid until the array is copied or goes.
  package mutating func uniqueBase() -> UnsafeMutableRawPointer {
    if !isKnownUniquelyReferenced(&storage) { storage = ArrayStorage(copying: storage) }
    return storage.base
  }

  public func withUnsafeBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeRawBufferPointer(start: storage.base, count: byteCount))
  }

  public mutating func withUnsafeMutableBytes<R, E: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    if !isKnownUniquelyReferenced(&storage) { storage = ArrayStorage(copying: storage) }
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeMutableRawBufferPointer(start: storage.base, count: byteCount))
  }

  /// Calls `body` with the elements.
  ///
  /// - Precondition: `T.scalarType == scalarType`; use ``elements(as:)`` for what a user gave.
  package func withUnsafeElements<T: Scalar, R, E: Error>(
    of type: T.Type, _ body: (UnsafeBufferPointer<T>) throws(E) -> R
  ) throws(E) -> R {
    precondition(T.scalarType == scalarType, "an array of \(scalarType) read as \(T.scalarType)")
    return try withUnsafeBytes { (bytes) throws(E) -> R in try body(bytes.bindMemory(to: T.self)) }
  }

  /// Calls `body` with the elements, to be written in place.
  ///
  /// - Precondition: `T.scalarType == scalarType`.
  package mutating func withUnsafeMutableElements<T: Scalar, R, E: Error>(
    of type: T.Type, _ body: (UnsafeMutableBufferPointer<T>) throws(E) -> R
  ) throws(E) -> R {
    precondition(T.scalarType == scalarType, "an array of \(scalarType) written as \(T.scalarType)")
    return try withUnsafeMutableBytes { (bytes) throws(E) -> R in try body(bytes.bindMemory(to: T.self)) }
  }

  /// The elements in row-major order.
  ///
  /// - Throws: ``ArrayError/typeMismatch(expected:found:)`` where the array holds another type.
  public func elements<T: Scalar>(as type: T.Type = T.self) throws(ArrayError) -> [T] {
    guard T.scalarType == scalarType else {
      throw .typeMismatch(expected: T.scalarType, found: scalarType)
    }
    return withUnsafeElements(of: T.self) { Array($0) }
  }

  /// The elements as doubles, whatever the type: exact, but for int64 beyond ±2⁵³, which are rounded.
  public var doubles: [Double] {
    switch scalarType {
    case .float32: withUnsafeElements(of: Float.self) { $0.map(Double.init) }
    case .float64: withUnsafeElements(of: Double.self) { Array($0) }
    case .int32: withUnsafeElements(of: Int32.self) { $0.map(Double.init) }
    case .int64: withUnsafeElements(of: Int64.self) { $0.map(Double.init) }
    case .bool: withUnsafeElements(of: Bool.self) { $0.map { $0 ? 1 : 0 } }
    }
  }

  /// The same elements converted to `target` by the rules of ``Literal/init(_:as:)``.
  public func converted(to target: ScalarType) -> NDArray {
    if target == scalarType { return self }
    if scalarType == .int64, target == .int32 {
      // Not by way of double, which would round.
      return withUnsafeElements(of: Int64.self) { source in
        var result = NDArray(zeros: shape, target)
        result.withUnsafeMutableElements(of: Int32.self) {
          for i in source.indices { $0[i] = Int32(clamping: source[i]) }
        }
        return result
      }
    }
    return NDArray(doubles: doubles, shape: shape, target)
  }

  /// - Precondition: `values` are as many as `shape` has elements.
  package init(doubles values: [Double], shape: Shape, _ scalarType: ScalarType) {
    self.init(zeros: shape, scalarType)
    store(values, at: 0)
  }

  /// Puts `values`, converted by the rules of ``Literal/init(_:as:)``, in the place of the elements from `offset` on.
  ///
  /// - Precondition: there are so many.
  package mutating func store(_ values: [Double], at offset: Int) {
    precondition(offset >= 0 && values.count <= count - offset, "values beyond an array's end")
    func store<T: Scalar>(_ convert: (Double) -> T) {
      withUnsafeMutableElements(of: T.self) { target in
        for index in values.indices { target[offset + index] = convert(values[index]) }
      }
    }
    switch scalarType {
    case .float32: store { Float($0) }
    case .float64: store { $0 }
    case .int32: store { Int32(saturating: $0) }
    case .int64: store { Int64(saturating: $0) }
    case .bool: store { $0 != 0 }
    }
  }

  /// The same elements under another shape.
  ///
  /// - Throws: ``ArrayError/invalidShape(_:)`` where `shape` is negative or too large,
  ///   ``ArrayError/countMismatch(shape:count:)`` where the numbers of elements differ.
  public func reshaped(to shape: Shape) throws(ArrayError) -> NDArray {
    guard shape.isAddressable else { throw .invalidShape(shape) }
    guard shape.count == count else { throw .countMismatch(shape: shape, count: count) }
    return NDArray(shape: shape, scalarType: scalarType, storage: storage)
  }

  /// The same elements in memory that nobody shares.
  package func copy() -> NDArray {
    NDArray(shape: shape, scalarType: scalarType, storage: ArrayStorage(copying: storage))
  }

  private init(shape: Shape, scalarType: ScalarType, storage: ArrayStorage) {
    self.shape = shape
    self.scalarType = scalarType
    self.storage = storage
  }
}

extension NDArray: Hashable {
  /// Whether shape, type and every bit agree.
  public static func == (a: NDArray, b: NDArray) -> Bool {
    guard a.shape == b.shape, a.scalarType == b.scalarType else { return false }
    return a.withUnsafeBytes { left in b.withUnsafeBytes { left.elementsEqual($0) } }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(shape)
    hasher.combine(scalarType)
    withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}

extension NDArray: CustomStringConvertible {
  public var description: String {
    let shown = doubles.prefix(8).map { "\($0)" }.joined(separator: ", ")
    return "\(scalarType)\(shape) {\(shown)\(count > 8 ? ", …" : "")}"
  }
}

/// What can be wrong with an array that a user gave.
public enum ArrayError: DocumentedError, Hashable {
  /// An extent below 0, or more of them or of elements than can be counted.
  case invalidShape(Shape)
  case countMismatch(shape: Shape, count: Int)
  case typeMismatch(expected: ScalarType, found: ScalarType)

  public enum Kind: String, CaseIterable, Sendable {
    case invalidShape, elementCount, elementType
  }

  public var kind: Kind {
    switch self {
    case .invalidShape: .invalidShape
    case .countMismatch: .elementCount
    case .typeMismatch: .elementType
    }
  }

  public var message: String {
    switch self {
    case .invalidShape(let shape):
      "the shape \(shape) is negative or too large; \(Shape.addressableRemedy)"
    case .countMismatch(let shape, let count):
      "an array of shape \(shape) has \(shape.count) elements, but \(count) were given"
    case .typeMismatch(let expected, let found):
      "an array of \(found) was read as \(expected); convert it with converted(to: .\(expected))"
    }
  }
}

/// The memory behind an `NDArray`. Only `NDArray` touches it, and writes only when it is the sole owner.
private final class ArrayStorage: @unchecked Sendable {
  static let alignment = 64
  let base: UnsafeMutableRawPointer
  let byteCount: Int

  /// Zeroed memory, padded to whole cache lines.
  init(byteCount: Int) {
    self.byteCount = byteCount
    let padded = Self.padded(byteCount)
    base = .allocate(byteCount: padded, alignment: Self.alignment)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: padded)
  }

  /// The same; `nil` where the system gives none.
  init?(allocating byteCount: Int) {
    let padded = Self.padded(byteCount)
    guard let memory = Memory.allocated(padded) else { return nil }
    self.byteCount = byteCount
    base = memory
    base.initializeMemory(as: UInt8.self, repeating: 0, count: padded)
  }

  private static func padded(_ byteCount: Int) -> Int {
    max(alignment, (byteCount + alignment - 1) / alignment * alignment)
  }

  convenience init(copying other: ArrayStorage) {
    self.init(byteCount: other.byteCount)
    base.copyMemory(from: other.base, byteCount: other.byteCount)
  }

  // Both kinds of memory are the C library's.
  deinit { Memory.free(base) }
}
