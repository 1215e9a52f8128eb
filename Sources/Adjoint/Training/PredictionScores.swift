import AdjointData

extension ConfusionMatrix {
  /// What a model predicted for the rows of a table.
  ///
  /// - Parameters:
  ///   - predictions: as ``TrainedModel/predictions(for:backend:)`` gives them.
  ///   - table: the rows, with their classes.
  /// - Throws: ``DataError/Kind/noTarget``, ``DataError/Kind/notClassification``, and as
  ///   ``ConfusionMatrix/init(predicted:actual:classNames:)``.
  public init(_ predictions: [TrainedModel.Prediction], for table: Table) throws(DataError) {
    let actual = try table.classes().map { table.classNames[$0] }
    try self.init(
      predicted: predictions.map { $0.label ?? "" }, actual: actual, classNames: table.classNames)
  }
}
