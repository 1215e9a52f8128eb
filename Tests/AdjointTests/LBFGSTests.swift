@testable import Adjoint
import Foundation
import Testing

/// L-BFGS, and its line search.
@Suite("L-BFGS")
struct LBFGSTests {
  /// Rosenbrock's function of four numbers, which begin at −1.2, 1, −1.2, 1.
  struct Point: Layer {
    let offset = Parameter([4], initializer: .zeros)
    func callAsFunction(_ x: Tensor) -> Tensor { x + offset(for: x) }
  }

  static func rosenbrock(_ history: Int, backend: Backend = .tcc) throws -> Trainer<Point> {
    try Trainer(
      Point(), optimizer: .lbfgs(history: history), scalarType: .float64, backend: backend
    ) { model, batch in
      let p = model(batch["start"])
      let (first, second) = (p[..<3], p[1...])
      return sum(100 * square(second - square(first)) + square(1 - first))
    }
  }

  static let start = NDArray([-1.2, 1.0, -1.2, 1.0])

  @Test("Its steps are those of NumPy", arguments: [Backend.tcc, .interpreter])
  func steps(_ backend: Backend) throws {
    let reference = try referenceNumbers("lbfgs")
    let trainer = try Self.rosenbrock(3, backend: backend)
    for number in 1...30 {
      try trainer.fit(["start": Self.start], epochs: 1, progress: .silent)
      guard let expected = reference["steps-\(number)"] else { continue }
      let offset = try #require(trainer.parameters["offset"]).doubles
      for (index, value) in expected.enumerated() {
        // Rounding grows along the valley.
        let tolerance = number <= 10 ? 1e-12 : 1e-8
        #expect(abs(Self.start.doubles[index] + offset[index] - value) < tolerance, "step \(number)")
      }
    }
    #expect(reference.keys.contains("steps-10"))
  }

