import Adjoint
import Foundation
import Testing

/// Batch normalization as a layer, and layers that are frozen.
@Suite("Batch normalization and frozen layers")
struct BatchNormTests {
  static let x: [Double] = (0..<18).map { (index: Int) -> Double in
    let (i, j) = (index / 3, index % 3)
    return Double((7 * i + 3 * j) % 11) / 4 - 1 + Double(j)
  }
  static let t: [Double] = (0..<18).map { (index: Int) -> Double in
    let (i, j) = (index / 3, index % 3)
    return Double((5 * i + j) % 7) / 3
  }

  static func table() throws -> Table {
    try Table(features: NDArray(x, shape: [6, 3]), targets: NDArray(t, shape: [6, 3]))
  }

  @Test("Training, running statistics and evaluation are PyTorch's", arguments: [Backend.tcc, .interpreter])
  func references(_ backend: Backend) throws {
    let reference = try referenceNumbers("batch_norm")
    let trainer = try Trainer(
      BatchNorm(), loss: .meanSquaredError, optimizer: .sgd(learningRate: 0.1), scalarType: .float64,
      backend: backend)
    try trainer.fit(try Self.table(), epochs: 3, progress: .silent)
    #expect(Set(trainer.parameters.keys) == ["gain", "bias", "runningMean", "runningVariance"])
    for (name, array) in trainer.parameters {
      for (a, b) in zip(array.doubles, try #require(reference[name])) {
        #expect(abs(a - b) < 1e-14, "\(name)")
      }
    }
    let evaluated = try #require(reference["evaluated"])
    let predicted = try trainer.trained().predictions(for: try Self.table()).flatMap(\.values)
    #expect(predicted.count == evaluated.count)
    for (a, b) in zip(predicted, evaluated) { #expect(abs(a - b) < 1e-14) }
  }

  @Test("A saved model has its running statistics, and so has a checkpoint")
  func saving() throws {
    let trainer = try Trainer(
      Sequential {
        Dense(8, activation: .relu)
        BatchNorm()
        Dense(3)
      }, loss: .meanSquaredError, optimizer: .adam(), batchSize: 4)
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try trainer.fit(
      try Self.table(), epochs: 5, checkpointing: Checkpointing(path, everyEpochs: 5), progress: .silent)
    #expect(
      try SafetensorsFile(path: path)["batchNorm1.runningMean"]
        == trainer.parameters["batchNorm1.runningMean"])
    let model = try trainer.trained()
    try model.save(to: path)
    let read = try TrainedModel(contentsOf: path)
    #expect(try read.predictions(for: try Self.table()) == model.predictions(for: try Self.table()))
  }

  @Test("A network cut into strips keeps the same statistics")
  func strips() throws {
    let rows = 4096
    var generator = SeededGenerator(seed: 8)
    let x: [Double] = (0..<(rows * 8)).map { _ in Double(generator.next() >> 11) * 0x1p-52 - 1 }
    let y: [Double] = (0..<rows).map { x[8 * $0] * x[8 * $0 + 1] }
    let table = try Table(
      features: NDArray(x, shape: [rows, 8]),
      targets: NDArray(y, shape: [rows, 1]))
    var found: [[String: NDArray]] = []
    for backend in [Backend.tcc, .interpreter] {
      let trainer = try Trainer(
        Sequential {
          Dense(64)
          BatchNorm()
          Dense(64, activation: .tanh)
          Dense(1)
        }, loss: .meanSquaredError, optimizer: .sgd(learningRate: 1e-2), scalarType: .float64,
        backend: backend)
      try trainer.fit(table, epochs: 2, progress: .silent)
      found.append(trainer.parameters)
    }
    for (name, array) in found[0] {
      for (a, b) in zip(array.doubles, try #require(found[1][name]).doubles) {
        #expect(abs(a - b) < 1e-11, "\(name)")
      }
    }
  }

  @Test("Frozen layers stay as they are, and are called as they were")
  func frozen() throws {
    let trainer = try Trainer(
      Sequential {
        Dense(8, activation: .relu).frozen()
        BatchNorm().frozen()
        Dense(3)
      }, loss: .meanSquaredError, regularization: .l2(1e-2), optimizer: .adamW(learningRate: 0.1), seed: 2)
    let table = try Self.table()
    try trainer.prepare(table)
    let before = trainer.parameters
    #expect(before.keys.contains("dense1.weight") && before.keys.contains("batchNorm1.runningMean"))
    let history = try trainer.fit(table, epochs: 20, progress: .silent)
    #expect(history.epochs[19].loss < history.epochs[0].loss)
    for (name, array) in trainer.parameters {
      #expect((array == before[name]) == !name.hasPrefix("dense2"), "\(name)")
    }
    // No state either for what does not move.
    #expect(try !trainer.graph.arguments(of: .state).contains { $0.argument.name.hasPrefix("dense1") })
  }

  @Test("With everything frozen there is nothing to train")
  func allFrozen() throws {
    let trainer = try Trainer(Dense(3).frozen(), loss: .meanSquaredError, optimizer: .adam())
    #expect(throws: TraceError.self) { try trainer.fit(try Self.table(), epochs: 1, progress: .silent) }
  }
}
