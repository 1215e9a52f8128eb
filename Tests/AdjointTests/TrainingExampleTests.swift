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

  @Test("Two weights in a chain: one node is the factor of both derivatives, and 20 steps descend by them")
  func twoWeightChain() throws {
    let inputs = ["w1", "w2", "x", "t"].map { (name: $0, type: TensorType(.float64, .scalar)) }
    let chain = try Function(inputs) { v in
      let y = (v[1] * (v[0] * v[2])).labelled("y")
      let cost = 0.5 * square(v[3] - y)
      return [cost] + gradient(of: cost, withRespectTo: [v[0], v[1]])
    }
    let graph = chain.graph.simplified(phases: Set(RewritePhase.allCases))
    let factor = try #require(graph.nodes.indices.first { graph[$0].provenance.labels.contains("d_y") })
    #expect(graph.expression(of: factor) == "-(t - w2*(w1*x))")
    // Both derivatives need that one node: each is a product with it.
    #expect(graph.users()[factor].count == 2)
    #expect(graph.expression(of: graph.outputs[1].node, style: .paper) == "-(t - w2*w1*x)*w2*x")
    #expect(graph.expression(of: graph.outputs[2].node, style: .paper) == "-(t - w2*w1*x)*w1*x")

    let step = try chain.compiled()
    let (x, t, rate) = (1.5, 2.0, 0.1)
    var (w1, w2) = (0.4, 0.6)
    var costs: [Double] = []
    for _ in 0...20 {
      let found = try step(NDArray(w1), NDArray(w2), NDArray(x), NDArray(t)).map { $0.doubles[0] }
      let residual = -(t - w2 * w1 * x)
      #expect(isClose([found[1], found[2]], [residual * w2 * x, residual * w1 * x], 1e-15))
      costs.append(found[0])
      (w1, w2) = (w1 - rate * found[1], w2 - rate * found[2])
    }
    #expect(zip(costs, costs.dropFirst()).allSatisfy { $1 < $0 } && costs[20] < 1e-4 * costs[0])
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
