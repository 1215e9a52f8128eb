import AdjointArray
import AdjointIR
import Testing

@testable import Adjoint

@Suite("What a trained model means stays what it is")
struct TrainingMeaningTests {
  /// A layer as a closure.
  struct Custom: Layer {
    let inner = Dense(1)
    let body: @Sendable (Tensor) -> Tensor
    func callAsFunction(_ x: Tensor) -> Tensor { body(inner(x)) }
  }

  /// Runs `body`, which must throw one line with each of `texts`.
  private func fails(
    _ texts: String..., at location: Testing.SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) {
    let error = #expect(throws: (any Error).self, sourceLocation: location) { try body() }
    guard let error else { return }
    for text in texts { #expect("\(error)".contains(text), "\(error)", sourceLocation: location) }
    #expect(!"\(error)".contains("\n"), sourceLocation: location)
  }

  // MARK: Rows

  static let mixing: [(String, @Sendable (Tensor) -> Tensor, String)] = [
    ("the mean", { $0 - mean($0, axes: 0, keepDimensions: true) }, "reduce_sum"),
    (
      "a mean without derivative", { $0 - stopGradient(mean($0, axes: 0, keepDimensions: true)) },
      "reduce_sum"
    ),
    ("a comparison", { select($0 .> max($0, axes: 0, keepDimensions: true) - 1, $0, 0) }, "reduce_max"),
    ("softmax along the rows", { softmax($0, axis: 0) }, "reduce_"),
    ("the row before", { concatenated([$0[1...], $0[..<1]], axis: 0) }, "slice"),
  ]

  @Test(
    "A model that mixes rows is refused, with the node, wherever rows are put together",
    arguments: mixing.indices)
  func mixedRows(index: Int) throws {
    let (_, body, node) = Self.mixing[index]
    let table = try TrainingTests.linearTable(10)
    let model = Custom(body: body)
    let squares = try Trainer(model, loss: .meanSquaredError, optimizer: .adam())
    fails("depends on the other rows of its batch", node, "TrainingMeaningTests.swift:") {
      try squares.fit(table, epochs: 1, progress: .silent)
    }
    let custom = Loss.custom { prediction, target in mean(square(prediction - target)) }
    let trainer = try Trainer(model, loss: custom, optimizer: .adam())
    fails("depends on the other rows") {
      try trainer.fit(table, epochs: 1, validation: table, progress: .silent)
    }
    try trainer.fit(table, epochs: 1, progress: .silent)
    fails("depends on the other rows") { _ = try trainer.evaluate(table) }
    fails("depends on the other rows") { _ = try trainer.trained() }
  }

  static let independent: [@Sendable (Tensor) -> Tensor] = [
    // Two elements of a row are treated as rows of their own, and put together again.
    { x in
      let halves = x.reshaped(to: [x.shape[0] * 2, 2])
      return sum((halves * halves).reshaped(to: [x.shape[0], 4]), axes: 1, keepDimensions: true)
    },
    { x in sum(softmax(x, axis: 1) * x, axes: 1, keepDimensions: true) },
    { x in
      sum(x - mean(x, axes: 1, keepDimensions: true) + max(x, axes: -1, keepDimensions: true), axes: 1)
        .reshaped(to: [-1, 1])
    },
    { x in sum(select(x .> 0, x, exp(x)).transposed(), axes: 0).reshaped(to: [-1, 1]) },
    { x in
      let squares = (Tensor.iota(3, x.scalarType, in: x.trace) * 5).reshaped(to: [3, 1])
      return squares.gathered(rows: (x[0..., 0] .> 0).cast(to: .int32)) + x[0..., 1..<2]
    },
  ]

  @Test(
    "Rows that are reshaped, reduced or looked up by themselves are predicted as each alone",
    arguments: independent.indices)
  func independentRows(index: Int) throws {
    struct Model: Layer {
      let scale = Parameter([1], initializer: .constant(1.5))
      let body: @Sendable (Tensor) -> Tensor
      func callAsFunction(_ x: Tensor) -> Tensor { body(x * scale(for: x)) }
    }
    var generator = SeededGenerator(seed: 3)
    let features = generator.array([150, 4], .float64)
    let table = try Table(features: features, targets: generator.array([150], .float64), task: .regression)
    let trainer = try Trainer(
      Model(body: Self.independent[index]), loss: .meanSquaredError, optimizer: .sgd(learningRate: 0.01),
      batchSize: 40, scalarType: .float64)
    try trainer.fit(table, epochs: 1, validation: table, progress: .silent)
    let all = try trainer.trained().predictions(for: table).map { $0.values[0] }
    for row in [0, 63, 64, 149] {
      let one = try NDArray(Array(features.doubles[(4 * row)..<(4 * row + 4)]), shape: [1, 4])
      #expect(isClose(try trainer(one).doubles, [all[row]], 1e-14))
    }
  }

  // MARK: Further calls

  @Test("A further table must have the columns, classes, target and scaling of the first")
  func furtherTables() throws {
    let x = try NDArray([0, 1, 2, 4, 1, 0, 3, 5] as [Double], shape: [4, 2])
    let y = NDArray([0, 1, 1, 0] as [Double])
    func table(_ names: [String] = ["a", "b"], _ classes: [String] = ["no", "yes"]) throws -> Table {
      try Table(features: x, targets: y, featureNames: names, task: .binary, classNames: classes)
    }
    let first = try table().standardized()
    let trainer = try Trainer(Dense(1), loss: .binaryCrossEntropy, optimizer: .adam())
    try trainer.fit(first, epochs: 1, progress: .silent)
    let before = trainer.parameters
    func refuses(_ text: String, _ other: Table) {
      fails(text) { try trainer.fit(other, epochs: 1, progress: .silent) }
      fails(text) { try trainer.fit(first, epochs: 1, validation: other, progress: .silent) }
      fails(text) { _ = try trainer.evaluate(other) }
    }
    refuses("in its order", try table(["b", "a"]).standardized())
    refuses("no feature 'a'", try table(["c", "b"]).standardized())
    refuses("the model's binary (no, yes)", try table(["a", "b"], ["yes", "no"]).standardized())
    refuses("scaled", try table())
    refuses("scaled", try table().rows([0, 1, 2]).standardized())
    #expect(trainer.parameters == before)
    #expect(try trainer.trained().schema.featureNames == ["a", "b"])

    let scaling = try #require(first.scaling)
    try trainer.fit(try table().rows([2, 1]).scaled(by: scaling), epochs: 1, progress: .silent)
    #expect(trainer.parameters != before)
    #expect(try trainer.trained().schema.scaling == scaling)

    let plain = try Trainer(Dense(1), loss: .binaryCrossEntropy, optimizer: .adam())
    try plain.fit(try table(), epochs: 1, progress: .silent)
    fails("as it was read") { try plain.fit(first, epochs: 1, progress: .silent) }
    fails("as it was read") { _ = try plain.trained().predictions(for: first) }

    // Where no epoch was whole, nothing was learned yet.
    let untrained = try Trainer(Dense(1), loss: .binaryCrossEntropy, optimizer: .adam())
    try untrained.fit(try table(), epochs: 0, progress: .silent)
    try untrained.fit(first, epochs: 1, progress: .silent)
    #expect(try untrained.trained().schema.scaling == scaling)
  }

  @Test("A further table may not have another target")
  func furtherTarget() throws {
    let trainer = try Trainer(Dense(1), loss: .meanSquaredError, optimizer: .adam())
    let column = try NDArray([1, 4, 7] as [Double], shape: [3, 1])
    let tables = try ["y", "z"].map {
      try Table(features: column, targets: column, targetName: $0, task: .regression)
    }
    try trainer.fit(tables[0], epochs: 1, progress: .silent)
    fails("the table's target is 'z', the model's 'y'") {
      try trainer.fit(tables[1], epochs: 1, progress: .silent)
    }
  }

  // MARK: Names

  @Test(
    "Parameters may be called as results, inputs and settings are: trained, saved and loaded they are the same"
  )
  func names() throws {
    struct Model: Layer {
      let cost = Parameter([1], initializer: .constant(2))
      let loss = Parameter([1], initializer: .constant(3))
      let metric = Parameter([1], initializer: .constant(5))
      let prediction = Parameter([1], initializer: .constant(7))
      let x = Parameter([1], initializer: .constant(0.5))
      let y = Parameter([1], initializer: .constant(0.25))
      let step = Parameter([1], initializer: .constant(1))
      let learningRate = Parameter([1], initializer: .constant(1))
      func callAsFunction(_ input: Tensor) -> Tensor {
        [loss, metric, prediction, x, y, step, learningRate, cost].reduce(input) { $0 * $1(for: $0) }
      }
    }
    let table = try Table(
      features: NDArray([1, -1] as [Double], shape: [2, 1]), targets: NDArray([20, -20] as [Double]),
      task: .regression)
    let trainer = try Trainer(
      Model(), loss: .meanSquaredError, optimizer: .sgd(learningRate: 0), scalarType: .float64)
    try trainer.fit(table, epochs: 1, progress: .silent)
    // 2 · 3 · 5 · 7 · 0.5 · 0.25 = 26.25
    #expect(try trainer(NDArray([2] as [Double], shape: [1, 1])).doubles == [52.5])
    #expect(try trainer.evaluate(table).loss == 6.25 * 6.25)
    let names = ["cost", "learningRate", "loss", "metric", "prediction", "step", "x", "y"]
    #expect(trainer.parameters.keys.sorted() == names)
    let model = try trainer.trained()
    let loaded = try ModelFile.model(ModelFile.bytes(model), path: "m")
    #expect(loaded == model)
    #expect(try loaded.predictions(for: table).map(\.values) == [[26.25], [-26.25]])
    // The results are first and keep their names.
    #expect(loaded.step.outputs.prefix(2).map(\.name) == ["cost", "loss"])
    #expect(Set(loaded.step.outputs.map(\.name)).count == 10)
  }

  @Test("A model with a graph that could not be read again is not written")
  func unreadable() throws {
    let model = try ModelFileTests.model(.binary).model
    let twice = Graph(nodes: model.step.nodes, outputs: model.step.outputs + [model.step.outputs[0]])
    let broken = TrainedModel(
      schema: model.schema, forward: model.forward, step: twice, weights: model.weights)
    fails("two outputs are named") { _ = try ModelFile.bytes(broken) }
  }

  // MARK: Metrics

  @Test(
    "Of equal logits the first one is the class, in training as in evaluation", arguments: Backend.allCases)
  func ties(backend: Backend) throws {
    let features = NDArray((0..<8).map(Double.init))
    let classes = try Table(
      features: try features.reshaped(to: [8, 1]), targets: NDArray([0, 1, 2, 3, 3, 0, 1, 1] as [Double]),
      task: .multiclass)
    let trainer = try Trainer(
      Dense(4, initializer: .zeros), loss: .softmaxCrossEntropy, optimizer: .sgd(learningRate: 0),
      batchSize: 4, backend: backend)
    let history = try trainer.fit(classes, epochs: 1, validation: classes, progress: .silent)
    // All logits are 0, so that each row is taken for class 0, which 2 of 8 are.
    #expect(history.last?.metric == 0.25)
    #expect(history.last?.validationMetric == 0.25)
  }

  @Test("R² is unknown for targets that are all equal, though their mean is rounded")
  func constantTargets() throws {
    let targets = NDArray([Double](repeating: 0.1, count: 3))
    let table = try Table(
      features: NDArray([1, 2, 3] as [Double], shape: [3, 1]), targets: targets, task: .regression)
    let trainer = try Trainer(
      Dense(1), loss: .meanSquaredError, optimizer: .adam(), scalarType: .float64)
    let history = try trainer.fit(table, epochs: 1, validation: table, progress: .silent)
    #expect(history.last?.metric == nil)
    #expect(history.last?.validationMetric == nil)
    #expect(try trainer.evaluate(table).rSquared == nil)
  }

  // MARK: Memory and layout

  @Test("A layer too wide for the machine is an error that names it")
  func tooWide() throws {
    let wide = Sequential {
      Dense(1 << 40)
      Dense(1)
    }
    let trainer = try Trainer(wide, loss: .meanSquaredError, optimizer: .adam(), batchSize: 2)
    // 3 · 2⁴⁰ · 4 bytes for the weight, 2⁴⁰ · 4 each for its bias and the next weight, and two of Adam's for each.
    fails("need 61440.0 GiB", "'dense1.weight' alone is float32[3,1099511627776]", "narrower") {
      try trainer.fit(try TrainingTests.linearTable(4), epochs: 1, progress: .silent)
    }
    #expect(trainer.parameters.isEmpty)
  }

  @Test("A step's argument that nothing is given for is an error, and no other value")
  func unknownArgument() throws {
    var builder = Builder()
    let p = builder.argument(.parameter, "p", TensorType(.float32, [2]))
    let q = builder.argument(.parameter, "q", TensorType(.float32, [2]))
    let sum = try builder.append(.binary(.add), [p, q])
    let graph = builder.graph(outputs: [Output("sum", sum)])
    let layout = try StepLayout(graph, batch: ["q"], hyperparameters: [], values: ["p"])
    #expect(layout.replaced.count == 1)
    fails("argument 'q'", "the arguments are p") {
      _ = try StepLayout(graph, batch: [], hyperparameters: [], values: ["p"])
    }
    let replacing = builder.graph(outputs: [Output("p", sum, replaces: p)])
    fails("argument 'p'") {
      _ = try StepLayout(replacing, batch: ["p", "q"], hyperparameters: [], values: [])
    }
  }

  @Test("The difference that the tests of steps go by sees NaN and missing elements")
  func differences() {
    let one = NDArray([1, 2] as [Double])
    #expect(relativeDifference(one, one) == 0)
    #expect(relativeDifference(NDArray([1, 3] as [Double]), one) == 0.5)
    #expect(relativeDifference(NDArray([1, .nan] as [Double]), one) == .infinity)
    #expect(relativeDifference(one, NDArray([.nan, 2] as [Double])) == .infinity)
    #expect(relativeDifference(NDArray([1] as [Double]), one) == .infinity)
  }

  @Test("The orders of epochs have nothing to do with each other: batches are others each time")
  func ordersOfEpochs() throws {
    let rows = 400
    let trainer = try Trainer(Dense(1), loss: .meanSquaredError, optimizer: .adam(), batchSize: 20, seed: 3)
    let orders = (1...4).map { trainer.order(of: rows, epoch: $0) }
    for (a, b) in [(0, 1), (1, 2), (0, 2), (2, 3)] {
      let batchOf = { (order: [Int]) -> [Int] in
        var batch = [Int](repeating: 0, count: rows)
        for (position, row) in order.enumerated() { batch[row] = position / 20 }
        return batch
      }
      let together = zip(batchOf(orders[a]), batchOf(orders[b])).count { $0 == $1 }
      // 20 of 400 by chance, with a deviation of 4.4.
      #expect(together < 45, "epochs \(a + 1) and \(b + 1): \(together)")
    }
  }
}
