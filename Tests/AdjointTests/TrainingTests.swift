import AdjointArray
import Foundation
import Testing

@testable import Adjoint

@Suite("Training")
struct TrainingTests {
  /// `count` rows of three features and 1 + 2a − 3b + noise.
  static func linearTable(_ count: Int, seed: UInt64 = 5) throws -> Table {
    var generator = SeededGenerator(seed: seed)
    let features = generator.array([count, 3], .float64)
    let rows = (0..<count).map { Array(features.doubles[($0 * 3)..<($0 * 3 + 3)]) }
    let targets = rows.map { 1 + 2 * $0[0] - 3 * $0[1] + 0.1 * (generator.uniform() - 0.5) }
    return try Table(features: features, targets: NDArray(targets), task: .regression)
  }

  static func binaryTable(_ count: Int, seed: UInt64 = 5) throws -> Table {
    var generator = SeededGenerator(seed: seed)
    let features = generator.array([count, 3], .float64)
    let targets = (0..<count).map { features.doubles[3 * $0] + features.doubles[3 * $0 + 1] > 0 ? 1.0 : 0 }
    return try Table(features: features, targets: NDArray(targets), task: .binary)
  }

  static func trainer(
    _ sizes: [Int] = [3, 8, 1], loss: Loss = .meanSquaredError,
    optimizer: Optimizer = .adam(learningRate: 0.01), batchSize: Int? = 4, seed: UInt64 = 1,
    scalarType: ScalarType = .float32, backend: Backend = .tcc
  ) throws -> Trainer<MLP> {
    try Trainer(
      MLP(sizes), loss: loss, optimizer: optimizer, batchSize: batchSize, seed: seed, scalarType: scalarType,
      backend: backend)
  }

  @Test("A cost written naively is trained in its stable form: one step at logits ±400 is finite and right")
  func naiveCost() throws {
    // One weight w = 0 and the logits (400, −400) + w·x of each row: softmax is (1, 0), of which the log is (0, −∞).
    let trainer = try Trainer(
      Dense(2, initializer: .zeros), optimizer: .sgd(learningRate: 1), scalarType: .float32
    ) { model, batch in
      let z = model(batch["x"]) + batch["offset"]
      let p = exp(z) / sum(exp(z), axes: 1, keepDimensions: true)
      return -mean(sum(batch["y"] * log(p), axes: 1))
    }
    let history = try trainer.fit(
      [
        "x": NDArray([1, 2] as [Float], shape: [2, 1]),
        "offset": NDArray([400, -400, 400, -400] as [Float], shape: [2, 2]),
        "y": NDArray([0, 1, 0, 1] as [Float], shape: [2, 2]),
      ], epochs: 1, progress: .silent)
    // −log p₂ = 800; the gradient by z is p − y = (1, −1) a row, by the weights its mean times x: (1.5, −1.5).
    #expect(history.last?.loss == 800)
    #expect(try trainer.parameters["weight"]?.elements(as: Float.self) == [-1.5, 1.5])
    #expect(try trainer.parameters["bias"]?.elements(as: Float.self) == [-1, 1])
  }

  @Test("Gradient descent finds the least squares' solution")
  func leastSquares() throws {
    let table = try Self.linearTable(40)
    let trainer = try Trainer(
      Dense(1), loss: .meanSquaredError, optimizer: .sgd(learningRate: 0.2), scalarType: .float64)
    try trainer.fit(table, epochs: 1000, progress: .silent)
    let found = try ["weight", "bias"].flatMap { try #require(trainer.parameters[$0]).doubles }
    let expected = leastSquaresSolution(
      table.features(as: .float64).doubles, try table.targets(as: .float64).doubles)
    #expect(isClose(found, expected, 1e-9), "\(found) \(expected)")
  }

  @Test("The same seed gives the same bits, another one others", arguments: [ScalarType.float32, .float64])
  func reproducible(type: ScalarType) throws {
    let table = try Self.linearTable(30)
    let run = { (seed: UInt64) in
      let trainer = try Self.trainer(seed: seed, scalarType: type)
      let history = try trainer.fit(table, epochs: 5, validation: table, progress: .silent)
      let numbers = history.epochs.flatMap { epoch -> [Double?] in
        [epoch.loss, epoch.cost, epoch.metric, epoch.validationLoss, epoch.validationMetric]
      }
      return (numbers.map { $0?.bitPattern }, trainer.parameters)
    }
    let (first, second, other) = try (run(1), run(1), run(2))
    #expect(first.0 == second.0)
    #expect(first.1 == second.1)
    #expect(first.0 != other.0)
    #expect(first.1 != other.1)
  }

  @Test("Two calls go on as one would")
  func continued() throws {
    let table = try Self.linearTable(30)
    let (whole, parts) = try (Self.trainer(), Self.trainer())
    let history = try whole.fit(table, epochs: 5, progress: .silent)
    let first = try parts.fit(table, epochs: 2, progress: .silent)
    let second = try parts.fit(table, epochs: 3, progress: .silent)
    #expect((first.epochs + second.epochs).map(\.loss) == history.epochs.map(\.loss))
    #expect(parts.parameters == whole.parameters)
  }

  @Test("Arrays of other names but the same types are another step")
  func otherNames() throws {
    struct Model: Layer {
      let p = Parameter([1], initializer: .constant(1))
      func callAsFunction(_ x: Tensor) -> Tensor { x * p(for: x) }
    }
    let trainer = try Trainer(Model(), optimizer: .sgd(learningRate: 0), scalarType: .float64) {
      model, batch in
      sum(model(batch["a"])) - batch["b"][0]
    }
    let (two, three) = (NDArray([2] as [Double]), NDArray([3] as [Double]))
    #expect(try trainer.fit(["a": two, "b": three], epochs: 1, progress: .silent).last?.loss == -1)
    #expect(throws: TraceError.self) {
      try trainer.fit(["a": two, "c": three], epochs: 1, progress: .silent)
    }
    #expect(try trainer.fit(["a": three, "b": two], epochs: 1, progress: .silent).last?.loss == 1)
  }

