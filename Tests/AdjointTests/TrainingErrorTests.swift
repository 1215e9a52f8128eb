import AdjointArray
import Testing

@testable import Adjoint

@Suite("What training refuses")
struct TrainingErrorTests {
  private func fails(_ text: String, _ body: () throws -> Void) {
    do {
      try body()
      Issue.record("nothing was thrown; expected: \(text)")
    } catch {
      #expect("\(error)".contains(text), "\(error)")
      #expect(!"\(error)".contains("\n"))
    }
  }

  @Test("A loss that does not fit the task")
  func unsuitableLoss() throws {
    let (numbers, classes) = try (TrainingTests.linearTable(10), TrainingTests.binaryTable(10))
    let losses: [(Loss, Table, String)] = [
      (.binaryCrossEntropy, numbers, "is for binary targets"),
      (.softmaxCrossEntropy, numbers, "is for multiclass targets"),
      (.meanSquaredError, classes, "use .binaryCrossEntropy"),
      (.softmaxCrossEntropy, classes, "'target' is binary"),
    ]
    for (loss, table, text) in losses {
      fails(text) { try TrainingTests.trainer(loss: loss).fit(table, epochs: 1, progress: .silent) }
    }
  }

  @Test("A network that ends in another width than the target has")
  func unsuitableWidth() throws {
    let numbers = try TrainingTests.linearTable(10)
    fails("let the model give [64,1]") {
      try TrainingTests.trainer([3, 8, 2]).fit(numbers, epochs: 1, progress: .silent)
    }
    fails("width 4") { try TrainingTests.trainer([4, 8, 1]).fit(numbers, epochs: 1, progress: .silent) }
    let three = try Table(
      features: NDArray([1, 2, 3, 4, 5, 6] as [Double], shape: [6, 1]),
      targets: NDArray([0, 1, 2, 0, 1, 2] as [Double]), task: .multiclass)
    fails("3 classes") {
      try TrainingTests.trainer([1, 2], loss: .softmaxCrossEntropy).fit(three, epochs: 1, progress: .silent)
    }
    struct Total: Layer {
      let inner = Dense(1)
      func callAsFunction(_ x: Tensor) -> Tensor { sum(inner(x), axes: 0, keepDimensions: true) }
    }
    let custom = Loss.custom { prediction, target in mean(square(prediction - target)) }
    let trainer = try Trainer(Total(), loss: custom, optimizer: .adam())
    try trainer.fit(numbers, epochs: 1, progress: .silent)
    fails("one row for each") { _ = try trainer.evaluate(numbers) }
    fails("one row for each") { _ = try trainer.trained() }
  }

  @Test("Data of another width than was trained with, by every way in")
  func otherWidth() throws {
    let trainer = try Trainer(Dense(1), loss: .meanSquaredError, optimizer: .adam())
    try trainer.fit(try TrainingTests.linearTable(10), epochs: 1, progress: .silent)
    let before = trainer.parameters
    let wide = try Table(
      features: NDArray([Double](repeating: 1, count: 40), shape: [10, 4]),
      targets: TrainingTests.linearTable(10).targets(as: .float64), task: .regression)
    fails("features") { try trainer.fit(wide, epochs: 1, progress: .silent) }
    fails("'weight' would be float32[4,1] here, but is float32[3,1]") {
      try trainer.fit(
        ["x": wide.features(), "y": wide.targets()], epochs: 1, progress: .silent)
    }
    fails("features") { _ = try trainer.evaluate(wide) }
    fails("features") { _ = try trainer.trained().predictions(for: wide) }
    #expect(trainer.parameters == before)
    let narrow = try Table(
      features: NDArray([Double](repeating: 1, count: 10), shape: [10, 1]), featureNames: ["x1"])
    fails("no feature 'x0'") { _ = try trainer.trained().predictions(for: narrow) }
  }

  @Test("Validation rows of other classes")
  func otherClasses() throws {
    let table = try TrainingTests.binaryTable(10)
    let other = try Table(
      features: table.features(as: .float64), targets: table.targets(as: .float64), task: .binary,
      classNames: ["no", "yes"])
    fails("the model's binary (0, 1)") {
      try TrainingTests.trainer(loss: .binaryCrossEntropy).fit(
        table, epochs: 1, validation: other, progress: .silent)
    }
  }

