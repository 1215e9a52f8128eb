/// Statistics of columns whose rows come some at a time, row-major, as often as they are asked for: not all have to be in
/// memory.
///
/// Of numbers up to half of the greatest finite size, without overflow on the way.
struct ColumnStatistics {
  let width: Int
  let rows: Int
  private let blocks: (_ body: ([Double]) -> Void) -> Void

  init(width: Int, rows: Int, _ blocks: @escaping (_ body: ([Double]) -> Void) -> Void) {
    (self.width, self.rows, self.blocks) = (width, rows, blocks)
  }

  /// The least and the greatest number of each column.
  func ranges() -> [(low: Double, high: Double)] {
    let empty = (low: Double.infinity, high: -Double.infinity)
    return folded(empty) { range, _, value in range = (min(range.low, value), max(range.high, value)) }
  }

  /// The mean of each column: of equal numbers exactly that number.
  func means() -> [Double] { means(within: ranges()) }

  private func means(within ranges: [(low: Double, high: Double)]) -> [Double] {
    // Each term is divided first, so that the sum of very large values is finite; the second pass takes out what
    // rounding left in the first.
    let count = Double(rows)
    let sums = folded(0.0) { sum, _, value in sum += value / count }
    let rests = folded(0.0) { sum, column, value in sum += (value - sums[column]) / count }
    return (0..<width).map { ranges[$0].low == ranges[$0].high ? ranges[$0].low : sums[$0] + rests[$0] }
  }

  /// The means and the population's standard deviations (divisor n) of each column.
  func meansAndDeviations() -> (means: [Double], deviations: [Double]) {
    let ranges = ranges()
    let means = means(within: ranges)
    let scales = zip(ranges, means).map { max($0.high - $1, $1 - $0.low) }
    // Squares of what is at most 1 neither overflow nor vanish.
    let variances = folded(0.0) { sum, column, value in
      let distance = scales[column] > 0 ? (value - means[column]) / scales[column] : 0
      sum += distance * distance / Double(rows)
    }
    return (means, zip(scales, variances).map { $0 * $1.squareRoot() })
  }

  /// Goes once over all rows.
  private func folded<Value>(
    _ initial: Value, _ body: (inout Value, _ column: Int, _ value: Double) -> Void
  ) -> [Value] {
    var result = [Value](repeating: initial, count: width)
    blocks { values in
      for start in stride(from: 0, to: values.count, by: max(1, width)) {
        for column in 0..<width { body(&result[column], column, values[start + column]) }
      }
    }
    return result
  }
}
