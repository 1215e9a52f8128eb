import AdjointArray
import AdjointData
import AdjointIR
import Foundation

// From what a user gives to the arrays that a step takes.
extension Trainer {
  /// `x` and `y` of a table, in the types that model and loss take.
  func arrays(of table: Table) throws -> [(name: String, array: NDArray)] {
    guard table.count > 0 else { throw TrainingError.noRows }
    try Memory.limited(to: memoryLimit) { () throws(MemoryError) in
      try Memory.require(
        table.count * table.featureCount * scalarType.byteSize + table.count * table.targetCount * 16,
        for: "the table's features [\(table.count),\(table.featureCount)]", isPlural: true,
        remedy: "give fewer rows or columns")
    }
    let targets = try table.targets(as: scalarType)
    if let loss, let task = table.task, let suited = loss.task, suited != task {
      throw TrainingError.unsuitableData(
        problem:
          "\(loss.name) is for \(suited.rawValue) targets; '\(table.targetName ?? "y")' is \(task.rawValue)",
        remedy: "use \(task.usualLoss), or say task: .\(suited.rawValue) when the table is made")
    }
    return [("x", table.features(as: scalarType)), ("y", targets)]
  }

  /// Throws ``TrainingError/unsuitableData(problem:remedy:)`` where the model does not give what the table's targets
  /// ask for; costs of one's own settle that themselves.
  func checkOutput(for table: Table) throws {
    guard let suited = loss?.task else { return }
    let graph = try forward(rows: 64, columns: table.featureCount)
    let found = graph[graph.outputs[0].node].type.shape
    let width =
      switch suited {
      case .regression: table.targetCount
      case .binary: 1
      case .multiclass: table.classNames.count
      }
    guard found == [64, width] else {
      let target = suited == .multiclass ? "\(width) classes" : "\(width) value\(width == 1 ? "" : "s") a row"
      throw TrainingError.unsuitableData(
        problem: "the model makes \(found) of 64 rows; target '\(table.targetName ?? "y")' has \(target)",
        remedy: "let the model give [64,\(width)], as Dense(\(width)) at its end does")
    }
  }

  /// Throws where a graph's parameters and state are not those that this trainer keeps values for.
  func checkValues(_ needed: [(name: String, type: TensorType)]) throws(TrainingError) {
    guard !layout.isEmpty else { return }
    for (name, type) in needed {
      let known = layout.first { $0.name == name }
      guard known?.type != type else { continue }
      throw .unsuitableData(
        problem: "'\(name)' would be \(type) here, but \(known.map { "is \($0.type)" } ?? "was not trained")",
        remedy: "give data of the width that was trained with, or make another trainer")
    }
  }

  /// The bytes of parameters and optimizer state, once.
  ///
  /// - Throws: ``MemoryError`` where these alone are too much.
  func valueBytes(_ values: [TrainingGraph.Value]) throws(MemoryError) -> Int {
    let total = values.reduce(0) { saturatingSum($0, $1.type.byteCount) }
    guard let largest = values.max(by: { $0.type.byteCount < $1.type.byteCount }) else { return 0 }
    try Memory.require(
      total, for: "parameters and optimizer state", isPlural: true,
      remedy: "'\(largest.name)' alone is \(largest.type): make the layer narrower")
    return total
  }

  /// Asks for the copies of parameters and state that a training makes: as they were before an epoch, at the best one, and in
  /// the bytes of a checkpoint.
  func requireCopies(for plan: TrainingPlan) throws(MemoryError) {
    let kept = plan.stopping?.restoresBest == true ? 2 : 1
    let written = plan.checkpointing == nil && plan.recording == nil ? 0 : kept
    let bytes = values.reduce(0) { saturatingSum($0, $1.byteCount) }
    // The order of an epoch, twice, and the targets as doubles.
    let rows = 24 * (plan.arrays.first?.array.shape.dimensions.first ?? 0)
    try Memory.limited(to: memoryLimit) { () throws(MemoryError) in
      try Memory.require(
        saturatingSum(rows, saturatingProduct(kept + written, bytes)),
        for: "copies of parameters and optimizer state, and the order of the rows",
        isPlural: true, remedy: "train without patience and checkpoints, or make layers narrower")
    }
  }

  /// Floating-point arrays in the trainer's type; others as they are.
  func converted(_ array: NDArray) -> NDArray {
    array.scalarType.isFloatingPoint ? array.converted(to: scalarType) : array
  }

