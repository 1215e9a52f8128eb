import Adjoint
import Testing

/// Ten steps of each optimizer beside NumPy's, which `Reference/optimizers.py` computes from the published formulas. PyTorch
/// 2.13 gives the same numbers to 15 digits for those that it has.
@Suite("Optimizers, ten steps")
struct OptimizerTrajectoryTests {
  typealias Gradient = @Sendable (_ parameter: Tensor, _ step: Tensor) -> Tensor

  static let plain: Gradient = { p, t in square(p) + t }
  /// Large at first: the greatest variance is an old one.
  static let shrinking: Gradient = { p, t in 10 * (square(p) + t) / square(t) }
  /// Of both signs.
  static let shifted: Gradient = { p, t in square(p) + t - 5 }

  static let cases: [(name: String, optimizer: Optimizer, gradient: Gradient, decays: Bool)] = [
    ("sgd", .sgd(learningRate: 0.001), plain, true),
    ("momentum", .sgd(learningRate: 0.001, momentum: 0.9), plain, true),
    ("nesterov", .sgd(learningRate: 0.001, momentum: 0.9, nesterov: true), plain, true),
    ("adagrad", .adaGrad(learningRate: 0.1, epsilon: 1e-3), plain, true),
    ("adagrad-inside", .adaGrad(learningRate: 0.1, epsilon: 1e-3, .insideRoot), plain, true),
    ("rmsprop", .rmsProp(decay: 0.9, epsilon: 1e-3), plain, true),
    ("rmsprop-inside", .rmsProp(decay: 0.9, epsilon: 1e-3, .insideRoot), plain, true),
    ("rmsprop-centered", .rmsProp(decay: 0.9, epsilon: 1e-3, isCentered: true), plain, true),
    ("rmsprop-momentum", .rmsProp(decay: 0.9, epsilon: 1e-3, momentum: 0.9), plain, true),
    (
      "rmsprop-centered-momentum", .rmsProp(decay: 0.9, epsilon: 1e-3, momentum: 0.9, isCentered: true),
      plain,
      true
    ),
    ("adadelta", .adaDelta(), plain, true),
    ("adam", .adam(learningRate: 0.1, epsilon: 1e-3), plain, true),
    ("adam-inside", .adam(learningRate: 0.1, epsilon: 1e-3, .insideRoot), plain, true),
    ("amsgrad", .amsGrad(learningRate: 0.1, epsilon: 1e-3), shrinking, true),
    ("adamw", .adamW(learningRate: 0.1, epsilon: 1e-3, weightDecay: 0.3), plain, true),
    ("adamw-undecayed", .adamW(learningRate: 0.1, epsilon: 1e-3, weightDecay: 0.3), plain, false),
    ("lion", .lion(learningRate: 0.01, weightDecay: 0.3), shifted, true),
    ("lion-undecayed", .lion(learningRate: 0.01, weightDecay: 0.3), shifted, false),
  ]

  @Test func theyAreNumPys() throws {
    let reference = try referenceNumbers("optimizers")
    #expect(Set(reference.keys) == Set(Self.cases.map(\.name)))
    for item in Self.cases {
      let expected = try #require(reference[item.name])
      let exact = try Self.tenSteps(item.optimizer, .float64, item.gradient, decays: item.decays)
      let single = try Self.tenSteps(item.optimizer, .float32, item.gradient, decays: item.decays)
      for (index, value) in expected.enumerated() {
        #expect(abs(exact[index] - value) <= 1e-12 * max(1, abs(value)), "\(item.name)")
        #expect(abs(single[index] - value) <= 1e-4 * max(1, abs(value)), "\(item.name)")
      }
    }
  }

  /// By compiled code.
  static func tenSteps(
    _ optimizer: Optimizer, _ type: ScalarType, _ gradient: @escaping Gradient, decays: Bool
  )
    throws -> [Double]
  {
    let names = ["step"] + optimizer.hyperparameters.map(\.name)
    let scalars = names.map { ($0, TensorType(.float64, .scalar)) }
    let arrays = (["p"] + optimizer.slots).map { ($0 == "momentum" ? "state" : $0, TensorType(type, [3])) }
    let function = try Function(scalars + arrays) { (tensors: [Tensor]) -> [Tensor] in
      let numbers = Dictionary(uniqueKeysWithValues: zip(names, tensors))
      let (p, state) = (tensors[names.count], Array(tensors.dropFirst(names.count + 1)))
      let rule = optimizer.rule(like: p, hyperparameters: numbers, decays: decays)
      let next = rule(p, gradient(p, tensors[0].cast(to: type)), state)
      return [next.parameter] + next.state
    }.compiled().executable
    var values =
      [NDArray([1.0, -2, 0.5]).converted(to: type)] + optimizer.slots.map { _ in NDArray(zeros: [3], type) }
    for step in 1...10 {
      let settings = [Double(step)] + optimizer.hyperparameters.map(\.value)
      values = try function(settings.map { NDArray($0) } + values)
    }
    return values[0].doubles
  }

