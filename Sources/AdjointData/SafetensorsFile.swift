import AdjointArray

/// Arrays with names, and texts about them, in the safetensors format, in which weights of networks are published.
///
/// Hugging Face, safetensors (github.com/huggingface/safetensors).
public struct SafetensorsFile: Sendable {
  /// The arrays in the order of their data in the file.
  public let tensors: [(name: String, array: NDArray)]
  /// Texts about the file: what is called `__metadata__` in it.
  public let metadata: [String: String]
  /// Where the arrays were read.
  private let file: String?

  /// - Parameters:
  ///   - tensors: what ``write(to:)`` writes.
  ///   - metadata: texts about them, such as `["format": "pt"]`.
  public init(_ tensors: [(name: String, array: NDArray)], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
    file = nil
  }

  /// Reads all tensors of the file at `path`: F32, F64, I32, I64 and BOOL as they are, F16 and BF16 as float32, I8, U8,
  /// I16 and U16 as int32, U32 and U64 as int64.
  ///
  /// - Throws: ``DataError`` where the file cannot be read, is no such file, has a gap, an overlap or a rest in its data,
  ///   has elements of other types, or a U64 that int64 does not hold.
  public init(path: String) throws(DataError) {
    let file = try FileBytes(path, expandsGzip: false)
    let size = try SafetensorsHeader.size(startingWith: file.peek(8)[...], fileSize: file.size, name: path)
    // JSON takes more memory than its text.
    try requireMemory(Self.bytesOfHeader * size, for: "reading the header of \(path)", remedy: Self.remedy)
    let start = try file.next(size)
    let header = try SafetensorsHeader(start, fileSize: file.size, name: path)
    // Of a pipe no more than the header says.
    let dataSize = header.fileSize - size
    try requireMemory(2 * dataSize, for: "reading \(path)", remedy: Self.remedy)
    let data = try file.next(dataSize + 1)
    guard data.count == dataSize else {
      throw .notSafetensors(
        file: path,
        problem:
          "its tensors have \(dataSize) bytes, its data \(data.count > dataSize ? "more" : "\(data.count)")")
    }
    try self.init(header, data[...], name: path)
  }

  /// A generous estimate of the memory that a header takes for each of its bytes, once it is read.
  private static let bytesOfHeader = 16
  private static let remedy = "give a smaller file"

  /// - Parameter name: what errors call the file.
  init(_ bytes: [UInt8], name: String) throws(DataError) {
    let header = try SafetensorsHeader(bytes, fileSize: bytes.count, name: name)
    try self.init(header, bytes[header.size...], name: name)
  }

  private init(
    _ header: SafetensorsHeader, _ data: ArraySlice<UInt8>, name: String
  ) throws(DataError) {
    var tensors: [(name: String, array: NDArray)] = []
    for tensor in header.tensors {
      let array = try NDArray(
        data[(data.startIndex + tensor.start)..<(data.startIndex + tensor.end)], of: tensor.element,
        shape: tensor.shape, file: "\(name)/\(shortened(tensor.name))")
      tensors.append((tensor.name, array))
    }
    self.tensors = tensors
    metadata = header.metadata
    file = name
  }

  /// The array called `name`.
  ///
  /// - Throws: ``DataError/Kind/unknownArray``.
  public subscript(name: String) -> NDArray {
    get throws(DataError) { try NamedArrays.find(name, in: tensors, file: file) }
  }

  /// Writes a file that the Python package reads; what was there before is replaced once all is written.
  ///
  /// Arrays are sorted by their types, the widest first, so that each element lies at a multiple of its size; those of one
  /// type stay in their order.
  ///
  /// - Throws: ``DataError/Kind/unwritable``, ``DataError/Kind/repeatedArray``, and
  ///   ``DataError/Kind/unusableName`` where an array is called `__metadata__`.
  public func write(to path: String) throws(DataError) {
    try File.writeAtomically(bytes(for: path), to: path)
  }

  /// - Parameter path: what errors call the file.
  package func bytes(for path: String) throws(DataError) -> [UInt8] {
    try NamedArrays.requireDistinct(tensors.map(\.name), file: path)
    if let reserved = tensors.first(where: { $0.name == SafetensorsHeader.metadataKey }) {
      throw .unusableName(file: path, name: reserved.name, reason: "the format keeps it for metadata")
    }
    let sorted = Self.order.flatMap { type in tensors.filter { $0.array.scalarType == type } }
    var bytes = SafetensorsHeader.bytes(sorted, metadata)
    guard bytes.count - 8 <= SafetensorsHeader.maximalLength else {
      throw .unwritable(
        path: path,
        reason: "names and metadata make more than the \(SafetensorsHeader.maximalLength) bytes of a header")
    }
    bytes.reserveCapacity(bytes.count + sorted.reduce(0) { $0 + $1.array.byteCount })
    for (_, array) in sorted { bytes.append(elementsOf: array) }
    return bytes
  }

  /// The reference implementation's.
  private static let order: [ScalarType] = [.int64, .float64, .float32, .int32, .bool]
}
