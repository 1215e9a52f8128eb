import Adjoint
import Testing

@Suite("What made a cost not finite")
struct NotFiniteCauseTests {
  /// One epoch, or more, of a linear model on x = 1…8 and a feature that is always 0.
  private func causes(
    _ optimizer: Optimizer, _ regularization: Regularization = .none, scale: Double = 1, target: Double = 1,
    epochs: Int = 1
  ) throws -> [NotFiniteCause] {
    let table = try Table(rows: 8, task: .regression) { row in
      ([Double(row + 1) * scale, 0], [Double(row) * target])
    }
    let trainer = try Trainer(
      Dense(1), loss: .meanSquaredError, regularization: regularization, optimizer: optimizer, batchSize: 4,
      seed: 1)
    do {
      try trainer.fit(table, epochs: epochs, progress: .silent)
    } catch TrainingError.notFiniteCost(_, _, let causes) {
      return causes
    }
    return []
  }

  @Test("An epsilon of 0 divides a gradient of 0 by 0, at any learning rate")
  func zeroEpsilon() throws {
    for optimizer: Optimizer in [
      .adam(learningRate: 1e-9, epsilon: 0), .adaGrad(learningRate: 1e-9, epsilon: 0), .rmsProp(epsilon: 0),
      .amsGrad(epsilon: 0), .adamW(epsilon: 0),
    ] {
      #expect(try causes(optimizer) == [.zeroEpsilon], "\(optimizer)")
      #expect(try causes(try #require(optimizer.with("epsilon", 1e-8))) == [])
    }
  }

  @Test("Data whose squares overflow, before any step")
  func largeData() throws {
    #expect(
      try causes(.adam(), target: 1e30) == [.largeNumbers(in: "the target", size: Double(Float(7e30)))])
    #expect(
      try causes(.adam(), scale: 1e30) == [.largeNumbers(in: "the features", size: Double(Float(8e30)))])
    #expect(try causes(.adam(), .l2(1e300)) == [.largeSetting(name: "l2", value: 1e300)])
  }

  @Test("Data that are not scaled make steps too long")
  func unscaledData() throws {
    #expect(
      try causes(.sgd(learningRate: 0.01), scale: 1e6, epochs: 100)
        == [.largeNumbers(in: "the features", size: 8e6)])
    #expect(try causes(.sgd(learningRate: 10), epochs: 100) == [.learningRate(10)])
    #expect(
      try causes(.sgd(learningRate: 0.1), .l2(1e4), epochs: 100) == [.largeSetting(name: "l2", value: 1e4)])
    #expect(try causes(.adam(beta1: 1)) == [.largeSetting(name: "beta1", value: 1)])
  }

  @Test("A cost that is not finite with the first weights has nothing to do with the optimizer")
  func firstWeights() throws {
    let trainer = try Trainer(Dense(1), optimizer: .adam(epsilon: 0), batchSize: 2) { model, batch in
      mean(log(0 * model(batch["x"]) - 1))
    }
    #expect(throws: TrainingError.notFiniteCost(epoch: 1, step: 1, causes: [.firstWeights])) {
      try trainer.fit(["x": NDArray([1, 2, 3, 4] as [Float], shape: [4, 1])], epochs: 1, progress: .silent)
    }
  }

  @Test("The message says what was found, and what would be right")
  func message() {
    let error = TrainingError.notFiniteCost(
      epoch: 2, step: 3, causes: [.zeroEpsilon, .largeNumbers(in: "the features", size: 1.25e30)])
    #expect(
      error.message
        == "the cost or a parameter is not a finite number at step 3 of epoch 2: epsilon is 0, so that a gradient of 0 is divided by 0, and there are numbers of size 1.3e30 in the features; give a positive epsilon, such as 1e-8, and scale the features to numbers of size 1 (the parameters are as they were before this epoch)"
    )
  }
}
