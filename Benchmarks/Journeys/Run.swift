import Adjoint
import Foundation

/// A journey made once, by Adjoint or by a peer.
struct Run: Codable {
  let system: String
  let journey: String
  let seed: UInt64
  let metrics: [Bound.Metric: Double]
  /// To compile and to train.
  let seconds: Double
  var compileSeconds: Double?
}

extension Journey {
  /// The rows that are trained with and those that are measured on.
  ///
  /// - Parameter isValidation: whether a fifth of the training rows stands in for the test rows.
  func parts(of table: Table, seed: UInt64, isValidation: Bool) throws -> (train: Table, test: Table) {
    var rows = try data.rows(of: table, seed: seed)
    if isValidation { rows = try DataSet.splitting(rows.train, of: table, seed: seed) }
    let (train, test) = try (table.rows(rows.train), table.rows(rows.test))
    guard data.isStandardized, let scaling = train.standardized().scaling else {
      return (train, test)
    }
    return try (train.scaled(by: scaling), test.scaled(by: scaling))
  }

  /// Trains, and measures on rows that were not trained with.
  ///
  /// - Parameter seed: of the split, of the first parameters and of the order of rows.
  func run(on table: Table, seed: UInt64, isValidation: Bool = false) throws -> Run {
    let parts = try parts(of: table, seed: seed, isValidation: isValidation)
    let trainer = try trainer(seed: seed)
    let time = try ContinuousClock().measure {
      try trainer.fit(parts.train, epochs: recipe.epochs, progress: .silent)
    }
    let evaluation = try trainer.evaluate(parts.test)
    var metrics: [Bound.Metric: Double] = [:]
    for bound in bounds { metrics[bound.metric] = bound.metric.value(of: evaluation) }
    return Run(
      system: "adjoint", journey: name, seed: seed, metrics: metrics, seconds: time / .seconds(1),
      compileSeconds: trainer.compileTimes.total / .seconds(1))
  }
}
