import Adjoint
import Foundation
import Testing

@Suite("Real data")
struct TrainingExampleTests {
  static func file(_ name: String) -> String { data(name + ".csv") }

  private static func data(_ name: String) -> String {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return tests.deletingLastPathComponent().appending(path: "Examples/Data/\(name)").path
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

  @Test("Digits: a tenth of the images teaches a convolutional network most of them, on both backends alike")
  func digits() throws {
    let digits = { (part: String, count: Int) in
      try Table(
        features: NDArray(imagesIDX: Self.data("mnist5k-\(part)-images-idx3-ubyte.gz")),
        targets: NDArray(idx: Self.data("mnist5k-\(part)-labels-idx1-ubyte.gz")), task: .multiclass)[
          0..<count]
    }
    let (train, test) = (try digits("train", 400), try digits("test", 200))
    let trainer = { (backend: Backend) in
      let model = Sequential {
        Unflatten([28, 28, 1])
        Conv2D(8, size: (3, 3), padding: .same, activation: .relu)
        MaxPool2D()
        Conv2D(8, size: (3, 3), padding: .same, activation: .relu)
        MaxPool2D()
        Flatten()
        Dense(10)
      }
      return try Trainer(
        model, loss: .softmaxCrossEntropy, optimizer: .adam(learningRate: 3e-3), batchSize: 32, seed: 1,
        backend: backend)
    }
    let compiled = try trainer(.tcc)
    try compiled.fit(train, epochs: 6, progress: .silent)
    #expect(try #require(compiled.evaluate(test).accuracy) >= 0.8)
    let few = try train[0..<48]
    let losses = try [Backend.tcc, .interpreter].map { backend in
      try trainer(backend).fit(few, epochs: 2, progress: .silent).epochs.map(\.loss)
    }
    #expect(isClose(losses[0], losses[1], 1e-4))
  }

  @Test("A sine: a recurrent network learns it from windows, and goes on with it in a loop")
  func sine() throws {
    struct Predictor: Layer {
      let memory = Recurrent(.lstm, units: 16)
      let output = Dense(1)
      func callAsFunction(_ x: Tensor) -> Tensor { output(memory(x)) }
    }
    let (window, count, further) = (20, 150, 40)
    let wave = { (k: Int) in Foundation.sin(0.2 * Double(k)) }
    let x = try NDArray(
      (0..<count).flatMap { start in (0..<window).map { Float(wave(start + $0)) } },
      shape: [count, window, 1])
    let y = try NDArray((0..<count).map { Float(wave($0 + window)) }, shape: [count, 1])
    let trainer = try Trainer(
      Predictor(), optimizer: .adam(learningRate: 0.01), batchSize: 25, seed: 1
    ) { model, batch in mean(square(model(batch["x"]) - batch["y"])) }
    try trainer.fit(["x": x, "y": y], epochs: 40, progress: .silent)
    let names = ["memory.weight", "memory.recurrentWeight", "memory.bias", "output.weight", "output.bias"]
    let weights = try names.map { try #require(trainer.parameters[$0]) }
    let seen = try NDArray((0..<window).map { Float(wave(count + $0)) }, shape: [window, 1])
    let inputs = weights + [seen]
    let goOn = try Function(
      inputs.enumerated().map { ("x\($0.offset)", TensorType($0.element.scalarType, $0.element.shape)) }
    ) { a in
      let own = RecurrentWeights(input: a[0], recurrent: a[1], bias: a[2])
      let path = scan([a[5]], length: further) { carries, _ in
        let value = matmul(lstm(carries[0], weights: own).state.hidden, a[3]) + a[4]
        return ([concatenated([carries[0][1...], value.expandedDimensions(axis: 0)], axis: 0)], [value])
      }
      return [path.outputs[0].flattened()]
    }
    let said = try goOn.compiled().executable(inputs)[0].doubles
    let truth = (0..<further).map { wave(count + window + $0) }
    #expect(zip(said, truth).allSatisfy { Swift.abs($0 - $1) < 0.2 })
  }

  @Test("The Lorenz system: its parameters are found again from a trajectory, by the Jacobian of a loop")
  func lorenz() throws {
    let vector = TensorType(.float64, [3])
    let right = { (y: Tensor, p: Tensor) in
      stacked([p[0] * (y[1] - y[0]), y[0] * (p[1] - y[2]) - y[1], y[0] * y[1] - p[2] * y[2]], axis: 0)
    }
    let truth = NDArray([10.0, 28, 8.0 / 3])
    let path = try Function([("parameters", vector)]) { x in
      let start = Tensor.constant(NDArray([1.0, 1, 1]), in: x[0].trace)
      return [integrate(from: start, step: 0.01, steps: 60) { y, _ in right(y, x[0]) }]
    }
    let seen = try path.compiled()(truth)[0]
    let fit = try Function([("parameters", vector), ("seen", TensorType(.float64, seen.shape))]) { x in
      let start = Tensor.constant(NDArray([1.0, 1, 1]), in: x[0].trace)
      let y = integrate(from: start, step: 0.01, steps: 60) { y, _ in right(y, x[0]) }.flattened()
      return [x[0] + leastSquares(jacobian(of: y, withRespectTo: x[0]), x[1].flattened() - y)]
    }.compiled()
    var guess = NDArray([9.0, 25, 2])
    for _ in 0..<8 { guess = try fit(guess, seen)[0] }
    #expect(isClose(guess.doubles, truth.doubles, 1e-9))
  }

  @Test("Two weights in a chain: one node is the factor of both derivatives, and 20 steps descend by them")
  func twoWeightChain() throws {
    let inputs = ["w1", "w2", "x", "t"].map { (name: $0, type: TensorType(.float64, .scalar)) }
    let chain = try Function(inputs) { v in
      let y = (v[1] * (v[0] * v[2])).labelled("y")
      let cost = 0.5 * square(v[3] - y)
      return [cost] + gradient(of: cost, withRespectTo: [v[0], v[1]])
    }
    let graph = chain.graph.simplified(phases: RewritePhase.standard.union([.algebra]))
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

  @Test("Least squares: λ by Newton's method through the solution is a minimum of the validation error")
  func leastSquaresExample() throws {
    // A polynomial of degree 8 in one variable, at 20 points each, with noise that is no noise.
    let points = { (first: Double) in
      let x = (0..<20).map { -1 + (2 * Double($0) + first) / 20 }
      let powers = x.flatMap { x in (0...8).map { Foundation.pow(x, Double($0)) } }
      let y = x.enumerated().map { Foundation.sin(3 * $1) + 0.3 * Foundation.cos(7.3 * Double($0) + first) }
      return (try NDArray(powers, shape: [20, 9]), NDArray(y))
    }
    let (train, validation) = try (points(0), points(1))
    let fixed = [train.0, train.1, validation.0, validation.1]
    let inputs = (fixed + [NDArray(0.0)]).enumerated().map {
      ("x\($0)", TensorType(.float64, $1.shape))
    }
    let selection = try Function(inputs) { x in
      let w = leastSquares(x[0], x[1], ridge: exp(x[4]))
      let error = mean(square(matmul(x[2], w) - x[3]))
      let slope = gradient(of: error, withRespectTo: x[4])
      return [error, slope, gradient(of: slope, withRespectTo: x[4])]
    }.compiled()
    let at = { (logRidge: Double) in
      try selection(train.0, train.1, validation.0, validation.1, NDArray(logRidge)).map { $0.doubles[0] }
    }
    var logRidge = 0.0
    for _ in 0..<12 {
      let found = try at(logRidge)
      let newton = found[2] > 0 ? -found[1] / found[2] : (found[1] > 0 ? -2 : 2)
      logRidge += Swift.max(-2, Swift.min(2, newton))
    }
    let least = try at(logRidge)
    #expect(abs(least[1]) < 1e-12 && least[2] > 0)
    #expect(try [-0.5, -0.1, -0.01, 0.01, 0.1, 0.5].allSatisfy { try at(logRidge + $0)[0] > least[0] })
    // Both derivatives by differences.
    let (h, sides) = (1e-4, try [at(-1.3 - 1e-4), at(-1.3 + 1e-4)])
    let found = try at(-1.3)
    #expect(abs((sides[1][0] - sides[0][0]) / (2 * h) - found[1]) < 1e-8)
    #expect(abs((sides[1][1] - sides[0][1]) / (2 * h) - found[2]) < 1e-8)
  }
}
