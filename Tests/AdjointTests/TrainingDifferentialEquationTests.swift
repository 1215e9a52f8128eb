import Adjoint
import Testing

@Suite("A differential equation inside the cost")
struct TrainingDifferentialEquationTests {
  @Test("The heat equation's cost falls to less than a tenth in some hundred steps")
  func heat() throws {
    var generator = SeededGenerator(seed: 1)
    let physics = try Trainer(MLP([2, 32, 32, 1], activation: .tanh), optimizer: .adam(learningRate: 3e-3)) {
      u, batch in
      let xt = batch["collocation"]
      let y = u(xt)
      let (ut, ux) = gradient(of: y, withRespectTo: xt).unstacked(axis: 1)
      let (_, uxx) = gradient(of: ux, withRespectTo: xt).unstacked(axis: 1)
      return mean(square(ut - 0.1 * uxx)) + mean(square(u(batch["initial"]) - batch["u0"]))
    }
    let data = try heatData(&generator, points: 100, .float32)
    let history = try physics.fit(data, epochs: 400, progress: .silent)
    let first = try #require(history.epochs.first).cost
    let last = try #require(history.last).cost
    #expect(last < 0.1 * first, "\(first) → \(last)")
  }

  @Test("An ordinary one, g′ = −2g with g(0) = 1, is solved: g = exp(−2x)")
  func decay() throws {
    let x = try NDArray((0..<21).map { Double($0) / 20 }, shape: [21, 1])
    // The trial 1 + x N(x) has the right start whatever N is.
    let trainer = try Trainer(
      MLP([1, 10, 1], activation: .tanh), optimizer: .adam(learningRate: 0.02), scalarType: .float64
    ) { network, batch in
      let x = batch["x"]
      let g = 1 + x * network(x)
      return mean(square(gradient(of: g, withRespectTo: x) + 2 * g))
    }
    try trainer.fit(["x": x], epochs: 1500, progress: .silent)
    let names = ["dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"]
    let weights = try names.map { try #require(trainer.parameters[$0]) }
    let g = try evaluate([x] + weights) { t in
      [1 + t[0] * (matmul(tanh(matmul(t[0], t[1]) + t[2]), t[3]) + t[4])]
    }[0].doubles
    let worst = zip(g, x.doubles).map { abs($0 - exponential(-2 * $1)) }.max() ?? 1
    #expect(worst < 0.01, "\(worst)")
  }
}

private func abs(_ x: Double) -> Double { x.magnitude }

/// By its series.
private func exponential(_ x: Double) -> Double {
  var (term, sum) = (1.0, 1.0)
  for k in 1..<30 {
    term *= x / Double(k)
    sum += term
  }
  return sum
}
