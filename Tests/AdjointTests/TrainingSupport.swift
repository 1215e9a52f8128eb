import AdjointArray
import AdjointIR
import AdjointInterpreter
import Foundation
import Testing

@testable import Adjoint

/// A training step that is to be the same however it is run: a network, its cost, and a batch.
struct TrainingCase: Sendable, CustomTestStringConvertible {
  let name: String
  let record: @Sendable (ScalarType) throws -> TrainingGraph
  let batch: @Sendable (ScalarType) throws -> [String: NDArray]
  var testDescription: String { name }

  /// A case for a model that is called on `x`, with a loss that compares with `y`.
  init(
    _ name: String, _ model: some Layer, _ loss: Loss, _ optimizer: Optimizer,
    _ regularization: Regularization = .none, x: Shape, y: Shape, classes: Int? = nil
  ) {
    self.init(name, model, optimizer, regularization) { generator, type in
      let targets: NDArray
      if let classes, y.rank == 1 {
        targets = NDArray((0..<y.count).map { _ in Int32(generator.next() % UInt64(classes)) })
      } else if classes != nil {
        targets = try NDArray((0..<y.count).map { _ in Double(generator.next() % 2) }, shape: y).converted(
          to: type)
      } else {
        targets = generator.array(y, type)
      }
      return ["x": generator.array(x, type), "y": targets]
    } cost: { model, batch in
      loss(model(batch["x"]), batch["y"])
    }
  }

  init<Model: Layer>(
    _ name: String, _ model: Model, _ optimizer: Optimizer, _ regularization: Regularization = .none,
    data: @escaping @Sendable (inout SeededGenerator, ScalarType) throws -> [String: NDArray],
    cost: @escaping @Sendable (Model, Batch) throws -> Tensor
  ) {
    self.name = name
    let batch = { @Sendable (type: ScalarType) in
      var generator = SeededGenerator(seed: 7)
      return try data(&generator, type)
    }
    self.batch = batch
    record = { type in
      let inputs = try batch(type).sorted { $0.key < $1.key }.map {
        ($0.key, TensorType($0.value.scalarType, $0.value.shape))
      }
      return try TrainingGraph(model, inputs: inputs, optimizer: optimizer, regularization: regularization) {
        TracedCost(loss: try cost($0, $1))
      }
    }
  }

  /// The steps of the examples and of the usual variations.
  static let all: [TrainingCase] = [
    TrainingCase(
      "breast cancer", classifier, .binaryCrossEntropy, .adam(), .l2(1e-4), x: [64, 30], y: [64, 1],
      classes: 2),
    TrainingCase(
      "breast cancer, last batch", classifier, .binaryCrossEntropy, .adam(), .l2(1e-4), x: [7, 30],
      y: [7, 1],
      classes: 2),
    TrainingCase(
      "Franke", MLP([2, 50, 1], activation: .sigmoid), .meanSquaredError, .adam(learningRate: 0.01),
      x: [32, 2],
      y: [32, 1]),
    TrainingCase(
      "XOR", MLP([2, 4, 1]), .binaryCrossEntropy, .adam(learningRate: 0.05), x: [4, 2], y: [4, 1], classes: 2),
    TrainingCase(
      "three classes", MLP([4, 16, 3], activation: .relu), .softmaxCrossEntropy,
      .sgd(learningRate: 0.1, momentum: 0.9), .combined(l1: 1e-3, l2: 1e-2), x: [10, 4], y: [10], classes: 3),
    TrainingCase(
      "five layers", MLP([9, 33, 17, 8, 5, 2], activation: .gelu), .halfSquaredError,
      .sgd(learningRate: 0.1, momentum: 0.9, nesterov: true), .l1(1e-3), x: [19, 9], y: [19, 2]),
    TrainingCase("one row", Dense(1), .meanSquaredError, .sgd(learningRate: 0.1), x: [1, 3], y: [1, 1]),
    heat,
  ]

  static let classifier = Sequential {
    Dense(64, activation: .relu)
    Dense(32, activation: .relu)
    Dense(1)
  }

  /// u_t = 0.1 u_xx with u(x, 0) = sin πx: the cost holds derivatives of the network.
  static let heat = TrainingCase("heat equation", MLP([2, 8, 8, 1], activation: .tanh), .adam()) {
    generator, type in
    try heatData(&generator, points: 20, type)
  } cost: {
    heatCost($0, $1)
  }
}

