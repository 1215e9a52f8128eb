import AdjointArray
import FileMutations
import Foundation
import Testing

@testable import Adjoint

@Suite("Saved models")
struct ModelFileTests {
  /// A small trained model for each task, and rows to predict.
  static func model(_ task: Table.Task, standardized: Bool = true) throws -> (
    model: TrainedModel, table: Table
  ) {
    var generator = SeededGenerator(seed: 9)
    let features = generator.array([12, 2], .float64)
    let targets = NDArray((0..<12).map { Double($0 % (task == .binary ? 2 : 3)) })
    var table = try Table(features: features, targets: targets, task: task)
    if standardized { table = table.standardized() }
    let loss: Loss =
      switch task {
      case .regression: .meanSquaredError
      case .binary: .binaryCrossEntropy
      case .multiclass: .softmaxCrossEntropy
      }
    let trainer = try Trainer(
      MLP([2, 3, task == .multiclass ? 3 : 1]), loss: loss, optimizer: .adam(), batchSize: 5, seed: 2)
    try trainer.fit(table, epochs: 2, progress: .silent)
    return (try trainer.trained(), table)
  }

  /// A folder that is removed after `body`.
  func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "adjoint-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test("Saved and loaded it predicts the same bits", arguments: Table.Task.allCases, [true, false])
  func roundTrip(task: Table.Task, standardized: Bool) throws {
    try inFolder { folder in
      let (model, table) = try Self.model(task, standardized: standardized)
      let path = folder.appending(path: "model.adj").path
      try model.save(to: path)
      let loaded = try TrainedModel(contentsOf: path)
      #expect(loaded == model)
      let bits = { (model: TrainedModel) in
        try model.predictions(for: table).map { ($0.values.map(\.bitPattern), $0.label) }
      }
      let (before, after) = try (bits(model), bits(loaded))
      #expect(before.map(\.0) == after.map(\.0))
      #expect(before.map(\.1) == after.map(\.1))
      #expect(before.count == 12)
      // And again the same file.
      #expect(try ModelFile.bytes(loaded) == Array(Data(contentsOf: URL(filePath: path))))
    }
  }

  @Test("Predictions are the trainer's: accuracy and error come out alike")
  func predictions() throws {
    let (model, table) = try Self.model(.multiclass)
    let predictions = try model.predictions(for: table)
    for prediction in predictions {
      #expect(abs(prediction.values.reduce(0, +) - 1) <= 1e-12)
      let likeliest = try #require(
        prediction.values.indices.max { prediction.values[$0] < prediction.values[$1] })
      #expect(prediction.label == model.schema.classNames[likeliest])
    }
    let interpreted = try model.predictions(for: table, backend: .interpreter)
    for (a, b) in zip(predictions, interpreted) { #expect(isClose(a.values, b.values, 1e-6)) }
  }

  @Test("More rows than one turn takes are predicted as each by itself")
  func manyRows() throws {
    let (model, _) = try Self.model(.regression)
    var generator = SeededGenerator(seed: 1)
    let features = generator.array([150, 2], .float64)
    let all = try model.predictions(for: Table(features: features))
    for row in [0, 63, 64, 127, 128, 149] {
      let one = try NDArray(Array(features.doubles[(2 * row)..<(2 * row + 2)]), shape: [1, 2])
      #expect(try model.predictions(for: Table(features: one)) == [all[row]])
    }
  }