  @Test("Compiled and interpreted training stay together over epochs")
  func backends() throws {
    let table = try Self.binaryTable(30)
    let run = { (backend: Backend) in
      let trainer = try Self.trainer(loss: .binaryCrossEntropy, scalarType: .float64, backend: backend)
      return try (trainer.fit(table, epochs: 10, progress: .silent), trainer.parameters)
    }
    let (compiled, interpreted) = try (run(.tcc), run(.interpreter))
    #expect(isClose(compiled.0.epochs.map(\.loss), interpreted.0.epochs.map(\.loss), 1e-10))
    #expect(compiled.0.epochs.map(\.metric) == interpreted.0.epochs.map(\.metric))
    for (name, values) in interpreted.1 {
      #expect(relativeDifference(try #require(compiled.1[name]), values) <= 1e-10, "\(name)")
    }
  }

  @Test(
    "Native training takes the same steps as TinyCC's, bit for bit",
    arguments: [ScalarType.float32, .float64])
  func native(type: ScalarType) throws {
    let table = try Self.binaryTable(30)
    let runs = try [Backend.tcc, .native].map { backend in
      let trainer = try Self.trainer(loss: .binaryCrossEntropy, scalarType: type, backend: backend)
      let history = try trainer.fit(table, epochs: 10, progress: .silent)
      return (history, trainer.parameters, try trainer.evaluate(table).loss)
    }
    #expect(runs[1].0.epochs.map(\.loss) == runs[0].0.epochs.map(\.loss))
    #expect(runs[1].0.epochs.last?.loss ?? 1 < runs[1].0.epochs.first?.loss ?? 0)
    #expect(runs[1].1 == runs[0].1)
    #expect(runs[1].2 == runs[0].2)
  }

  @Test(
    "An epoch takes each row once, whatever the batch: nothing is learned at rate 0",
    arguments: [1, 3, 4, 7, 10, 64])
  func partialBatches(size: Int) throws {
    let table = try Self.linearTable(10)
    let trainer = try Self.trainer(
      optimizer: .sgd(learningRate: 0), batchSize: size, scalarType: .float64)
    let history = try trainer.fit(table, epochs: 2, progress: .silent)
    let whole = try trainer.evaluate(table)
    for epoch in history.epochs {
      #expect(abs(epoch.loss - whole.loss) <= 1e-12 * whole.loss)
      #expect(abs(try #require(epoch.metric) - (try #require(whole.rSquared))) <= 1e-12)
    }
    #expect(history.steps == 2 * ((10 + size - 1) / size))
  }

  @Test("The last partial batch is an update like another")
  func lastBatchUpdates() throws {
    // With one feature of 1 and targets all 1, each step of SGD at rate η takes w to w + 2η(1 − w), whatever its rows.
    let table = try Table(
      features: NDArray([Double](repeating: 1, count: 10), shape: [10, 1]),
      targets: NDArray([Double](repeating: 1, count: 10)), task: .regression)
    let trainer = try Trainer(
      Dense(1, initializer: .zeros, hasBias: false), loss: .meanSquaredError,
      optimizer: .sgd(learningRate: 0.125),
      batchSize: 4, scalarType: .float64)
    let history = try trainer.fit(table, epochs: 2, progress: .silent)
    let expected = 1 - 0.75 * 0.75 * 0.75 * 0.75 * 0.75 * 0.75
    #expect(isClose(trainer.parameters["weight"]?.doubles ?? [], [expected], 1e-15))
    #expect(history.last?.metric == nil, "R² has no meaning for targets that are all equal")
  }

