import AdjointArray
import AdjointData
import AdjointIR

// From what a user gives to the arrays that a step takes.
extension Trainer {
  /// `x` and `y` of a table, in the types that model and loss take.
  func arrays(of table: Table) throws -> [(name: String, array: NDArray)] {
    guard table.count > 0 else { throw TrainingError.noRows }
    let targets = try table.targets(as: scalarType)
    if loss?.takesClassIndices == true, table.task != .multiclass {
      throw TrainingError.unsuitableData(
        problem: "\(loss?.name ?? "the loss") needs classes, but the target is \(table.task?.rawValue ?? "missing")",
        remedy: "say task: .multiclass, or take a loss for it")
    }
    let y: NDArray
    if table.task == .multiclass, loss?.takesClassIndices == false {
      throw TrainingError.unsuitableData(
        problem: "the target has \(table.classNames.count) classes, which \(loss?.name ?? "the loss") does not take",
        remedy: "use .softmaxCrossEntropy")
    } else {
      y = targets
    }
    return [("x", table.features(as: scalarType)), ("y", y)]
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
        throw TrainingError.notFiniteData(name: name, row: position / width, column: position % width)
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

  /// The mean of the targets' squared deviations from their mean.
  func targetVariance(_ arrays: [(name: String, array: NDArray)]) -> Double? {
    guard let targets = arrays.first(where: { $0.name == "y" })?.array.doubles, !targets.isEmpty else { return nil }
    let mean = targets.reduce(0, +) / Double(targets.count)
    return targets.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(targets.count)
  }
}

extension Loss {
  /// Whether its targets are int32 class indices, or anything else; `nil` where that is the user's affair.
  var takesClassIndices: Bool? {
    switch kind {
    case .softmaxCrossEntropy: true
    case .meanSquaredError, .halfSquaredError, .binaryCrossEntropy: false
    case .custom: nil
    }
  }

  /// What the loss is multiplied by to be the mean squared error; `nil` where it is another thing.
  var squaredErrorFactor: Double? {
    switch kind {
    case .meanSquaredError: 1
    case .halfSquaredError: 2
    case .binaryCrossEntropy, .softmaxCrossEntropy, .custom: nil
    }
  }

  /// The fraction of rows whose class is right, for the losses of classes. A tie for the greatest logit counts as
  /// right.
  func correctFraction(_ prediction: Tensor, _ target: Tensor) -> Tensor? {
    switch kind {
    case .binaryCrossEntropy:
      return mean(((prediction .> 0) .== (target .> 0.5)).cast(to: prediction.scalarType)).labelled("accuracy")
    case .softmaxCrossEntropy:
      guard target.scalarType == .int32 else { return nil }
      let wanted = sum(select(target.isIndex(depth: prediction.shape.dimensions.last ?? 0), prediction, 0), axes: 1)
      return mean((wanted .>= max(prediction, axes: 1)).cast(to: prediction.scalarType)).labelled("accuracy")
    case .meanSquaredError, .halfSquaredError, .custom:
      return nil
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
