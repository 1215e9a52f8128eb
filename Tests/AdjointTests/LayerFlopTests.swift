import Adjoint
import Testing

@Suite("The cost of a step, layer by layer")
struct LayerFlopTests {
  /// A model of one's own around a layer.
  struct Residual: Layer {
    let inner = Dense(6, activation: .tanh)
    func callAsFunction(_ x: Tensor) -> Tensor { x + inner(x) }
  }

  private func parts(_ count: FlopCount) -> [String: FlopCount.Part] {
    Dictionary(count.parts.map { ("\($0.place)", $0) }, uniquingKeysWith: { first, _ in first })
  }

  private func table(rows: Int, features: Int) throws -> Table {
    let x = try NDArray((0..<(rows * features)).map { Float($0 % 7) / 7 }, shape: [rows, features])
    return try Table(features: x, targets: NDArray((0..<rows).map { Float($0) }), task: .regression)
  }

  @Test("two dense layers have the counts of the closed form")
  func denseLayers() throws {
    let (m, k, n) = (10, 5, 6)
    let trainer = try Trainer(
      MLP([k, n, 1], activation: .tanh), loss: .halfSquaredError, optimizer: .sgd(learningRate: 0.1))
    #expect(throws: TrainingError.self) { try trainer.flops }
    try trainer.prepare(table(rows: m, features: k))
    let count = try trainer.flops
    let found = parts(count)
    let first = try #require(found["dense1"])
    let second = try #require(found["dense2"])
    // x·W is 2·m·n·k, the bias m·n, tanh m·n.
    #expect(first.forward == 2 * m * n * k + 2 * m * n)
    #expect(second.forward == 2 * m * 1 * n + m)
    // ∂W = xᵀδ is 2·k·n·m, ∂b a sum over rows, (m − 1)·n, tanh' times the cotangent 3·m·n; nothing flows to x.
    #expect(first.backward == 2 * k * n * m + (m - 1) * n + 3 * m * n)
    // ∂W, ∂b and δWᵀ.
    #expect(second.backward == 2 * n * 1 * m + (m - 1) + 2 * m * n * 1)
    // p − η g.
    #expect(first.update == 2 * (k * n + n) && second.update == 2 * (n + 1))
    // Difference, square, sum, two divisions or products of scalars.
    #expect(try #require(found["cost"]).forward >= 3 * m - 1)
  }

  static let optimizers: [(Optimizer, perParameter: Int)] = [
    (.sgd(learningRate: 0.1), 2), (.sgd(learningRate: 0.1, momentum: 0.9), 4),
    (.sgd(learningRate: 0.1, momentum: 0.9, nesterov: true), 6), (.adam(), 12),
  ]

  @Test("the rows add up to what the graph costs, and the update is the optimizer's", arguments: optimizers)
  func sums(_ optimizer: Optimizer, _ perParameter: Int) throws {
    let model = Sequential {
      Dense(6, activation: .gelu)
      Residual()
      Dense(4)
      Activation.softplus
      Dense(1)
    }
    let trainer = try Trainer(model, loss: .meanSquaredError, regularization: .l2(1e-3), optimizer: optimizer)
    try trainer.prepare(table(rows: 9, features: 3))
    let count = try trainer.flops
    let step = try trainer.graph.inliningCalls().simplified()
    #expect(count.parts.reduce(0) { $0 + $1.total } == step.flops)
    #expect(count.shared == step.flops)
    #expect(count.forward + count.backward + count.update == step.flops)
    let found = parts(count)
    #expect(
      Set(found.keys).subtracting(["settings"]) == [
        "dense1", "residual1", "residual1.inner", "dense2", "activation1", "dense3", "cost",
      ])
    // The addition around the inner layer, and the sum of what flows back along its two ways.
    #expect(found["residual1"]?.forward == 9 * 6)
    let parameters = trainer.parameters.values.reduce(0) { $0 + $1.count }
    #expect(count.update - (found["settings"]?.total ?? 0) == perParameter * parameters)
    #expect(found["cost"]?.update == 0 && found["activation1"]?.update == 0)
  }

  @Test("a saved model has the counts of its training")
  func saved() throws {
    let trainer = try Trainer(MLP([3, 4, 1]), loss: .meanSquaredError, optimizer: .adam(), batchSize: 4)
    try trainer.fit(table(rows: 8, features: 3), epochs: 1, progress: .silent)
    #expect(try trainer.trained().flops == trainer.flops)
  }

  @Test("derivatives within a cost are forward work of their layers")
  func derivativesInCosts() throws {
    let trainer = try Trainer(MLP([1, 5, 1], activation: .tanh), optimizer: .adam()) { u, batch in
      let x = batch["x"]
      return mean(square(gradient(of: u(x), withRespectTo: x) - 1))
    }
    try trainer.fit(["x": NDArray([0.1, 0.2, 0.3] as [Float], shape: [3, 1])], epochs: 0, progress: .silent)
    let count = try trainer.flops
    let plain = 2 * 3 * 1 * 5 + 2 * 3 * 5
    #expect(try #require(parts(count)["dense1"]).forward > plain)
    #expect(count.parts.reduce(0) { $0 + $1.total } == (try trainer.graph.inliningCalls().simplified().flops))
  }
}