  /// PyTorch 2.13: `StepLR(3, 0.5)`, `ExponentialLR(0.9)`, `CosineAnnealingLR(8, eta_min=0.1)`, `OneCycleLR(max_lr=1,
  /// total_steps=10)`, rate 1.
  static let rates: [(schedule: Schedule, factors: [Double])] = [
    (.step(every: 3, factor: 0.5, .steps), [1.0, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]),
    (
      .exponential(factor: 0.9, .steps),
      [1, 0.9, 0.81, 0.729, 0.6561, 0.59049, 0.531441, 0.4782969, 0.43046721, 0.387420489]
    ),
    (
      .cosine(over: 8, end: 0.1, .steps),
      [
        1, 0.9657457896300791, 0.8681980515339464, 0.7222075445642905, 0.55, 0.3777924554357097,
        0.2318019484660537, 0.134254210369921, 0.1, 0.1,
      ]
    ),
    (
      .oneCycle(over: 10, .steps),
      [
        0.04, 0.52, 1, 0.9504846320134737, 0.8117456539497631, 0.6112620219362893, 0.38874197806371075,
        0.18825834605023697, 0.049519367986526286, 4e-06,
      ]
    ),
    (
      .timeDecay(halving: 4, .steps),
      [1.0, 0.8, 4 / 6.0, 4 / 7.0, 0.5, 4 / 9.0, 0.4, 4 / 11.0, 4 / 12.0, 4 / 13.0]
    ),
    (.warmUp(over: 4, .steps), [0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1]),
    (
      .warmUp(over: 2, .steps, next: .step(every: 3, factor: 0.5, .steps)),
      [0.5, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]
    ),
    // Three steps are an epoch.
    (.exponential(factor: 0.5, .epochs), [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]),
    (
      .warmUp(over: 1, .epochs, next: .exponential(factor: 0.5, .epochs)),
      [1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25]
    ),
  ]

  @Test(arguments: Self.rates)
  func schedules(_ schedule: Schedule, _ expected: [Double]) {
    for (index, value) in expected.enumerated() {
      #expect(abs(schedule.factor(step: index + 1, stepsPerEpoch: 3) - value) < 1e-14)
    }
  }

  /// SGD by hand, at rates that a schedule gives, against the trainer's, which is compiled once.
  @Test(arguments: [Backend.tcc, .interpreter])
  func aTrainerFollowsItsSchedule(_ backend: Backend) throws {
    let schedule = Schedule.timeDecay(halving: 2, .steps)
    let layer = Dense(1, hasBias: false)
    let trainer = try Trainer(
      layer, optimizer: .sgd(learningRate: 0.1).scheduled(schedule), batchSize: 2, seed: 1,
      scalarType: .float64,
      backend: backend
    ) { model, batch in sum(model(batch["x"])) }
    let x = try NDArray([1.0, 1, 1, 1, 1, 1], shape: [6, 1])
    try trainer.fit(["x": x], epochs: 0, progress: .silent)
    let before = try #require(trainer.parameters.first?.value.doubles[0])
    try trainer.fit(["x": x], epochs: 2, progress: .silent)
    // The gradient is 2 at each step.
    var moved = 0.0
    for step in 0..<6 { moved += 0.1 / (1 + Double(step) / 2) * 2 }
    let after = try #require(trainer.parameters.first?.value.doubles[0])
    #expect(abs(before - moved - after) < 1e-14)
  }

  /// Gradients 3 and 4 of norm 5.
  static let clippings: [(clipping: Clipping, expected: [Double])] = [
    (.norm(1), [3 / (5 + 1e-6), 4 / (5 + 1e-6)]), (.norm(10), [3, 4]), (.value(3.5), [3, 3.5]),
    (.value(5), [3, 4]),
  ]

  @Test(arguments: Self.clippings)
  func gradientsAreClipped(_ clipping: Clipping, _ expected: [Double]) throws {
    struct Two: Layer {
      let a = Parameter([1], initializer: .zeros)
      let b = Parameter([1], initializer: .zeros)
      func callAsFunction(_ x: Tensor) -> Tensor { 3 * a(for: x) - 4 * b(for: x) }
    }
    let trainer = try Trainer(
      Two(), optimizer: .sgd(learningRate: 1).clipping(clipping), scalarType: .float64
    ) { model, batch in sum(model(batch["x"])) }
    try trainer.fit(["x": NDArray([1.0])], epochs: 1, progress: .silent)
    #expect(abs(try #require(trainer.parameters["a"]).doubles[0] + expected[0]) < 1e-15)
    #expect(abs(try #require(trainer.parameters["b"]).doubles[0] - expected[1]) < 1e-15)
  }

  /// A cost that falls for four epochs and then rises: (w − t)² with w moving on by a fixed step.
  @Test func trainingEndsWhereTheLossRises() throws {
    func trainer() throws -> Trainer<Dense> {
      try Trainer(
        Dense(1, initializer: .zeros, hasBias: false), optimizer: .sgd(learningRate: 1),
        scalarType: .float64
      ) { model, batch in
        let w = model(batch["x"])
        // Its gradient is −1, whatever its value.
        return stopGradient(square(sum(w) - 4) + sum(w)) - sum(w)
      }
    }
    let x = ["x": try NDArray([1.0], shape: [1, 1])]
    let stopped = try trainer()
    let history = try stopped.fit(
      x, epochs: 100, stopping: EarlyStopping(patience: 3), progress: .silent)
    // Losses 16, 9, 4, 1, 0, 1, 4, 9: the fifth is the best, three epochs later it is over.
    #expect(history.epochs.map(\.loss) == [16, 9, 4, 1, 0, 1, 4, 9])
    #expect(history.best?.epoch == 5)
    #expect(history.isStoppedEarly)
    // The values with which that epoch ended.
    #expect(stopped.parameters.first?.value.doubles == [5])
    let unrestored = try trainer()
    try unrestored.fit(
      x, epochs: 100, stopping: EarlyStopping(patience: 3, restoresBest: false), progress: .silent)
    #expect(unrestored.parameters.first?.value.doubles == [8])
    let whole = try trainer()
    #expect(
      try !whole.fit(x, epochs: 6, stopping: EarlyStopping(patience: 3), progress: .silent).isStoppedEarly)
    #expect(throws: TrainingError.self) {
      try whole.fit(x, epochs: 6, stopping: EarlyStopping(patience: 0), progress: .silent)
    }
  }
}
