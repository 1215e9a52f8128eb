import Adjoint
import AdjointArray
import AdjointIR
import Testing

private struct Net: Layer {
  let first = Dense(16, activation: .tanh)
  let drop: Dropout
  let last = Dense(1)
  func callAsFunction(_ x: Tensor) -> Tensor { last(drop(first(x))) }
}

/// Draws in evaluation, too.
private struct Noisy: Layer {
  let dense = Dense(1)
  func callAsFunction(_ x: Tensor) -> Tensor { dense(x + .randomNormal(like: x)) }
}

private let data = [
  "x": NDArray(zeros: [8, 2], .float64), "y": NDArray(repeating: Literal(1.0), shape: [8, 1]),
]

private func costs(
  seed: UInt64 = 3, rate: Double = 0.5, backend: Backend = .tcc, learningRate: Double = 0, epochs: [Int]
) throws -> ([Double], Trainer<Net>) {
  let trainer = try Trainer(
    Net(drop: Dropout(rate)), optimizer: .sgd(learningRate: learningRate), seed: seed, scalarType: .float64,
    backend: backend
  ) { model, batch in mean(square(model(batch["x"] + 1) - batch["y"])) }
  var found: [Double] = []
  for count in epochs { found += try trainer.fit(data, epochs: count, progress: .silent).epochs.map(\.cost) }
  return (found, trainer)
}

@Suite("Dropout")
struct DropoutTests {
  @Test("It keeps the mean, and its gradient is the mask", arguments: [ScalarType.float32, .float64])
  func mask(_ type: ScalarType) throws {
    let n = 100_000
    let function = try Function([("x", TensorType(type, [n]))]) { x in
      let y = dropout(x[0], rate: 0.2)
      return [y, gradient(of: sum(y), withRespectTo: x[0]), mean(y)]
    }
    let x = NDArray(repeating: Literal(3, as: type), shape: [n])
    let found = try function.compiled()(x, seed: 6)
    let kept = type == .float32 ? Double(3 * Float(1.25)) : 3.75
    #expect(Set(found[0].doubles) == [0, kept])
    #expect(zip(found[0].doubles, found[1].doubles).allSatisfy { $1 == ($0 == 0 ? 0 : 1.25) })
    // Of variance p/(1 − p) each.
    #expect(abs(found[2].doubles[0] / 3 - 1) < 3.3 * (0.25 / Double(n)).squareRoot())
    #expect(try function(x, seed: 6)[0] == found[0])
  }

  @Test(
    "At rate 0 it is x, at rate 1 zeros, with derivatives that are numbers; what is dropped is 0 whatever it was"
  )
  func edges() throws {
    let x = NDArray([1.0, -2, .infinity, .nan, 5])
    for (rate, scale) in [(0.0, 1.0), (1, 0)] {
      let function = try Function([("x", TensorType(.float64, [5])), ("r", TensorType(.float64, []))]) { x in
        let (y, z) = (dropout(x[0], rate: rate), dropout(x[0], rate: x[1]))
        return [y, z] + [y, z].map { gradient(of: sum($0), withRespectTo: x[0]) }
          + [gradient(of: sum(z), withRespectTo: x[1])]
      }
      let found = try function.compiled()(x, NDArray(rate))
      for value in found[..<2] {
        #expect(differences(value, scale == 0 ? NDArray([0.0, 0, 0, 0, 0]) : x, 0, floor: 1) == [])
      }
      #expect(found[2].doubles == [Double](repeating: scale, count: 5))
      #expect(found[3].doubles == [Double](repeating: scale, count: 5))
      #expect(found[4].doubles == [0])
    }
  }

