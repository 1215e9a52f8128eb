import Adjoint

extension ErrorExample {
  static let savedModels: [ErrorExample] = [
    ErrorExample("not-a-model") {
      // snippet: not-a-model
      _ = try TrainedModel(contentsOf: "Examples/Data/wdbc.csv")
      // end
    },
    ErrorExample("unsupported-model-version") {
      throw ModelFileError.unsupportedVersion(path: "model.adj", found: 2)
    },
    ErrorExample("truncated-model") {
      throw ModelFileError.truncated(path: "model.adj", expected: 80_542, found: 65_536)
    },
    ErrorExample("damaged-model") {
      throw ModelFileError.damaged(path: "model.adj", reason: "its checksum does not fit")
    },
    ErrorExample("too-much-work") {
      throw ModelFileError.tooMuchWork(
        path: "model.adj", operations: 9_259_400_833_873, limit: TrainedModel.usualOperationLimit)
    },
  ]
}
