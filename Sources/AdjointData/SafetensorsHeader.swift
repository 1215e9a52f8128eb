import AdjointArray

/// What stands before the data of a safetensors file: its length in 8 bytes, and JSON that says where each tensor lies.
///
/// Hugging Face, safetensors, "Format" (github.com/huggingface/safetensors), and its reference implementation.
struct SafetensorsHeader {
  struct Tensor {
    let name: String
    let element: StoredElement
    let shape: Shape
    /// Where it begins and ends in the data.
    let start: Int
    let end: Int
  }

  /// The tensors in the order of their data.
  let tensors: [Tensor]
  let metadata: [String: String]
  /// Bytes before the data.
  let size: Int

  /// The most bytes of JSON that the format allows.
  static let maximalLength = 100_000_000
  /// The key in place of a tensor's name under which texts about the file stand.
  static let metadataKey = "__metadata__"

  /// Where the data end.
  var fileSize: Int { size + (tensors.last?.end ?? 0) }

  /// The bytes before the data, which the first 8 say.
  ///
  /// - Parameter fileSize: of the whole file, where it is known.
  static func size(startingWith bytes: ArraySlice<UInt8>, fileSize: Int?, name: String) throws(DataError)
    -> Int
  {
    guard let length = bytes.littleEndian(at: bytes.startIndex, 8) else {
      throw .notSafetensors(
        file: name, problem: bytes.isEmpty ? "it is empty" : "it ends after \(bytes.count) bytes")
    }
    guard length <= maximalLength else {
      throw .notSafetensors(
        file: name,
        problem: "it begins with a length of \(length), and headers have at most \(maximalLength) bytes")
    }
    guard 8 + Int(length) <= fileSize ?? .max else {
      throw .notSafetensors(file: name, problem: "it ends within its header of \(length) bytes")
    }
    return 8 + Int(length)
  }

  /// - Parameters:
  ///   - bytes: those before the data, and maybe these.
  ///   - fileSize: of the whole file; `nil` where it is not known.
  ///   - name: what errors call the file.
  init(_ bytes: [UInt8], fileSize: Int?, name: String) throws(DataError) {
    size = try Self.size(startingWith: bytes[...], fileSize: bytes.count, name: name)
    let text = bytes[8..<size]
    guard text.first == UInt8(ascii: "{") else {
      throw .notSafetensors(file: name, problem: "its header does not begin with '{'")
    }
    guard String(validating: text, as: UTF8.self) != nil else {
      throw .notSafetensors(file: name, problem: "its header is not UTF-8")
    }
    var (tensors, metadata): ([Tensor], [String: String]) = ([], [:])
    var scanner = JSONScanner(text, name: name)
    try scanner.object { (scanner, key) throws(DataError) in
      if key == Self.metadataKey {
        try scanner.object { (scanner, key) throws(DataError) in metadata[key] = try scanner.string() }
      } else {
        tensors.append(try Tensor(&scanner, named: key, file: name))
      }
    }
    try scanner.end()
    // The order in the header is free. That of empty tensors at one place stays as it is.
    self.tensors = tensors.enumerated().sorted {
      ($0.element.start, $0.element.end, $0.offset) < ($1.element.start, $1.element.end, $1.offset)
    }.map(\.element)
    self.metadata = metadata
    try checkPlaces(dataSize: fileSize.map { $0 - size }, name)
  }

  /// Each tensor must begin where the one before ends, and the last one end with the file.
  private func checkPlaces(dataSize: Int?, _ name: String) throws(DataError) {
    var position = 0
    for tensor in tensors {
      guard tensor.start == position else {
        throw .notSafetensors(
          file: name,
          problem: "the data of \(quoted(tensor.name)) begin at \(tensor.start), not at \(position) "
            + "where those before end")
      }
      // No overflow: the shape is addressable.
      let size = tensor.shape.count * tensor.element.byteSize
      guard tensor.end >= tensor.start, tensor.end - tensor.start == size else {
        throw .notSafetensors(
          file: name,
          problem: "\(quoted(tensor.name)), an array \(tensor.shape), has \(size) bytes, "
            + "but its data go from \(tensor.start) to \(tensor.end)")
      }
      position = tensor.end
    }
    if let dataSize, position != dataSize {
      throw .notSafetensors(file: name, problem: "its tensors have \(position) bytes, its data \(dataSize)")
    }
  }

