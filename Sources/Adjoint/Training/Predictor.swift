import AdjointArray
import AdjointIR

/// The forward pass on any number of rows: a graph for a fixed number of rows, run in turns, the last one filled up
/// with zeros.
final class Predictor {
  private let input: TensorType
  private let output: TensorType
  private let step: any Step

  /// - Parameters:
  ///   - forward: a graph with one input [rows, features] and one output [rows, …] that does not mix rows.
  ///   - names: of the values that `outputs` is given, in their order.
  init(_ forward: Graph, names: [String], backend: Backend) throws {
    input = forward.arguments(of: .input).first?.argument.type ?? TensorType(.float32, [1, 1])
    output = forward[forward.outputs[0].node].type
    let layout = try StepLayout(
      forward, batch: forward.arguments(of: .input).map(\.argument.name), hyperparameters: [], values: names)
    step = try backend.step(forward, layout, name: "predict")
  }

  /// The outputs [n, …] for features [n, d].
  func outputs(_ features: NDArray, values: inout [NDArray]) throws -> NDArray {
    let turn = input.shape[0]
    let rows = features.shape[0]
    var result = try NDArray(
      zeros: Shape([rows] + output.shape.dimensions.dropFirst()), output.scalarType,
      for: "the outputs for \(rows) rows")
    for start in stride(from: 0, to: rows, by: turn) {
      let count = min(turn, rows - start)
      var batch = NDArray(zeros: input.shape, input.scalarType)
      batch.setRows(0..<count, to: features, from: start)
      // It draws no random numbers.
      let outputs = try step.run(
        batch: [batch], hyperparameters: [], key: .randomKey(seed: 0, step: 0), values: &values)[0]
      result.setRows(start..<(start + count), to: outputs, from: 0)
    }
    return result
  }
}
