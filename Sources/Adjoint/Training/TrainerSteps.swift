import AdjointArray
import AdjointData
import AdjointIR
import AdjointTransforms

// What is compiled, and what can be read of it.
extension Trainer {
  /// The step for batches of these types: recorded and compiled when they are first met. Nothing has changed where that fails.
  func step(_ inputs: [(name: String, type: TensorType)]) throws -> (any Step, TrainingGraph) {
    let key = inputs.map { Input(name: $0.name, type: $0.type) }
    if let known = steps[key] { return known }
    return try Memory.limited(to: memoryLimit) { try makeStep(inputs, key) }
  }

  private func makeStep(
    _ inputs: [(name: String, type: TensorType)], _ key: [Input]
  ) throws -> (any Step, TrainingGraph) {
    let graph = try TrainingGraph(
      model, inputs: inputs, optimizer: optimizer, regularization: regularization, at: location,
      updatesAt: updateLocation, cost: cost)
    try checkValues(graph.values.map { ($0.name, $0.type) })
    // Before anything is compiled: what is far too much is known by its shapes.
    let valueBytes = layout.isEmpty ? try valueBytes(graph.values) : 0
    // What L-BFGS knows, and the points of a line search.
    let vectors = optimizer.lbfgsHistory.map { 2 * $0 + 12 } ?? 0
    let searchBytes = saturatingProduct(graph.trainedCount, 8 * vectors)
    let batchBytes = inputs.reduce(0) { saturatingSum($0, $1.type.byteCount) }
    let step = try backend.step(
      graph.graph, graph.layout(), name: "step", times: graph.times,
      // The values, and how they were before the epoch.
      beside: saturatingSum(saturatingSum(saturatingProduct(2, valueBytes), searchBytes), batchBytes))
    if layout.isEmpty {
      var start: (values: [NDArray], lbfgs: LBFGS?) = (graph.initialValues(seed: seed), nil)
      if let restored {
        start = try restored.checkpoint.state(for: graph, optimizer, path: restored.path)
      }
      (values, lbfgs) = start
      (layout, parameterCount) = (graph.values, graph.parameterCount)
    }
    if steps.isEmpty, let compiled = step as? CompiledStep { compileTimes = compiled.executable.times }
    if latest?.batchNames != graph.batchNames { latest = graph }
    steps[key] = (step, graph)
    return (step, graph)
  }

  /// How long compiling took, for each size of batch that was met.
  package var compilations: [CompileTimes] {
    steps.values.compactMap { ($0.step as? CompiledStep)?.executable.times }
  }

  /// The step for a full batch of `arrays`.
  func fullStep(for arrays: [(name: String, array: NDArray)]) throws -> (step: any Step, graph: TrainingGraph)
  {
    try step(arrays.map { ($0.name, type(of: $0.array, rows: batchRows(arrays))) })
  }

  /// The graph of the step for the first batch size that was met.
  ///
  /// - Throws: ``TrainingError/notPrepared(_:)`` before any data was seen.
  public var graph: Graph {
    get throws {
      guard let latest else { throw TrainingError.notPrepared("the graph") }
      return latest.graph
    }
  }

  /// What the step for the first batch size that was met costs, layer by layer: forward, backward and update.
  ///
  /// - Throws: ``TrainingError/notPrepared(_:)`` before any data was seen, ``GraphError`` where a nested graph is
  ///   malformed.
  public var flops: FlopCount {
    get throws { FlopCount(try graph.inliningCalls().simplified()) }
  }

  /// The C that runs the step for the first batch size that was met.
  ///
  /// - Throws: ``TrainingError/notPrepared(_:)`` before any data was seen.
  public var source: String {
    get throws {
      for (step, graph) in steps.values where graph.graph == latest?.graph {
        if let compiled = step as? CompiledStep { return compiled.executable.source }
      }
      guard let latest else { throw TrainingError.notPrepared("the generated C") }
      return try Executable(latest.graph, name: "step").source
    }
  }
}
