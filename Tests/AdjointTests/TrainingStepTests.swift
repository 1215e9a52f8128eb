import AdjointArray
import AdjointIR
import AdjointInterpreter
import Testing

@testable import Adjoint

@Suite("One training step")
struct TrainingStepTests {
  @Test(
    "Compiled it gives the interpreter's cost, every gradient and every new value",
    arguments: TrainingCase.all, [ScalarType.float32, .float64])
  func compiledEqualsInterpreted(example: TrainingCase, type: ScalarType) throws {
    let step = try example.record(type)
    let graph = try step.withGradients()
    let arguments = step.arguments(try example.batch(type), settings: laterSettings)
    let expected = try Interpreter(graph).run(values: arguments)
    let found = try Executable(graph)(arguments)
    #expect(graph.outputs.count == 2 + step.values.count + step.parameterCount)
    for (output, (found, expected)) in zip(graph.outputs, zip(found, expected)) {
      let difference = relativeDifference(found, expected)
      #expect(difference <= (type == .float32 ? 1e-5 : 1e-12), "\(output.name): \(difference)")
      #expect(expected.doubles.allSatisfy { $0.isFinite }, "\(output.name)")
    }
  }

  @Test("Every gradient is that of central differences, in float64", arguments: TrainingCase.all)
  func gradientsAgreeWithDifferences(example: TrainingCase) throws {
    let step = try example.record(.float64)
    let graph = try step.withGradients()
    let arguments = step.arguments(try example.batch(.float64), settings: laterSettings)
    let gradients = try Interpreter(graph).run(values: arguments).suffix(step.parameterCount)
    let cost = try Interpreter(Graph(nodes: graph.nodes, outputs: [graph.outputs[0]]).simplified())
    let h = 1e-5
    for (value, gradient) in zip(step.values, gradients) {
      let position = try #require(
        graph.arguments.firstIndex { id in
          if case .argument(let argument) = graph[id].operation { argument.name == value.name } else { false }
        })
      let exact = gradient.doubles
      let largest = exact.map(abs).max() ?? 0
      // Some of each parameter: a few hundred evaluations say as much as thousands.
      for index in stride(from: 0, to: exact.count, by: max(1, exact.count / 12)) {
        let costs = try [h, -h].map { delta in
          var shifted = arguments
          shifted[position].withUnsafeMutableElements(of: Double.self) { $0[index] += delta }
          return try cost.run(values: shifted)[0].doubles[0]
        }
        let quotient = (costs[0] - costs[1]) / (2 * h)
        #expect(abs(quotient - exact[index]) <= 1e-6 * max(largest, 1e-3), "\(value.name)[\(index)]")
      }
    }
  }

  @Test("Hyper-parameters are inputs: other values give the same graph and the same C")
  func hyperparametersAreInputs() throws {
    let source = { (rate: Double, l2: Double) in
      let example = TrainingCase(
        "", MLP([2, 4, 1]), .meanSquaredError, .adam(learningRate: rate, beta1: 1 - rate), .l2(l2),
        x: [5, 2],
        y: [5, 1])
      let graph = try example.record(.float32).graph
      return (graph, try Executable(graph).source)
    }
    let (one, other) = try (source(0.1, 1e-4), source(0.003, 10))
    #expect(one.0 == other.0)
    #expect(one.1 == other.1)
  }

  @Test("One executable makes steps of every learning rate: p − η g")
  func learningRate() throws {
    let example = TrainingCase("", Dense(2), .meanSquaredError, .sgd(learningRate: 1), x: [5, 3], y: [5, 2])
    let step = try example.record(.float64)
    let graph = try step.withGradients()
    let executable = try Executable(graph)
    for rate in [0, 0.25, 2] {
      let arguments = step.arguments(
        try example.batch(.float64), settings: ["step": 1, "learningRate": rate])
      let results = try executable(arguments)
      let named = Dictionary(zip(graph.outputs.map(\.name), results)) { first, _ in first }
      for name in ["weight", "bias"] {
        let gradient = try #require(named["d_" + name]).doubles
        let before = try #require(
          zip(graph.arguments, arguments).first { graph[$0.0].provenance.label == name }?.1)
        let expected = zip(before.doubles, gradient).map { $0 - rate * $1 }
        #expect(isClose(try #require(named[name]).doubles, expected, 1e-15))
      }
    }
  }

  @Test("Arrays and parameters may be called as a setting is")
  func clashingNames() throws {
    struct Model: Layer {
      let learningRate = Parameter([1], initializer: .constant(2))
      func callAsFunction(_ x: Tensor) -> Tensor { x * learningRate(for: x) }
    }
    let trainer = try Trainer(
      Model(), optimizer: .sgd(learningRate: 0.25), scalarType: .float64
    ) { model, batch in mean(square(model(batch["step"]))) }
    // d/dp mean (p x)² = 2 p x² = 4: one step leads from 2 to 1.
    try trainer.fit(["step": NDArray([1, -1] as [Double])], epochs: 1, progress: .silent)
    #expect(trainer.parameters.values.map(\.doubles) == [[1]])
  }
}
