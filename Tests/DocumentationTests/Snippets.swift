import Adjoint
import Foundation
import Testing

/// The Swift of README.md, word for word: each block of the page is a region here, from `// snippet: NAME` to
/// `// end`. What follows a region checks what the reader is told it does.
///
/// A region begins right after the opening line of a `@Test` function, so that it runs. Files are named from the
/// package's folder, in which the tests run. They need no import but that of Adjoint.
@Suite("The snippets of the README compile and run")
struct Snippets {
  /// Points (x, t) of the unit square on a grid.
  private var inside: NDArray {
    get throws {
      let grid = (0..<8).flatMap { x in (0..<8).flatMap { t in [Double(x) / 7, Double(t) / 7] } }
      return try NDArray(grid, shape: [64, 2])
    }
  }
  /// Points at t = 0, and a parabola over them.
  private var start: NDArray {
    get throws { try NDArray((0..<16).flatMap { [Double($0) / 15, 0] }, shape: [16, 2]) }
  }
  private var values: NDArray {
    get throws {
      let x = (0..<16).map { Double($0) / 15 }
      return try NDArray(x.map { 4 * $0 * (1 - $0) }, shape: [16, 1])
    }
  }

  private var data: Table.Split {
    get throws {
      try Table(csv: "Examples/Data/wdbc.csv", target: "benign").standardized().split(test: 0.2, seed: 42)
    }
  }
  private let model = Sequential {
    Dense(16, activation: .relu)
    Dense(1)
  }
  private let checkpoint = FileManager.default.temporaryDirectory.appending(path: "\(UUID())").path

  @Test("the lecture's function") func functionDerivative() throws {
    // snippet: function derivative
    let f = try Function(.float64) { x in sqrt(x * x + exp(x * x)) }
    let df = try f.derivative().compiled()
    print(try df(1.5), df.flops)
    print(df.source)
    // end

    // f′(x) = x (1 + exp(x²)) / √(x² + exp(x²)), computed with 40 decimal digits.
    let expected = 4.591777475070349134
    #expect(abs(try df(1.5) - expected) <= 1e-14 * expected)
    #expect(df.flops > 0)
    #expect(df.source.contains("double"))
  }

  @Test("derivatives, checked") func gradientCheck() throws {
    // snippet: gradient check
    let f = try Function(.float64) { x in x * x * x }
    let x = NDArray(2.0)
    print(try checkGradient(of: f, at: [x]))  // against central differences
    print(try checkGradient(of: f, at: [x], given: [NDArray(13.0)]))  // x DIFFERS: 12 expected
    // end

    #expect(try checkGradient(of: f, at: [x]).isRight)
    let wrong = try checkGradient(of: f, at: [x], given: [NDArray(13.0)])
    #expect(wrong.failures.map(\.name) == ["x"])
    #expect(wrong.failures.map(\.expected) == [12])
  }

  @Test("a longer training") func longerTraining() throws {
    // snippet: longer training
    let schedule = Schedule.warmUp(over: 5, .epochs, next: .cosine(over: 95, .epochs))
    let longer = try Trainer(
      model, loss: .binaryCrossEntropy,
      optimizer: .adamW(weightDecay: 1e-2).scheduled(schedule).clipping(.norm(1)), batchSize: 64)
    let parts = try data.train.split(test: 0.1, seed: 1)
    try longer.fit(
      parts.train, epochs: 100, validation: parts.test, stopping: EarlyStopping(patience: 10),
      checkpointing: Checkpointing(checkpoint))
    // After an interruption: try longer.restore(from: checkpoint), and the same fit.
    // end

    defer { try? FileManager.default.removeItem(atPath: checkpoint) }
    #expect(try #require(try longer.evaluate(data.test).accuracy) > 0.9)
    try longer.restore(from: checkpoint)
  }

  @Test("other rates without compiling") func otherRates() throws {
    // snippet: other rates
    let trainer = try Trainer(model, loss: .binaryCrossEntropy, optimizer: .adam(), batchSize: 64)
    for rate in [1e-4, 1e-3, 1e-2] {
      trainer.restart(seed: 7)
      try trainer.adjust(optimizer: .adam(learningRate: rate))  // nothing is compiled anew
      print(rate, try trainer.fit(data.train, epochs: 20))
    }
    print(try model.summary([64, 30]))  // shapes, parameters, bytes and FLOPs of each layer
    // end

    #expect(try #require(try trainer.evaluate(data.test).accuracy) > 0.9)
  }

  @Test("a network, trained") func trainedNetwork() throws {
    // snippet: trained network
    let data = try Table(csv: "Examples/Data/wdbc.csv", target: "benign")
      .standardized().split(test: 0.2, seed: 42)
    let model = Sequential {
      Dense(64, activation: .relu)
      Dense(32, activation: .relu)
      Dense(1)
    }
    let trainer = try Trainer(
      model, loss: .binaryCrossEntropy, regularization: .l2(1e-4),
      optimizer: .adam(learningRate: 1e-3), batchSize: 64, seed: 42)
    let history = try trainer.fit(data.train, epochs: 50, validation: data.test)
    print(try trainer.source)
    // end

    #expect(history.epochs.count == 50)
    let accuracy = try #require(history.last?.validationMetric)
    #expect(accuracy >= 0.96)
    #expect(try trainer.source.contains("float"))
  }

  @Test("a heat equation, solved by a network") func heatEquation() throws {
    // snippet: heat equation
    let physics = try Trainer(MLP([2, 32, 32, 1], activation: .tanh), optimizer: .adam()) { u, batch in
      let xt = batch["collocation"]
      let y = u(xt)
      let (ut, ux) = gradient(of: y, withRespectTo: xt).unstacked(axis: 1)
      let (_, uxx) = gradient(of: ux, withRespectTo: xt).unstacked(axis: 1)
      return mean(square(ut - 0.1 * uxx)) + mean(square(u(batch["initial"]) - batch["u0"]))
    }
    try physics.fit(["collocation": inside, "initial": start, "u0": values], epochs: 200)
    let u = try physics(NDArray([0.5, 0.1], shape: [1, 2]))
    // end

    #expect(u.shape == [1, 1])
    #expect(u.doubles[0].isFinite)
  }

  @Test("a differential equation, a loop that has a derivative") func loop() throws {
    // snippet: loop
    let lorenz = try Function(.float64) { rho in
      let start = Tensor.constant(NDArray([1.0, 1, 1]), in: rho.trace)
      let path = integrate(from: start, step: 0.01, steps: 200) { y, _ in
        let (x, y, z) = (y[0], y[1], y[2])
        return stacked([10 * (y - x), x * (rho - z) - y, x * y - 8 / 3 * z], axis: 0)
      }
      return mean(path[AxisRange.all, 2])
    }
    print(try lorenz.derivative().compiled()(28))
    // end

    let quotient = try (lorenz(28.0001) - lorenz(27.9999)) / 0.0002
    #expect(try abs(lorenz.derivative().compiled()(28) - quotient) < 1e-6)
  }
}
