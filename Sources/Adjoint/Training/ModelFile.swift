import AdjointArray
import AdjointData
import AdjointIR
import Foundation

// The format of a saved model, version 1. All integers are little-endian.
//
//   8 bytes   "ADJMODEL"
//   4 bytes   version
//   8 bytes   length of the rest, without the checksum
//   …         sections, each an 8-byte length and its bytes: the header (JSON), the forward graph and the training
//             step in text form, then the weights back to back in the header's order
//   8 bytes   FNV-1a (64 bits) of all bytes before it

/// What is wrong with a model file: what, where, and what would be right.
public enum ModelFileError: DocumentedError, Hashable {
  /// It begins with something else.
  case notAModel(path: String)
  /// It is of a later version.
  case unsupportedVersion(path: String, found: Int)
  /// It has another number of bytes than it says.
  case truncated(path: String, expected: Int, found: Int)
  /// Its checksum does not fit, or its parts do not fit each other.
  case damaged(path: String, reason: String)
  /// Its forward pass takes longer than a model is expected to.
  case tooMuchWork(path: String, operations: Int, limit: Int)

  public enum Kind: String, CaseIterable, Sendable {
    case notAModel, unsupportedModelVersion, truncatedModel, damagedModel, tooMuchWork
  }

  public var kind: Kind {
    switch self {
    case .notAModel: .notAModel
    case .unsupportedVersion: .unsupportedModelVersion
    case .truncated: .truncatedModel
    case .damaged: .damagedModel
    case .tooMuchWork: .tooMuchWork
    }
  }

  public var message: String {
    switch self {
    case .notAModel(let path):
      "\(path): this is no model file (it does not begin with ADJMODEL); give one that adjoint train wrote"
    case .unsupportedVersion(let path, let found):
      "\(path): the file has version \(found), this program reads version \(ModelFile.version); use a newer adjoint"
    case .truncated(let path, let expected, let found):
      "\(path): the file has \(found) bytes where \(expected) are needed: it \(found < expected ? "was cut off" : "is too long"); copy or train it again"
    case .damaged(let path, let reason):
      "\(path): the file is damaged (\(shortened(reason, to: 600))); copy or train it again"
    case .tooMuchWork(let path, let operations, let limit):
      "\(path): its graph and its loops compute \(operations == .max ? "more than " : "")\(operations) operations for 64 rows where \(limit) are allowed; take a model with shorter loops, or allow more (operationLimit:)"
    }
  }
}

extension TrainedModel {
  /// Writes the model beside `path` and renames it, so that an old file is whole until the new one is.
  ///
  /// - Throws: ``DataError`` where it cannot be written, ``GraphError`` where it could not be read again.
  public func save(to path: String) throws { try File.writeAtomically(try ModelFile.bytes(self), to: path) }

  /// Reads a saved model. Its graphs are checked before anything uses them.
  ///
  /// - Parameters:
  ///   - memoryLimit: bytes, for this call in place of ``Memory/limit``.
  ///   - operationLimit: how much a prediction for 64 rows may be, in operations on single elements; see
  ///     ``usualOperationLimit``.
  /// - Throws: ``DataError`` where the file cannot be read, ``ModelFileError`` where its content is wrong or takes too long,
  ///   ``MemoryError`` where there is too little memory for it.
  public init(
    contentsOf path: String, memoryLimit: Int? = nil, operationLimit: Int = TrainedModel.usualOperationLimit
  ) throws {
    self = try Memory.limited(to: memoryLimit) { try ModelFile.read(path, operationLimit: operationLimit) }
  }

  /// 2³⁵: minutes of the interpreter (half a one to eight, by the function), and at most two and a half of compiled code (most
  /// functions take some seconds). An evaluation of a node counts as 256 operations beside its elements, a product of matrices
  /// as one for each term of its sums, and all that is in a loop as often as it runs.
  public static let usualOperationLimit = 1 << 35
}

enum ModelFile {
  static let version = 1
  private static let magic = Array("ADJMODEL".utf8)
  private static let prefixLength = 20
  /// Of all values of the forward pass on the 64 rows that it is saved for, in bytes.
  private static let memoryLimit = 0x1p30
  /// A generous estimate of the memory that JSON and graphs take for each byte of their text.
  private static let bytesOfText = 24
  /// Of a training step, which nothing runs, but which is lowered to be shown: sizes are summed up in an Int.
  private static let stepLimit = 0x1p60

  private struct Header: Codable {
    struct Weight: Codable {
      let name: String
      let scalarType: String
      let dimensions: [Int]
    }
    let schema: TrainedModel.Schema
    let weights: [Weight]
  }