  @Test("It ends at the minimum, and says so")
  func minimum() throws {
    let trainer = try Self.rosenbrock(10)
    let history = try trainer.fit(["start": Self.start], epochs: 500, progress: .silent)
    #expect(history.isConverged && history.epochs.count < 100, "\(history.epochs.count)")
    let offset = try #require(trainer.parameters["offset"]).doubles
    for (a, b) in zip(offset, Self.start.doubles) { #expect(abs(a + b - 1) < 1e-7) }
  }

  @Test("A linear regression has the solution of its normal equations")
  func regression() throws {
    let x: [Double] = [0, 1, 2, 3, 4]
    let y: [Double] = [1, 3, 2, 5, 4]
    let table = try Table(features: NDArray(x, shape: [5, 1]), targets: NDArray(y, shape: [5, 1]))
    let trainer = try Trainer(
      Dense(1), loss: .meanSquaredError, optimizer: .lbfgs(), scalarType: .float64)
    try trainer.fit(table, epochs: 50, progress: .silent)
    // Sxy / Sxx = 8 / 10, and the means are 2 and 3.
    let weight = try #require(trainer.parameters["weight"]).doubles[0]
    let bias = try #require(trainer.parameters["bias"]).doubles[0]
    #expect(abs(weight - 0.8) < 1e-8 && abs(bias - 1.4) < 1e-8)
  }

  @Test("In float32 a differential equation is solved better than by as many steps of Adam")
  func physics() throws {
    let x = try NDArray((0..<41).map { Double($0) / 10 }, shape: [41, 1])
    func worst(_ optimizer: Optimizer, epochs: Int) throws -> Double {
      let trainer = try Trainer(MLP([1, 16, 16, 1], activation: .tanh), optimizer: optimizer, seed: 4) {
        network, batch in
        let x = batch["x"]
        let g = x * network(x)
        // g″ = −g, g(0) = 0, g′(0) = 1: the sine.
        let first = gradient(of: g, withRespectTo: x)
        let second = gradient(of: first, withRespectTo: x)
        return mean(square(second + g)) + square(first[0, 0] - 1)
      }
      try trainer.fit(["x": x], epochs: epochs, progress: .silent)
      let network = try trainer(x).doubles
      return zip(x.doubles, network).map { abs($0 * $1 - sin($0)) }.max() ?? 1
    }
    let (quasiNewton, adam) = (
      try worst(.lbfgs(), epochs: 300), try worst(.adam(learningRate: 1e-2), epochs: 300)
    )
    #expect(quasiNewton < 0.02 && quasiNewton < adam / 2, "\(quasiNewton), Adam \(adam)")
  }

  @Test("It goes on from a checkpoint with the same bits, dropout's random numbers among them")
  func resume() throws {
    func trainer() throws -> Trainer<Sequential> {
      try Trainer(
        Sequential {
          Dense(8, activation: .tanh)
          Dropout(0.1)
          Dense(1)
        }, loss: .meanSquaredError, optimizer: .lbfgs(history: 4), seed: 3)
    }
    let table = try ResumeTests.table().standardized()
    let whole = try trainer()
    let expected = ResumeTests.outcome(whole, try whole.fit(table, epochs: 12, progress: .silent))
    try ResumeTests.withFile { path in
      try trainer().fit(table, epochs: 7, checkpointing: Checkpointing(path), progress: .silent)
      #expect(try SafetensorsFile(path: path)["lbfgs.s"].shape.dimensions.first == 4)
      let second = try trainer()
      try second.restore(from: path)
      let found = ResumeTests.outcome(second, try second.fit(table, epochs: 12, progress: .silent))
      #expect(found.0 == expected.0)
      #expect(found.1 == expected.1)
    }
  }

  @Test("A training that has converged is over, also when it is gone on with")
  func converged() throws {
    let whole = try Self.rosenbrock(10)
    try ResumeTests.withFile { path in
      let history = try whole.fit(
        ["start": Self.start], epochs: 500, checkpointing: Checkpointing(path), progress: .silent)
      let second = try Self.rosenbrock(10)
      try second.restore(from: path)
      let again = try second.fit(["start": Self.start], epochs: 500, progress: .silent)
      #expect(again.isConverged && again.epochs.count == history.epochs.count)
      #expect(second.parameters == whole.parameters)
    }
  }

  @Test("Running statistics move once a step, by the point that is chosen")
  func batchNorm() throws {
    // The input of the layer does not depend on parameters, so each step finds the same mean.
    let table = try ResumeTests.table()
    let trainer = try Trainer(
      Sequential {
        BatchNorm(momentum: 0.5)
        Dense(1)
      }, loss: .meanSquaredError, optimizer: .lbfgs(), scalarType: .float64)
    let steps = try trainer.fit(table, epochs: 3, progress: .silent).epochs.count
    let x = table.features(as: .float64).doubles
    let mean = stride(from: 0, to: x.count, by: 3).reduce(0) { $0 + x[$1] } / Double(table.count)
    let running = try #require(trainer.parameters["batchNorm1.runningMean"]).doubles[0]
    #expect(abs(running - mean * (1 - 1 / Double(1 << steps))) < 1e-12)
  }

  @Test("Batches, schedules, bounds on gradients and a history of nothing are errors")
  func misfits() {
    func problem(_ optimizer: Optimizer, batchSize: Int? = nil) -> String {
      do {
        _ = try Trainer(Dense(1), loss: .meanSquaredError, optimizer: optimizer, batchSize: batchSize)
        return "none"
      } catch { return "\(error)" }
    }
    #expect(problem(.lbfgs(), batchSize: 8).contains("the batch size for L-BFGS is 8; leave it out"))
    #expect(
      problem(.lbfgs().scheduled(.exponential(factor: 0.5, .epochs))).contains("the schedule for L-BFGS"))
    #expect(problem(.lbfgs().clipping(.norm(1))).contains("the bound on gradients for L-BFGS"))
    #expect(problem(.lbfgs(history: 0)).contains("the history of L-BFGS is 0; give 1 to 1000"))
  }

  /// φ, φ′, and the first step.
  static let lines:
    [(name: String, value: @Sendable (Double) -> Double, slope: @Sendable (Double) -> Double, first: Double)] =
      [
        (
          "quadratic", { (x: Double) -> Double in x * x - 20 * x }, { (x: Double) -> Double in 2 * x - 20 }, 1
        ),
        (
          "too long a step", { (x: Double) -> Double in x * x - x }, { (x: Double) -> Double in 2 * x - 1 },
          1000
        ),
        // Moré & Thuente's (5.1) with β = 2.
        (
          "flat", { (x: Double) -> Double in -x / (x * x + 2) },
          { (x: Double) -> Double in (x * x - 2) / ((x * x + 2) * (x * x + 2)) }, 0.001
        ),
        (
          "a wall", { (x: Double) -> Double in x < 2 ? -x + x * x / 8 : .infinity },
          { (x: Double) -> Double in x < 2 ? x / 4 - 1 : .nan }, 16
        ),
      ]

  @Test("A step that it finds satisfies both conditions", arguments: Self.lines.indices)
  func lineSearch(_ index: Int) throws {
    let line = Self.lines[index]
    let point = { (x: Double) in LineSearch.Point(step: x, value: line.value(x), slope: line.slope(x)) }
    let found = try LineSearch.search(from: point(0), first: line.first) { point($0) }
    let start = point(0)
    #expect(found.step > 0, "\(line.name)")
    #expect(found.value <= start.value + 1e-4 * found.step * start.slope, "\(line.name)")
    #expect(abs(found.slope) <= 0.9 * abs(start.slope), "\(line.name)")
  }
}