  @Test("Cut off anywhere it is a typed error")
  func truncated() throws {
    let bytes = try ModelFile.bytes(Self.model(.binary).model)
    for length in 0..<bytes.count {
      #expect(throws: ModelFileError.self) { try ModelFile.model(Array(bytes[..<length]), path: "m") }
    }
    let long = ModelFileError.truncated(path: "m", expected: bytes.count, found: bytes.count + 1)
    #expect(throws: long) { try ModelFile.model(bytes + [0], path: "m") }
    #expect(long.description.contains("needed: it is too long;"))
    let message = ModelFileError.truncated(path: "m.adj", expected: bytes.count, found: 100).message
    #expect(
      message
        == "m.adj: the file has 100 bytes where \(bytes.count) are needed: it was cut off; copy or train it again"
    )
  }

  @Test("Any changed byte is found")
  func changedBytes() throws {
    let bytes = try ModelFile.bytes(Self.model(.binary).model)
    for position in bytes.indices {
      var changed = bytes
      changed[position] ^= 1 << (position % 8)
      #expect(throws: ModelFileError.self, "\(position)") { try ModelFile.model(changed, path: "m") }
    }
  }

  @Test("Another kind of file, and another version, are named")
  func magicAndVersion() throws {
    let bytes = try ModelFile.bytes(Self.model(.binary).model)
    #expect(throws: ModelFileError.notAModel(path: "m")) { try ModelFile.model([], path: "m") }
    #expect(throws: ModelFileError.notAModel(path: "m")) {
      try ModelFile.model(Array("a,b\n1,2\n".utf8), path: "m")
    }
    for version in [0, 2, UInt32.max] {
      var parts = ModelParts(bytes)
      parts.version = version
      #expect(throws: ModelFileError.unsupportedVersion(path: "m", found: Int(version))) {
        try ModelFile.model(parts.bytes, path: "m")
      }
    }
    #expect(throws: DataError.self) { try TrainedModel(contentsOf: "/nowhere/model.adj") }
    #expect(throws: DataError.self) { try TrainedModel(contentsOf: "/") }
  }

  static let craftings: [(String, String, Int)] = [
    ("\"dimensions\":[2,3]", "\"dimensions\":[4611686018427387904,4]", 0),
    ("\"dimensions\":[2,3]", "\"dimensions\":[-2,-3]", 0),
    ("\"dimensions\":[2,3]", "\"dimensions\":[0,9223372036854775807,9223372036854775807]", 0),
    ("\"dimensions\":[2,3]", "\"dimensions\":[3,2]", 0),
    ("\"dimensions\":[2,3]", "\"dimensions\":[1e99]", 0),
    ("\"scalarType\":\"float32\"", "\"scalarType\":\"float64\"", 0),
    ("\"scalarType\":\"float32\"", "\"scalarType\":\"string\"", 0),
    ("\"featureNames\":[\"x0\",\"x1\"]", "\"featureNames\":[\"x0\"]", 0),
    ("\"task\":\"binary\"", "\"task\":\"multiclass\"", 0),
    ("\"task\":\"binary\"", "\"task\":\"guess\"", 0),
    ("\"divisors\":[", "\"divisors\":[-", 0),
    ("{", "", 0),
    ("[64,2]", "[281474976710655,2]", 1),
    ("[64,", "[70000000,", 1),
    ("[64,2]", "[-64,2]", 1),
    ("[64,2]", "[0,2]", 1),
    ("tanh", "tahn", 1),
    ("%0", "%99", 1),
    ("return", "", 1),
    ("graph", "", 2),
  ]

  @Test("Headers and graphs that ask for the impossible are errors", arguments: craftings)
  func crafted(old: String, new: String, section: Int) throws {
    var parts = ModelParts(try ModelFile.bytes(Self.model(.binary).model))
    #expect(try ModelFile.model(parts.bytes, path: "m").schema.task == .binary)
    let text = String(decoding: parts.sections[section], as: UTF8.self)
    let changed = text.replacingOccurrences(of: old, with: new)
    try #require(changed != text, "\(text)")
    parts.sections[section] = Array(changed.utf8)
    #expect(throws: ModelFileError.self) { try ModelFile.model(parts.bytes, path: "m") }
  }

  @Test("Graphs that need much memory within a call, or mix rows, are refused")
  func craftedGraphs() throws {
    let model = try Self.model(.regression).model
    let column = TensorType(.float32, [64, 1])
    func refuses(_ text: String, _ body: (inout Builder, NodeID) throws -> NodeID) throws {
      var builder = Builder(model.forward)
      let result = try body(&builder, model.forward.outputs[0].node)
      let crafted = TrainedModel(
        schema: model.schema, forward: builder.graph(outputs: [Output("prediction", result)]),
        step: model.step, weights: model.weights)
      let error = try #require(throws: ModelFileError.self) {
        try ModelFile.model(ModelFile.bytes(crafted), path: "m")
      }
      #expect("\(error)".contains(text), "\(error)")
    }
    // [64, 2²⁴] of float32 are 4 GiB.
    var inner = Builder()
    let argument = inner.argument(.input, "a", column)
    let large = try inner.append(.broadcast([64, 1 << 24]), [argument])
    let sum = try inner.reshape(try inner.append(.reduce(.sum, axes: [1]), [large]), to: column.shape)
    let nested = inner.graph(outputs: [Output("sum", sum)])
    try refuses("GiB of memory") { builder, output in
      try builder.append(.call(Callee(nested), result: 0), [output])
    }
    // A loop whose runs have no end in practice, and one whose run is large.
    let carry = { (width: Int) throws in
      var body = Builder()
      let value = body.argument(.input, "c", column)
      let wide = try body.append(.broadcast([64, width]), [value])
      let sum = try body.reshape(try body.append(.reduce(.sum, axes: [1]), [wide]), to: column.shape)
      return body.graph(outputs: [Output("c", sum)])
    }
    for (width, length, text) in [(1, 1 << 40, "its loops compute"), (1 << 24, 2, "GiB of memory")] {
      let scan = Scan(try carry(width), carries: 1, stacked: 0, length: length)
      try refuses(text) { builder, output in try builder.append(.scan(scan, result: 0), [output]) }
    }
    try refuses("mixes rows at reduce_sum") { builder, output in
      let total = try builder.append(.reduce(.sum, axes: [0]), [output])
      let spread = try builder.append(
        .broadcast(column.shape), [try builder.reshape(total, to: [1, 1])])
      return try builder.append(.binary(.add), [output, spread])
    }
  }

  @Test("What is in a file does not make a message of many lines, or of many thousand letters")
  func messages() throws {
    var parts = ModelParts(try ModelFile.bytes(Self.model(.binary).model))
    let text = String(decoding: parts.sections[1], as: UTF8.self)
    parts.sections[1] = Array((text + String(repeating: "e\u{301}\u{301}\n", count: 10_000)).utf8)
    parts.sections[0] = Array(
      String(decoding: parts.sections[0], as: UTF8.self).replacingOccurrences(
        of: "dense1.weight", with: "dense1.weight" + String(repeating: "\u{2028}x", count: 10_000)
      ).utf8)
    let error = try #require(throws: ModelFileError.self) { try ModelFile.model(parts.bytes, path: "m") }
    #expect(error.message.count < 800 && !error.message.contains(where: \.isNewline), "\(error)")
  }

  @Test("Missing, surplus and overlong sections are errors")
  func sections() throws {
    let whole = ModelParts(try ModelFile.bytes(Self.model(.binary).model))
    for index in 0..<4 {
      var parts = whole
      parts.sections.remove(at: index)
      #expect(throws: ModelFileError.self) { try ModelFile.model(parts.bytes, path: "m") }
      parts = whole
      parts.sections[index] = []
      #expect(throws: ModelFileError.self) { try ModelFile.model(parts.bytes, path: "m") }
      for length in [UInt64.max, 1 << 62, 1_000_000] {
        parts = whole
        parts.lengths[index] = length
        #expect(throws: ModelFileError.self) { try ModelFile.model(parts.bytes, path: "m") }
      }
    }
    var parts = whole
    parts.sections.append([1, 2, 3])
    #expect(throws: ModelFileError.self) { try ModelFile.model(parts.bytes, path: "m") }
  }

  @Test("2,000 damaged models with a right checksum: each is refused by a typed error or predicts something")
  func mutations() throws {
    var generator = SeededGenerator(seed: 2026)
    let models = try Table.Task.allCases.map { task in
      let (model, table) = try Self.model(task)
      return (ModelParts(try ModelFile.bytes(model)), table)
    }
    var (refused, predicted) = (0, 0)
    for round in 0..<2000 {
      var (parts, table) = models[round % models.count]
      for _ in 0...(generator.next() % 3) {
        parts.mutate(Int(generator.next() % 4), using: &generator)
      }
      do {
        let model = try ModelFile.model(parts.bytes, path: "m")
        do {
          let predictions = try model.predictions(for: table)
          #expect(predictions.count == table.count)
          predicted += 1
        } catch is TrainingError, is DataError {
          refused += 1
        }
      } catch is ModelFileError {
        refused += 1
      }
    }
    #expect(refused + predicted == 2000)
    #expect(refused > 500 && predicted > 200, "\(refused) refused, \(predicted) predicted")
  }

  @Test("Where saving fails, what was there is as it was")
  func failedSave() throws {
    let (model, _) = try Self.model(.binary)
    try inFolder { folder in
      #expect(throws: DataError.self) { try model.save(to: folder.path) }
      #expect(throws: DataError.self) { try model.save(to: folder.appending(path: "none/model.adj").path) }
      #expect(throws: DataError.self) { try model.save(to: "/dev/full") }
      let old = folder.appending(path: "old.adj")
      try Data("old".utf8).write(to: old)
      #expect(throws: DataError.self) { try model.save(to: old.path + "/model.adj") }
      #expect(try Data(contentsOf: old) == Data("old".utf8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["old.adj"])
    }
  }
}