  @Test("What was recorded is freed, with its inputs, parameters, keys and settings")
  func tracesAreFreed() throws {
    /// Sees the traces in which it is called.
    final class Seen: @unchecked Sendable {
      weak var trace: Trace?
      var count = 0
    }
    struct Watching: Layer {
      let dense = Dense(1)
      let dropout = Dropout(0.5)
      let seen: Seen
      func callAsFunction(_ x: Tensor) -> Tensor {
        (seen.trace, seen.count) = (x.trace, seen.count + 1)
        return dense(dropout(x))
      }
    }
    let seen = Seen()
    let trainer = try Trainer(
      Watching(seen: seen), loss: .meanSquaredError, optimizer: .sgd(learningRate: 0.01), batchSize: 4)
    try trainer.prepare(Self.linearTable(8))
    #expect(seen.count == 1 && seen.trace == nil)
    try trainer.fit(Self.linearTable(8), epochs: 1, progress: .silent)
    _ = try trainer.evaluate(Self.linearTable(8))
    #expect(seen.count > 1 && seen.trace == nil)
    weak var function: Trace?
    _ = try Function(.float64) { x in
      function = x.trace
      return x * Tensor.randomUniform([], .float64, in: x.trace)
    }
    #expect(function == nil)
  }

  @Test("Validation is what evaluating gives, and changes nothing")
  func validation() throws {
    let (table, other) = try (Self.binaryTable(30), Self.binaryTable(150, seed: 6))
    let trainer = try Self.trainer(loss: .binaryCrossEntropy)
    let history = try trainer.fit(table, epochs: 3, validation: other, progress: .silent)
    let evaluation = try trainer.evaluate(other)
    #expect(evaluation.count == 150)
    #expect(history.last?.validationLoss == evaluation.loss)
    #expect(history.last?.validationMetric == evaluation.accuracy)
    let without = try Self.trainer(loss: .binaryCrossEntropy)
    try without.fit(table, epochs: 3, progress: .silent)
    #expect(without.parameters == trainer.parameters)
  }

  @Test("An evaluation of numbers has their mean squared error, which is the loss where that is it")
  func regressionScores() throws {
    let table = try Self.linearTable(10)
    let trainer = try Self.trainer(optimizer: .sgd(learningRate: 0.01), scalarType: .float64)
    try trainer.fit(table, epochs: 2, progress: .silent)
    let evaluation = try trainer.evaluate(table)
    let scores = try #require(evaluation.regression)
    #expect(abs(scores.meanSquaredError - evaluation.loss) <= 1e-12 * evaluation.loss)
    #expect(scores.rSquared == evaluation.rSquared && evaluation.metric == scores.rSquared)
  }

  @Test("A schedule of epochs keeps its rate for an epoch, also where the tables differ in size")
  func scheduleOverTables() throws {
    let parameters = try [Backend.interpreter, .tcc].map { backend in
      let trainer = try Self.trainer(
        optimizer: .sgd(learningRate: 0.01).scheduled(.exponential(factor: 0.5, .epochs)), batchSize: 4,
        scalarType: .float64, backend: backend)
      // 3 steps, then epochs of 5 steps, which do not begin at a multiple of 5.
      try trainer.fit(Self.linearTable(12), epochs: 1, progress: .silent)
      try trainer.fit(Self.linearTable(20), epochs: 3, progress: .silent)
      return trainer.parameters.sorted { $0.key < $1.key }.flatMap { $0.value.doubles }
    }
    #expect(parameters[0].count > 1 && isClose(parameters[0], parameters[1], 1e-14))
  }

  @Test("Metrics are those of scikit-learn's documentation")
  func metrics() {
    // r2_score([3, -0.5, 2, 7], [2.5, 0.0, 2, 8]) and accuracy_score([0, 1, 2, 3], [0, 2, 1, 3]).
    let logits: [Double] = [9, 0, 0, 0, /**/ 0, 0, 9, 0, /**/ 0, 9, 0, 0, /**/ 0, 0, 0, 9]
    #expect(Metrics.accuracy(logits: logits, classes: 4, targets: [0, 1, 2, 3]) == 0.5)
    #expect(Metrics.binaryAccuracy(logits: [-1, 2, 0, 3], targets: [0, 1, 1, 0]) == 0.5)
  }

