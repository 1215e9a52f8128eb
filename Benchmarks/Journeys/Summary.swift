/// What several runs have in common.
struct Summary: Equatable {
  let mean: Double
  /// Of a sample: the sum of squares is divided by n − 1. 0 of one value.
  let standardDeviation: Double

  /// nil of no values.
  init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = mean
    standardDeviation = (squares / Double(max(1, values.count - 1))).squareRoot()
  }
}