func heatCost(_ u: MLP, _ batch: Batch) -> Tensor {
  let xt = batch["collocation"]
  let y = u(xt)
  let (ut, ux) = gradient(of: y, withRespectTo: xt).unstacked(axis: 1)
  let (_, uxx) = gradient(of: ux, withRespectTo: xt).unstacked(axis: 1)
  return mean(square(ut - 0.1 * uxx)) + mean(square(u(batch["initial"]) - batch["u0"]))
}

/// Points (t, x) of the unit square, and at t = 0 with sin πx there.
func heatData(_ generator: inout SeededGenerator, points: Int, _ type: ScalarType) throws -> [String: NDArray]
{
  let x = (0..<11).map { Double($0) / 10 }
  return [
    "collocation": try NDArray((0..<2 * points).map { _ in generator.uniform() }, shape: [points, 2])
      .converted(to: type),
    "initial": try NDArray(x.flatMap { [0, $0] }, shape: [11, 2]).converted(to: type),
    "u0": try NDArray(x.map { sin(.pi * $0) }, shape: [11, 1]).converted(to: type),
  ]
}

extension SeededGenerator {
  /// In 0..<1.
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Numbers in −1.5..<1.5.
  mutating func array(_ shape: Shape, _ type: ScalarType) -> NDArray {
    var result = NDArray(zeros: shape, .float64)
    result.withUnsafeMutableElements(of: Double.self) { for i in $0.indices { $0[i] = 3 * uniform() - 1.5 } }
    return result.converted(to: type)
  }
}

extension TrainingGraph {
  /// The step's graph with the gradients as further outputs, named as in the generated code.
  func withGradients() throws -> Graph {
    let gradients = try values.prefix(parameterCount).map { value in
      let label = "d_" + value.name
      // The last one: the terms of a gradient that is a sum are called by its name too.
      guard let node = graph.nodes.lastIndex(where: { $0.provenance.labels.contains(label) }) else {
        throw MissingGradient(label: label)
      }
      return Output(label, node)
    }
    return Graph(nodes: graph.nodes, outputs: graph.outputs + gradients)
  }

  /// Something for every argument: the batch, the parameters' first values, states as in the midst of a run (from
  /// 0 to 1), and `settings`.
  func arguments(_ batch: [String: NDArray], settings: [String: Double], seed: UInt64 = 3) -> [NDArray] {
    var generator = SeededGenerator(seed: seed)
    let kept = Dictionary(values.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    return graph.arguments.map { id in
      guard case .argument(let argument) = graph[id].operation else { return NDArray(0.0) }
      if let array = batch[argument.name] { return array }
      if let setting = settings[argument.name] { return NDArray(setting) }
      guard let value = kept[argument.name] else {
        return NDArray(zeros: argument.type.shape, argument.type.scalarType)
      }
      let shape = value.type.shape
      if let initial = value.initial {
        // Biases, too, are not 0 in the midst of a run.
        let start =
          initial.initializer == .zeros ? Initializer.uniform(low: -0.1, high: 0.1) : initial.initializer
        return start.values(
          shape: shape, fanIn: initial.fanIn, fanOut: initial.fanOut, scalarType: value.type.scalarType,
          using: &generator)
      }
      return Initializer.uniform(low: 0, high: 1).values(
        shape: shape, fanIn: 1, fanOut: 1, scalarType: value.type.scalarType, using: &generator)
    }
  }
}

struct MissingGradient: Error { let label: String }

/// The settings that the cases have, for the seventh step.
let laterSettings = [
  "step": 7, "learningRate": 0.05, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "momentum": 0.9, "l1": 1e-3,
  "l2": 1e-2,
]

/// The largest difference, as a part of the largest magnitude of `expected`; infinite where the shapes differ or
/// something is no number.
func relativeDifference(_ found: NDArray, _ expected: NDArray) -> Double {
  let differences = zip(found.doubles, expected.doubles).map { Swift.abs($0 - $1) }
  guard found.shape == expected.shape, !differences.contains(where: \.isNaN) else { return .infinity }
  let largest = expected.doubles.map(Swift.abs).max() ?? 0
  let difference = differences.max() ?? 0
  return difference == 0 ? 0 : difference / largest
}