  @Test("Losses are those of scikit-learn's documentation")
  func losses() throws {
    // mean_squared_error([3, -0.5, 2, 7], [2.5, 0.0, 2, 8])
    let squares = try Loss.meanSquaredError.value(
      NDArray([2.5, 0, 2, 8] as [Double]), NDArray([3, -0.5, 2, 7] as [Double]))
    #expect(squares == 0.375)
    // log_loss(["spam", "ham", "ham", "spam"], [[.1, .9], [.9, .1], [.8, .2], [.35, .65]])
    let expected = 0.21616187468057912
    let logs = [0.1, 0.9, 0.9, 0.1, 0.8, 0.2, 0.35, 0.65].map { log($0) }
    let entropy = try Loss.softmaxCrossEntropy.value(
      NDArray(logs, shape: [4, 2]), NDArray([1, 0, 0, 1] as [Int32]))
    #expect(abs(entropy - expected) <= 1e-15)
    let logits = (0..<4).map { logs[2 * $0 + 1] - logs[2 * $0] }
    let binary = try Loss.binaryCrossEntropy.value(NDArray(logits), NDArray([1, 0, 0, 1] as [Double]))
    #expect(abs(binary - expected) <= 1e-15)
  }

  @Test("A new number of rows or another batch just works, and learning goes on")
  func newBatchSizes() throws {
    let trainer = try Self.trainer(batchSize: nil)
    for rows in [10, 7, 10, 1] {
      let before = trainer.parameters
      let history = try trainer.fit(try Self.linearTable(rows), epochs: 2, progress: .silent)
      #expect(history.epochs.count == 2)
      #expect(trainer.parameters != before)
    }
  }

  @Test("No epochs: the parameters' first values, which can be used")
  func noEpochs() throws {
    let trainer = try Self.trainer()
    let history = try trainer.fit(try Self.linearTable(10), epochs: 0, progress: .silent)
    #expect(history.epochs.isEmpty)
    #expect(history.description == "no epochs")
    #expect(throws: TrainingError.self) {
      try trainer.fit(try Self.linearTable(10), epochs: -1, progress: .silent)
    }
  }

  @Test("A parameter that the cost does not use keeps its value")
  func unusedParameter() throws {
    struct Model: Layer {
      let used = Dense(1)
      let unused = Dense(4)
      func callAsFunction(_ x: Tensor) -> Tensor {
        _ = unused(x)
        return used(x)
      }
    }
    let trainer = try Trainer(Model(), loss: .meanSquaredError, optimizer: .sgd(learningRate: 0.1), seed: 3)
    let table = try Self.linearTable(10)
    try trainer.fit(table, epochs: 1, progress: .silent)
    let first = trainer.parameters
    try trainer.fit(table, epochs: 3, progress: .silent)
    #expect(first["unused.weight"] != nil)
    #expect(trainer.parameters["unused.weight"] == first["unused.weight"])
    #expect(trainer.parameters["used.weight"] != first["used.weight"])
  }

  @Test("Its graph and its C are known when data has been seen")
  func source() throws {
    let trainer = try Self.trainer()
    #expect(throws: TrainingError.notPrepared("the graph")) { try trainer.graph }
    #expect(throws: TrainingError.self) { try trainer.source }
    #expect(throws: TrainingError.self) { try trainer.trained() }
    #expect(throws: TrainingError.self) { try trainer.evaluate(try Self.linearTable(5)) }
    try trainer.prepare(try Self.linearTable(10))
    #expect(try trainer.graph.outputs.count > 2)
    #expect(try trainer.source.contains("step("))
  }
}

/// The weights and the bias that minimise Σ(w·x + b − y)², by the normal equations and Gauss.
private func leastSquaresSolution(_ features: [Double], _ targets: [Double]) -> [Double] {
  let width = features.count / targets.count
  let rows = targets.indices.map { Array(features[($0 * width)..<(($0 + 1) * width)]) + [1] }
  let n = width + 1
  var a = (0..<n).map { i in
    (0..<n).map { j in rows.reduce(0) { $0 + $1[i] * $1[j] } }
      + [zip(rows, targets).reduce(0) { $0 + $1.0[i] * $1.1 }]
  }
  for k in 0..<n {
    for i in 0..<n where i != k {
      let factor = a[i][k] / a[k][k]
      for j in k...n { a[i][j] -= factor * a[k][j] }
    }
  }
  return (0..<n).map { a[$0][n] / a[$0][$0] }
}