  static func bytes(_ model: TrainedModel) throws -> [UInt8] {
    // What is written must be readable.
    try model.forward.verify()
    try model.step.verify()
    let names = model.weights.keys.sorted()
    let arrays = names.compactMap { model.weights[$0] }
    let header = Header(
      schema: model.schema,
      weights: zip(names, arrays).map {
        Header.Weight(name: $0, scalarType: $1.scalarType.rawValue, dimensions: $1.shape.dimensions)
      })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let texts = [
      Array(try encoder.encode(header)), Array(model.forward.text().utf8), Array(model.step.text().utf8),
    ]
    let weightBytes = arrays.reduce(0) { $0 + $1.byteCount }
    let count = texts.reduce(weightBytes) { $0 + $1.count } + 8 * (texts.count + 1)
    try Memory.require(count, for: "writing the model", remedy: "make its layers narrower")
    var content: [UInt8] = []
    content.reserveCapacity(prefixLength + count + 8)
    content += magic + integer(UInt32(version)) + integer(UInt64(count))
    for text in texts { content += integer(UInt64(text.count)) + text }
    content += integer(UInt64(weightBytes))
    for array in arrays { array.withUnsafeBytes { content.append(contentsOf: $0) } }
    return content + integer(checksum(content[...]))
  }

  /// Reads what the beginning says, if the file is as long as that.
  static func read(_ path: String, operationLimit: Int) throws -> TrainedModel {
    let file = try FileBytes(path, expandsGzip: false)
    let start = try file.peek(prefixLength)
    let expected = try fileSize(startingWith: start, found: file.size, path)
    let bytes = try file.next(expected == .max ? expected : expected + 1)
    return try model(bytes, path: path, operationLimit: operationLimit)
  }

  /// The bytes of the file, as its first ones say.
  ///
  /// - Parameter found: how many there are, where that is known.
  private static func fileSize(startingWith bytes: [UInt8], found: Int?, _ path: String) throws -> Int {
    guard bytes.starts(with: magic) else { throw ModelFileError.notAModel(path: path) }
    guard bytes.count >= prefixLength, found ?? .max >= prefixLength + 8 else {
      throw ModelFileError.truncated(path: path, expected: prefixLength + 8, found: found ?? bytes.count)
    }
    let version = Int(integer(bytes[8..<12]))
    guard version == Self.version else {
      throw ModelFileError.unsupportedVersion(path: path, found: version)
    }
    let expected = saturatingSum(Int(clamping: integer(bytes[12..<20])), prefixLength + 8)
    guard found ?? expected == expected else {
      throw ModelFileError.truncated(path: path, expected: expected, found: found ?? 0)
    }
    return expected
  }

  static func model(
    _ bytes: [UInt8], path: String, operationLimit: Int = TrainedModel.usualOperationLimit
  ) throws -> TrainedModel {
    _ = try fileSize(startingWith: Array(bytes.prefix(prefixLength)), found: bytes.count, path)
    let content = bytes[..<(bytes.count - 8)]
    guard checksum(content) == integer(bytes[(bytes.count - 8)...]) else {
      throw ModelFileError.damaged(path: path, reason: "its checksum does not fit")
    }

    var position = prefixLength
    func section(_ name: String) throws -> ArraySlice<UInt8> {
      guard position + 8 <= content.count else {
        throw ModelFileError.damaged(path: path, reason: "the \(name) is missing")
      }
      let count = integer(content[position..<(position + 8)])
      position += 8
      guard count <= UInt64(content.count - position) else {
        throw ModelFileError.damaged(path: path, reason: "the \(name) is longer than the file")
      }
      defer { position += Int(count) }
      return content[position..<(position + Int(count))]
    }
    /// What is text takes more memory once it is read.
    func text(_ name: String) throws -> ArraySlice<UInt8> {
      let text = try section(name)
      try Memory.require(
        bytesOfText * text.count, for: "reading the \(name) of \(path)", remedy: "take a smaller model")
      return text
    }
    let header: Header
    do {
      header = try JSONDecoder().decode(Header.self, from: try JSONText.data(try text("header")))
    } catch let error as DecodingError {
      throw ModelFileError.damaged(path: path, reason: "its header cannot be read: \(error.reason)")
    } catch let error as DataError {
      throw ModelFileError.damaged(path: path, reason: "its header is wrong: \(error.message)")
    }
    let forward = try graph(try text("forward graph"), "forward graph", path)
    let step = try graph(try text("training step"), "training step", path)
    let weights = try weights(header.weights, try section("weights"), path)
    guard position == content.count else {
      throw ModelFileError.damaged(path: path, reason: "\(content.count - position) bytes follow the weights")
    }
    let model = TrainedModel(schema: header.schema, forward: forward, step: step, weights: weights)
    try check(model, operationLimit, path)
    return model
  }

  private static func graph(_ text: ArraySlice<UInt8>, _ name: String, _ path: String) throws -> Graph {
    do {
      let graph = try Graph(parsing: String(decoding: text, as: UTF8.self))
      try graph.verify()
      return graph
    } catch let error as any DocumentedError {
      throw ModelFileError.damaged(path: path, reason: "the \(name) is wrong: \(error.message)")
    }
  }