  @Test("A rate that is a tensor drops the same elements")
  func tensorRate() throws {
    let function = try Function([("x", TensorType(.float64, [50])), ("r", TensorType(.float64, []))]) { x in
      let key = Tensor.randomKey(seed: 5, in: x[0].trace)
      return [dropout(x[0], rate: x[1], key: key)]
    }
    let fixed = try Function([("x", TensorType(.float64, [50]))]) { x in
      [dropout(x[0], rate: 0.3, key: Tensor.randomKey(seed: 5, in: x[0].trace))]
    }
    let x = NDArray((1...50).map(Double.init))
    #expect(differences(try function.compiled()(x, NDArray(0.3))[0], try fixed(x)[0], 1e-15, floor: 1) == [])
    #expect(try function(x, NDArray(-1.0))[0] == x)
    #expect(try function(x, NDArray(7.0))[0].doubles == [Double](repeating: 0, count: 50))
    let isOff = try Function([("x", TensorType(.float64, [50]))]) {
      [dropout($0[0], rate: 0.3, isTraining: false)]
    }
    #expect(try isOff(x)[0] == x)
  }

  @Test("It draws anew in each step, and the same in a training that is repeated or that goes on")
  func training() throws {
    let (first, _) = try costs(epochs: [6])
    #expect(Set(first).count == 6)
    #expect(try costs(epochs: [6]).0 == first)
    #expect(try costs(epochs: [2, 1, 3]).0 == first)
    #expect(try costs(seed: 4, epochs: [6]).0 != first)
    let interpreted = try costs(backend: .interpreter, epochs: [6]).0
    #expect(zip(first, interpreted).allSatisfy { abs($0 - $1) <= 1e-13 * $0 })
    let learning = try costs(learningRate: 0.1, epochs: [5]).0
    #expect(try costs(learningRate: 0.1, epochs: [1, 4]).0 == learning)
  }

  @Test("It is off where the model is evaluated, and the graph of a step does not depend on the numbers")
  func evaluation() throws {
    let (_, trainer) = try costs(epochs: [3])
    let (_, plain) = try costs(rate: 0, epochs: [3])
    let x = try NDArray([1.0, 2, -1, 0.5], shape: [2, 2])
    #expect(try trainer(x) == plain(x))
    #expect(
      try trainer.graph.arguments(of: .input).map(\.argument.name) == [
        "x", "y", "drop.rate", "random_key", "step", "learningRate",
      ])
    #expect(try trainer.checkGradient(data).isRight)
  }

  @Test("A trained model with it predicts the same again, and is saved")
  func trained() throws {
    let table = try Table(
      features: NDArray((0..<40).map { Double($0 % 7) }, shape: [20, 2]),
      targets: NDArray((0..<20).map { Double($0) * 0.1 }))
    let trainer = try Trainer(
      Net(drop: Dropout(0.5)), loss: .meanSquaredError, optimizer: .adam(), batchSize: 6, seed: 1)
    try trainer.fit(table, epochs: 3, validation: table, progress: .silent)
    #expect(try trainer.evaluate(table).loss == trainer.evaluate(table).loss)
    let model = try trainer.trained()
    #expect(try model.predictions(for: table) == model.predictions(for: table))
    #expect(!model.forward.nodes.contains { $0.operation.name == "random_bits" })
    #expect(model.step.nodes.contains { $0.operation.name == "random_bits" })
  }

  @Test("A model that draws where it is evaluated is an error, not a chance result")
  func noisyModels() throws {
    let trainer = try Trainer(Noisy(), optimizer: .sgd(learningRate: 0.1), scalarType: .float64) {
      mean(square($0($1["x"]) - $1["y"]))
    }
    try trainer.fit(data, epochs: 1, progress: .silent)
    let error = try #require(throws: TrainingError.self) { try trainer(NDArray(zeros: [2, 2], .float64)) }
    #expect(error.description.contains("random numbers are drawn where the model is evaluated"))
  }

  @Test("The derivative of a normal number by its scale is the number drawn")
  func reparameterization() throws {
    let function = try Function([("m", TensorType(.float64, [])), ("s", TensorType(.float64, []))]) { x in
      [sum(square(x[0] + exp(x[1]) * .randomNormal([9], .float64, in: x[0].trace)))]
    }
    #expect(try checkGradient(of: function, at: [NDArray(0.4), NDArray(-0.3)]).isRight)
  }
}