  /// Rows in a full batch.
  func batchRows(_ arrays: [(name: String, array: NDArray)]) -> Int {
    let rows = arrays.first?.array.shape.dimensions.first ?? 1
    return min(batchSize ?? rows, rows)
  }

  func type(of array: NDArray, rows: Int) -> TensorType {
    guard batchSize != nil else { return TensorType(array.scalarType, array.shape) }
    return TensorType(array.scalarType, Shape([rows] + array.shape.dimensions.dropFirst()))
  }

  func check(_ arrays: [(name: String, array: NDArray)]) throws {
    for (name, array) in arrays {
      if let position = array.firstNotFinite {
        let width = max(1, array.shape.dimensions.dropFirst().reduce(1, *))
        throw TrainingError.notFiniteData(
          name: name, row: position / width, column: position % width, type: array.scalarType)
      }
    }
    guard batchSize != nil else { return }
    guard let first = arrays.first, let rows = first.array.shape.dimensions.first, rows > 0 else {
      throw TrainingError.noRows
    }
    for (name, array) in arrays where array.shape.dimensions.first != rows {
      throw TrainingError.rowMismatch(
        name: name, rows: array.shape.dimensions.first ?? 0, other: first.name, otherRows: rows)
    }
  }

  /// The mean of the targets' squared deviations from their mean; `nil` where they are all equal.
  func targetVariance(_ arrays: [(name: String, array: NDArray)]) -> Double? {
    guard let targets = arrays.first(where: { $0.name == "y" })?.array.doubles,
      targets.contains(where: { $0 != targets[0] })
    else { return nil }
    let mean = targets.reduce(0, +) / Double(targets.count)
    let variance = targets.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(targets.count)
    return variance > 0 ? variance : nil
  }
}

extension Loss {
  /// What its targets are; `nil` where that is the user's affair. A network that was trained for classes by squared
  /// errors gives no logits, and its predictions would be read wrongly.
  var task: Table.Task? {
    switch kind {
    case .meanSquaredError, .halfSquaredError, .meanAbsoluteError, .huber: .regression
    case .binaryCrossEntropy, .hinge: .binary
    case .softmaxCrossEntropy: .multiclass
    case .klDivergence, .custom: nil
    }
  }

  /// Whether the sign of an output says the class, and its size how sure that is, but nothing of probabilities.
  var givesMargins: Bool { if case .hinge = kind { true } else { false } }

  /// What the loss is multiplied by to be the mean squared error; `nil` where it is another thing.
  var squaredErrorFactor: Double? {
    switch kind {
    case .meanSquaredError: 1
    case .halfSquaredError: 2
    case .meanAbsoluteError, .huber, .binaryCrossEntropy, .softmaxCrossEntropy, .hinge, .klDivergence,
      .custom:
      nil
    }
  }

  /// The fraction of rows whose class is right, for the losses of classes: of several greatest logits the first one
  /// counts, as in ``Metrics``.
  func correctFraction(_ prediction: Tensor, _ target: Tensor) -> Tensor? {
    switch kind {
    case .binaryCrossEntropy, .hinge:
      return mean(((prediction .> 0) .== (target .> 0.5)).cast(to: prediction.scalarType)).labelled(
        "accuracy")
    case .softmaxCrossEntropy:
      guard target.scalarType == .int32 else { return nil }
      let classes = prediction.shape.dimensions.last ?? 0
      let indices = Tensor.iota(classes, prediction.scalarType, in: prediction.trace)
      let isGreatest = prediction .== max(prediction, axes: 1, keepDimensions: true)
      let first = min(select(isGreatest, indices, Double(classes)), axes: 1)
      let isRight = first .== target.cast(to: prediction.scalarType)
      return mean(isRight.cast(to: prediction.scalarType)).labelled("accuracy")
    case .meanSquaredError, .halfSquaredError, .meanAbsoluteError, .huber, .klDivergence, .custom:
      return nil
    }
  }

  /// Loss and metric of the model on the features `x` and the targets `y` of a batch.
  ///
  /// - Parameter location: the user's line that chose the loss.
  func traced(_ model: some Layer, _ batch: Batch, at location: SourceLocation?) -> TracedCost {
    let prediction = batch.trace.within(.layer(Scope.wholeModel)) { model(batch["x"]) }.labelled("prediction")
    let target = batch["y"]
    return batch.trace.at(location) {
      TracedCost(loss: self(prediction, target), metric: correctFraction(prediction, target))
    }
  }