  private static func weights(_ list: [Header.Weight], _ bytes: ArraySlice<UInt8>, _ path: String) throws
    -> [String: NDArray]
  {
    var result: [String: NDArray] = [:]
    var position = bytes.startIndex
    for weight in list {
      var count = 1
      for extent in weight.dimensions {
        let product = count.multipliedReportingOverflow(by: extent)
        guard extent >= 0, !product.overflow, product.partialValue <= bytes.count else {
          throw ModelFileError.damaged(
            path: path, reason: "'\(weight.name)' cannot have shape \(weight.dimensions)")
        }
        count = product.partialValue
      }
      guard Shape(weight.dimensions).isAddressable, let type = ScalarType(rawValue: weight.scalarType),
        count * type.byteSize <= bytes.endIndex - position
      else {
        throw ModelFileError.damaged(path: path, reason: "the values of '\(weight.name)' are missing")
      }
      var array = try NDArray(zeros: Shape(weight.dimensions), type, for: "reading \(path)")
      let size = count * type.byteSize
      array.withUnsafeMutableBytes { $0.copyBytes(from: bytes[position..<(position + size)]) }
      position += size
      result[weight.name] = array
    }
    return result
  }

  /// Whether the parts fit each other.
  private static func check(_ model: TrainedModel, _ operationLimit: Int, _ path: String) throws {
    let inputs = model.forward.arguments(of: .input)
    guard inputs.count == 1, inputs[0].argument.type.rank == 2,
      inputs[0].argument.type.shape[0] > 0,
      inputs[0].argument.type.shape[1] == model.schema.featureNames.count,
      inputs[0].argument.type.scalarType.isFloatingPoint, model.forward.arguments(of: .state).isEmpty
    else {
      throw ModelFileError.damaged(path: path, reason: "its graph does not take the features that it names")
    }
    for (_, parameter) in model.forward.arguments(of: .parameter) {
      guard let weight = model.weights[parameter.name] else {
        throw ModelFileError.damaged(path: path, reason: "the weights of '\(parameter.name)' are missing")
      }
      guard TensorType(weight.scalarType, weight.shape) == parameter.type else {
        throw ModelFileError.damaged(
          path: path, reason: "the weights of '\(parameter.name)' have another shape")
      }
    }
    let batch = inputs[0].argument.type.shape[0]
    guard model.forward.outputs.count == 1, model.forward.outputs[0].replaces == nil,
      case let output = model.forward[model.forward.outputs[0].node].type, output.rank == 2,
      output.shape[0] == batch,
      model.schema.task != .multiclass || output.shape[1] == model.schema.classNames.count,
      model.schema.task != .binary || output.shape[1] == 1
    else {
      throw ModelFileError.damaged(path: path, reason: "its graph does not give one prediction a row")
    }
    if let scaling = model.schema.scaling, scaling.featureNames != model.schema.featureNames {
      throw ModelFileError.damaged(path: path, reason: "its scaling is of other features")
    }
    if let encoding = model.schema.encoding, encoding.featureNames != model.schema.featureNames {
      throw ModelFileError.damaged(path: path, reason: "its encoding is of other features")
    }
    let inlined = try withoutCalls(model.forward, path)
    // A crafted graph may ask for more than there is.
    let needed = bytes(of: inlined)
    guard needed <= memoryLimit else {
      throw ModelFileError.damaged(path: path, reason: "its graph needs \(needed / 0x1p30) GiB of memory")
    }
    try Memory.require(Int(needed), for: "a prediction by \(path)", remedy: "take a smaller model")
    let operations = inlined.work
    guard operations <= operationLimit else {
      throw ModelFileError.tooMuchWork(path: path, operations: operations, limit: operationLimit)
    }
    guard bytes(of: try withoutCalls(model.step, path)) <= stepLimit else {
      throw ModelFileError.damaged(path: path, reason: "its training step is none that memory holds")
    }
    let x = inlined.arguments(of: .input).first?.id ?? 0
    if let id = inlined.firstNodeMixingRows(of: x, in: inlined.outputs[0].node) {
      throw ModelFileError.damaged(path: path, reason: "its graph mixes rows at \(inlined[id].place)")
    }
  }

  private static func withoutCalls(_ graph: Graph, _ path: String) throws -> Graph {
    do { return try graph.inliningCalls() } catch  where error.kind == .insufficientMemory {
      throw error
    } catch {
      throw ModelFileError.damaged(path: path, reason: "its graph has calls that do not fit")
    }
  }

  /// The bytes of all values, each loop's for one run. Recursive in the nesting of graphs, which the text form limits.
  private static func bytes(of graph: Graph) -> Double {
    var result = 0.0
    var loops: Set<Scan> = []
    for node in graph.nodes {
      result += Double(node.type.count) * Double(node.type.scalarType.byteSize)
      guard case .scan(let scan, _) = node.operation, loops.insert(scan).inserted else { continue }
      result += bytes(of: (try? scan.body.inliningCalls()) ?? scan.body)
    }
    return result
  }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.withUnsafeBytes { Checksum($0).value }
  }

  private static func integer<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension DecodingError {
  fileprivate var reason: String {
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
      .dataCorrupted(let context):
      context.debugDescription
    @unknown default: "it is no valid JSON"
    }
  }
}
