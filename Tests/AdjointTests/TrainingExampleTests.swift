import Adjoint
import Foundation
import Testing

@Suite("Real data")
struct TrainingExampleTests {
  static func file(_ name: String) -> String {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return tests.deletingLastPathComponent().appending(path: "Examples/Data/\(name).csv").path
  }

  @Test("Breast cancer: at least 0.96 of the held-out rows, from the same start on both backends")
  func breastCancer() throws {
    let data = try Table(csv: Self.file("wdbc"), target: "benign").standardized().split(test: 0.2, seed: 42)
    #expect(data.train.count == 455 && data.test.count == 114)
    let train = { (backend: Backend, epochs: Int) in
      let model = Sequential {
        Dense(64, activation: .relu)
        Dense(32, activation: .relu)
        Dense(1)
      }
      let trainer = try Trainer(
        model, loss: .binaryCrossEntropy, regularization: .l2(1e-4), optimizer: .adam(learningRate: 1e-3),
        batchSize: 64, seed: 42, backend: backend)
      let history = try trainer.fit(data.train, epochs: epochs, validation: data.test, progress: .silent)
      return (trainer, history)
    }
    let (trainer, history) = try train(.tcc, 50)
    #expect(try #require(trainer.evaluate(data.test).accuracy) >= 0.96)
    #expect(try #require(history.last).loss < 0.05)
    let interpreted = try train(.interpreter, 3).1
    #expect(isClose(history.epochs.prefix(3).map(\.loss), interpreted.epochs.map(\.loss), 1e-4))
    // The saved model names the classes that the file has.
    let predictions = try trainer.trained().predictions(for: data.test)
    let targets = try data.test.targets(as: .float64).doubles
    let right = zip(predictions, targets).count { $0.label == ($1 == 1 ? "1" : "0") }
    #expect(right == Int((try #require(trainer.evaluate(data.test).accuracy) * 114).rounded()))
  }

  @Test("Iris: three species by name")
  func iris() throws {
    let data = try Table(csv: Self.file("iris"), target: "species").standardized()
      .split(test: 0.2, seed: 3, stratified: true)
    let trainer = try Trainer(
      MLP([4, 16, 3], activation: .tanh), loss: .softmaxCrossEntropy,
      optimizer: .sgd(learningRate: 0.1, momentum: 0.9), batchSize: 16, seed: 1)
    try trainer.fit(data.train, epochs: 60, progress: .silent)
    #expect(try #require(trainer.evaluate(data.test).accuracy) >= 0.9)
    let labels = try Set(trainer.trained().predictions(for: data.test).compactMap(\.label))
    #expect(labels == ["setosa", "versicolor", "virginica"])
  }

  @Test("Exclusive or: 2-4-1 can, a single layer cannot")
  func exclusiveOr() throws {
    let inputs = try NDArray([0, 0, 0, 1, 1, 0, 1, 1] as [Float], shape: [4, 2])
    let table = try Table(features: inputs, targets: NDArray([0, 1, 1, 0] as [Float]))
    let accuracy = { (sizes: [Int]) in
      let trainer = try Trainer(
        MLP(sizes), loss: .binaryCrossEntropy, optimizer: .adam(learningRate: 0.05), seed: 1)
      try trainer.fit(table, epochs: 300, progress: .silent)
      return try #require(trainer.evaluate(table).accuracy)
    }
    #expect(try accuracy([2, 4, 1]) == 1)
    #expect(try accuracy([2, 1]) <= 0.75)
  }
}
