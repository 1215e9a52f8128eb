import AdjointArray
import AdjointData
import AdjointIR

extension Trainer {
  /// Compares the gradient of the cost by each parameter, as they are now, with central differences; see
  /// ``Adjoint/checkGradient(of:at:by:relativeTolerance:)``.
  ///
  /// The cost is that of all rows as one batch, with its penalty, in float64.
  /// - Throws: as ``fit(_:epochs:validation:stopping:checkpointing:recording:cancellation:progress:)``, and ``GradientCheckError``.
  public func checkGradient(
    _ table: Table, by method: GradientCheckMethod = .automatic, relativeTolerance: Double = 1e-7
  ) throws -> GradientReport {
    try prepare(table)
    return try check(try arrays(of: table), method, relativeTolerance)
  }

  /// The same for a cost of arrays by name.
  public func checkGradient(
    _ arrays: [String: NDArray], by method: GradientCheckMethod = .automatic, relativeTolerance: Double = 1e-7
  ) throws -> GradientReport {
    let arrays = arrays.sorted { $0.key < $1.key }.map { (name: $0.key, array: converted($0.value)) }
    try prepare(arrays)
    return try check(arrays, method, relativeTolerance)
  }

  private func check(
    _ arrays: [(name: String, array: NDArray)], _ method: GradientCheckMethod, _ relativeTolerance: Double
  ) throws -> GradientReport {
    let step = try TrainingGraph(
      model, inputs: arrays.map { ($0.name, TensorType($0.array.scalarType, $0.array.shape)) },
      optimizer: optimizer, regularization: regularization, at: location, cost: cost)
    let all = step.graph
    let graph = Graph(
      nodes: all.nodes, outputs: all.outputs.filter { $0.name == "cost" }.map { Output("cost", $0.node) })
    let layout = try step.layout()
    let settings = [1] + step.settings(optimizer, regularization, changedSettings, step: 1, stepsPerEpoch: 1)
    let inputs = layout.sources.map { source in
      switch source {
      case .batch(let index): arrays[index].array
      case .hyperparameter(let index): NDArray(settings[index])
      case .randomKey: NDArray.randomKey(seed: seed, step: 1)
      case .value(let index): values[index]
      }
    }
    return try GradientCheck(graph, at: inputs, withRespectTo: [.parameter])
      .againstDifferences(method, relativeTolerance)
  }
}
