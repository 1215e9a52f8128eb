import AdjointArray
import AdjointData
import AdjointIR
import AdjointTransforms
import Foundation

/// A trained model with everything that is needed to predict: weights, the graph of the forward pass, and what is
/// known of the columns of the data.
public struct TrainedModel: Sendable, Equatable {
  /// What the model expects of a row, and what it says of one.
  public struct Schema: Sendable, Codable, Equatable {
    public let task: Table.Task
    /// The features that the model takes, in its order.
    public let featureNames: [String]
    /// The column that it predicts, where it has a name.
    public let targetName: String?
    /// The names of the classes by their integers; empty for regression.
    public let classNames: [String]
    /// Which labels are one class, for ``AdjointData/Table/init(csv:encoding:target:task:classNames:labels:unseen:separator:)``; nil in
    /// models that were saved before there was this, whose numbers are one class however they are written.
    public let labels: Table.Labels?
    /// How features are scaled before they are given to the model.
    public let scaling: FeatureScaling?
    /// How the columns of a file become the features; nil where each column is one.
    public let encoding: FeatureEncoding?
    /// The checksum of the file that was trained with, where that is known: scores of its rows are no test.
    public internal(set) var dataChecksum: String?
    /// Not there unless true, as in models that were saved before there was this.
    let margins: Bool?

    /// Whether the outputs for classes are margins, as the hinge loss leaves them: their sign says the class, but nothing makes
    /// probabilities of them.
    public var hasMargins: Bool { margins == true && task == .binary }

    private enum CodingKeys: String, CodingKey {
      case task, featureNames, targetName, classNames, labels, encoding, dataChecksum, margins
      // As saved models have it.
      case scaling = "standardization"
    }
  }
  public internal(set) var schema: Schema
  /// The forward pass on a batch of rows; its input is `x`, its output `prediction` (logits, for classes; margins
  /// after the hinge loss).
  public let forward: Graph
  /// The training step, for reading; nothing runs it.
  public let step: Graph
  /// The weights by the names of the graph's parameters.
  public let weights: [String: NDArray]

  /// A prediction for one row.
  public struct Prediction: Sendable, Codable, Equatable {
    /// For regression the values; for classes their probabilities in the order of the class names. Where the model has
    /// margins, these: −z and z of an output z, so that the greater one is that of the label.
    public let values: [Double]
    /// The likeliest class (of equals the first), where there are classes.
    public let label: String?
  }

  /// The same model, which knows the file that it was trained with.
  package func withDataChecksum(of path: String) -> TrainedModel {
    var result = self
    result.schema.dataChecksum = try? File.checksum(path)
    return result
  }

  /// Whether it is known that the model was trained with rows of this file.
  package func isTrained(with path: String) -> Bool {
    guard let known = schema.dataChecksum else { return false }
    return (try? File.checksum(path)) == known
  }

  /// Predictions for the rows of a table with the model's features, which are scaled as in training.
  ///
  /// - Returns: one prediction for each row, in the table's order.
  /// - Throws: ``TrainingError/unsuitableData(problem:remedy:)`` where the features are not the model's, in its order,
  ///   or are scaled where those in training were not;
  ///   and what compiling throws. For one table after the other see ``compiled(backend:)``.
  public func predictions(for table: Table, backend: Backend = .tcc) throws -> [Prediction] {
    try compiled(backend: backend).predictions(for: table)
  }

  /// The model with its forward pass compiled, once for all that is predicted with it.
  ///
  ///     let compiled = try model.compiled()
  ///     while let table = try tables.next() { print(try compiled.predictions(for: table)) }
  ///
  /// - Throws: what compiling throws.
  public func compiled(backend: Backend = .tcc) throws -> CompiledModel {
    try CompiledModel(self, backend: backend)
  }

  /// What the training step cost, layer by layer: forward, backward and update.
  ///
  /// - Throws: ``GraphError`` where a nested graph is malformed.
  public var flops: FlopCount {
    get throws { FlopCount(try step.inliningCalls().simplified()) }
  }

  /// The type of the weights.
  public var scalarType: ScalarType { inputType.scalarType }

  private var inputType: TensorType {
    forward.arguments(of: .input).first?.argument.type ?? TensorType(.float32, [1, 1])
  }

  /// What an output row of the forward pass says.
  func prediction(_ output: [Double]) -> Prediction {
    switch schema.task {
    case .regression:
      return Prediction(values: output, label: nil)
    case .binary:
      let z = output.first ?? 0
      if schema.hasMargins { return Prediction(values: [-z, z], label: name(ofClass: z > 0 ? 1 : 0)) }
      let e = exp(-abs(z))
      let positive = (z >= 0 ? 1 : e) / (1 + e)
      return Prediction(values: [1 - positive, positive], label: name(ofClass: z > 0 ? 1 : 0))
    case .multiclass:
      let greatest = output.max() ?? 0
      let powers = output.map { exp($0 - greatest) }
      let total = powers.reduce(0, +)
      return Prediction(values: powers.map { $0 / total }, label: name(ofClass: Metrics.argmax(output[...])))
    }
  }

  private func name(ofClass index: Int) -> String? {
    schema.classNames.indices.contains(index) ? schema.classNames[index] : "\(index)"
  }
}