  /// The header of these arrays, whose data follow in this order: byte for byte as the reference implementation writes
  /// it, with spaces at its end so that the data begin at a multiple of 8.
  static func bytes(_ tensors: [(name: String, array: NDArray)], _ metadata: [String: String]) -> [UInt8] {
    // The length, which is not known yet.
    var result = [UInt8](repeating: 0, count: 8)
    result += "{".utf8
    if !metadata.isEmpty {
      append(metadataKey, to: &result)
      for (index, (key, text)) in metadata.sorted(by: { $0.key < $1.key }).enumerated() {
        result += (index == 0 ? ":{" : ",").utf8
        append(key, to: &result)
        result += ":".utf8
        append(text, to: &result)
      }
      result += "}".utf8
    }
    var position = 0
    for (index, (name, array)) in tensors.enumerated() {
      if index > 0 || !metadata.isEmpty { result += ",".utf8 }
      append(name, to: &result)
      let type = Tensor.name(of: StoredElement(array.scalarType))
      let end = position + array.byteCount
      result += ":{\"dtype\":\"\(type)\",\"shape\":\(array.shape),\"data_offsets\":[\(position),\(end)]}".utf8
      position = end
    }
    result += "}".utf8
    while !result.count.isMultiple(of: 8) { result.append(Byte.space) }
    var length: [UInt8] = []
    length.append(littleEndian: result.count - 8, 8)
    result.replaceSubrange(..<8, with: length)
    return result
  }

  /// Appends `text` as JSON, as the reference implementation escapes it.
  private static func append(_ text: String, to result: inout [UInt8]) {
    result.append(Byte.quote)
    for byte in text.utf8 {
      switch byte {
      case Byte.quote: result += "\\\"".utf8
      case UInt8(ascii: "\\"): result += "\\\\".utf8
      case 0x08: result += "\\b".utf8
      case 0x0C: result += "\\f".utf8
      case Byte.lineFeed: result += "\\n".utf8
      case Byte.carriageReturn: result += "\\r".utf8
      case Byte.tab: result += "\\t".utf8
      case ..<0x20: result += ("\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)).utf8
      default: result.append(byte)
      }
    }
    result.append(Byte.quote)
  }
}

extension SafetensorsHeader.Tensor {
  /// Reads `{"dtype": …, "shape": […], "data_offsets": [begin, end]}`, whose keys may come in any order.
  fileprivate init(_ scanner: inout JSONScanner, named name: String, file: String) throws(DataError) {
    var (element, shape, offsets): (StoredElement?, Shape?, [Int]?) = (nil, nil, nil)
    try scanner.object { (scanner, key) throws(DataError) in
      switch key {
      case "dtype":
        let type = try scanner.string()
        element = Self.elements.first { $0.name == type }?.element
        guard element != nil else {
          throw .unsupportedElement(file: file, found: "'\(shortened(type))' (in \(quoted(name)))")
        }
      case "shape":
        let extents = try Self.integers(&scanner, atMost: Shape.maximalRank)
        guard Shape(extents).isAddressable else {
          throw scanner.problem("no memory holds an array of its extents \(Shape(extents))")
        }
        shape = Shape(extents)
      case "data_offsets": offsets = try Self.integers(&scanner, atMost: 2)
      default: throw scanner.problem("\(quoted(name)) has the key \(quoted(key))")
      }
    }
    guard let element, let shape, let offsets, offsets.count == 2 else {
      throw scanner.problem("\(quoted(name)) lacks a dtype, a shape or two data_offsets")
    }
    self.init(name: name, element: element, shape: shape, start: offsets[0], end: offsets[1])
  }

  private static func integers(_ scanner: inout JSONScanner, atMost limit: Int) throws(DataError) -> [Int] {
    var result: [Int] = []
    try scanner.array { (scanner) throws(DataError) in
      guard result.count < limit else { throw scanner.problem("there are more than \(limit) numbers") }
      result.append(try scanner.integer())
    }
    return result
  }

  private static let elements: [(name: String, element: StoredElement)] = [
    ("BOOL", .bool), ("I8", .int8), ("I16", .int16), ("I32", .int32), ("I64", .int64), ("U8", .uint8),
    ("U16", .uint16), ("U32", .uint32), ("U64", .uint64), ("F16", .float16), ("BF16", .bfloat16),
    ("F32", .float32), ("F64", .float64),
  ]

  fileprivate static func name(of element: StoredElement) -> String {
    elements.first { $0.element == element }?.name ?? ""
  }
}
