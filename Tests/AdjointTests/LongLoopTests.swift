import AdjointIR
import AdjointInterpreter
import Foundation
import Testing

@testable import Adjoint

@Suite("Loops of any length are bounded, and end where they are asked to")
struct LongLoopTests {
  private static let column = TensorType(.float32, [64, 1])

  private static func table() throws -> Table {
    try Table(rows: 8) { row in ([Double(row), Double(row * row % 5)], [Double(row)]) }
  }

  private static func model() throws -> TrainedModel {
    let trainer = try Trainer(Dense(1), loss: .meanSquaredError, optimizer: .adam(), batchSize: 4)
    try trainer.fit(table(), epochs: 1, progress: .silent)
    return try trainer.trained()
  }

  /// `model` with a loop behind its output, nested in others of two runs.
  private static func looping(_ model: TrainedModel, length: Int, nesting: Int = 0) throws -> TrainedModel {
    func body(_ depth: Int) throws -> Graph {
      var builder = Builder()
      let value = builder.argument(.input, "c", column)
      let next =
        depth == 0
        ? try builder.append(.binary(.add), [value, value])
        : try builder.append(
          .scan(Scan(try body(depth - 1), carries: 1, stacked: 0, length: length), result: 0), [value])
      return builder.graph(outputs: [Output("c", next)])
    }
    var builder = Builder(model.forward)
    let scan = Scan(try body(nesting), carries: 1, stacked: 0, length: nesting == 0 ? length : 2)
    let result = try builder.append(.scan(scan, result: 0), [model.forward.outputs[0].node])
    return TrainedModel(
      schema: model.schema, forward: builder.graph(outputs: [Output("prediction", result)]), step: model.step,
      weights: model.weights)
  }

  @Test(
    "A model whose loop has 2³⁵ runs is refused with the number, be it nested or not", arguments: [0, 1, 2])
  func refused(_ nesting: Int) throws {
    let lengths = [1 << 35, 1 << 34, 1 << 17]
    let crafted = try Self.looping(Self.model(), length: lengths[nesting], nesting: nesting)
    let error = try #require(throws: ModelFileError.self) {
      try ModelFile.model(ModelFile.bytes(crafted), path: "m.adj")
    }
    guard case .tooMuchWork(_, let operations, let limit) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(operations >= (256 + 64) << 35 && limit == 1 << 35)
    #expect("\(error)".contains("its loops compute \(operations) operations"))
  }

  @Test("One within the bound is read and predicts; one beyond is, where the user allows it")
  func accepted() throws {
    let model = try Self.model()
    let crafted = try Self.looping(model, length: 10)
    let read = try ModelFile.model(ModelFile.bytes(crafted), path: "m.adj")
    let found = try read.predictions(for: Self.table()).map { $0.values[0] }
    let expected = try model.predictions(for: Self.table()).map { $0.values[0] * 1024 }
    #expect(found == expected)
    let bytes = try ModelFile.bytes(crafted)
    #expect(throws: ModelFileError.self) { try ModelFile.model(bytes, path: "m", operationLimit: 1000) }
    _ = try ModelFile.model(bytes, path: "m", operationLimit: .max)
  }

  @Test("Products of matrices count with the terms of their sums")
  func products() throws {
    let f = try Function([("a", TensorType(.float32, [8, 100])), ("b", TensorType(.float32, [100, 5]))]) {
      [matmul($0[0], $0[1])]
    }
    #expect(f.graph.work == 8 * 100 * 5 + 256)
  }

  @Test(
    "A step in whose loop a training is cancelled ends soon, by every backend", arguments: Backend.allCases)
  func cancelled(_ backend: Backend) throws {
    let trainer = try Trainer(Dense(1), optimizer: .sgd(learningRate: 0.1), backend: backend) {
      model, batch in
      let x = batch["x"]
      // 10¹² runs: days.
      let end = iterate(mean(model(x)), count: 1_000_000_000_000) { $0 * 0.5 + 1 }
      return end * end
    }
    let rows = ["x": NDArray(zeros: [4, 2])]
    try trainer.fit(rows, epochs: 0, progress: .silent)
    let before = trainer.parameters
    let cancellation = Cancellation()
    // A thread of its own: those of pools may all be in such loops.
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: 0.2)
      cancellation.cancel()
    }
    let history = try trainer.fit(rows, epochs: 1, cancellation: cancellation, progress: .silent)
    #expect(history.isCancelled && history.epochs.isEmpty)
    #expect(trainer.parameters == before)
  }

  @Test("A model that is too wide is refused with the trainer's own limit, before anything is taken")
  func ownLimit() throws {
    let trainer = try Trainer(
      Sequential {
        Dense(3000)
        Dense(3000)
        Dense(1)
      }, loss: .meanSquaredError, optimizer: .adam(), memoryLimit: 1 << 20)
    let error = try #require(throws: MemoryError.self) {
      try trainer.fit(Self.table(), epochs: 1, progress: .silent)
    }
    #expect(error.bound == .limit && error.message.contains("'dense2.weight' alone is float32[3000,3000]"))
    #expect(trainer.parameters.isEmpty)
  }

  @Test("The interpreter asks for the most that its values take at one time")
  func interpreted() throws {
    let f = try Function([("x", TensorType(.float64, [1 << 20]))]) { [sum(exp($0[0]) * $0[0])] }
    // The exponential and the product, at one time.
    #expect(try Interpreter(f.graph).peakBytes == 2 << 23)
    let error = try #require(throws: InterpreterError.self) {
      try Memory.limited(to: 1 << 20) { try f(NDArray(zeros: [1 << 20], .float64)) }
    }
    #expect(error.kind == .insufficientMemory)
    #expect(throws: ExecutionError.self) {
      let wide = try Function([("x", TensorType(.float64, [1 << 20]))]) { [exp($0[0])] }.compiled()
      _ = try Memory.limited(to: 1 << 20) { try wide(NDArray(zeros: [1 << 20], .float64)) }
    }
  }
}
