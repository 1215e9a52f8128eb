import Adjoint
import Testing

/// Numbers that a trainer may change without compiling anew.
@Suite("Settings of a compiled step")
struct SettingTests {
  static func trainer(
    _ rate: Double = 0.2, _ optimizer: Optimizer = .adam(learningRate: 1e-2),
    _ regularization: Regularization = .l2(1e-3), seed: UInt64 = 3, backend: Backend = .tcc
  ) throws -> Trainer<Sequential> {
    try Trainer(
      Sequential {
        Dense(16, activation: .tanh)
        Dropout(rate)
        Dense(1)
      }, loss: .meanSquaredError, regularization: regularization, optimizer: optimizer, batchSize: 20,
      seed: seed, backend: backend)
  }

  static func losses(_ trainer: Trainer<Sequential>) throws -> [Double] {
    try trainer.fit(try ResumeTests.table().standardized(), epochs: 3, progress: .silent).epochs.map(\.cost)
  }

  @Test(
    "Rates of learning and of dropout, and λ: the numbers of a trainer that was made with them",
    arguments: [Backend.tcc, .interpreter])
  func adjusting(_ backend: Backend) throws {
    let trainer = try Self.trainer(backend: backend)
    try trainer.prepare(try ResumeTests.table().standardized())
    #expect(trainer.settings == ["dropout1.rate": 0.2])
    let (source, times) = (try trainer.source, trainer.compileTimes)
    try trainer.adjust(
      optimizer: .adam(learningRate: 3e-2), regularization: .l2(0.1), settings: ["dropout1.rate": 0.6])
    #expect(trainer.settings == ["dropout1.rate": 0.6])
    let expected = try Self.losses(
      Self.trainer(0.6, .adam(learningRate: 3e-2), .l2(0.1), backend: backend))
    #expect(try Self.losses(trainer) == expected)
    #expect(try Self.losses(Self.trainer(backend: backend)) != expected)
    #expect(try trainer.source == source)
    #expect(trainer.compileTimes.total == times.total)
  }

  @Test("Starting anew, with the same seed or another, is a new trainer")
  func restarting() throws {
    let trainer = try Self.trainer()
    let first = try Self.losses(trainer)
    trainer.restart()
    #expect(try Self.losses(trainer) == first)
    trainer.restart(seed: 8)
    #expect(trainer.seed == 8 && trainer.completedEpochs == 0)
    #expect(try Self.losses(trainer) == Self.losses(Self.trainer(seed: 8)))
  }

  @Test("Where a model is evaluated dropout does nothing, whatever its rate")
  func evaluating() throws {
    let trainer = try Self.trainer(0)
    let table = try ResumeTests.table().standardized()
    try trainer.fit(table, epochs: 0, progress: .silent)
    let loss = try trainer.evaluate(table).loss
    try trainer.adjust(settings: ["dropout1.rate": 0.9])
    #expect(try trainer.evaluate(table).loss == loss)
    #expect(try trainer.trained().forward.text().contains("rate") == false)
  }

  /// A leaky rectifier whose slope can be set.
  struct Leaky: Layer {
    let slope = Setting(0.25, in: 0...1)
    func callAsFunction(_ x: Tensor) -> Tensor { max(x, slope(for: x) * x) }
  }

  @Test("A layer of one's own has settings by their paths, and outside of training they are constants")
  func ownLayers() throws {
    let model = Sequential {
      Dense(4)
      Leaky()
      Dense(1)
      Leaky()
    }
    let trainer = try Trainer(model, loss: .meanSquaredError, optimizer: .sgd(learningRate: 0), batchSize: 10)
    let table = try ResumeTests.table()
    try trainer.prepare(table)
    #expect(trainer.settings == ["leaky1.slope": 0.25, "leaky2.slope": 0.25])
    let plain = try trainer.fit(table, epochs: 1, progress: .silent).epochs[0].loss
    #expect(abs(plain - (try trainer.evaluate(table).loss)) < 1e-6)
    try trainer.adjust(settings: ["leaky1.slope": 1, "leaky2.slope": 1])
    let linear = try trainer.fit(table, epochs: 1, progress: .silent).epochs[0].loss
    #expect(linear != plain)
    let function = try Function(.float64) { x in Leaky()(x) }
    #expect(try function(-2) == -0.5)
  }

  @Test("What would need other code, or is out of range, is an error, and changes nothing")
  func misfits() throws {
    let trainer = try Self.trainer()
    func problem(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "none"
      } catch { return "\(error)" }
    }
    #expect(
      problem { try trainer.adjust(settings: ["dropout1.rate": 0.1]) }.contains(
        "what can be set is known when"))
    try trainer.prepare(try ResumeTests.table().standardized())
    #expect(
      problem { try trainer.adjust(optimizer: .sgd(learningRate: 1)) }.contains(
        "the optimizer is gradient descent; this trainer's step is compiled for Adam"))
    #expect(
      problem { try trainer.adjust(regularization: Regularization.none) }.contains(
        "the regularization is none; this trainer's step is compiled for other terms; give a coefficient of 0"
      ))
    #expect(
      problem { try trainer.adjust(settings: ["dropout2.rate": 0.1]) }.contains(
        "'dropout2.rate' is no setting of a layer; there are dropout1.rate"))
    #expect(
      problem { try trainer.adjust(optimizer: .adam(learningRate: 1), settings: ["dropout1.rate": 1.5]) }
        .contains(
          "'dropout1.rate' is 1.5; give one of 0.0 to 1.0"))
    #expect(
      problem { try trainer.adjust(optimizer: .adam(learningRate: -1)) }.contains(
        "learningRate is -1.0; give"))
    let clipped = try Self.trainer(0.2, .adam().clipping(.value(1)))
    #expect(
      problem { try clipped.adjust(optimizer: .adam().clipping(.norm(1))) }.contains(
        "the optimizer is Adam with gradients clipped by norm; this trainer's step is compiled for Adam with gradients clipped by value"
      ))
    #expect(trainer.optimizer == .adam(learningRate: 1e-2) && trainer.settings == ["dropout1.rate": 0.2])
  }
}
