import Adjoint
import AdjointArray
import ArgumentParser

/// Something to measure on given data, that other systems can be measured on, too.
struct Workload: Sendable {
  let name: String
  /// What a run of it is, made from the data. This is where the clock begins.
  let prepare: @Sendable (WorkloadData) throws -> any WorkloadRun

  /// All of them; a new one is an entry here.
  static let all = [
    network("tiny_mlp", [64, 64, 1], .tanh, .meanSquaredError, .l2(1e-4), .adam(learningRate: 1e-3)),
    network("wdbc_mlp", [64, 32, 2], .relu, .softmaxCrossEntropy, .none, .adam(learningRate: 1e-3)),
    network(
      "mnist_mlp", [512, 256, 10], .relu, .softmaxCrossEntropy, .none,
      .sgd(learningRate: 0.01, momentum: 0.9)),
    physicsInformed("pinn"),
    physicsInformed("pinn64"),
    training("conv", .softmaxCrossEntropy, .none, .adam(learningRate: 1e-3)) {
      Sequential {
        Conv2D(8, size: (3, 3), padding: .same, activation: .relu)
        MaxPool2D()
        Conv2D(16, size: (3, 3), padding: .same, activation: .relu)
        MaxPool2D()
        Flatten()
        Dense(10)
      }
    },
    Workload(name: "wide") { try EvaluationRun($0, inputs: ["x", "a", "b", "gamma"], wide) },
    Workload(name: "scalar") { try EvaluationRun($0, inputs: ["x"], lecture) },
    Workload(name: "scalar1") { try ScalarRun($0) },
  ]

  /// - Throws: ``UsageError`` with the names that there are.
  static func named(_ name: String) throws -> Workload {
    guard let found = all.first(where: { $0.name == name }) else {
      throw UsageError("there is no workload '\(name)'; there is \(all.map(\.name).joined(separator: ", "))")
    }
    return found
  }

  // MARK: What they are

  private static func network(
    _ name: String, _ widths: [Int], _ activation: Activation, _ loss: Loss, _ regularization: Regularization,
    _ optimizer: Optimizer
  ) -> Workload {
    training(name, loss, regularization, optimizer) {
      Sequential(
        widths.enumerated().map {
          Dense($1, activation: $0 + 1 == widths.count ? .identity : activation)
        })
    }
  }

  private static func training(
    _ name: String, _ loss: Loss, _ regularization: Regularization, _ optimizer: Optimizer,
    _ model: @escaping @Sendable () -> Sequential
  ) -> Workload {
    Workload(name: name) { data in
      let first = try data.firstBatch
      let step = try StepBenchmark(
        model(), loss: loss, regularization: regularization, optimizer: optimizer, features: first[0],
        targets: first[1], seed: 1)
      return try TrainingRun(step, data)
    }
  }

  /// u_t = 0.1 u_xx at collocation points, and values at others: rows of x, t and u.
  private static func physicsInformed(_ name: String) -> Workload {
    Workload(name: name) { data in
      let first = try data.firstBatch
      let step = try StepBenchmark(
        MLP([2, 32, 32, 1], activation: .tanh), regularization: .none, optimizer: .adam(learningRate: 1e-3),
        batch: [("collocation", first[0]), ("known", first[1])], seed: 1
      ) { u, batch in
        let xt = batch["collocation"]
        let (ux, ut) = gradient(of: u(xt), withRespectTo: xt).unstacked(axis: 1)
        let (uxx, _) = gradient(of: ux, withRespectTo: xt).unstacked(axis: 1)
        let known = batch["known"]
        return mean(square(ut - 0.1 * uxx)) + mean(square(u(known[0..., 0..<2]) - known[0..., 2..<3]))
      }
      return try TrainingRun(step, data)
    }
  }

  /// The mean square of a layer norm of a GELU, and its gradients by the first three inputs.
  private static func wide(_ inputs: [Tensor]) -> [Tensor] {
    let (x, a, b, gamma) = (inputs[0], inputs[1], inputs[2], inputs[3])
    let y = layerNorm(gelu(x * a + b), gain: gamma)
    let loss = mean(square(y))
    return [loss] + gradient(of: loss, withRespectTo: [x, a, b])
  }

  /// The lecture's function, and its derivative.
  private static func lecture(_ inputs: [Tensor]) -> [Tensor] {
    let x = inputs[0]
    let f = sqrt(x * x + exp(x * x))
    return [f, gradient(of: f, withRespectTo: x)]
  }
}

/// A workload ready to run; making it compiles.
protocol WorkloadRun {
  var executable: Executable { get }
  /// Runs it the first time.
  mutating func first() throws
  /// By how much the results differ from the reference's, relative to it: at the first run, and the most in all that are
  /// checked; and what is right.
  mutating func check() throws -> WorkloadCheck
  /// The time that so many runs take.
  mutating func time(_ count: Int) throws -> Duration
}

struct WorkloadCheck {
  let errFirst: Double
  let err: Double
  let bounds: (first: Double, all: Double)

  /// - Parameter differences: relative ones, of which none is left out.
  init(_ differences: [Double], bounds: (first: Double, all: Double)) {
    let known = differences.allSatisfy { !$0.isNaN } && !differences.isEmpty
    errFirst = known ? differences[0] : .infinity
    err = known ? differences.max() ?? .infinity : .infinity
    self.bounds = bounds
  }

  var isRight: Bool { errFirst < bounds.first && err < bounds.all }
}
