import AdjointArray

/// A file in the IDX format, as MNIST comes in: bytes 0, 0, the type of the elements and the number n of axes, then n
/// extents of 32 bits, then the elements; all big-endian, the last axis fastest. gzip around it is taken off.
///
/// LeCun, Cortes & Burges, The MNIST Database of Handwritten Digits, "The IDX file format".
struct IDXFile {
  enum Element: UInt8, CaseIterable {
    case uint8 = 0x08
    case int8 = 0x09
    case int16 = 0x0B
    case int32 = 0x0C
    case float32 = 0x0D
    case float64 = 0x0E

    var byteSize: Int {
      switch self {
      case .uint8, .int8: 1
      case .int16: 2
      case .int32, .float32: 4
      case .float64: 8
      }
    }

    /// As messages call it: `unsigned byte (0x08)`.
    var description: String {
      switch self {
      case .uint8: "unsigned byte (0x08)"
      case .int8: "signed byte (0x09)"
      case .int16: "int16 (0x0B)"
      case .int32: "int32 (0x0C)"
      case .float32: "float32 (0x0D)"
      case .float64: "float64 (0x0E)"
      }
    }
  }

  let name: String
  let element: Element
  let shape: Shape
  /// The elements alone.
  let bytes: ArraySlice<UInt8>

  init(path: String) throws(DataError) { try self.init(FileBytes(path), name: path) }

  /// Reads the header, and then no more than it says.
  init(_ file: FileBytes, name: String) throws(DataError) {
    // All of the header, whatever is in it.
    let header = try Header(file.peek(Self.mostHeaderBytes), name)
    self.init(header, try file.all(header.fileSize, shape: header.shape), name)
  }

  /// - Parameter name: what errors call the file.
  init(_ content: [UInt8], name: String) throws(DataError) {
    let isCompressed = Gzip.isCompressed(content)
    let start =
      isCompressed ? try Gzip.expand(content, limit: Self.mostHeaderBytes, file: name).bytes : content
    let header = try Header(start, name)
    var (bytes, isWhole) = (content, true)
    if isCompressed {
      // No file of this size expands to more: what a header says is not taken on trust.
      let most = content.count.multipliedReportingOverflow(by: Gzip.greatestRatio)
      guard most.overflow || header.fileSize <= most.partialValue else {
        throw .wrongByteCount(
          file: name, shape: header.shape, expected: header.fileSize, found: "at most \(most.partialValue)")
      }
      (bytes, isWhole) = try Gzip.expand(content, limit: header.fileSize, file: name)
    }
    guard isWhole, bytes.count == header.fileSize else {
      throw .wrongByteCount(
        file: name, shape: header.shape, expected: header.fileSize,
        found: isWhole ? "\(bytes.count)" : "more")
    }
    self.init(header, bytes, name)
  }

  /// - Precondition: there are as many bytes as the header says.
  private init(_ header: Header, _ bytes: [UInt8], _ name: String) {
    self.name = name
    element = header.element
    shape = header.shape
    self.bytes = bytes[header.size...]
  }

  /// The number of axes is one byte.
  private static let mostHeaderBytes = 4 + 4 * 255

  private struct Header {
    let element: Element
    let shape: Shape
    /// Bytes before the elements, and in all.
    let size: Int
    let fileSize: Int

    init(_ bytes: [UInt8], _ name: String) throws(DataError) {
      guard bytes.count >= 4 else {
        throw .notIDX(
          file: name, problem: bytes.isEmpty ? "it is empty" : "it ends after \(bytes.count) bytes")
      }
      guard bytes[0] == 0, bytes[1] == 0 else {
        throw .notIDX(file: name, problem: "it begins with \(bytes[0]) \(bytes[1])")
      }
      guard let element = Element(rawValue: bytes[2]) else {
        throw .notIDX(file: name, problem: "\(bytes[2]) is no type of elements")
      }
      let rank = Int(bytes[3])
      size = 4 + 4 * rank
      guard bytes.count >= size else {
        throw .notIDX(file: name, problem: "it ends within its \(rank) extents")
      }
      let extents = (1...max(1, rank)).prefix(rank).map { axis in
        bytes[(4 * axis)..<(4 * axis + 4)].reduce(0) { $0 << 8 | Int($1) }
      }
      shape = Shape(extents)
      guard shape.isAddressable else {
        throw .notIDX(file: name, problem: "no memory holds an array of its extents \(shape)")
      }
      self.element = element
      fileSize = size + shape.count * element.byteSize
    }
  }
}

extension NDArray {
  /// The array in an IDX file, as MNIST's are, compressed by gzip or not: labels of MNIST are `[n]`, images `[n, 28, 28]`.
  ///
  /// - Returns: the elements as they are: whole numbers of 8, 16 and 32 bits as int32, others as float32 and float64.
  /// - Throws: ``DataError`` where the file cannot be read, is no IDX file or no whole gzip file, or has more or less
  ///   elements than it says.
  public init(idx path: String) throws(DataError) {
    let file = try IDXFile(path: path)
    // Of float64; others take half.
    try requireMemory(8 * file.shape.count, for: "the array in \(path)")
    self.init(file)
  }

  /// The images in an IDX file of unsigned bytes, as networks take them: float32 in 0...1 `[n, height, width, channels]`,
  /// with one channel where the file has only three axes.
  ///
  /// - Throws: as ``init(idx:)``, and ``DataError/Kind/notImages``.
  public init(imagesIDX path: String) throws(DataError) { try self.init(imagesOf: IDXFile(path: path)) }

  init(_ file: IDXFile) {
    switch file.element {
    case .uint8, .int32: self.init(file) { Int32(truncatingIfNeeded: $0) }
    case .int8: self.init(file) { Int32(Int8(truncatingIfNeeded: $0)) }
    case .int16: self.init(file) { Int32(Int16(truncatingIfNeeded: $0)) }
    case .float32: self.init(file) { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
    case .float64: self.init(file) { Double(bitPattern: $0) }
    }
  }

  init(imagesOf file: IDXFile) throws(DataError) {
    guard file.element == .uint8, 3...4 ~= file.shape.rank else {
      throw .notImages(file: file.name, found: "\(file.shape) of \(file.element.description)")
    }
    let channels = file.shape.rank == 3 ? [1] : []
    self = try .zeros(Shape(file.shape.dimensions + channels), .float32, readFrom: file.name)
    withUnsafeMutableElements(of: Float.self) { target in
      for (index, byte) in file.bytes.enumerated() { target[index] = Float(byte) / 255 }
    }
  }

  /// - Parameter value: what the bits of an element mean.
  private init<T: Scalar>(_ file: IDXFile, _ value: (UInt64) -> T) {
    self.init(zeros: file.shape, T.scalarType)
    let size = file.element.byteSize
    withUnsafeMutableElements(of: T.self) { target in
      file.bytes.withUnsafeBytes { source in
        for index in target.indices {
          target[index] = value(
            source[(index * size)..<(index * size + size)].reduce(0) { $0 << 8 | UInt64($1) })
        }
      }
    }
  }
}
