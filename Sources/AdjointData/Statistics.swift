/// Of numbers up to half of the greatest finite size, without overflow on the way.
extension [Double] {
  /// 0 where there are none.
  var mean: Double {
    guard let first else { return 0 }
    // Of equal numbers exactly that number.
    guard contains(where: { $0 != first }) else { return first }
    // Each term is divided first, so that the sum of very large values is finite; the second pass takes out what
    // rounding left in the first.
    let count = Double(count)
    let mean = reduce(0) { $0 + $1 / count }
    return mean + reduce(0) { $0 + ($1 - mean) / count }
  }

  /// The number in the middle, or the mean of the two there; 0 where there are none.
  var median: Double {
    guard !isEmpty else { return 0 }
    let sorted = sorted()
    let middle = sorted[count / 2]
    return count.isMultiple(of: 2) ? sorted[count / 2 - 1] / 2 + middle / 2 : middle
  }
}
