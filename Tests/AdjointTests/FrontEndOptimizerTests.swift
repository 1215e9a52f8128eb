import Adjoint
import AdjointArray
import AdjointIR
import AdjointInterpreter
import Testing

// Expected values: NumPy 2, float64, gradient g = p² + t at step t = 1, 2, 3, rate 0.1, from p = [1, −2, 0.5]:
//
//   sgd:      p -= 0.1 * g
//   momentum: v = 0.9 * v + g; p -= 0.1 * v
//   nesterov: v = 0.9 * v + g; p -= 0.1 * (g + 0.9 * v)
//   adam:     m = .9*m + (1-.9)*g; v = .999*v + (1-.999)*g*g
//             p -= 0.1 * (m / (1 - .9**t)) / (np.sqrt(v / (1 - .999**t)) + 1e-8)

@Suite("Optimizers")
struct FrontEndOptimizerTests {
  func threeSteps(_ optimizer: Optimizer, _ scalarType: ScalarType) throws -> [Double] {
    let trace = Trace()
    let type = TensorType(scalarType, [3])
    let p = trace.input("p", type)
    let state = optimizer.slots.map { trace.state("p." + $0, type) }
    var hyperparameters: [String: Tensor] = [:]
    for name in optimizer.hyperparameters.map(\.name) + ["step"] {
      hyperparameters[name] = trace.input(name, TensorType(.float64, .scalar))
    }
    let step = try #require(hyperparameters["step"])
    let next = optimizer.rule(like: p, hyperparameters: hyperparameters)(
      p, square(p) + step.cast(to: scalarType), state)
    try trace.check()
    let outputs = try (["p"] + optimizer.slots.map { "p." + $0 }).enumerated().map { index, name in
      Output(name, try #require((index == 0 ? next.parameter : next.state[index - 1]).id))
    }
    let graph = trace.builder.graph(outputs: outputs)
    try graph.verify()
    let interpreter = try Interpreter(graph)

    var values = Dictionary(
      uniqueKeysWithValues: optimizer.hyperparameters.map { ($0.name, NDArray($0.value)) })
    for slot in optimizer.slots { values["p." + slot] = NDArray(zeros: [3], scalarType) }
    values["p"] = NDArray([1.0, -2, 0.5]).converted(to: scalarType)
    for step in 1...3 {
      values["step"] = NDArray(Double(step))
      values.merge(try interpreter.run(values)) { $1 }
    }
    return values["p"]?.doubles ?? []
  }

  static let expectations: [(Optimizer, [Double])] = [
    (
      Optimizer.sgd(learningRate: 0.1),
      [0.20727040000000002, -4.7305625000000004, -0.14165258789062504]
    ),
    (
      .sgd(learningRate: 0.1, momentum: 0.9),
      [-0.3562736000000001, -6.647562500000001, -0.545703369140625]
    ),
    (
      .sgd(learningRate: 0.1, momentum: 0.9, nesterov: true),
      [-0.9039770818462401, -12.706653436868752, -1.0707612457319093]
    ),
    (
      .adam(learningRate: 0.1),
      [0.7012669347360002, -2.299803909093677, 0.2047688261589397]
    ),
  ]

  @Test(
    "Three steps are NumPy's",
    arguments: expectations)
  func threeSteps(optimizer: Optimizer, expected: [Double]) throws {
    #expect(isClose(try threeSteps(optimizer, .float64), expected, 1e-14))
    #expect(isClose(try threeSteps(optimizer, .float32), expected, 2e-6))
  }

  @Test("Only the kind is structure: rates are values, no momentum is no state")
  func structure() {
    #expect(Optimizer.sgd(learningRate: 1).slots == [])
    #expect(Optimizer.sgd(learningRate: 1, momentum: 0.5).slots == ["momentum"])
    #expect(Optimizer.adam().slots == ["mean", "variance"])
    #expect(Optimizer.adam().hyperparameters.map(\.name) == ["learningRate", "beta1", "beta2", "epsilon"])
    #expect(Optimizer.adam().hyperparameters.map(\.value) == [1e-3, 0.9, 0.999, 1e-8])
    #expect(Optimizer.adam(learningRate: 1e-3) == .adam())
  }

  @Test("Adam costs at most 13 operations of the parameter's size")
  func work() throws {
    let trace = Trace()
    let type = TensorType(.float32, [100, 10])
    let p = trace.input("p", type)
    let hyperparameters = Dictionary(
      uniqueKeysWithValues: ["learningRate", "beta1", "beta2", "epsilon", "step"].map {
        ($0, trace.input($0, TensorType(.float64, .scalar)))
      })
    _ = Optimizer.adam().rule(like: p, hyperparameters: hyperparameters)(
      p, trace.input("g", type), [trace.state("m", type), trace.state("v", type)])
    let large = trace.builder.nodes.filter { node in
      guard node.type.shape == [100, 10] else { return false }
      switch node.operation {
      case .unary, .binary: return true
      default: return false
      }
    }
    #expect(large.count <= 13)
  }

  @Test("A hyper-parameter that is missing is an error")
  func missing() {
    let trace = Trace()
    let p = trace.input("p", TensorType(.float32, [2]))
    _ = Optimizer.sgd(learningRate: 1).rule(like: p, hyperparameters: [:])
    #expect(trace.errors.map(\.problem) == ["'learningRate' is missing"])
  }
}