  @Test("A NaN or an infinity among the data, with its place")
  func notFinite() throws {
    for (bad, text) in [(Float.nan, "\"x\", row 2, column 1"), (.infinity, "\"x\", row 2, column 1")] {
      let x = try NDArray([1, 2, 3, 4, 5, bad, 7, 8] as [Float], shape: [4, 2])
      let trainer = try Trainer(Dense(1), optimizer: .adam()) { model, batch in
        mean(square(model(batch["x"])))
      }
      fails(text) { try trainer.fit(["x": x], epochs: 1, progress: .silent) }
    }
  }

  @Test("Arrays of different numbers of rows, no rows, an array that was not given")
  func arrays() throws {
    let trainer = try Trainer(Dense(1), optimizer: .adam(), batchSize: 2) { model, batch in
      mean(square(model(batch["x"]) - batch["y"]))
    }
    let (x, y) = (NDArray(zeros: [4, 2]), NDArray(zeros: [3, 1]))
    fails("\"y\" has 3 rows and \"x\" 4") { try trainer.fit(["x": x, "y": y], epochs: 1, progress: .silent) }
    fails("no rows") { try trainer.fit([:], epochs: 1, progress: .silent) }
    fails("no rows") {
      try trainer.fit(
        ["x": NDArray(zeros: [0, 2]), "y": NDArray(zeros: [0, 1])], epochs: 1, progress: .silent)
    }
    fails("no rows") { try trainer.fit(["x": NDArray(1 as Float)], epochs: 1, progress: .silent) }
    fails("there is no array \"y\"") { try trainer.fit(["x": x], epochs: 1, progress: .silent) }
  }

  @Test("A cost that is not one number, and one without parameters")
  func costs() throws {
    let data = ["x": NDArray(zeros: [4, 2])]
    let vector = try Trainer(Dense(1), optimizer: .adam()) { model, batch in model(batch["x"]) }
    fails("the cost is float32[4,1]") { try vector.fit(data, epochs: 1, progress: .silent) }
    let constant = try Trainer(Dense(1), optimizer: .adam()) { _, batch in mean(batch["x"]) }
    fails("uses no parameter") { try constant.fit(data, epochs: 1, progress: .silent) }
    struct Own: Error, CustomStringConvertible { let description = "own error" }
    let throwing = try Trainer(Dense(1), optimizer: .adam()) { (_, _) throws -> Tensor in throw Own() }
    fails("own error") { try throwing.fit(data, epochs: 1, progress: .silent) }
  }

  @Test("Settings out of range")
  func settings() {
    fails("the batch size is 0") { _ = try TrainingTests.trainer(batchSize: 0) }
    fails("the scalar type is int32") { _ = try TrainingTests.trainer(scalarType: .int32) }
    fails("learningRate is -1.0") { _ = try TrainingTests.trainer(optimizer: .sgd(learningRate: -1)) }
    fails("learningRate is nan") { _ = try TrainingTests.trainer(optimizer: .adam(learningRate: .nan)) }
  }

  @Test("Parameters that overflow in the very last step, with a cost that was finite before it")
  func notFiniteParameters() throws {
    let table = try TrainingTests.linearTable(10)
    let trainer = try Trainer(Dense(1), loss: .meanSquaredError, optimizer: .sgd(learningRate: 1e38), seed: 4)
    try trainer.prepare(table)
    let before = trainer.parameters
    #expect(throws: TrainingError.notFiniteCost(epoch: 1, step: 1, causes: [.learningRate(1e38)])) {
      try trainer.fit(table, epochs: 1, progress: .silent)
    }
    #expect(trainer.parameters == before)
  }

  @Test("A cost that is no number: the parameters stay as before that epoch", arguments: [1, 2, 5])
  func notFiniteCost(batches: Int) throws {
    let table = try TrainingTests.linearTable(10)
    let make = {
      try Trainer(
        Dense(1), loss: .meanSquaredError, optimizer: .sgd(learningRate: 1e12), batchSize: 10 / batches,
        seed: 4)
    }
    let trainer = try make()
    var failure: TrainingError?
    do {
      try trainer.fit(table, epochs: 20, progress: .silent)
    } catch let error as TrainingError {
      failure = error
    }
    guard case .notFiniteCost(let epoch, let step, [.learningRate(1e12)])? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect((1...batches).contains(step))
    let reference = try make()
    try reference.fit(table, epochs: epoch - 1, progress: .silent)
    if epoch == 1 { try reference.prepare(table) }
    #expect(trainer.parameters == reference.parameters)
    #expect(trainer.parameters.values.allSatisfy { $0.doubles.allSatisfy { $0.isFinite } })
  }
}
