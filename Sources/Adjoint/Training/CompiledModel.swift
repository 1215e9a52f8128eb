import AdjointArray
import AdjointData
import AdjointIR

/// A trained model whose forward pass is compiled, to predict from many tables one after the other; see
/// ``TrainedModel/compiled(backend:)``.
public final class CompiledModel {
  public let model: TrainedModel
  private let predictor: Predictor
  private var weights: [NDArray]

  /// - Throws: what compiling throws.
  init(_ model: TrainedModel, backend: Backend) throws {
    let names = model.forward.arguments(of: .parameter).map(\.argument.name)
    self.model = model
    predictor = try Predictor(model.forward, names: names, backend: backend)
    try Memory.require(
      model.weights.values.reduce(0) { $0 + $1.byteCount }, for: "a copy of the model's weights",
      remedy: "take a smaller model")
    weights = names.compactMap { model.weights[$0]?.copy() }
  }

  /// Predictions for the rows of a table with the model's features, which are scaled as in training.
  ///
  /// - Returns: one prediction for each row, in the table's order.
  /// - Throws: ``TrainingError/unsuitableData(problem:remedy:)`` where the features are not the model's, in its order,
  ///   or are scaled where those in training were not.
  public func predictions(for table: Table) throws -> [TrainedModel.Prediction] {
    // A target, if there is one, is not looked at.
    try model.schema.checkFeatures(table)
    var table = table
    if let scaling = model.schema.scaling {
      table = try table.scaled(by: scaling)
    } else {
      try model.schema.checkScaling(table)
    }
    // Features, outputs as numbers of the model's type and as doubles, and a list of its own for each row.
    let classCount = model.schema.task == .regression ? table.targetCount : model.schema.classNames.count
    try Memory.require(
      table.count * (8 * table.featureCount + 24 * max(2, classCount) + 128),
      for: "predicting \(table.count) rows", remedy: "give fewer rows at once")
    let outputs = try predictor.outputs(table.features(as: model.scalarType), values: &weights)
    let width = outputs.shape.rank == 2 ? outputs.shape[1] : 1
    let values = outputs.doubles
    return (0..<table.count).map { row in
      model.prediction(Array(values[(row * width)..<((row + 1) * width)]))
    }
  }
}
