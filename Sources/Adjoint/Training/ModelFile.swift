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

  public enum Kind: String, CaseIterable, Sendable {
    case notAModel, unsupportedModelVersion, truncatedModel, damagedModel
  }

  public var kind: Kind {
    switch self {
    case .notAModel: .notAModel
    case .unsupportedVersion: .unsupportedModelVersion
    case .truncated: .truncatedModel
    case .damaged: .damagedModel
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
  /// - Throws: ``DataError`` where the file cannot be read, ``ModelFileError`` where its content is wrong.
  public init(contentsOf path: String) throws { self = try ModelFile.model(try File.read(path), path: path) }
}

enum ModelFile {
  static let version = 1
  private static let magic = Array("ADJMODEL".utf8)
  private static let prefixLength = 20
  /// Of all values of the forward pass on the 64 rows that it is saved for, in bytes.
  private static let memoryLimit = 0x1p30
  /// Of the values that loops compute on these rows: a minute, where all else is fast.
  private static let loopLimit = 0x1p36

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
    var sections: [[UInt8]] = [
      Array(try encoder.encode(header)), Array(model.forward.text().utf8), Array(model.step.text().utf8),
    ]
    sections.append(arrays.flatMap { $0.withUnsafeBytes { Array($0) } })
    let body = sections.flatMap { integer(UInt64($0.count)) + $0 }
    let content = magic + integer(UInt32(version)) + integer(UInt64(body.count)) + body
    return content + integer(checksum(content[...]))
  }

  static func model(_ bytes: [UInt8], path: String) throws -> TrainedModel {
    guard bytes.count >= magic.count, Array(bytes.prefix(magic.count)) == magic else {
      throw ModelFileError.notAModel(path: path)
    }
    guard bytes.count >= prefixLength + 8 else {
      throw ModelFileError.truncated(path: path, expected: prefixLength + 8, found: bytes.count)
    }
    let found = Int(integer(bytes[8..<12]))
    guard found == version else { throw ModelFileError.unsupportedVersion(path: path, found: found) }
    let length = integer(bytes[12..<20])
    guard length == UInt64(bytes.count - prefixLength - 8) else {
      let expected = Int(clamping: length).addingReportingOverflow(prefixLength + 8)
      throw ModelFileError.truncated(
        path: path, expected: expected.overflow ? Int.max : expected.partialValue, found: bytes.count)
    }
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
    let header: Header
    do {
      header = try JSONDecoder().decode(Header.self, from: Data(try section("header")))
    } catch let error as DecodingError {
      throw ModelFileError.damaged(path: path, reason: "its header cannot be read: \(error.reason)")
    } catch let error as DataError {
      throw ModelFileError.damaged(path: path, reason: "its header is wrong: \(error.message)")
    }
    let forward = try graph(try section("forward graph"), "forward graph", path)
    let step = try graph(try section("training step"), "training step", path)
    let weights = try weights(header.weights, try section("weights"), path)
    guard position == content.count else {
      throw ModelFileError.damaged(path: path, reason: "\(content.count - position) bytes follow the weights")
    }
    let model = TrainedModel(schema: header.schema, forward: forward, step: step, weights: weights)
    try check(model, path)
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
      guard let type = ScalarType(rawValue: weight.scalarType),
        count * type.byteSize <= bytes.endIndex - position
      else {
        throw ModelFileError.damaged(path: path, reason: "the values of '\(weight.name)' are missing")
      }
      var array = NDArray(zeros: Shape(weight.dimensions), type)
      let size = count * type.byteSize
      array.withUnsafeMutableBytes { $0.copyBytes(from: bytes[position..<(position + size)]) }
      position += size
      result[weight.name] = array
    }
    return result
  }

  /// Whether the parts fit each other.
  private static func check(_ model: TrainedModel, _ path: String) throws {
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
    guard let inlined = try? model.forward.inliningCalls() else {
      throw ModelFileError.damaged(path: path, reason: "its graph has calls that do not fit")
    }
    // A crafted graph may ask for more than there is.
    let (bytes, looped) = demand(of: inlined)
    guard bytes <= memoryLimit else {
      throw ModelFileError.damaged(path: path, reason: "its graph needs \(bytes / 0x1p30) GiB of memory")
    }
    guard looped <= loopLimit else {
      throw ModelFileError.damaged(path: path, reason: "its loops compute \(looped) values")
    }
    let x = inlined.arguments(of: .input).first?.id ?? 0
    if let id = inlined.firstNodeMixingRows(of: x, in: inlined.outputs[0].node) {
      throw ModelFileError.damaged(path: path, reason: "its graph mixes rows at \(inlined[id].place)")
    }
  }

  /// The bytes of all values, each loop's for one run, and how many values loops compute. Recursive in the nesting of graphs,
  /// which the text form limits.
  private static func demand(of graph: Graph) -> (bytes: Double, looped: Double) {
    var (bytes, looped) = (0.0, 0.0)
    var loops: Set<Scan> = []
    for node in graph.nodes {
      bytes += Double(node.type.count) * Double(node.type.scalarType.byteSize)
      guard case .scan(let scan, _) = node.operation, loops.insert(scan).inserted else { continue }
      let body = (try? scan.body.inliningCalls()) ?? scan.body
      let run = demand(of: body)
      bytes += run.bytes
      looped += Double(scan.length) * (body.nodes.reduce(0.0) { $0 + Double($1.type.count) } + run.looped)
    }
    return (bytes, looped)
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