  /// The loss of predictions, by the interpreter.
  func value(_ predictions: NDArray, _ targets: NDArray) throws -> Double {
    let function = try Function([
      ("prediction", TensorType(predictions.scalarType, predictions.shape)),
      ("target", TensorType(targets.scalarType, targets.shape)),
    ]) { [self($0[0], $0[1])] }
    return try function(predictions, targets)[0].doubles[0]
  }
}

extension Table.Task {
  /// The loss to take for it, as it is written in Swift.
  fileprivate var usualLoss: String {
    switch self {
    case .regression: ".meanSquaredError"
    case .binary: ".binaryCrossEntropy"
    case .multiclass: ".softmaxCrossEntropy"
    }
  }
}

extension TrainedModel.Schema {
  init(of table: Table, _ loss: Loss?) {
    self.init(
      task: table.task ?? .regression, featureNames: table.featureNames, targetName: table.targetName,
      classNames: table.classNames, labels: table.targetReading?.labels, scaling: table.scaling,
      encoding: table.encoding.isIdentity ? nil : table.encoding,
      margins: loss?.givesMargins == true ? true : nil)
  }

  /// Whether these are the classes, written in the same way.
  func hasClasses(_ names: [String]) -> Bool {
    names.count == classNames.count && zip(names, classNames).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
  }

  /// Throws ``TrainingError/unsuitableData(problem:remedy:)`` where the columns, classes or scaling of `table` are not
  /// those that were trained with.
  func check(_ table: Table) throws(TrainingError) {
    try checkFeatures(table)
    if let found = table.task, found != task || !hasClasses(table.classNames) {
      throw .unsuitableData(
        problem:
          "the table's target is \(found.description(table.classNames)), the model's \(task.description(classNames))",
        remedy: "say the model's task and classNames when the table is made")
    }
    try checkScaling(table)
  }

  /// Throws ``TrainingError/unsuitableData(problem:remedy:)`` where `table` is not scaled as what was trained with.
  func checkScaling(_ table: Table) throws(TrainingError) {
    guard table.scaling != scaling else { return }
    guard scaling != nil else {
      throw .unsuitableData(
        problem: "the table is scaled, but the rows that were trained with are not",
        remedy: "give the table as it was read")
    }
    throw .unsuitableData(
      problem: "the table is not scaled as the rows that were trained with",
      remedy: "scale it by their statistics: table.scaled(by: trained.scaling)")
  }

  /// Throws ``TrainingError/unsuitableData(problem:remedy:)`` where training on `table` would change what the model
  /// takes or says.
  func checkContinuation(_ table: Table) throws(TrainingError) {
    try check(table)
    guard table.targetName != targetName else { return }
    throw .unsuitableData(
      problem: "the table's target is '\(table.targetName ?? "")', the model's '\(targetName ?? "")'",
      remedy: "give the target that was trained with, or make another trainer")
  }
}

extension TrainedModel.Schema {
  /// Throws ``TrainingError/unsuitableData(problem:remedy:)`` where the features are others, in another order, or were
  /// made in another way.
  func checkFeatures(_ table: Table) throws(TrainingError) {
    guard table.featureNames != featureNames else {
      let found = table.encoding
      guard found.isIdentity || found == encoding else {
        throw .unsuitableData(
          problem:
            "missing values or categories of the table are not encoded as those that were trained with",
          remedy: "read it with Table(csv:encoding:) and the encoding of the table that was trained with")
      }
      return
    }
    let missing = featureNames.first { !table.featureNames.contains($0) }
    throw .unsuitableData(
      problem: missing.map { "the table has no feature '\($0)', which the model takes" }
        ?? "the table has not just the \(featureNames.count) features of the model, in its order",
      remedy: encoding == nil
        ? "read it with Table(csv:features:) and the model's feature names"
        : "read it with Table(csv:encoding:) and the model's encoding")
  }
}

extension Table.Task {
  fileprivate func description(_ classNames: [String]) -> String {
    classNames.isEmpty ? rawValue : "\(rawValue) (\(classNames.prefix(10).joined(separator: ", ")))"
  }
}

extension Node {
  /// Where and what it is: `main.swift:12: mean (reduce_sum)`.
  var place: String {
    let location = provenance.place.map { "\($0.description): " } ?? ""
    return location + (provenance.label.map { "\($0) (\(operation.name))" } ?? operation.name)
  }
}
