import AdjointArray
import AdjointData
import AdjointIR
import AdjointTransforms

// What a trainer knows besides how to train: its parameters, how well they do, and the model by itself.
extension Trainer {
  /// The parameters by their paths in the model, as they are now; empty before data was seen.
  public var parameters: [String: NDArray] {
    Dictionary(
      zip(layout, values).prefix(parameterCount).map { ($0.name, $1.copy()) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Evaluates loss and metric on a table, with the parameters as they are now.
  ///
  /// - Throws: ``TrainingError/notPrepared(_:)`` before `fit` has seen data or where the cost is one's own;
  ///   ``TrainingError/unsuitableData(problem:remedy:)`` where features, task, classes or scaling are not those trained
  ///   with, or where the model mixes rows.
  public func evaluate(_ table: Table) throws -> Evaluation {
    guard let loss, !values.isEmpty else { throw TrainingError.notPrepared("the loss") }
    if let schema { try schema.check(table) }
    let arrays = try arrays(of: table)
    let (features, targets) = (arrays[0].array, arrays[1].array)
    let output = try outputs(features)
    return Evaluation(
      loss: try loss.value(output, targets), task: table.task ?? .regression, output: output, targets: targets
    )
  }

  /// The model with its parameters as they are now, to be saved or used elsewhere.
  ///
  /// - Throws: ``TrainingError/notPrepared(_:)`` before `fit` has seen a table;
  ///   ``TrainingError/unsuitableData(problem:remedy:)`` where the model mixes rows.
  public func trained() throws -> TrainedModel {
    guard let schema else { throw TrainingError.notPrepared("the trained model") }
    return try trained(schema)
  }

  func trained(_ schema: TrainedModel.Schema) throws -> TrainedModel {
    guard let latest else { throw TrainingError.notPrepared("the trained model") }
    return TrainedModel(
      schema: schema, forward: try forward(rows: 64, columns: schema.featureNames.count), step: latest.graph,
      weights: parameters)
  }

  /// The forward pass on `rows` rows, which stands for any number: no row has to do with another.
  func forward(rows: Int, columns: Int) throws -> Graph {
    let graph = try forward(TensorType(scalarType, [rows, columns]), at: location).inliningCalls()
      .simplified()
    let shape = graph[graph.outputs[0].node].type.shape
    guard shape.dimensions.first == rows else {
      throw TrainingError.unsuitableData(
        problem: "the model makes \(shape) of \(rows) rows", remedy: "let it give one row for each")
    }
    if let input = graph.arguments(of: .input).first,
      let id = graph.firstNodeMixingRows(of: input.id, in: graph.outputs[0].node)
    {
      throw TrainingError.unsuitableData(
        problem: "\(graph[id].place): what the model says of a row depends on the other rows of its batch",
        remedy: "take means and sums along other axes than 0, or train with a cost of arrays")
    }
    return graph
  }

  /// The model alone, on one input: the graph's only input, and its output `prediction`.
  func forward(_ input: TensorType, at location: SourceLocation) throws -> Graph {
    let trace = Trace(at: location, isTraining: false)
    defer { trace.finish() }
    var names = NumberedNames(taken: trace.nameParameters(of: model))
    let x = trace.input(names.unique("x"), input)
    let ids = try trace.nodes(of: [model(x).labelled("prediction")])
    let graph = trace.builder.graph(outputs: [Output("prediction", ids[0])])
    if trace.randomKeyName != nil {
      let draw = graph.nodes.first { if case .structured(.randomBits) = $0.operation { true } else { false } }
      throw TrainingError.unsuitableData(
        problem: "\(draw?.place ?? "the model"): random numbers are drawn where the model is evaluated",
        remedy: "draw them only where the trace's isTraining holds, or with a key of your own")
    }
    return graph
  }

  /// The model's outputs for scaled features.
  private func outputs(_ features: NDArray) throws -> NDArray {
    let predictor = try predictor(columns: features.shape[1])
    return try predictor.outputs(features, values: &values)
  }

  func predictor(columns: Int) throws -> Predictor {
    if let (known, predictor) = cachedPredictor, known == columns { return predictor }
    let graph = try forward(rows: 64, columns: columns)
    try checkValues(graph.arguments(of: .parameter).map { ($0.argument.name, $0.argument.type) })
    let made = try Memory.limited(to: memoryLimit) {
      try Predictor(graph, names: layout.map(\.name), backend: backend)
    }
    cachedPredictor = (columns, made)
    return made
  }
}
